// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls of the monitor fail: a task does something that needs many calls
 * (fail_work.c), and its n-th one is refused or finds nothing left; or from the n-th
 * frame on there is none. n = 1, 2, ... until it has done all without meeting a
 * failure (of many in a row only some). Whatever n is: the task is told (ENOMEM and
 * the like), or killed, or need not notice; a write that was refused is counted; data
 * that can be read is right; nobody runs on in a broken address space; every frame
 * comes back; and the kernel says nothing of its own (the lane's console).
 *
 * fail one|out [SCENARIO]. Needs CONFIG_NACC_FAIL: the debug kernel. Runs guarded.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "guest.h"
#include "hog.h"
#include "inject.h"

#define MAX_N	2000
/* A split writes 512 entries one by one: each of them would take minutes. */
#define EACH	70
#define STRIDE	23

/* Pages that were stored to in the run with @n and do not say so; all forget it. */
static size_t kept_lost(long n)
{
	size_t i, lost = 0;

	for (i = 0; i < *kept.stored; i++)
		lost += pattern_check(kept.at + i * PAGE, 1,
				      (unsigned int)n + (unsigned int)i);
	*kept.stored = 0;
	memset(kept.at, 0, KEPT * PAGE);
	return lost;
}

static void kept_prepare(void)
{
	kept.fd = memfd_create("kept", MFD_CLOEXEC);
	if (kept.fd < 0 || ftruncate(kept.fd, KEPT * PAGE))
		tap_bail("memfd: %s", strerror(errno));
	kept.at = mmap(NULL, KEPT * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, kept.fd, 0);
	kept.stored = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);
	if (kept.at == MAP_FAILED || kept.stored == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	/* This process is guarded, too: its own tables are there before any are counted. */
	kept_lost(0);
}

struct sweep {
	unsigned int done, unnoticed, told, killed;
	unsigned int wrong, unbalanced;
	size_t stored, lost;
};

/* Bits of the calls that have failed. */
static unsigned int failed_calls;

/*
 * One call has failed; @counted: refusals are. An address space that was refused an
 * entry ends. What moves many entries, or takes a frame, is asked for in another way.
 */
static bool one_is_right(const struct scenario *scenario, enum nacc_call call,
			 int status, bool counted)
{
	bool unnoticed = exited_with(status, UNNOTICED);

	if (!exited_with(status, DONE) && !unnoticed && !exited_with(status, TOLD) &&
	    !killed_by(status, SIGKILL))
		return false;
	switch (call) {
	case NACC_CALL_SET:
		return counted && (!unnoticed || scenario->replaced);
	case NACC_CALL_SPACE_SET:
		return counted && !unnoticed;
	case NACC_CALL_SPACE_CREATE:
		return !counted && exited_with(status, TOLD);
	case NACC_CALL_SPACE_RETIRE:
	case NACC_CALL_SPACE_DESTROY:
		return counted;
	case NACC_CALL_OP:
		if (counted)
			return !unnoticed;
		/* fall through */
	default:
		return !counted && (unnoticed || exited_with(status, DONE));
	}
}

/*
 * There was no frame: nobody was refused anything. Linux ends an exec that can be no
 * error any more by SIGSEGV.
 */
static bool out_is_right(const struct scenario *scenario, int status, bool counted)
{
	return !counted &&
	       (exited_with(status, TOLD) ||
		(killed_by(status, SIGKILL) && !scenario->calls) ||
		(killed_by(status, SIGSEGV) && scenario->replaced));
}

static void judge(const struct scenario *scenario, int status, bool failed,
		  bool counted, struct sweep *sweep)
{
	enum nacc_call call = inject_failed();
	bool right;

	sweep->done += exited_with(status, DONE);
	sweep->unnoticed += exited_with(status, UNNOTICED);
	sweep->told += exited_with(status, TOLD);
	sweep->killed += killed_by(status, SIGKILL);
	if (!failed)
		right = exited_with(status, DONE) && !counted;
	else
		right = failure.out ? out_is_right(scenario, status, counted) :
				  one_is_right(scenario, call, status, counted);
	if (failed)
		failed_calls |= CALL_BIT(call);
	if (right)
		return;
	sweep->wrong++;
	tap_note("%s, %ld: %s call %d, %s: wait status 0x%x", scenario->name, failure.n,
		 failed ? "failed" : "not failed,", (int)call,
		 counted ? "counted" : "not counted", (unsigned int)status);
}

static long refusals(void)
{
	return number_of("/sys/kernel/nacc/refusals", "");
}

/* Returns false when the scenario ended before anything failed. */
static bool run(const struct scenario *scenario, struct sweep *sweep)
{
	long refused = refusals();
	bool failed;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		setpgid(0, 0);
		scenario->perform();
		end(DONE);
	}
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	/* Its child may still run. */
	while (waitpid(-pid, NULL, 0) > 0)
		;
	failed = inject_end();
	judge(scenario, status, failed, refusals() != refused, sweep);
	sweep->stored += *kept.stored;
	sweep->lost += kept_lost(failure.n);
	return failed;
}

static void sweep(const struct scenario *scenario)
{
	long least = failure.out ? scenario->frames : 10;
	struct sweep sweep = { 0 };
	struct balance was;
	struct hello hello;
	char line[32];

	hello_start(&hello, true);
	balance_take(&was);
	failure.n = 1;
	while (run(scenario, &sweep) && failure.n < MAX_N) {
		sweep.unbalanced += !balance_same(&was, scenario->name, failure.n);
		failure.n += failure.n < EACH ? 1 : STRIDE;
	}
	tap_ok(failure.n > least && failure.n < MAX_N, "%s: %s, up to the %ldth", scenario->name,
	       failure.out ? "no frame from the n-th on" : "calls failed, one a run", failure.n);
	tap_note("%s: done %u, unnoticed %u, told %u, killed %u", scenario->name,
		 sweep.done, sweep.unnoticed, sweep.told, sweep.killed);
	tap_is(sweep.wrong, 0, "%s: done, told or killed, as becomes what failed",
	       scenario->name);
	if (!strcmp(scenario->name, "kept"))
		tap_ok(sweep.stored && !sweep.lost, "%s: %zu pages stored to, %zu lost",
		       scenario->name, sweep.stored, sweep.lost);
	tap_is(sweep.unbalanced, 0, "%s: every frame and space is back",
	       scenario->name);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "%s: another guarded process goes on", scenario->name);
}

/* What a task does in its own name, it was refused. fail_call.c has the others. */
static void check_calls(void)
{
	static const struct {
		enum nacc_call call;
		const char *name;
	} calls[] = {
		{ NACC_CALL_SET, "SET" },
		{ NACC_CALL_OP, "OP" },
		{ NACC_CALL_COMMIT, "COMMIT" },
		{ NACC_CALL_SPACE_CREATE, "SPACE_CREATE" },
		{ NACC_CALL_SPACE_SET, "SPACE_SET" },
		{ NACC_CALL_FRAMES_TAKE, "FRAMES_TAKE" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		tap_ok(failed_calls & CALL_BIT(calls[i].call), "calls that failed: %s",
		       calls[i].name);
}

int main(int argc, char **argv)
{
	size_t i;

	if (!is_guarded())
		tap_bail("this process is not guarded");
	if (argc == 2 && !strcmp(argv[1], "again"))
		end(DONE);
	failure.out = argc > 1 && !strcmp(argv[1], "out");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* While there is no frame, this process waits and needs none. */
	kept_prepare();
	hog_settle();
	if (failure.out)
		inject_anybody(CALL_BIT(NACC_CALL_FRAMES_TAKE), ALL_LATER);
	else
		inject_task(ALL_CALLS, 1);
	for (i = 0; i < scenarios_nr; i++)
		if (argc > 2 ? !strcmp(argv[2], scenarios[i].name) :
			       !failure.out || scenarios[i].frames)
			sweep(&scenarios[i]);
	if (!failure.out && argc <= 2)
		check_calls();
	return tap_done();
}
