/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the monitor as the kernel's tracepoint shows them. */
#ifndef NACC_TOOL_DECODE_H
#define NACC_TOOL_DECODE_H

#include <stdio.h>
#include <sys/types.h>

struct call_event {
	double time;		/* seconds of the kernel's clock */
	pid_t pid;		/* of the thread */
	unsigned int hart;
	char comm[16];
	char call[24];
	unsigned long argument[3];
	long error;		/* of the SBI */
	unsigned long value;
};

/*
 * call_event_parse - read one line of trace_pipe. Returns 0, -ENOENT when the
 * line is about something else, -EINVAL when it is malformed.
 */
int call_event_parse(const char *line, struct call_event *event);

/* call_event_text, call_event_json - a line for people, an object. */
void call_event_text(FILE *out, const struct call_event *event);
void call_event_json(FILE *out, const struct call_event *event);

/* entry_text - what a page-table entry says. */
void entry_text(char *text, size_t size, unsigned long entry);

#endif /* NACC_TOOL_DECODE_H */
