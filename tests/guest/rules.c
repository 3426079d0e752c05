// SPDX-License-Identifier: BSD-2-Clause
/* What prctl(PR_NACC) takes and refuses, and what the kernel shows to whom. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define NOBODY	65534

static int nacc_errno(unsigned long op, unsigned long a, unsigned long b,
		      unsigned long c)
{
	errno = 0;
	return prctl(PR_NACC, op, a, b, c) < 0 ? errno : 0;
}

static void nonsense(void)
{
	static const unsigned long ops[] = {
		6, 7, 255, INT_MAX, 1UL << 32, ULONG_MAX
	};
	unsigned long op;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		tap_is(nacc_errno(ops[i], 0, 0, 0), EINVAL,
		       "unknown op 0x%lx: EINVAL", ops[i]);
	for (op = NACC_PR_STATUS; op <= NACC_PR_ATTACH; op++) {
		if (op != NACC_PR_ATTACH)
			tap_is(nacc_errno(op, 1, 0, 0), EINVAL,
			       "op %lu, third argument not zero: EINVAL", op);
		tap_is(nacc_errno(op, 0, ULONG_MAX, 0), EINVAL,
		       "op %lu, fourth argument not zero: EINVAL", op);
		tap_is(nacc_errno(op, 0, 0, 1UL << 63), EINVAL,
		       "op %lu, fifth argument not zero: EINVAL", op);
	}
	tap_ok(!(status_bits() & NACC_STATUS_GUARD_EXEC),
	       "none of it has left a wish behind");
}

static void wish(void)
{
	tap_is(nacc_errno(NACC_PR_UNGUARD_EXEC, 0, 0, 0), 0,
	       "taking back no wish is no error");
	tap_is(nacc_errno(NACC_PR_GUARD_EXEC, 0, 0, 0), 0, "a wish");
	tap_ok(status_bits() & NACC_STATUS_GUARD_EXEC, "status shows it");
	tap_ok(!is_guarded(), "but nothing is guarded before exec");
	tap_is(nacc_errno(NACC_PR_GUARD_EXEC, 0, 0, 0), 0, "the same wish again");
	tap_is(nacc_errno(NACC_PR_UNGUARD_EXEC, 0, 0, 0), 0, "wish taken back");
	tap_ok(!(status_bits() & NACC_STATUS_GUARD_EXEC), "status shows that");
}

static int drop_to_nobody(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
}

static int nobody_settle(void *unused)
{
	(void)unused;
	return drop_to_nobody() ? 1 :
	       nacc_errno(NACC_PR_SETTLE, 0, 0, 0) == EPERM ? 0 : 2;
}

/* 0 only when hello ran, guarded: the wish was taken and the exec worked. */
static int nobody_hello(void *unused)
{
	(void)unused;
	if (drop_to_nobody() || nacc_errno(NACC_PR_GUARD_EXEC, 0, 0, 0))
		return 1;
	execl(companion("hello"), "hello", (char *)NULL);
	return 2;
}

static int nobody_reads(void *path)
{
	char text[1024];
	ssize_t len;

	if (drop_to_nobody())
		return 255;
	len = file_read(path, text, sizeof(text));
	return len < 0 ? (int)-len : 0;
}

static void unprivileged(void)
{
	struct hello hello;
	char path[64];
	int status;

	tap_ok(exited_with(in_child(nobody_hello, NULL), 0),
	       "an unprivileged process guards itself");
	tap_ok(exited_with(in_child(nobody_settle, NULL), 0),
	       "settle without CAP_SYS_ADMIN: EPERM");
	hello_start(&hello, true);
	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)hello.child.pid);
	status = in_child(nobody_reads, path);
	tap_ok(exited_with(status, EACCES) || exited_with(status, EPERM),
	       "somebody else's /proc/PID/nacc cannot be read");
	tap_ok(exited_with(in_child(nobody_reads, "/proc/self/nacc"), 0) ||
	       exited_with(in_child(nobody_reads, "/proc/self/maps"), EACCES),
	       "one's own can, if one's own maps can");
	child_end(&hello.child);
}

static void sysfs(void)
{
	char path[64], text[64];
	unsigned long value;
	struct stat st;
	ssize_t len;
	int i;

	for (i = 0; i < COUNTERS; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/nacc/%s",
			 counter_info[i].name);
		len = file_read(path, text, sizeof(text));
		tap_ok(len > 1 && text[len - 1] == '\n' &&
		       strchr(text, '\n') == text + len - 1 &&
		       !number_parse(text, &value),
		       "%s is one number and a newline", counter_info[i].name);
		tap_ok(!stat(path, &st) && (st.st_mode & 0777) == 0444,
		       "%s is for reading only", counter_info[i].name);
	}
	len = file_read("/sys/kernel/nacc/version", text, sizeof(text));
	tap_ok(len == 4 && !strcmp(text, NACC_TOOL_VERSION "\n"),
	       "version is " NACC_TOOL_VERSION);
}

static void proc_text(void)
{
	struct proc proc;
	char text[64];
	ssize_t len;

	len = file_read("/proc/self/nacc", text, sizeof(text));
	tap_ok(len > 0 && !strcmp(text, "guarded:\tno\n"),
	       "a plain process: the one line `guarded: no`");
	tap_is(proc_read(2, &proc), 0, "a kernel thread has the file");
	tap_ok(!proc.guarded, "and is not guarded");
}

/* The role: process 1 of a pid namespace, guarded; the machine's 1 is not. */
static int role_namespace(void)
{
	struct proc proc;

	return getpid() == 1 && is_guarded() && !proc_read(1, &proc) &&
	       proc.guarded ? 0 : 1;
}

static int namespace_init(void *unused)
{
	(void)unused;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL) ||
	    nacc_errno(NACC_PR_GUARD_EXEC, 0, 0, 0))
		return 2;
	execl("/proc/self/exe", "rules", "namespace", (char *)NULL);
	return 3;
}

static int namespace_child(void *unused)
{
	(void)unused;
	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		return 4;
	return exited_with(in_child(namespace_init, NULL), 0) ? 0 : 5;
}

static void pid_namespace(void)
{
	struct proc proc;

	tap_ok(exited_with(in_child(namespace_child, NULL), 0),
	       "process 1 of a pid namespace is guarded, and seen to be");
	tap_ok(!proc_read(1, &proc) && !proc.guarded,
	       "the machine's process 1 is not");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "namespace"))
		return role_namespace();
	tap_ok(status_bits() & NACC_STATUS_MONITOR, "a monitor answers");
	nonsense();
	wish();
	unprivileged();
	sysfs();
	proc_text();
	pid_namespace();
	return tap_done();
}
