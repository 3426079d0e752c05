// SPDX-License-Identifier: BSD-2-Clause
/* TAP output of the guest's test programs. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"

static int tests, failures;

static void line(bool ok, const char *fmt, va_list args)
{
	printf("%s %d - ", ok ? "ok" : "not ok", ++tests);
	vprintf(fmt, args);
	putchar('\n');
	failures += !ok;
}

bool tap_ok(bool cond, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(cond, fmt, args);
	va_end(args);
	fflush(stdout);
	return cond;
}

bool tap_is(long got, long want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(got == want, fmt, args);
	va_end(args);
	if (got != want)
		printf("# got %ld, want %ld\n", got, want);
	fflush(stdout);
	return got == want;
}

void tap_skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tests, what, why);
	fflush(stdout);
}

void tap_note(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void tap_bail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(false, fmt, args);
	va_end(args);
	exit(tap_done());
}

int tap_done(void)
{
	printf("1..%d\n", tests);
	fflush(stdout);
	return failures || !tests ? 1 : 0;
}
