// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel itself asks for an entry that the monitor refuses: a guarded
 * process maps a device, kernel code or a table of its own through a
 * driver that asks no questions (tests/modules/nacc_map.c).
 * No write is lost in silence: the process is killed, the refusal is counted
 * and logged, everything comes back, and nobody else notices. Neither does a
 * system call that touches such a mapping hang: it ends, and the process too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/futex.h>
#include <linux/nacc.h>

#include "guest.h"

#define PAGES	3UL

enum {
	SAW_MAPPING = 40,	/* exit status: read through the mapping */
	NO_MAPPING,
};

struct target {
	unsigned long pa;
	bool guard;
	const char *access;	/* name of a system call; NULL: by mmap() itself */
};

/* The role: map @pa; wait for the kill, or read there. */
static int role_map(unsigned long pa)
{
	volatile unsigned char *at = device_map(pa, PAGES * PAGE, PROT_READ);

	if (at == MAP_FAILED)
		return NO_MAPPING;
	if (is_guarded())
		pause();
	(void)at[0];
	return SAW_MAPPING;
}

static int pipe_of(int end, const char *fill)
{
	int fd[2];

	if (pipe(fd) || (*fill && write(fd[1], fill, 1) != 1))
		exit(NO_MAPPING);
	return fd[end];
}

/* System calls in which the kernel is the first to touch @at. */
static long call_write(char *at)
{
	return write(pipe_of(1, ""), at, 1);
}

static long call_read(char *at)
{
	return read(pipe_of(0, "x"), at, 1);
}

static long call_futex_wait(char *at)
{
	struct timespec at_once = { 0, 1 };

	return syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, 0, &at_once, NULL, 0);
}

/* A private futex: the word is changed under pagefault_disable(), then fixed up. */
static long call_futex_lock(char *at)
{
	return syscall(SYS_futex, at, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
}

static long call_process_vm_readv(char *at)
{
	char byte;
	struct iovec here = { at, 1 }, there = { &byte, 1 };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

static long call_sigaltstack(char *at)
{
	return syscall(SYS_sigaltstack, NULL, at);
}

static const struct access {
	const char *name;
	long (*call)(char *at);
	bool harmless;		/* to a plain process, for comparison */
} accesses[] = {
	{ "write", call_write, true },
	{ "read", call_read, false },
	{ "futex-wait", call_futex_wait, true },
	{ "futex-lock", call_futex_lock, false },
	{ "process_vm_readv", call_process_vm_readv, false },
	{ "sigaltstack", call_sigaltstack, false },
};

/* The role: the kernel's is the first access to a mapping of @pa. */
static int role_call(unsigned long pa, const char *name)
{
	int fd = open("/dev/nacc_fault", O_RDWR | O_CLOEXEC);
	size_t i;
	char *at;

	at = fd < 0 ? MAP_FAILED : mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					MAP_SHARED, fd, (off_t)pa);
	if (at == MAP_FAILED)
		return NO_MAPPING;
	for (i = 0; i < ARRAY_SIZE(accesses); i++)
		if (!strcmp(accesses[i].name, name) &&
		    accesses[i].call(at) < 0 && errno == EFAULT)
			pause();
	return SAW_MAPPING;
}

static int map_child(void *arg)
{
	const struct target *target = arg;
	char pa[24];

	snprintf(pa, sizeof(pa), "0x%lx", target->pa);
	if (target->guard && prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	execl("/proc/self/exe", "refused", pa, target->access, (char *)NULL);
	return EXIT_NOT_FOUND;
}

static unsigned long iomem(const char *name)
{
	unsigned long start;
	char line[128];
	FILE *file;

	file = fopen("/proc/iomem", "re");
	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, name) && sscanf(line, "%lx", &start) == 1) {
			fclose(file);
			return start & ~(PAGE - 1);
		}
	tap_bail("/proc/iomem has no %s", name);
}

static void try(unsigned long pa, const char *cause, const char *what)
{
	struct target plain = { pa, false, NULL }, guarded = { pa, true, NULL };
	struct balance before, after;
	struct hello hello;
	char line[32];
	int status;

	if (!all_guarded())
		tap_ok(exited_with(in_child(map_child, &plain), SAW_MAPPING),
		       "%s: a plain process maps and reads it", what);
	balance_take(&before);
	hello_start(&hello, true);
	status = in_child(map_child, &guarded);
	tap_ok(killed_by(status, SIGKILL), "%s: the guarded one is killed (0x%x)",
	       what, (unsigned int)status);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "%s: another guarded process goes on", what);
	balance_take(&after);
	tap_ok(after.counters.value[COUNTER_REFUSALS] >
	       before.counters.value[COUNTER_REFUSALS],
	       "%s: the refusal is counted", what);
	tap_ok(log_has("refused", cause), "%s: the log names %s", what, cause);
	before.counters.value[COUNTER_REFUSALS] =
		after.counters.value[COUNTER_REFUSALS];
	balance_check(&before, what);
}

/* The kernel does not try for ever on the program's behalf either. */
static void in_the_kernel(const struct access *access)
{
	struct target target = { iomem("Kernel code"), false, access->name };
	struct balance before, after;
	int status;

	if (access->harmless && !all_guarded())
		tap_ok(exited_with(in_child(map_child, &target), SAW_MAPPING),
		       "%s: reads what a plain process has mapped", access->name);
	target.guard = true;
	balance_take(&before);
	status = in_child(map_child, &target);
	tap_ok(killed_by(status, SIGKILL),
	       "%s: ends, and the guarded process is killed (0x%x)",
	       access->name, (unsigned int)status);
	balance_take(&after);
	tap_is((long)(after.counters.value[COUNTER_REFUSALS] -
		      before.counters.value[COUNTER_REFUSALS]), 1,
	       "%s: one refusal", access->name);
	before.counters.value[COUNTER_REFUSALS] =
		after.counters.value[COUNTER_REFUSALS];
	balance_check(&before, access->name);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 2)
		return role_map(strtoul(argv[1], NULL, 0));
	if (argc == 3)
		return role_call(strtoul(argv[1], NULL, 0), argv[2]);
	try(UART, "TARGET", "a device");
	try(iomem("Kernel code"), "IMAGE", "kernel code");
	for (i = 0; i < ARRAY_SIZE(accesses); i++)
		in_the_kernel(&accesses[i]);
	return tap_done();
}
