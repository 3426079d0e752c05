// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each call of the monitor fails once: a task does something that needs many
 * calls, and its n-th one is refused or finds nothing left, for n = 1, 2, ...
 * until it has done all without meeting the failure (of many in a row only some).
 * Whatever n is: the task
 * is told (ENOMEM and the like), or killed, or does not notice; data that can
 * be read is right; nobody runs on in a broken address space; every frame
 * comes back; and the kernel says nothing of its own (the lane's console).
 * Needs CONFIG_NACC_FAIL: the debug kernel. Runs guarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../abi/nacc_abi.h"
#include "guest.h"

#define MIB	(1024UL * 1024)
#define GIB	(1024 * MIB)
#define MAX_N	2000
/* A split writes 512 entries one by one: each of them would take minutes. */
#define EACH	70
#define STRIDE	23
#define KEPT	40

#define FAIL_FILE	"/sys/kernel/debug/nacc_fail"
#define FAILED_FILE	"/sys/kernel/debug/nacc_failed"

enum {
	DONE = 30,	/* exit status: did all of it */
	TOLD,		/* an error, as for lack of memory */
	WRONG_DATA,
	WRONG_ERROR,
};

static const unsigned long far[] = { 8 * GIB, 20 * GIB, 70 * GIB };

static _Noreturn void end(int status)
{
	char text[1024];

	/* A broken address space is to be killed; let nothing hide that it is not. */
	if (file_read("/proc/self/nacc", text, sizeof(text)) > 0 &&
	    strstr(text, "broken"))
		pause();
	_exit(status);
}

/*
 * Did it work? If not, for lack of memory? Then the task ends. E2BIG is what
 * exec says when there is no page for the arguments.
 */
static void check(bool ok)
{
	if (!ok)
		end(errno == ENOMEM || errno == EFAULT || errno == EAGAIN ||
		    errno == E2BIG ?
		    TOLD : WRONG_ERROR);
}

static void same(const void *at, size_t pages, unsigned int seed)
{
	if (pattern_check(at, pages, seed))
		end(WRONG_DATA);
}

static void *area(unsigned long at, size_t size)
{
	void *got = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0),
			 -1, 0);

	check(got != MAP_FAILED);
	return got;
}

static int nth;			/* which call fails */

/* What comes is counted; what was before, setting up, is not. */
static void from_here(void)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	if (file_write(FAIL_FILE, text) < 0)
		_exit(WRONG_ERROR);
}

/* Tables of every level, and more than one write to some of them. */
static void do_touch(void)
{
	unsigned long at;
	size_t i;

	from_here();
	for (i = 0; i < ARRAY_SIZE(far); i++) {
		at = far[i] + MIB;
		area(at, 2 * MIB);
		pattern_fill((void *)(at + 255 * PAGE), 3, (unsigned int)i);
	}
	for (i = 0; i < ARRAY_SIZE(far); i++)
		same((void *)(far[i] + MIB + 255 * PAGE), 3, (unsigned int)i);
	munmap((void *)(far[0] + MIB), MIB);
	same((void *)(far[1] + MIB + 255 * PAGE), 3, 1);
}

static void do_populate(void)
{
	char *at = area(far[0] + 2 * MIB - 6 * PAGE, 12 * PAGE);

	from_here();
	check(!madvise(at, 12 * PAGE, MADV_POPULATE_WRITE));
	pattern_fill(at, 12, 3);
	check(!madvise(at + 4 * PAGE, 4 * PAGE, MADV_DONTNEED));
	same(at, 4, 3);
	if (at[4 * PAGE + 17])
		end(WRONG_DATA);
}

/* A fork copies; both sides then write what they share. */
static void do_fork(void)
{
	char *at = area(far[1], 20 * PAGE);
	int status;
	pid_t pid;

	pattern_fill(at, 20, 4);
	from_here();
	pid = fork();
	if (!pid) {
		same(at, 20, 4);
		pattern_fill(at, 20, 5);
		same(at, 20, 5);
		end(DONE);
	}
	check(pid > 0);
	if (waitpid(pid, &status, 0) != pid ||
	    (!exited_with(status, DONE) && !exited_with(status, TOLD) &&
	     !killed_by(status, SIGKILL)))
		end(WRONG_DATA);
	same(at, 20, 4);
	pattern_fill(at, 20, 6);
	same(at, 20, 6);
}

static void do_exec(void)
{
	from_here();
	execl("/proc/self/exe", "fail", "again", (char *)NULL);
	check(false);
}

/* Whole level-0 tables move, and single entries. */
static void do_move(void)
{
	char *from = area(far[0], 6 * MIB), *to = (char *)far[2];

	pattern_fill(from + 500 * PAGE, 20, 7);
	pattern_fill(from + 1000 * PAGE, 100, 8);
	from_here();
	check(mremap(from, 6 * MIB, 6 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED,
		     to) == to);
	same(to + 500 * PAGE, 20, 7);
	check(mremap(to + 500 * PAGE, 20 * PAGE, 20 * PAGE,
		     MREMAP_MAYMOVE | MREMAP_FIXED, from) == from);
	same(from, 20, 7);
	same(to + 1000 * PAGE, 100, 8);
}

static void do_protect(void)
{
	char *at = area(far[0], 40 * PAGE);

	pattern_fill(at, 40, 8);
	from_here();
	check(!mprotect(at, 20 * PAGE, PROT_READ));
	same(at, 40, 8);
	check(!mprotect(at, 40 * PAGE, PROT_NONE));
	check(!mprotect(at, 40 * PAGE, PROT_READ | PROT_WRITE));
	same(at, 40, 8);
	pattern_fill(at, 40, 9);
	same(at, 40, 9);
}

/* A huge page: its fault, with a deposited table, its split, its collapse. */
static void do_huge(void)
{
	char *at = area(far[1], 4 * MIB);

	check(!madvise(at, 4 * MIB, MADV_HUGEPAGE));
	from_here();
	pattern_fill(at + 500 * PAGE, 24, 10);
	check(!mprotect(at + 505 * PAGE, PAGE, PROT_READ));
	same(at + 500 * PAGE, 24, 10);
	check(!mprotect(at + 505 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	if (madvise(at, 2 * MIB, MADV_COLLAPSE) && errno != EINVAL &&
	    errno != EBUSY)
		check(false);
	same(at + 500 * PAGE, 24, 10);
	munmap(at + 2 * MIB + 20 * PAGE, MIB);
	same(at + 500 * PAGE, 24, 10);
}

/* File pages: mapped around the fault, cut off, mapped anew. */
static void do_file(void)
{
	int fd = memfd_create("fail", MFD_CLOEXEC);
	char *at;

	check(fd >= 0 && !ftruncate(fd, 20 * PAGE));
	from_here();
	at = mmap(NULL, 20 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(at != MAP_FAILED);
	pattern_fill(at, 20, 11);
	check(!ftruncate(fd, 10 * PAGE));
	same(at, 10, 11);
	munmap(at, 20 * PAGE);
	at = mmap(NULL, 10 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	check(at != MAP_FAILED);
	same(at, 10, 11);
}

/* Pages in shared memory, and how many of them have been stored to. */
static struct {
	int fd;
	char *at;
	size_t *stored;
} kept;

/* What was stored there stays, whatever ends the task: kept_lost(). */
static void do_kept(void)
{
	char *at;
	size_t i;

	from_here();
	at = mmap(NULL, KEPT * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, kept.fd, 0);
	check(at != MAP_FAILED);
	for (i = 0; i < KEPT; i++) {
		pattern_fill(at + i * PAGE, 1, (unsigned int)(nth + (int)i));
		__atomic_store_n(kept.stored, i + 1, __ATOMIC_RELEASE);
		if (i % 8 != 5)
			continue;
		check(!mprotect(at, i * PAGE, PROT_READ));
		check(!madvise(at + 2 * PAGE, 2 * PAGE, MADV_DONTNEED));
		check(!mprotect(at, i * PAGE, PROT_READ | PROT_WRITE));
	}
}

/* Pages that were stored to in the run with @n and do not say so; all forget it. */
static size_t kept_lost(int n)
{
	size_t i, lost = 0;

	for (i = 0; i < *kept.stored; i++)
		lost += pattern_check(kept.at + i * PAGE, 1, (unsigned int)(n + (int)i));
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

static const struct scenario {
	const char *name;
	void (*perform)(void);
} scenarios[] = {
	{ "touch", do_touch },
	{ "populate", do_populate },
	{ "fork", do_fork },
	{ "exec", do_exec },
	{ "move", do_move },
	{ "protect", do_protect },
	{ "huge", do_huge },
	{ "file", do_file },
	{ "kept", do_kept },
};

struct sweep {
	unsigned int done, told, killed;
	unsigned int wrong_status, unbalanced;
	size_t stored, lost;
};

/* Bits of the calls that have failed, by their numbers. */
static unsigned long failed_calls;

/* Calls left until the one that fails; 0 when it has failed. */
static long nth_left(void)
{
	char text[24] = "", call[24] = "";

	if (file_read(FAIL_FILE, text, sizeof(text)) < 0 ||
	    file_read(FAILED_FILE, call, sizeof(call)) < 0 ||
	    file_write(FAIL_FILE, "0") < 0)
		tap_bail(FAIL_FILE ": %s", strerror(errno));
	if (!atol(text))
		failed_calls |= 1UL << atol(call);
	return atol(text);
}

static void judge(const struct scenario *scenario, int n, int status,
		  struct sweep *sweep)
{
	sweep->done += exited_with(status, DONE);
	sweep->told += exited_with(status, TOLD);
	sweep->killed += killed_by(status, SIGKILL);
	if (exited_with(status, DONE) || exited_with(status, TOLD) ||
	    killed_by(status, SIGKILL))
		return;
	sweep->wrong_status++;
	tap_note("%s, call %d fails: wait status 0x%x", scenario->name, n,
		 (unsigned int)status);
}

static void level(const struct scenario *scenario, int n,
		  const struct counters *was, struct sweep *sweep)
{
	struct counters is;

	if (settle() && !counters_read(&is) &&
	    is.value[COUNTER_FRAMES_IN_USE] == was->value[COUNTER_FRAMES_IN_USE] &&
	    is.value[COUNTER_SPACES] == was->value[COUNTER_SPACES])
		return;
	sweep->unbalanced++;
	tap_note("%s, call %d fails: frames %lu -> %lu, spaces %lu -> %lu",
		 scenario->name, n, was->value[COUNTER_FRAMES_IN_USE],
		 is.value[COUNTER_FRAMES_IN_USE], was->value[COUNTER_SPACES],
		 is.value[COUNTER_SPACES]);
}

/* Returns false when the scenario ended before its @n-th call. */
static bool run(const struct scenario *scenario, int n, struct sweep *sweep)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		setpgid(0, 0);
		nth = n;
		scenario->perform();
		end(DONE);
	}
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	/* Its child may still run. */
	while (waitpid(-pid, NULL, 0) > 0)
		;
	judge(scenario, n, status, sweep);
	sweep->stored += *kept.stored;
	sweep->lost += kept_lost(n);
	return !nth_left();
}

static void sweep(const struct scenario *scenario)
{
	struct sweep sweep = { 0 };
	struct counters was;
	struct hello hello;
	char line[32];
	int n = 1;

	hello_start(&hello, true);
	if (!settle() || counters_read(&was))
		tap_bail("counters");
	while (run(scenario, n, &sweep) && n < MAX_N) {
		level(scenario, n, &was, &sweep);
		n += n < EACH ? 1 : STRIDE;
	}
	tap_ok(n > 10 && n < MAX_N, "%s: calls failed, one a run, up to the %dth",
	       scenario->name, n);
	tap_note("%s: done %u, told %u, killed %u", scenario->name, sweep.done,
		 sweep.told, sweep.killed);
	tap_is(sweep.wrong_status, 0, "%s: done, told or killed", scenario->name);
	if (scenario->perform == do_kept)
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
		tap_ok(failed_calls >> calls[i].call & 1, "calls that failed: %s",
		       calls[i].name);
}

int main(int argc, char **argv)
{
	size_t i;

	if (!is_guarded())
		tap_bail("this process is not guarded");
	if (argc == 2 && !strcmp(argv[1], "again"))
		end(DONE);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	kept_prepare();
	for (i = 0; i < ARRAY_SIZE(scenarios); i++)
		if (argc == 1 || !strcmp(argv[1], scenarios[i].name))
			sweep(&scenarios[i]);
	if (argc == 1)
		check_calls();
	return tap_done();
}
