// SPDX-License-Identifier: BSD-2-Clause
/*
 * Adoptions that cannot be: the target may not be attached or is none, it maps
 * what the monitor refuses, frames run out in the middle. Each has its errno,
 * and the process goes on unguarded with every frame returned.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"
#include "hog.h"

#define NOBODY	65534

static int prctl_errno(unsigned long fd)
{
	return prctl(PR_NACC, NACC_PR_ATTACH, fd, 0, 0) ? errno : 0;
}

static void bad_descriptors(void)
{
	const unsigned long bad[] = {
		1000, INT_MAX, 1UL << 31, 1UL << 32, (unsigned long)-1, LONG_MIN
	};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		tap_is(prctl_errno(bad[i]), EBADF, "descriptor 0x%lx: EBADF", bad[i]);
	tap_is(prctl_errno((unsigned long)fd), EBADF, "a descriptor of /dev/null: EBADF");
	close(fd);
}

static int leave(void *unused)
{
	(void)unused;
	return 0;
}

static void no_address_space(void)
{
	siginfo_t info;
	pid_t pid;
	int fd;

	tap_is(attach(2), ESRCH, "a kernel thread: ESRCH");
	pid = fork();
	if (!pid)
		_exit(leave(NULL));
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT))
		tap_bail("waitid: %s", strerror(errno));
	tap_is(attach(pid), ESRCH, "a zombie: ESRCH");
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	waitpid(pid, NULL, 0);
	tap_is(prctl_errno((unsigned long)fd), ESRCH, "a process that is gone: ESRCH");
	close(fd);
	tap_is(attach(pid), ESRCH, "its number: ESRCH");
}

static int drop_to_nobody(void)
{
	return setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY);
}

static int nobody_attaches(void *pid)
{
	return drop_to_nobody() ? 255 : attach(*(pid_t *)pid);
}

/* Its own child, which is dumpable because it has executed something since. */
static int nobody_and_child(void *unused)
{
	struct hello hello;
	int error;

	(void)unused;
	if (drop_to_nobody())
		return 255;
	hello_start(&hello, false);
	error = attach(hello.child.pid);
	return error ? error : !exited_with(child_end(&hello.child), 0);
}

static void not_allowed(void)
{
	struct hello hello;
	pid_t init = 1;

	hello_start(&hello, false);
	tap_ok(exited_with(in_child(nobody_attaches, &hello.child.pid), EPERM),
	       "another user's process: EPERM");
	tap_ok(exited_with(in_child(nobody_attaches, &init), EPERM), "init: EPERM");
	tap_is(attach(hello.child.pid), 0, "its owner may");
	tap_ok(exited_with(in_child(nobody_attaches, &hello.child.pid), EPERM),
	       "another user's guarded process: EPERM, which says nothing of it");
	child_end(&hello.child);
	tap_ok(exited_with(in_child(nobody_and_child, NULL), 0),
	       "a process without privilege attaches to its own child");
	hello_start(&hello, true);
	tap_is(attach(hello.child.pid), EBUSY, "a process born guarded: EBUSY");
	child_end(&hello.child);
}

/* The role: maps a device among memory of its own, waits, and looks at both. */
static int role_device(void)
{
	volatile unsigned char *device = device_map(UART, PAGE, PROT_READ);
	char *page = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (device == MAP_FAILED || page == MAP_FAILED)
		return 2;
	pattern_fill(page, 8, 3);
	puts("ready");
	fflush(stdout);
	if (getchar() != '\n')
		return 3;
	(void)device[0];
	if (is_guarded() || pattern_check(page, 8, 3))
		return 4;
	munmap((void *)device, PAGE);
	puts("unmapped");
	fflush(stdout);
	return getchar() != '\n' || !is_guarded() || pattern_check(page, 8, 3) ? 5 : 0;
}

static void maps_a_device(void)
{
	const char *argv[] = { "/proc/self/exe", "device", NULL };
	struct balance before, after;
	struct child child;
	char line[32];

	balance_take(&before);
	child_start(&child, false, argv);
	child_line(&child, line, sizeof(line));
	tap_is(attach(child.pid), EACCES, "a process that maps a device: EACCES");
	tap_ok(log_has("attached nothing", "TARGET"), "the log names the reason");
	balance_take(&after);
	tap_ok(after.counters.value[COUNTER_REFUSALS] ==
	       before.counters.value[COUNTER_REFUSALS] + 1, "one refusal is counted");
	before.counters.value[COUNTER_REFUSALS]++;
	balance_check(&before, "refused in the middle");
	child_say(&child, "\n");
	child_line(&child, line, sizeof(line));
	tap_ok(!strcmp(line, "unmapped"), "it goes on, and the device answers");
	tap_is(attach(child.pid), 0, "without the device it can be attached");
	child_say(&child, "\n");
	tap_is(child_end(&child), 0, "and ends well");
	balance_check(&before, "after it");
}

/* The role: takes frames of the pool until few or none are left; `want` as told. */
static int role_hog(void)
{
	const size_t step = 32 * TABLE_BYTES;
	size_t size;
	char *at;

	hog_settle();
	at = hog_area();
	size = hog_fill(at);
	puts("full");
	fflush(stdout);
	/* Then it gives back 32 tables at a word. */
	while (getchar() == '\n' && size >= step) {
		size -= step;
		munmap(at + size, step);
		puts("less");
		fflush(stdout);
	}
	return 0;
}

/* The role: many tables of its own. */
static int role_wide(void)
{
	const unsigned long tables = 256;
	char *at = mmap(NULL, tables * TABLE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long i;

	if (at == MAP_FAILED)
		return 2;
	for (i = 0; i < tables; i++)
		pattern_fill(at + i * TABLE_BYTES, 1, (unsigned int)i);
	puts("ready");
	fflush(stdout);
	if (getchar() != '\n')
		return 3;
	for (i = 0; i < tables; i++)
		if (pattern_check(at + i * TABLE_BYTES, 1, (unsigned int)i))
			return 4;
	return is_guarded() ? 0 : 5;
}

static void pool_exhausted(void)
{
	const char *hog_argv[] = { "/proc/self/exe", "hog", NULL };
	const char *wide_argv[] = { "/proc/self/exe", "wide", NULL };
	struct child hog, wide;
	struct balance before;
	int error, steps = 0;
	char line[32];

	balance_take(&before);
	child_start(&wide, false, wide_argv);
	child_line(&wide, line, sizeof(line));
	child_start(&hog, true, hog_argv);
	child_line(&hog, line, sizeof(line));
	while ((error = attach(wide.pid)) == ENOMEM && steps < 64) {
		child_say(&hog, "\n");
		child_line(&hog, line, sizeof(line));
		settle();
		steps++;
	}
	tap_ok(steps > 4, "no frames, or too few: ENOMEM (%d times)", steps);
	tap_is(error, 0, "when there are enough, it is attached");
	child_say(&wide, "\n");
	tap_is(child_end(&wide), 0, "nothing of it is lost in all that");
	child_end(&hog);
	balance_check(&before, "exhausted in the middle");
}

int main(int argc, char **argv)
{
	struct balance before;

	if (argc == 2 && !strcmp(argv[1], "device"))
		return role_device();
	if (argc == 2 && !strcmp(argv[1], "hog"))
		return is_guarded() ? role_hog() : 1;
	if (argc == 2 && !strcmp(argv[1], "wide"))
		return role_wide();
	balance_take(&before);
	bad_descriptors();
	no_address_space();
	not_allowed();
	balance_check(&before, "targets that are none");
	maps_a_device();
	pool_exhausted();
	return tap_done();
}
