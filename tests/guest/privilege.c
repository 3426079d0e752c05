// SPDX-License-Identifier: BSD-2-Clause
/*
 * Users without privilege, and programs that gain some: guarding survives a
 * setuid program and cannot be taken from it, a user namespace gives no right
 * over others, and what can be guarded or seen follows the rules of ptrace(2).
 * The program runs itself in roles.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define NOBODY		65534
#define SUID		"/tmp/privilege-suid"

/* Where nothing is mapped; the compiler is not to know. */
static void *volatile nowhere = (void *)1;

/* What a role says of itself, in its exit status. */
#define IS_GUARDED	1
#define IS_ROOT		2

static int role_state(void)
{
	int bits = status_bits();

	return (bits & NACC_STATUS_GUARDED ? IS_GUARDED : 0) |
	       (geteuid() ? 0 : IS_ROOT);
}

static int nacc(unsigned long op)
{
	return prctl(PR_NACC, op, 0, 0, 0) ? errno : 0;
}

/* As after a login: a process that only changes its user may not be traced. */
static int drop(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY) ||
	       prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int exec_role(const char *path, const char *role)
{
	execl(path, "privilege", role, (char *)NULL);
	return 100;
}

/* A copy of this program that belongs to root and runs as root. */
static void suid_make(void)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(SUID, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			tap_bail(SUID ": %s", strerror(errno));
	if (n < 0 || fchmod(to, 04755))
		tap_bail(SUID ": %s", strerror(errno));
	close(from);
	close(to);
}

static int plain_suid(void *unused)
{
	(void)unused;
	return drop() ? 101 : exec_role(SUID, "state");
}

static int wish_suid(void *unused)
{
	(void)unused;
	return drop() || nacc(NACC_PR_GUARD_EXEC) ? 101 : exec_role(SUID, "state");
}

static int wish_taken_suid(void *unused)
{
	(void)unused;
	return drop() || nacc(NACC_PR_GUARD_EXEC) || nacc(NACC_PR_UNGUARD_EXEC) ?
		101 : exec_role(SUID, "state");
}

static int guarded_suid(void *unused)
{
	(void)unused;
	return drop() || nacc(NACC_PR_GUARD_EXEC) ? 101 :
	       exec_role("/proc/self/exe", "unguard-suid");
}

/* What runs as root in a guarded address space executes something else. */
static int suid_goes_on(void *unused)
{
	(void)unused;
	return drop() || nacc(NACC_PR_GUARD_EXEC) ? 101 : exec_role(SUID, "again");
}

static int no_new_privileges(void *unused)
{
	(void)unused;
	return drop() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       nacc(NACC_PR_GUARD_EXEC) ? 101 : exec_role(SUID, "state");
}

static void setuid_programs(void)
{
	suid_make();
	tap_ok(exited_with(in_child(plain_suid, NULL), IS_ROOT),
	       "the control: a setuid program is root, and plain");
	tap_ok(exited_with(in_child(wish_suid, NULL), IS_ROOT | IS_GUARDED),
	       "a wish guards a setuid program");
	tap_ok(exited_with(in_child(wish_taken_suid, NULL), IS_ROOT),
	       "a wish that was taken back does not");
	tap_ok(exited_with(in_child(guarded_suid, NULL), IS_ROOT | IS_GUARDED),
	       "a guarded caller cannot have one unguarded");
	tap_ok(exited_with(in_child(suid_goes_on, NULL), IS_ROOT | IS_GUARDED),
	       "what it executes is guarded");
	tap_ok(exited_with(in_child(no_new_privileges, NULL), IS_GUARDED),
	       "without new privileges: guarded, and not root");
}

/* The child of nobody runs a setuid program; may nobody look, trace, guard? */
static int over_suid(void *arg)
{
	const char *argv[] = { SUID, "wait", NULL };
	struct child child;
	char line[16], path[64], text[64];
	int fd, result = 0;

	if (drop())
		return 101;
	child_start(&child, arg != NULL, argv);
	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)child.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	child_line(&child, line, sizeof(line));
	if (attach(child.pid) != EPERM)
		result |= 1;
	if (file_read(path, text, sizeof(text)) >= 0)
		result |= 2;
	if (!ptrace(PTRACE_SEIZE, child.pid, 0, 0))
		result |= 4;
	if (fd >= 0 && pread(fd, text, sizeof(text), 0) >= 0)
		result |= 8;
	child_end(&child);
	return result;
}

/* It was opened while the process was one's own, and is read when it is not. */
static int opened_before(void *unused)
{
	char text[256], path[64];
	int fd, go[2], status, result;
	pid_t pid;

	(void)unused;
	if (drop() || pipe(go))
		return 101;
	pid = fork();
	if (!pid) {
		if (read(go[0], text, 1) != 1)
			_exit(102);
		_exit(exec_role(SUID, "pause"));
	}
	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	result = pread(fd, text, sizeof(text), 0) > 0 ? 0 : 1;
	if (write(go[1], "x", 1) != 1)
		return 103;
	/* It raises itself once it is root. */
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 104;
	if (pread(fd, text, sizeof(text), 0) >= 0)
		result |= 2;
	kill(pid, SIGCONT);
	kill(pid, SIGKILL);
	return result;
}

/* Traced by one without privilege, a setuid program gains none. */
static int traced_suid(void *unused)
{
	int status;
	pid_t pid;

	(void)unused;
	if (drop())
		return 101;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		nacc(NACC_PR_GUARD_EXEC);
		_exit(exec_role(SUID, "state"));
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

static int undumpable_child(void *unused)
{
	int fd[2], error;
	pid_t pid;
	char c;

	(void)unused;
	if (drop() || pipe(fd))
		return 101;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		if (write(fd[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	if (read(fd[0], &c, 1) != 1)
		return 102;
	error = attach(pid);
	kill(pid, SIGKILL);
	return error;
}

static void ptrace_rules(void)
{
	tap_is(WEXITSTATUS(in_child(over_suid, "guarded")), 0,
	       "a guarded setuid program: no attach, no trace, no look");
	tap_is(WEXITSTATUS(in_child(over_suid, NULL)), 0, "a plain one: the same");
	tap_is(WEXITSTATUS(in_child(opened_before, NULL)), 0,
	       "what was opened before is not shown after");
	tap_is(WEXITSTATUS(in_child(traced_suid, NULL)), IS_GUARDED,
	       "a traced setuid program: guarded, and not root");
	tap_is(WEXITSTATUS(in_child(undumpable_child, NULL)), EPERM,
	       "a process that may not be dumped: attach says EPERM");
}

static bool map_write(const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", file);
	return file_write(path, text) >= 0;
}

/* Root of a namespace that anybody can make. */
static int in_namespace(void *arg)
{
	pid_t other = *(pid_t *)arg;
	char path[64], text[64];
	int result = 0;

	if (drop() || unshare(CLONE_NEWUSER) || !map_write("setgroups", "deny") ||
	    !map_write("uid_map", "0 65534 1") || !map_write("gid_map", "0 65534 1") ||
	    geteuid())
		return 101;
	if (nacc(NACC_PR_SETTLE) != EPERM)
		result |= 1;
	if (attach(1) != EPERM || attach(other) != EPERM)
		result |= 2;
	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)other);
	if (file_read(path, text, sizeof(text)) >= 0)
		result |= 4;
	if (file_write("/sys/kernel/nacc/refusals", "0") >= 0)
		result |= 8;
	return result;
}

static int guarded_in_namespace(void *unused)
{
	(void)unused;
	if (drop() || unshare(CLONE_NEWUSER) || nacc(NACC_PR_GUARD_EXEC))
		return 101;
	return exec_role("/proc/self/exe", "state");
}

static void namespaces(void)
{
	struct hello hello;

	hello_start(&hello, true);
	tap_is(WEXITSTATUS(in_child(in_namespace, &hello.child.pid)), 0,
	       "root of a user namespace has no right over others");
	tap_ok(exited_with(child_end(&hello.child), 0), "who is as they were");
	tap_is(WEXITSTATUS(in_child(guarded_in_namespace, NULL)) & IS_GUARDED, IS_GUARDED,
	       "and can guard itself");
}

/* Sizes, places and ways in which a file of /proc can be read, and written. */
static void proc_file(void)
{
	int fd = open("/proc/self/nacc", O_RDONLY | O_CLOEXEC), to;
	char whole[4096], parts[4096], c;
	size_t length = 0;
	ssize_t got = pread(fd, whole, sizeof(whole), 0);
	struct hello hello;
	char path[64];

	while (length < sizeof(parts) && read(fd, &c, 1) == 1)
		parts[length++] = c;
	tap_ok(got > 0 && length == (size_t)got && !memcmp(whole, parts, length),
	       "read byte by byte it says the same");
	tap_is(pread(fd, &c, 1, 1L << 40), 0, "far behind its end there is nothing");
	tap_ok(lseek(fd, -1, SEEK_SET) < 0 && errno == EINVAL,
	       "before its beginning neither");
	tap_ok(pread(fd, nowhere, 64, 0) < 0 && errno == EFAULT,
	       "to a bad address: EFAULT");
	close(fd);
	to = open("/proc/self/nacc", O_WRONLY | O_CLOEXEC);
	tap_ok(to < 0 || write(to, "guarded: no", 11) < 0, "it cannot be written");
	if (to >= 0)
		close(to);
	to = open("/sys/kernel/nacc/frames_in_use", O_WRONLY | O_CLOEXEC);
	tap_ok(to < 0 || write(to, "0", 1) < 0, "nor can a counter, by root");
	if (to >= 0)
		close(to);
	hello_start(&hello, true);
	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)hello.child.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	child_end(&hello.child);
	tap_ok(pread(fd, whole, sizeof(whole), 0) < 0 && errno == ESRCH,
	       "of a process that is gone: ESRCH");
	close(fd);
}

static int role(const char *name)
{
	if (!strcmp(name, "state"))
		return role_state();
	if (!strcmp(name, "unguard-suid"))
		return nacc(NACC_PR_UNGUARD_EXEC) ? 101 : exec_role(SUID, "state");
	if (!strcmp(name, "again"))
		return exec_role("/proc/self/exe", "state");
	if (!strcmp(name, "pause"))
		return raise(SIGSTOP);
	if (!strcmp(name, "wait")) {
		puts("here");
		fflush(stdout);
		return getchar() == EOF ? 0 : 1;
	}
	return 99;
}

int main(int argc, char **argv)
{
	struct balance before;

	if (argc == 2)
		return role(argv[1]);
	balance_take(&before);
	setuid_programs();
	ptrace_rules();
	namespaces();
	proc_file();
	unlink(SUID);
	balance_check(&before, "afterwards");
	return tap_done();
}
