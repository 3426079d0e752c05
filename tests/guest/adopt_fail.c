// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each call that an adoption makes of the monitor fails once, and from each frame
 * on that it takes there is none: the process is told, goes on unguarded and
 * unharmed with every frame returned, and can be adopted afterwards; or the
 * adoption does not need that call, and succeeds.
 * Needs CONFIG_NACC_FAIL: the debug kernel.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "inject.h"

#define MAX_N		2000
/* Of many that are alike, one by one, only some. */
#define EACH		120
#define STRIDE		23

enum { DONE = 30, TOLD, WRONG };

/* From the n-th frame on there is none; else one call fails. */
static bool run_out;

/* Shared with the child: its adoption has succeeded. */
static volatile bool *succeeded;

static const unsigned long places[] = { 8 * GIB, 20 * GIB, 70 * GIB };

static void fill(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (mmap((void *)places[i], 4 * MIB, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
		    MAP_FAILED)
			_exit(WRONG);
		pattern_fill((void *)(places[i] + 2 * MIB - 3 * PAGE), 6, (unsigned int)i);
	}
}

static bool intact(void)
{
	size_t i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		wrong += pattern_check((void *)(places[i] + 2 * MIB - 3 * PAGE), 6,
				       (unsigned int)i);
	return !wrong;
}

/* What an adoption says when a call of it has failed. */
static bool says_so(int error)
{
	return error == ENOMEM || (error == EACCES && !run_out);
}

/* The exit status: DONE when there was no @n-th call, TOLD, or WRONG. */
static int adopted(void *n)
{
	bool failed;
	int error;

	fill();
	*succeeded = false;
	/* No frame is left over in a cache. */
	if (run_out && !settle())
		return WRONG;
	inject_from(*(const long *)n);
	error = guard_now();
	*succeeded = !error;
	failed = inject_end();
	if (is_guarded() != !error || !intact())
		return WRONG;
	if (!error)
		return !failed ? DONE : run_out ? WRONG : TOLD;
	if (!failed || !says_so(error))
		return WRONG;
	/* Nothing of the first attempt is in the way of a second. */
	return guard_now() || !is_guarded() || !intact() ? WRONG : TOLD;
}

/* @what fails. There are more than @least of it. */
static void sweep(const char *what, long least)
{
	int status = 0, wrong = 0, unbalanced = 0;
	struct balance was;
	long n;

	balance_take(&was);
	for (n = 1; n < MAX_N; n += n < EACH ? 1 : STRIDE) {
		status = in_child(adopted, &n);
		if (exited_with(status, DONE))
			break;
		/* A call after the adoption: what a guarded process is refused kills it. */
		if (!exited_with(status, TOLD) &&
		    !(*succeeded && !run_out && killed_by(status, SIGKILL))) {
			wrong++;
			tap_note("%ld: wait status 0x%x", n, (unsigned int)status);
		}
		/* One that was killed has left it on. */
		inject_end();
		unbalanced += !balance_same(&was, what, n);
	}
	tap_ok(n > least && exited_with(status, DONE), "%s: up to the %ldth", what, n);
	tap_is(wrong, 0, "%s: runs in which it was guarded in part, or harmed", what);
	tap_is(unbalanced, 0, "%s: runs after which a frame or a space was not back", what);
}

int main(void)
{
	succeeded = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (succeeded == MAP_FAILED)
		tap_bail("shared memory: %s", strerror(errno));
	inject_task(ALL_CALLS, 1);
	sweep("a call fails", 20);
	run_out = true;
	inject_anybody(CALL_BIT(NACC_CALL_FRAMES_TAKE), ALL_LATER);
	sweep("no frame from the n-th on", 10);
	return tap_done();
}
