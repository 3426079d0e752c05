// SPDX-License-Identifier: BSD-2-Clause
/*
 * Guarding belongs to the address space: who inherits it over fork, vfork,
 * threads and exec, and who does not. The program runs itself in roles.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

static struct proc self, other;

static bool look(pid_t pid, struct proc *proc)
{
	int ret = proc_read(pid, proc);

	if (ret)
		tap_note("/proc/%d/nacc: %s", (int)pid, strerror(-ret));
	return !ret;
}

static int exec_role(const char *role)
{
	execl("/proc/self/exe", "inherit", role, (char *)NULL);
	return EXIT_NOT_FOUND;
}

/* Exit status of a role: 0 when this address space is guarded, 1 when not. */
static int role_status(void *unused)
{
	(void)unused;
	return is_guarded() ? 0 : 1;
}

static int exec_status(void *unused)
{
	(void)unused;
	return exec_role("status");
}

static int wish_then_exec(void *unused)
{
	(void)unused;
	return prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0) ?
		EXIT_NOT_GUARDED : exec_role("status");
}

static int wish_then_fork(void *unused)
{
	int status;

	(void)unused;
	if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	/* The child is no exec yet: plain. Its own exec is guarded. */
	status = in_child(role_status, NULL);
	if (!exited_with(status, 1))
		return 10;
	status = in_child(exec_status, NULL);
	return exited_with(status, 0) ? 0 : 11;
}

static int unwish_then_exec(void *unused)
{
	(void)unused;
	if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0) ||
	    prctl(PR_NACC, NACC_PR_UNGUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	return exec_role("status");
}

static void *exec_in_thread(void *unused)
{
	(void)unused;
	prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0);
	exec_role("status");
	return NULL;
}

/* The exec of a thread that is not the leader kills the others first. */
static int thread_execs(void *unused)
{
	pthread_t thread;

	(void)unused;
	if (pthread_create(&thread, NULL, exec_in_thread, NULL))
		return 20;
	pthread_join(thread, NULL);
	return 21;
}

static void plain_roles(void)
{
	tap_ok(!is_guarded(), "this program itself is plain");
	tap_ok(exited_with(in_child(role_status, NULL), 1),
	       "plain, fork: plain");
	tap_ok(exited_with(in_child(exec_status, NULL), 1),
	       "plain, exec: plain");
	tap_ok(exited_with(in_child(wish_then_exec, NULL), 0),
	       "wish, exec: guarded");
	tap_ok(exited_with(in_child(wish_then_fork, NULL), 0),
	       "wish, fork: the child is plain until it executes");
	tap_ok(exited_with(in_child(unwish_then_exec, NULL), 1),
	       "wish taken back, exec: plain");
	tap_ok(exited_with(in_child(thread_execs, NULL), 0),
	       "wish and exec in a thread: guarded");
	tap_ok(!is_guarded(), "and this program is still plain");
}

/* vfork lends the parent's address space: the wish must not guard that one. */
static void plain_vfork(void)
{
	static volatile int borrowed_guarded;
	int status;
	pid_t pid;

	borrowed_guarded = -1;
	pid = vfork();
	if (!pid) {
		if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
			_exit(EXIT_NOT_GUARDED);
		borrowed_guarded = is_guarded();
		_exit(exec_role("status"));
	}
	waitpid(pid, &status, 0);
	tap_is(borrowed_guarded, 0, "vfork of a plain process: plain before exec");
	tap_ok(exited_with(status, 0), "and guarded after it");
	tap_ok(!is_guarded() && !(status_bits() & NACC_STATUS_GUARD_EXEC),
	       "the lender is plain and has no wish");
}

static void *thread_look(void *tid)
{
	*(pid_t *)tid = (pid_t)syscall(SYS_gettid);
	return is_guarded() && look(*(pid_t *)tid, &other) ? tid : NULL;
}

static void guarded_thread(void)
{
	void *seen = NULL;
	pthread_t thread;
	pid_t tid = 0;

	tap_ok(!pthread_create(&thread, NULL, thread_look, &tid) &&
	       !pthread_join(thread, &seen) && seen,
	       "a thread of a guarded process is guarded");
	tap_ok(tid != getpid() && other.space == self.space,
	       "and shares its space");
}

/* A guarded child that waits, seen through /proc. */
static void guarded_fork(void)
{
	int hold[2], status;
	char byte;
	pid_t pid;

	if (pipe(hold))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		close(hold[1]);
		_exit(is_guarded() && !read(hold[0], &byte, 1) ? 0 : 1);
	}
	close(hold[0]);
	tap_ok(look(pid, &other) && other.guarded && other.space != self.space &&
	       other.root != self.root,
	       "fork of a guarded process: a guarded space of its own");
	close(hold[1]);
	waitpid(pid, &status, 0);
	tap_ok(exited_with(status, 0), "the child agrees");
}

static void guarded_exec(void)
{
	const char *argv[] = { "/proc/self/exe", "hold", NULL };
	unsigned long forked;
	struct child child;
	char line[64];
	int status;

	child_start(&child, false, argv);
	child_line(&child, line, sizeof(line));
	forked = strtoul(line, NULL, 10);
	tap_ok(look(child.pid, &other) && other.guarded && forked &&
	       other.space == forked && other.space != self.space,
	       "exec of a guarded process: guarded, in a new space");
	status = child_end(&child);
	tap_ok(exited_with(status, 0), "and it runs to its end");
}

static int unguard_then_exec(void *unused)
{
	(void)unused;
	if (prctl(PR_NACC, NACC_PR_UNGUARD_EXEC, 0, 0, 0))
		return 30;
	return exec_role("status");
}

static void guarded_vfork(void)
{
	static struct proc lent;
	int status;
	pid_t pid;

	pid = vfork();
	if (!pid) {
		look(getpid(), &lent);
		_exit(exec_role("status"));
	}
	waitpid(pid, &status, 0);
	tap_ok(lent.guarded && lent.space == self.space,
	       "vfork of a guarded process: the same space before exec");
	tap_ok(exited_with(status, 0), "and guarded after it");
}

static int guarded_roles(void)
{
	tap_ok(is_guarded() && look(getpid(), &self) && self.guarded,
	       "the guarded role is guarded");
	guarded_thread();
	guarded_fork();
	guarded_exec();
	guarded_vfork();
	tap_ok(exited_with(in_child(unguard_then_exec, NULL), 0),
	       "nothing unguards: exec after UNGUARD_EXEC stays guarded");
	return tap_done();
}

/* Says its space and waits for the end of its input. */
static int role_hold(void)
{
	char byte;

	if (!look(getpid(), &self))
		return 1;
	printf("%lu\n", self.space);
	fflush(stdout);
	return read(STDIN_FILENO, &byte, 1) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "status"))
		return role_status(NULL);
	if (argc == 2 && !strcmp(argv[1], "hold"))
		return role_hold();
	if (argc == 2 && !strcmp(argv[1], "guarded"))
		return guarded_roles();
	plain_roles();
	plain_vfork();
	return tap_done();
}
