// SPDX-License-Identifier: BSD-2-Clause
/* What the commands print with --json. Numbers and strings, no library. */
#include <stdio.h>

#include "nacc.h"

void json_string(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else
			putc(*text, out);
	}
	putc('"', out);
}

void json_level(FILE *out, const struct level *level)
{
	fprintf(out, "\"frames\": %lu, \"old\": %lu, \"new\": %lu",
		level->frames, level->old, level->new);
}

void json_space(FILE *out, pid_t pid, const char *command,
		const struct proc *proc)
{
	fprintf(out, "\"pid\": %d, \"command\": ", (int)pid);
	json_string(out, command);
	fprintf(out, ", \"space\": \"%lx\", \"origin\": ", proc->space);
	json_string(out, proc->origin);
	fputs(", \"state\": ", out);
	json_string(out, proc->state);
}

void json_counters(FILE *out, const struct counters *counters)
{
	int i;

	for (i = 0; i < COUNTERS; i++)
		fprintf(out, "%s\"%s\": %lu", i ? ", " : "{",
			counter_info[i].name, counters->value[i]);
	putc('}', out);
}
