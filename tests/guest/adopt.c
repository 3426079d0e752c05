// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process that runs on ordinary tables is attached: all its tables lie in
 * the pool from then on, it goes on as if nothing had happened, what it forks
 * and executes is guarded, and at its end everything is back.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

static void paths_lie(const struct hello *hello, bool in_pool, const char *when)
{
	const unsigned long place[] = { hello->text, hello->page, hello->stack };
	struct poke path;
	int i, n = 0, all = 0;
	size_t at;

	for (at = 0; at < ARRAY_SIZE(place); at++) {
		if (poke(hello->child.pid, place[at], "walk", 0, &path))
			tap_bail("nacc_poke does not answer");
		for (i = 0; i < path.levels; i++, all++)
			n += path.level[i].in_pool;
	}
	tap_is(n, in_pool ? all : 0, "%s: tables in the pool on the way to its pages",
	       when);
}

static void tables_lie(pid_t pid, const struct proc *proc)
{
	unsigned int level, stray = 0;
	struct poke_tables tables;

	if (poke_tables(pid, &tables))
		tap_bail("nacc_poke does not answer");
	for (level = 0; level <= proc->root_level; level++) {
		stray += tables.level[level].tables != tables.level[level].in_pool;
		stray += tables.level[level].tables != proc->level[level].frames;
	}
	tap_is(stray, 0, "every table of every level is a frame, and none is missing");
}

static void attached(void)
{
	struct proc proc = { .guarded = false };
	struct hello hello;
	struct level sum;
	char line[32];

	hello_start(&hello, false);
	paths_lie(&hello, false, "before");
	tap_is(attach(hello.child.pid), 0, "attach to a process that waits");
	paths_lie(&hello, true, "after");
	if (proc_read(hello.child.pid, &proc))
		tap_bail("/proc/PID/nacc cannot be read");
	tap_ok(proc.guarded && !strcmp(proc.origin, "adopted") &&
	       !strcmp(proc.state, "live"), "it is guarded, adopted and live");
	tables_lie(hello.child.pid, &proc);
	sum = proc_sum(&proc);
	tap_ok(sum.old > 0, "it has old entries (%lu)", sum.old);
	tap_is((long)sum.new, 0, "and no new ones: it has not run since");
	tap_is(attach(hello.child.pid), EBUSY, "attach to it again: EBUSY");
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "it finds its page as it was");
	tap_ok(exited_with(child_end(&hello.child), 0), "and exits with 0");
}

static int grandchild_born(void *unused)
{
	struct proc proc;

	(void)unused;
	return !is_guarded() || proc_read(getpid(), &proc) ||
	       strcmp(proc.origin, "born");
}

static int hello_runs(void *unused)
{
	(void)unused;
	execl(companion("inherit"), "inherit", "guarded", (char *)NULL);
	return EXIT_CANNOT_EXEC;
}

/* Exit status: which step failed. */
static int guards_itself(void *unused)
{
	static char pages[8 * PAGE] __attribute__((aligned(PAGE)));

	(void)unused;
	pattern_fill(pages, 8, 1);
	if (is_guarded() || guard_now() || !is_guarded())
		return 1;
	if (guard_now() != EBUSY)
		return 2;
	if (pattern_check(pages, 8, 1))
		return 3;
	pattern_fill(pages, 8, 2);
	if (!exited_with(in_child(grandchild_born, NULL), 0))
		return 4;
	if (pattern_check(pages, 8, 2))
		return 5;
	return 0;
}

/* What it executes is guarded: the program bails out if it is not. */
static int guards_and_execs(void *unused)
{
	if (guard_now() || !freopen("/dev/null", "w", stdout))
		return 1;
	return hello_runs(unused);
}

struct shared {
	pid_t pid;
	int error;
	bool guarded;
};

static int vfork_child(void *arg)
{
	struct shared *shared = arg;

	shared->error = guard_now();
	shared->guarded = is_guarded();
	return 0;
}

/* Parent and child share their tables, and the parent waits for the child. */
static int guards_from_vfork(void *unused)
{
	static char stack[16 * PAGE] __attribute__((aligned(16)));
	struct shared shared = { .error = -1 };
	pid_t pid;

	(void)unused;
	pid = clone(vfork_child, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, &shared);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid || shared.error)
		return 1;
	return !(shared.guarded && is_guarded());
}

static void stopped_and_traced(void)
{
	struct hello hello;
	char line[32];
	int status;

	hello_start(&hello, false);
	kill(hello.child.pid, SIGSTOP);
	waitpid(hello.child.pid, &status, WUNTRACED);
	tap_is(attach(hello.child.pid), 0, "attach to a stopped process");
	kill(hello.child.pid, SIGCONT);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "it continues and ends well");

	hello_start(&hello, false);
	if (ptrace(PTRACE_SEIZE, hello.child.pid, 0, 0) ||
	    ptrace(PTRACE_INTERRUPT, hello.child.pid, 0, 0) ||
	    waitpid(hello.child.pid, &status, 0) != hello.child.pid)
		tap_bail("ptrace: %s", strerror(errno));
	tap_is(attach(hello.child.pid), 0, "attach to a traced process");
	errno = 0;
	tap_ok(ptrace(PTRACE_PEEKDATA, hello.child.pid, hello.page, 0) != -1 || !errno,
	       "its tracer still reads its memory");
	ptrace(PTRACE_DETACH, hello.child.pid, 0, 0);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "it runs on and ends well");
}

int main(void)
{
	struct balance before;

	if (!has_monitor())
		tap_bail("no monitor");
	balance_take(&before);
	attached();
	balance_check(&before, "attached");
	tap_is(in_child(guards_itself, NULL), 0, "a process guards itself while it runs");
	tap_is(in_child(guards_and_execs, NULL), 0, "what it executes is guarded");
	tap_is(in_child(guards_from_vfork, NULL), 0,
	       "a vfork child guards the address space that it borrows");
	balance_check(&before, "itself");
	stopped_and_traced();
	balance_check(&before, "stopped and traced");
	tap_ok(!is_guarded(), "and nobody else has become guarded");
	return tap_done();
}
