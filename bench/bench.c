// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench [--quick] [--samples N] [--bytes N] guarded|plain [WORKLOAD]... - run
 * workloads, of --bytes that size alone; for each sample print
 * NAME,BYTES,SAMPLE,OPERATIONS,INSTRUCTIONS,TRAPS,ENTRIES. The last two are
 * what the monitor counted, 0 without one. Fails unless this process is as
 * guarded as it was told.
 *
 * bench [--samples N] --run NAME guarded|plain COMMAND... - the same for a
 * command, from its start to its end. It says nothing and has to succeed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "bench.h"

#define DIR	"/sys/kernel/nacc/"

enum { TRAPS, ENTRIES, COUNTERS };

static const char *const counter_path[COUNTERS] = { DIR "traps", DIR "ops" };
/* Read in their place without a monitor: marking has to do the same everywhere. */
#define STAND_IN	"/sys/kernel/fscaps"
static int counter_fd[COUNTERS];
static bool counting;

/* Shared, because some workloads end in another process than they began. */
struct marks {
	unsigned long begin, end;
	unsigned long counter_begin[COUNTERS], counter_end[COUNTERS];
};

static struct marks *marks;
static struct marks empty;		/* what marking alone costs */

static inline unsigned long instructions(void)
{
	unsigned long n;

	__asm__ __volatile__("rdinstret %0" : "=r"(n) : : "memory");
	return n;
}

void fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long counter_read(int fd)
{
	char text[32];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		fail("a counter of the monitor");
	text[len] = '\0';
	return strtoul(text, NULL, 10);
}

void mark_begin(void)
{
	int i;

	for (i = 0; i < COUNTERS; i++)
		marks->counter_begin[i] = counter_read(counter_fd[i]);
	marks->begin = instructions();
}

void mark_end(void)
{
	int i;

	marks->end = instructions();
	for (i = 0; i < COUNTERS; i++)
		marks->counter_end[i] = counter_read(counter_fd[i]);
}

static unsigned long counted(int which)
{
	unsigned long n = marks->counter_end[which] - marks->counter_begin[which];
	unsigned long none = empty.counter_end[which] - empty.counter_begin[which];

	return counting && n > none ? n - none : 0;
}

char *map_anon(size_t bytes)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

void touch(char *at, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		((volatile char *)at)[i] = 1;
}

pid_t spawn(void (*fn)(size_t bytes), size_t bytes)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (!pid) {
		fn(bytes);
		_exit(0);
	}
	return pid;
}

void reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (status) {
		errno = ECHILD;
		fail("a child failed");
	}
}

static void report(const struct workload *work, size_t bytes, int number,
		   unsigned long operations)
{
	if (number < 0)
		return;
	printf("%s,%zu,%d,%lu,%lu,%lu,%lu\n", work->name, bytes, number,
	       operations, marks->end - marks->begin - (empty.end - empty.begin),
	       counted(TRAPS), counted(ENTRIES));
	fflush(stdout);
}

/* Samples of one size, at most. */
#define MAX_SAMPLES	64

/*
 * One process more lives in each sample than in the one before. Where Linux' slabs
 * are full or empty to the last object, an operation that takes one and gives it back
 * costs a slab each time: so that is the luck of some samples and not of a kernel.
 */
static void samples_take(const struct workload *work, size_t bytes, unsigned int nr)
{
	pid_t idle[MAX_SAMPLES];
	unsigned int i;

	report(work, bytes, -1, work->run(bytes));
	for (i = 0; i < nr; i++) {
		idle[i] = exec_idle();
		report(work, bytes, (int)i, work->run(bytes));
	}
	while (i--) {
		kill(idle[i], SIGKILL);
		waitpid(idle[i], NULL, 0);
	}
}

/*
 * The first run of each size warms up what later ones find ready. Short ones
 * are taken more often: a timer interrupt is a larger part of them.
 */
static void run(const struct workload *work, bool quick, unsigned int samples,
		size_t only)
{
	unsigned int i, nr;

	for (i = 0; i < 8 && work->bytes[i]; i++) {
		if (quick && i >= work->quick)
			break;
		if (only && work->bytes[i] != only)
			continue;
		nr = samples ? samples : work->samples;
		if (!samples && work->bytes[i] <= MIB)
			nr *= 3;
		samples_take(work, work->bytes[i], nr);
	}
}

static bool wanted(const struct workload *work, char **names, bool unnamed)
{
	if (!*names)
		return unnamed;
	for (; *names; names++)
		if (!strcmp(*names, work->name))
			return true;
	return false;
}

static void set_up(const char *state)
{
	int bits = prctl(PR_NACC, NACC_PR_STATUS, 0, 0, 0);
	bool guarded = bits > 0 && (bits & NACC_STATUS_GUARDED);
	int i;

	if (strcmp(state, guarded ? "guarded" : "plain")) {
		fprintf(stderr, "bench: this process is %sguarded, not %s\n",
			guarded ? "" : "not ", state);
		exit(1);
	}
	counting = !access(DIR, F_OK);
	for (i = 0; i < COUNTERS; i++)
		counter_fd[i] = open(counting ? counter_path[i] : STAND_IN, O_RDONLY);
	marks = mmap(NULL, sizeof(*marks), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (marks == MAP_FAILED)
		fail("mmap");
	for (i = 0; i < 3; i++) {
		mark_begin();
		mark_end();
	}
	empty = *marks;
}

/* Once to warm up, then the samples. */
static void run_command(const char *name, char **argv, unsigned int samples)
{
	struct workload work = { .name = name };
	int null = open("/dev/null", O_RDWR), out = dup(STDOUT_FILENO), number;

	if (null < 0 || out < 0)
		fail("/dev/null");
	for (number = -1; number < (int)samples; number++) {
		dup2(null, STDOUT_FILENO);
		exec_run(vfork, argv);
		dup2(out, STDOUT_FILENO);
		report(&work, 0, number, 1);
	}
}

/*
 * Where a stack lies decides how many tables a loop over it walks: at random
 * addresses two runs would count different things.
 */
static void fixed_addresses(char **argv)
{
	if (personality(0xffffffff) & ADDR_NO_RANDOMIZE)
		return;
	personality(ADDR_NO_RANDOMIZE);
	execv("/proc/self/exe", argv);
	fail("/proc/self/exe");
}

int main(int argc, char **argv)
{
	const struct workload *lists[] = {
		memory_workloads, process_workloads, attach_workloads
	};
	const char *command_name = NULL;
	const struct workload *work;
	unsigned int samples = 0, i;
	bool quick = false;
	size_t only = 0;

	fixed_addresses(argv);
	for (argv++; argc > 1 && !strncmp(*argv, "--", 2); argv++) {
		if (!strcmp(*argv, "--quick"))
			quick = true;
		else if (!strcmp(*argv, "--samples") && argv[1])
			samples = (unsigned int)strtoul(*++argv, NULL, 10);
		else if (!strcmp(*argv, "--bytes") && argv[1])
			only = strtoul(*++argv, NULL, 10);
		else if (!strcmp(*argv, "--run") && argv[1])
			command_name = *++argv;
	}
	if (!*argv || (command_name && !argv[1]) || samples > MAX_SAMPLES) {
		fputs("usage: bench [--quick] [--samples N] [--bytes N] guarded|plain [WORKLOAD]...\n"
		      "       bench [--samples N] --run NAME guarded|plain COMMAND...\n"
		      "N is 64 at most.\n",
		      stderr);
		return 2;
	}
	set_up(*argv++);
	if (command_name) {
		run_command(command_name, argv, samples ? samples : 3);
		return 0;
	}
	for (i = 0; i < 3; i++)
		for (work = lists[i]; work->name; work++)
			if (wanted(work, argv, lists[i] != attach_workloads))
				run(work, quick, samples, only);
	return 0;
}
