// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_threads ROUNDS: a process with 64 threads that fault, map, unmap,
 * protect, fork, execute and exit is attached in the middle of it, a new one
 * in each round. Nothing it has written is lost, and everything is back.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define THREADS	64
#define PAGES	12

static atomic_bool stop;
static atomic_uint failures;
static sem_t laps;
static pthread_barrier_t begin;
/* Written by the children, each in its copy. */
static volatile unsigned int copied;

static void fail(const char *what)
{
	atomic_fetch_add(&failures, 1);
	fprintf(stderr, "thread: %s: %s\n", what, strerror(errno));
}

static void faults(unsigned int seed)
{
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		fail("mmap");
		return;
	}
	pattern_fill(at, PAGES, seed);
	if (mprotect(at, PAGES * PAGE / 2, PROT_READ))
		fail("mprotect");
	if (pattern_check(at, PAGES, seed))
		fail("pattern after mprotect");
	if (mprotect(at, PAGES * PAGE / 2, PROT_READ | PROT_WRITE))
		fail("mprotect back");
	pattern_fill(at, PAGES, seed + 1);
	madvise(at, PAGE, MADV_DONTNEED);
	if (at[0] || pattern_check(at, PAGES, seed + 1) != 1)
		fail("pattern after discarding a page");
	if (munmap(at, PAGES * PAGE))
		fail("munmap");
}

static void forks_once(unsigned int seed)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		copied = seed;
		_exit(copied == seed ? 7 : 8);
	}
	if (pid < 0) {
		fail("fork");
		return;
	}
	if (waitpid(pid, &status, 0) != pid || !exited_with(status, 7))
		fail("child");
}

static void *short_thread(void *arg)
{
	faults(*(unsigned int *)arg);
	return NULL;
}

static void spawns(unsigned int seed)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, short_thread, &seed))
		fail("pthread_create");
	else
		pthread_join(thread, NULL);
}

static void *worker(void *arg)
{
	unsigned int n = (unsigned int)(uintptr_t)arg, seed = n << 16;

	pthread_barrier_wait(&begin);
	while (!atomic_load(&stop)) {
		faults(seed++);
		if (n % 16 == 1)
			forks_once(seed);
		if (n % 16 == 2)
			spawns(seed);
		sem_post(&laps);
	}
	return NULL;
}

static void wait_laps(int n)
{
	while (n)
		n -= !sem_wait(&laps);
}

/* The role: exit status 0 if no thread has seen anything odd. */
static int role_busy(void)
{
	pthread_t thread[THREADS];
	uintptr_t i;
	char line[8];

	sem_init(&laps, 0, 0);
	/* Those that run already would be in the way of those to be made. */
	pthread_barrier_init(&begin, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, worker, (void *)i))
			return 3;
	pthread_barrier_wait(&begin);
	wait_laps(16);
	puts("busy");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 4;
	/* Attached now: they have to come round again. */
	while (!sem_trywait(&laps))
		;
	wait_laps(16);
	atomic_store(&stop, true);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return atomic_load(&failures) ? 5 : !is_guarded();
}

/* EAGAIN is an answer: its tables may grow faster than frames are made ready. */
static int attach_patiently(pid_t pid, int *again)
{
	int error;

	for (*again = 0; (error = attach(pid)) == EAGAIN && *again < 100; ++*again)
		;
	return error;
}

int main(int argc, char **argv)
{
	const char *busy_argv[] = { "/proc/self/exe", "busy", NULL };
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	int again, all_again = 0, attached = 0, ended = 0, i;
	struct balance before;
	struct child child;
	char line[32];

	if (argc == 2 && !strcmp(argv[1], "busy"))
		return role_busy();
	balance_take(&before);
	for (i = 0; i < rounds; i++) {
		child_start(&child, false, busy_argv);
		child_line(&child, line, sizeof(line));
		attached += !attach_patiently(child.pid, &again);
		all_again += again;
		child_say(&child, "\n");
		ended += exited_with(child_end(&child), 0);
	}
	tap_is(attached, rounds, "attached while 64 threads were busy");
	tap_is(ended, rounds, "no thread has seen anything odd");
	tap_note("%d times EAGAIN", all_again);
	balance_check(&before, "after all of them");
	return tap_done();
}
