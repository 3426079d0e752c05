// SPDX-License-Identifier: BSD-2-Clause
/*
 * One call of the monitor, from the kernel's tracepoint nacc:nacc_call as
 * trace_pipe prints it, in words. Takes text, gives text: no kernel is needed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nacc_abi.h>

#include "decode.h"
#include "nacc.h"

#define MARK	" nacc_call: "

struct call_info {
	const char *name;
	const char *argument[3];	/* NULL: reserved */
	const char *result;		/* NULL: nothing to say */
};

static const struct call_info calls[] = {
	[NACC_CALL_SET] = { "SET", { "slot", "value", "fence" }, NULL },
	[NACC_CALL_COMMIT] = { "COMMIT", { "ops", "fence" }, "done" },
	[NACC_CALL_INFO] = { "INFO", { "item" }, "value" },
	[NACC_CALL_BOOT_LOCK] = { "BOOT_LOCK", { "ranges" }, NULL },
	[NACC_CALL_SPACE_CREATE] = { "SPACE_CREATE", { "frame", "tag", "policy" },
				     "space" },
	[NACC_CALL_SPACE_SET] = { "SPACE_SET", { "space", "policy" }, "policy" },
	[NACC_CALL_SPACE_RETIRE] = { "SPACE_RETIRE", { "space" }, "left" },
	[NACC_CALL_SPACE_DESTROY] = { "SPACE_DESTROY", { "space" }, NULL },
	[NACC_CALL_FRAMES_TAKE] = { "FRAMES_TAKE", { "count" }, "taken" },
	[NACC_CALL_FRAMES_RETURN] = { "FRAMES_RETURN", { "count" }, "returned" },
	[NACC_CALL_RECLAIM] = { "RECLAIM", { NULL }, "left" },
	[NACC_CALL_QUERY] = { "QUERY", { "item", "which" }, "answer" },
	[NACC_CALL_OP] = { "OP", { "word", "value", "fence" }, NULL },
};

_Static_assert(sizeof(calls) / sizeof(calls[0]) == NACC_CALL_COUNT,
	       "each call has a row");

/* A call that this program does not know yet is shown as it is. */
static const struct call_info unknown_call = {
	NULL, { "a0", "a1", "a2" }, "value"
};

#define CAUSE_NAME(name, error, text) [NACC_CAUSE_##name] = #name,
#define CAUSE_TEXT(name, error, text) [NACC_CAUSE_##name] = text,
static const char *const cause_names[] = { NACC_CAUSES(CAUSE_NAME) };
static const char *const cause_texts[] = { NACC_CAUSES(CAUSE_TEXT) };

static const struct call_info *call_info(const char *name)
{
	size_t i;

	for (i = 0; i < NACC_CALL_COUNT; i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return &unknown_call;
}

static const char *error_name(long error)
{
	switch (error) {
	case NACC_SBI_FAILED:
		return "FAILED";
	case NACC_SBI_NOT_SUPPORTED:
		return "NOT_SUPPORTED";
	case NACC_SBI_INVALID_PARAM:
		return "INVALID_PARAM";
	case NACC_SBI_DENIED:
		return "DENIED";
	case NACC_SBI_INVALID_ADDRESS:
		return "INVALID_ADDRESS";
	case NACC_SBI_INVALID_STATE:
		return "INVALID_STATE";
	default:
		return "error";
	}
}

/* `          sh-77      [001] d..1.     3.123456:` without its colon. */
static int head_parse(char *head, struct call_event *event)
{
	char *hart = strrchr(head, '['), *dash, *time, *end;

	if (!hart)
		return -EINVAL;
	event->hart = (unsigned int)strtoul(hart + 1, &end, 10);
	if (*end != ']')
		return -EINVAL;
	time = strrchr(end, ' ');
	if (!time)
		return -EINVAL;
	event->time = strtod(time + 1, &end);
	if (end == time + 1 || strcmp(end, ":"))
		return -EINVAL;
	*hart = '\0';
	dash = strrchr(head, '-');
	if (!dash)
		return -EINVAL;
	event->pid = (pid_t)strtoul(dash + 1, &end, 10);
	if (end == dash + 1 || *end != ' ')
		return -EINVAL;
	*dash = '\0';
	head += strspn(head, " ");
	snprintf(event->comm, sizeof(event->comm), "%s", head);
	return 0;
}

int call_event_parse(const char *line, struct call_event *event)
{
	const char *mark = NULL, *next = line;
	char head[256];
	int end = 0;

	/* A process may call itself anything; the kernel's word is the last. */
	while ((next = strstr(next, MARK)))
		mark = next++;
	if (!mark)
		return -ENOENT;
	memset(event, 0, sizeof(*event));
	if ((size_t)(mark - line) >= sizeof(head))
		return -EINVAL;
	memcpy(head, line, (size_t)(mark - line));
	head[mark - line] = '\0';
	if (head_parse(head, event))
		return -EINVAL;
	if (sscanf(mark + strlen(MARK), "%23[A-Za-z0-9_](%lx, %lx, %lx) = %ld, %lx%n",
		   event->call, &event->argument[0], &event->argument[1],
		   &event->argument[2], &event->error, &event->value, &end) != 6)
		return -EINVAL;
	mark += strlen(MARK) + (size_t)end;
	return *mark == '\n' || !*mark ? 0 : -EINVAL;
}

/* A page-table entry as the privileged specification splits it. */
void entry_text(char *text, size_t size, unsigned long entry)
{
	static const char letters[] = "rwxugad";
	char flags[sizeof(letters)];
	unsigned long address = (entry >> 10 & 0xfffffffffffUL) << 12;
	unsigned int i;

	if (!(entry & 1)) {
		snprintf(text, size, entry ? "not present" : "empty");
		return;
	}
	if (!(entry & 0xe)) {
		snprintf(text, size, "table 0x%lx", address);
		return;
	}
	for (i = 0; letters[i]; i++)
		flags[i] = letters[i];
	for (i = 0; letters[i]; i++)
		if (!(entry & 2UL << i))
			flags[i] = '-';
	flags[i] = '\0';
	snprintf(text, size, "page 0x%lx %s%s", address, flags,
		 entry & NACC_PTE_NEW ? " new" : "");
}

/* Numbers of things are decimal, all else hexadecimal. */
static bool is_count(const char *name)
{
	static const char *const counts[] = {
		"ops", "done", "count", "taken", "returned", "left", "ranges",
		"item",
	};
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (!strcmp(name, counts[i]))
			return true;
	return false;
}

static void value_text(FILE *out, const char *name, unsigned long value)
{
	if (is_count(name))
		fprintf(out, "%s=%lu", name, value);
	else
		fprintf(out, "%s=0x%lx", name, value);
}

static void refusal_text(FILE *out, const struct call_event *event)
{
	unsigned long cause = NACC_CAUSE(event->value);

	fprintf(out, " %s", error_name(event->error));
	if (cause < NACC_CAUSES_END)
		fprintf(out, ": %s (%s)", cause_names[cause], cause_texts[cause]);
	else
		fprintf(out, ": cause %lu", cause);
	if (!strcmp(event->call, "COMMIT") || NACC_CAUSE_INDEX(event->value))
		fprintf(out, " at index %lu", NACC_CAUSE_INDEX(event->value));
}

void call_event_text(FILE *out, const struct call_event *event)
{
	const struct call_info *info = call_info(event->call);
	char entry[80];
	int i;

	fprintf(out, "%14.6f %7d/%u  %s", event->time, (int)event->pid,
		event->hart, event->call);
	for (i = 0; i < 3; i++) {
		if (!info->argument[i])
			continue;
		putc(' ', out);
		value_text(out, info->argument[i], event->argument[i]);
	}
	if (info == &calls[NACC_CALL_SET]) {
		entry_text(entry, sizeof(entry), event->argument[1]);
		fprintf(out, " (%s)", entry);
	}
	fputs(" =", out);
	if (event->error) {
		refusal_text(out, event);
	} else if (info->result) {
		putc(' ', out);
		value_text(out, info->result, event->value);
	} else {
		fputs(" ok", out);
	}
	putc('\n', out);
}

/* Addresses do not fit a double: they travel as strings. */
static void value_json(FILE *out, const char *name, unsigned long value)
{
	if (is_count(name))
		fprintf(out, "\"%s\": %lu", name, value);
	else
		fprintf(out, "\"%s\": \"0x%lx\"", name, value);
}

void call_event_json(FILE *out, const struct call_event *event)
{
	const struct call_info *info = call_info(event->call);
	unsigned long cause = NACC_CAUSE(event->value);
	const char *separator = "";
	int i;

	fprintf(out, "{\"time\": %.6f, \"thread\": %d, \"hart\": %u, \"comm\": ",
		event->time, (int)event->pid, event->hart);
	json_string(out, event->comm);
	fprintf(out, ", \"call\": \"%s\", \"arguments\": {", event->call);
	for (i = 0; i < 3; i++) {
		if (!info->argument[i])
			continue;
		fputs(separator, out);
		value_json(out, info->argument[i], event->argument[i]);
		separator = ", ";
	}
	fprintf(out, "}, \"error\": %ld", event->error);
	if (event->error) {
		fprintf(out, ", \"cause\": \"%s\", \"index\": %lu",
			cause < NACC_CAUSES_END ? cause_names[cause] : "?",
			NACC_CAUSE_INDEX(event->value));
	} else if (info->result) {
		fputs(", ", out);
		value_json(out, info->result, event->value);
	}
	fputs("}\n", out);
}
