// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process id is taken for what it was, not for its number: when it is used
 * again, and when a pid namespace has the same number. The machine's own ids
 * are steered by /proc/sys/kernel/ns_last_pid.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define TRIES	100

/* What is known of a process that has ended: three ways that led to it. */
struct old {
	pid_t pid;
	int pidfd;
	int dir;		/* /proc/PID */
	int nacc;		/* /proc/PID/nacc */
};

/* hello with that id; somebody else's fork may come in between. */
static void hello_start_as(struct hello *hello, bool guard, pid_t pid)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		number_write("/proc/sys/kernel/ns_last_pid", pid - 1);
		hello_start(hello, guard);
		if (hello->child.pid == pid)
			return;
		child_end(&hello->child);
	}
	tap_bail("no process gets the id %d", (int)pid);
}

static bool guarded(pid_t pid)
{
	struct proc proc;

	if (proc_read(pid, &proc))
		tap_bail("/proc/%d/nacc cannot be read", (int)pid);
	return proc.guarded;
}

static int attach_errno(int pidfd)
{
	return prctl(PR_NACC, NACC_PR_ATTACH, pidfd, 0, 0) ? errno : 0;
}

static void old_make(struct old *old, bool guard)
{
	struct hello hello;
	char path[32];
	int status;

	hello_start(&hello, guard);
	old->pid = hello.child.pid;
	old->pidfd = (int)syscall(SYS_pidfd_open, old->pid, 0);
	snprintf(path, sizeof(path), "/proc/%d", (int)old->pid);
	old->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	old->nacc = openat(old->dir, "nacc", O_RDONLY | O_CLOEXEC);
	if (old->pidfd < 0 || old->dir < 0 || old->nacc < 0)
		tap_bail("%s: %s", path, strerror(errno));
	kill(old->pid, SIGKILL);
	status = child_end(&hello.child);
	if (!killed_by(status, SIGKILL))
		tap_bail("hello: wait status 0x%x", (unsigned int)status);
}

static void old_close(struct old *old)
{
	close(old->nacc);
	close(old->dir);
	close(old->pidfd);
}

/* What leads to the old one leads to nobody, with the number used again or not. */
static void old_is_gone(const struct old *old, const char *when)
{
	char text[64];

	tap_is(attach_errno(old->pidfd), ESRCH, "%s: attach by its pidfd: ESRCH", when);
	tap_ok(pread(old->nacc, text, sizeof(text), 0) < 0 && errno == ESRCH,
	       "%s: its /proc/PID/nacc, opened before: ESRCH", when);
	tap_ok(openat(old->dir, "nacc", O_RDONLY) < 0 &&
	       (errno == ESRCH || errno == ENOENT), "%s: its directory has no file", when);
}

/* A process of the kind @was ends; one that is guarded, or not, gets its id. */
static void used_again(bool was, bool is)
{
	const char *kind = is ? "guarded" : "plain";
	struct hello newcomer;
	struct old old;
	char line[32];

	tap_note("%s, and then %s", was ? "guarded" : "plain", kind);
	old_make(&old, was);
	old_is_gone(&old, "ended");
	hello_start_as(&newcomer, is, old.pid);
	old_is_gone(&old, "its id used again");
	tap_is(guarded(old.pid), is, "the newcomer is %s, as it began", kind);
	tap_is(attach(old.pid), is ? EBUSY : 0, "attach to the newcomer itself: %s",
	       is ? "EBUSY" : "works");
	tap_ok(guarded(old.pid), "and it is guarded");
	old_is_gone(&old, "then");
	hello_read(&newcomer, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&newcomer.child), 0),
	       "it runs to its end");
	old_close(&old);
}

/* Process 1 of a namespace: has a child of that number there, and attaches it. */
static int namespace_init(void *number)
{
	pid_t pid = *(pid_t *)number;
	struct hello hello;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		return 1;
	hello_start_as(&hello, false, pid);
	if (guarded(pid) || attach(pid) || !guarded(pid))
		return 2;
	return exited_with(child_end(&hello.child), 0) ? 0 : 3;
}

static int namespace_child(void *number)
{
	int status;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		return 1;
	status = in_child(namespace_init, number);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

/* The same number means two processes. */
static void namespaces(void)
{
	struct hello hello;
	char line[32];

	hello_start(&hello, false);
	tap_is(in_child(namespace_child, &hello.child.pid), 0,
	       "in a pid namespace, attach takes its process of that number");
	tap_ok(!guarded(hello.child.pid), "the machine's process of that number is plain");
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "and runs to its end");
}

int main(void)
{
	struct balance before;

	balance_take(&before);
	used_again(false, false);
	used_again(false, true);
	used_again(true, false);
	used_again(true, true);
	namespaces();
	balance_check(&before, "after all of them");
	return tap_done();
}
