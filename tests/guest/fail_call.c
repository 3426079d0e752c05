// SPDX-License-Identifier: BSD-2-Clause
/*
 * A call of the monitor fails, whoever makes it: tables are retired, frames
 * returned and spaces destroyed by whoever drops the last reference, often not
 * the task that dies. While processes come and go, the first of such calls
 * fails, then the second, and so on. Nobody notices, and every frame and space
 * comes back. Then two in a row, of which the second is what the kernel asks for
 * since the first was refused.
 * Needs CONFIG_NACC_FAIL: the debug kernel. Runs guarded.
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

#define MAX_N		15

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
static bool fails(const struct call *call, unsigned long n, const struct balance *was)
{
	int status;

	inject_anybody(CALL_BIT(call->number), 1);
	inject_from((long)n);
	status = in_child(work, NULL);
	/* The last frames and spaces go now. */
	if (!settle())
		tap_bail("settle: %s", strerror(errno));
	if (!inject_end())
		return false;
	tap_is(inject_failed(), call->number, "%s %lu: has failed", call->name, n);
	tap_is(status, 0, "%s %lu: nobody notices", call->name, n);
	tap_ok(balance_same(was, call->name, (long)n), "%s %lu: every frame and space is back",
	       call->name, n);
	return true;
}

/* Maps a page where no table is: the first two writes link tables. */
static int link_tables(void *n)
{
	char *at = mmap((void *)(70 * GIB), PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (at == MAP_FAILED)
		return 1;
	inject_from(*(const long *)n);
	madvise(at, PAGE, MADV_POPULATE_WRITE);
	pause();
	return 2;
}

/* An entry becomes one that cannot be written through. */
static int protect_page(void *n)
{
	char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return 1;
	at[0] = 1;
	inject_from(*(const long *)n);
	mprotect(at, PAGE, PROT_READ);
	pause();
	return 2;
}

/* A space that ends: hello's. */
static int come_and_go(void *n)
{
	inject_from(*(const long *)n);
	return hello_run("guard");
}

static const struct pair {
	const char *name;
	unsigned int calls;
	enum nacc_call second;
	int (*perform)(void *n);
	long ns;		/* n = 1 to @ns */
	long refusals;
} pairs[] = {
	{ "a link, and to ask for its level", CALL_BIT(NACC_CALL_SET) | CALL_BIT(NACC_CALL_QUERY),
	  NACC_CALL_QUERY, link_tables, 2, 1 },
	{ "a link, and to bind its table", CALL_BIT(NACC_CALL_SET) | CALL_BIT(NACC_CALL_OP),
	  NACC_CALL_OP, link_tables, 2, 1 },
	{ "an entry, and its stand-in", CALL_BIT(NACC_CALL_SET), NACC_CALL_SET,
	  protect_page, 1, 2 },
	{ "the end of a space, and to ask whose it is",
	  CALL_BIT(NACC_CALL_SPACE_DESTROY) | CALL_BIT(NACC_CALL_QUERY),
	  NACC_CALL_QUERY, come_and_go, 1, 1 },
};

/* A task that was refused two things in a row, or whose space could not end at once. */
static void two_fail(const struct pair *pair, long n, const struct balance *was)
{
	struct balance before, after;
	int status;

	/* Who ends a space may be anybody; the rest is the child's. */
	if (pair->perform == come_and_go)
		inject_anybody(pair->calls, 2);
	else
		inject_task(pair->calls, 2);
	balance_take(&before);
	status = in_child(pair->perform, &n);
	balance_take(&after);
	tap_ok(inject_end() && inject_failed() == pair->second,
	       "%s: both have failed", pair->name);
	if (pair->perform == come_and_go)
		tap_is(status, 0, "%s: nobody notices", pair->name);
	else
		tap_ok(killed_by(status, SIGKILL), "%s: the task is killed (0x%x)", pair->name,
		       (unsigned int)status);
	tap_ok((long)(after.counters.value[COUNTER_REFUSALS] -
		      before.counters.value[COUNTER_REFUSALS]) >= pair->refusals,
	       "%s: counted", pair->name);
	tap_ok(balance_same(was, pair->name, n), "%s: every frame and space is back",
	       pair->name);
}

int main(void)
{
	struct balance was;
	unsigned long n;
	size_t i;

	if (!is_guarded())
		tap_bail("this process is not guarded");
	balance_take(&was);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (n = 1; n < MAX_N && fails(&calls[i], n, &was); n++)
			;
		tap_ok(n > 1, "%s: there is one", calls[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		for (n = 1; n <= (unsigned long)pairs[i].ns; n++)
			two_fail(&pairs[i], (long)n, &was);
	return tap_done();
}
