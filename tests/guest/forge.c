// SPDX-License-Identifier: BSD-2-Clause
/* Forged requests to the monitor. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forge.h"

#define FORGE_FILE	"/sys/kernel/debug/nacc_forge"

struct cause_info {
	const char *name;
	long error;
};

#define CAUSE_INFO(name, error, text) { #name, NACC_SBI_##error },
static const struct cause_info causes[] = { NACC_CAUSES(CAUSE_INFO) };

_Static_assert(ARRAY_SIZE(causes) == NACC_CAUSES_END, "one row a cause");

static const char *cause_name(unsigned long cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].name : "?";
}

void forge(struct nacc_forgery *forgery)
{
	int fd = open(FORGE_FILE, O_RDWR | O_CLOEXEC);

	if (fd < 0 ||
	    write(fd, forgery, sizeof(*forgery)) != (ssize_t)sizeof(*forgery) ||
	    pread(fd, forgery, sizeof(*forgery), 0) != (ssize_t)sizeof(*forgery))
		tap_bail(FORGE_FILE ": %s", strerror(errno));
	close(fd);
}

bool forge_expect(struct nacc_forgery *forgery, enum nacc_cause cause,
		  unsigned int index, const char *fmt, ...)
{
	char text[160];
	va_list args;
	bool ok;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	forge(forgery);
	ok = (long)forgery->error == causes[cause].error &&
	     (cause == NACC_CAUSE_NONE ||
	      (NACC_CAUSE(forgery->value) == cause &&
	       NACC_CAUSE_INDEX(forgery->value) == index));
	tap_ok(ok, "%s: %s", text, causes[cause].name);
	if (!ok)
		tap_note("got error %ld, %s at index %lu; want error %ld at %u",
			 (long)forgery->error,
			 cause_name(NACC_CAUSE(forgery->value)),
			 NACC_CAUSE_INDEX(forgery->value), causes[cause].error,
			 index);
	return ok;
}

struct nacc_forgery forge_call(unsigned long call, unsigned long a0,
			       unsigned long a1, unsigned long a2)
{
	return (struct nacc_forgery){ .call = call, .arg = { a0, a1, a2 } };
}

struct nacc_forgery forge_op(uint64_t word, uint64_t value)
{
	return (struct nacc_forgery){
		.call = NACC_CALL_COMMIT,
		.arg = { 1 },
		.offset = NACC_OPS_OFFSET,
		.words = 2,
		.word = { word, value },
	};
}
