// SPDX-License-Identifier: BSD-2-Clause
/* The guarded processes of the machine, as `nacc ps` and `nacc top` list them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

int guarded_list(struct guarded **list, size_t *n)
{
	struct process *processes;
	struct guarded *at;
	int i, count;

	count = processes_read(&processes);
	if (count < 0)
		return count;
	at = *list = calloc((size_t)count + 1, sizeof(**list));
	for (i = 0; at && i < count; i++) {
		at->pid = processes[i].pid;
		/* One that ended meanwhile, or is not ours, is no error. */
		if (proc_read(at->pid, &at->proc) || !at->proc.guarded)
			continue;
		proc_command(at->pid, at->command, sizeof(at->command));
		at++;
	}
	free(processes);
	if (!*list)
		return -ENOMEM;
	*n = (size_t)(at - *list);
	return 0;
}

void guarded_head(FILE *out)
{
	fprintf(out, "%s%7s %10s %8s %8s %8s  %s%s\n", colour(out, COLOUR_HEAD),
		"PID", "SPACE", "FRAMES", "OLD", "NEW", "COMMAND",
		colour(out, COLOUR_NONE));
}

void guarded_text(char *line, size_t size, const struct guarded *guarded)
{
	struct level sum = proc_sum(&guarded->proc);

	snprintf(line, size, "%7d %10lx %8lu %8lu %8lu  %s%s",
		 (int)guarded->pid, guarded->proc.space, sum.frames, sum.old,
		 sum.new, guarded->command,
		 guarded_broken(guarded) ? " (broken)" : "");
}

bool guarded_broken(const struct guarded *guarded)
{
	return !strcmp(guarded->proc.state, "broken");
}

void guarded_lines(FILE *out, const struct guarded *list, size_t n)
{
	char line[160];
	bool broken;
	size_t i;

	guarded_head(out);
	for (i = 0; i < n; i++) {
		broken = guarded_broken(&list[i]);
		guarded_text(line, sizeof(line), &list[i]);
		fprintf(out, "%s%s%s\n", broken ? colour(out, COLOUR_BAD) : "",
			line, broken ? colour(out, COLOUR_NONE) : "");
	}
}

void guarded_json(FILE *out, const struct guarded *list, size_t n,
		  const char *separator)
{
	struct level sum;
	size_t i;

	putc('[', out);
	for (i = 0; i < n; i++) {
		sum = proc_sum(&list[i].proc);
		fprintf(out, "%s%s{", i ? "," : "", separator);
		json_space(out, list[i].pid, list[i].command, &list[i].proc);
		fputs(", ", out);
		json_level(out, &sum);
		putc('}', out);
	}
	putc(']', out);
}
