// SPDX-License-Identifier: BSD-2-Clause
/*
 * A call of the monitor fails, whoever makes it: tables are retired, frames
 * returned and spaces destroyed by whoever drops the last reference, often not
 * the task that dies. While processes come and go, the first of such calls
 * fails, then the second, and so on. Nobody notices, and every frame and space
 * comes back. Needs CONFIG_NACC_FAIL: the debug kernel. Runs guarded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../abi/nacc_abi.h"
#include "guest.h"

#define GIB		(1024UL * 1024 * 1024)
#define MAX_N		15
#define FAIL_FILE	"/sys/kernel/debug/nacc_fail"
#define CALL_FILE	"/sys/kernel/debug/nacc_fail_call"
#define FAILED_FILE	"/sys/kernel/debug/nacc_failed"

static const struct call {
	enum nacc_call number;
	const char *name;
} calls[] = {
	{ NACC_CALL_SPACE_RETIRE, "SPACE_RETIRE" },
	{ NACC_CALL_SPACE_DESTROY, "SPACE_DESTROY" },
	{ NACC_CALL_FRAMES_TAKE, "FRAMES_TAKE" },
	{ NACC_CALL_FRAMES_RETURN, "FRAMES_RETURN" },
	{ NACC_CALL_RECLAIM, "RECLAIM" },
};

/* Tables of every level, in two address spaces; some go before the others. 0 if all is well. */
static int work(void *unused)
{
	static const unsigned long places[] = { 8 * GIB, 20 * GIB, 70 * GIB };
	int status;
	pid_t pid;
	size_t i;

	(void)unused;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (mmap((void *)places[i], 4 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
		    MAP_FAILED)
			return 1;
		pattern_fill((void *)places[i], 4, (unsigned int)i);
	}
	pid = fork();
	if (pid < 0)
		return 1;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (pattern_check((void *)places[i], 4, (unsigned int)i))
			return 2;
	if (!pid)
		_exit(0);
	if (munmap((void *)places[1], 4 * PAGE))
		return 1;
	return waitpid(pid, &status, 0) == pid && !status ? 0 : 2;
}

/* Returns false when there was no @n-th such call. */
static bool fails(const struct call *call, unsigned long n, const struct counters *was)
{
	struct counters is;
	bool failed;
	int status;

	number_write(CALL_FILE, call->number);
	number_write(FAIL_FILE, (long)n);
	status = in_child(work, NULL);
	/* The last frames and spaces go now. */
	if (!settle())
		tap_bail("settle: %s", strerror(errno));
	failed = !number_of(FAIL_FILE, "");
	number_write(FAIL_FILE, 0);
	number_write(CALL_FILE, NACC_CALL_INFO);
	if (!failed)
		return false;
	tap_is(number_of(FAILED_FILE, ""), call->number, "%s %lu: has failed", call->name, n);
	tap_is(status, 0, "%s %lu: nobody notices", call->name, n);
	if (!settle() || counters_read(&is))
		tap_bail("counters");
	tap_is((long)is.value[COUNTER_FRAMES_IN_USE], (long)was->value[COUNTER_FRAMES_IN_USE],
	       "%s %lu: every frame is back", call->name, n);
	tap_is((long)is.value[COUNTER_SPACES], (long)was->value[COUNTER_SPACES],
	       "%s %lu: every space is back", call->name, n);
	return true;
}

int main(void)
{
	struct counters was;
	unsigned long n;
	size_t i;

	if (!is_guarded())
		tap_bail("this process is not guarded");
	if (!settle() || counters_read(&was))
		tap_bail("counters");
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (n = 1; n < MAX_N && fails(&calls[i], n, &was); n++)
			;
		tap_ok(n > 1, "%s: there is one", calls[i].name);
	}
	return tap_done();
}
