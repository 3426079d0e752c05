// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each call that an adoption makes of the monitor fails once: the process is
 * told, goes on unguarded and unharmed with every frame returned, and can be
 * adopted afterwards; or the adoption does not need that call, and succeeds.
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

#define MIB		(1024UL * 1024)
#define GIB		(1024 * MIB)
#define MAX_N		2000
/* Of many that are alike, one by one, only some. */
#define EACH		120
#define STRIDE		23
#define FAIL_FILE	"/sys/kernel/debug/nacc_fail"

enum { DONE = 30, TOLD, WRONG };

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

/* The file reads as the number of calls that are left until then. */
static bool has_failed(void)
{
	char text[24] = "";

	return file_read(FAIL_FILE, text, sizeof(text)) > 0 && !atol(text) &&
	       file_write(FAIL_FILE, "0") > 0;
}

/* The exit status: DONE when there was no @n-th call, TOLD, or WRONG. */
static int adopted(void *n)
{
	bool failed;
	int error;

	fill();
	*succeeded = false;
	if (file_write(FAIL_FILE, n) < 0)
		return WRONG;
	error = guard_now();
	*succeeded = !error;
	failed = has_failed();
	if (!failed)
		file_write(FAIL_FILE, "0");
	if (is_guarded() != !error || !intact())
		return WRONG;
	if (!error)
		return failed ? TOLD : DONE;
	if (!failed || (error != ENOMEM && error != EACCES))
		return WRONG;
	/* Nothing of the first attempt is in the way of a second. */
	return guard_now() || !is_guarded() || !intact() ? WRONG : TOLD;
}

int main(void)
{
	int n, status = 0, wrong = 0, unbalanced = 0;
	struct counters was, is;
	char text[16];

	succeeded = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (succeeded == MAP_FAILED || !settle() || counters_read(&was))
		tap_bail("shared memory or counters: %s", strerror(errno));
	for (n = 1; n < MAX_N; n += n < EACH ? 1 : STRIDE) {
		snprintf(text, sizeof(text), "%d", n);
		status = in_child(adopted, text);
		if (exited_with(status, DONE))
			break;
		/* A call after the adoption: what a guarded process is refused kills it. */
		if (!exited_with(status, TOLD) &&
		    !(*succeeded && killed_by(status, SIGKILL))) {
			wrong++;
			tap_note("call %d fails: wait status 0x%x", n,
				 (unsigned int)status);
		}
		if (settle() && !counters_read(&is) &&
		    is.value[COUNTER_FRAMES_IN_USE] == was.value[COUNTER_FRAMES_IN_USE] &&
		    is.value[COUNTER_SPACES] == was.value[COUNTER_SPACES])
			continue;
		unbalanced++;
		tap_note("call %d fails: frames %lu -> %lu", n,
			 was.value[COUNTER_FRAMES_IN_USE],
			 is.value[COUNTER_FRAMES_IN_USE]);
	}
	tap_ok(n > 20 && exited_with(status, DONE), "calls failed up to the %dth", n);
	tap_is(wrong, 0, "runs in which it was guarded in part, or harmed");
	tap_is(unbalanced, 0, "runs after which a frame or a space was not back");
	return tap_done();
}
