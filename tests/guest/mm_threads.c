// SPDX-License-Identifier: BSD-2-Clause
/* Threads that fault, protect, unmap and fork in one address space at once. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

#define THREADS		4
#define ROUNDS		6
/*
 * Few and far apart, so that several tables are raced for. Where there are more
 * harts than cores of the host, each lock that changes hands costs a slice.
 */
#define SHARED_PAGES	64UL
#define STRIDE		(37 * PAGE)
#define SHARED_SIZE	(SHARED_PAGES * STRIDE)
#define FORK_ROUND	2
#define OWN_PAGES	300UL

static _Atomic long wrong;
static pthread_barrier_t barrier;
static char *shared;

/*
 * All threads fault the same fresh pages, so that two of them race for each
 * table and each page. Every one adds 1 to each page: a page or a table that
 * one of them lost shows as a sum that is too small.
 */
static void same_pages(void)
{
	_Atomic long *word;
	size_t page;

	for (page = 0; page < SHARED_PAGES; page++) {
		word = (_Atomic long *)(shared + page * STRIDE);
		atomic_fetch_add(word, 1);
	}
}

static void own_pages(unsigned int seed)
{
	char *at = mmap(NULL, OWN_PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		wrong++;
		return;
	}
	pattern_fill(at, OWN_PAGES, seed);
	mprotect(at, OWN_PAGES / 2 * PAGE, PROT_READ);
	wrong += (long)pattern_check(at, OWN_PAGES, seed);
	madvise(at + OWN_PAGES / 2 * PAGE, PAGE, MADV_DONTNEED);
	wrong += at[OWN_PAGES / 2 * PAGE];
	munmap(at, OWN_PAGES * PAGE);
}

static void fork_once(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(*(long *)shared < 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !exited_with(status, 0))
		wrong++;
}

static void *worker(void *arg)
{
	unsigned int me = (unsigned int)(uintptr_t)arg, round;
	size_t page;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		same_pages();
		own_pages(me * 1000 + round);
		if (me == 1 && round == FORK_ROUND) {
			fork_once();
			same_pages();
		}
		if (pthread_barrier_wait(&barrier) !=
		    PTHREAD_BARRIER_SERIAL_THREAD)
			continue;
		for (page = 0; page < SHARED_PAGES; page++)
			wrong += *(long *)(shared + page * STRIDE) !=
				 THREADS + (round == FORK_ROUND);
		munmap(shared, SHARED_SIZE);
		if (mmap(shared, SHARED_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != shared)
			wrong++;
	}
	return NULL;
}

#define ROOT_SLOTS	100UL
#define ROOT_SPAN	(1UL << 48)	/* of an entry of Sv57's root */

static atomic_ulong arrived;

/*
 * Both threads fault below the same empty entry of the root, at the same moment:
 * each makes a table for it, and one of these goes back unused.
 */
static void *below_roots(void *arg)
{
	unsigned long slot;

	for (slot = 1; slot <= ROOT_SLOTS; slot++) {
		arrived++;
		while (arrived < 2 * slot)
			;
		*(long *)(slot * ROOT_SPAN + (uintptr_t)arg * GIB) = (long)slot;
	}
	return NULL;
}

static void races_for_roots(void)
{
	unsigned long slot, lost = 0;
	pthread_t other;

	if (paging_levels() != 5 || sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		tap_skip("races below the root", "wants two harts, and Sv57");
		return;
	}
	for (slot = 1; slot <= ROOT_SLOTS; slot++) {
		mm_anon_at(slot * ROOT_SPAN, PAGE);
		mm_anon_at(slot * ROOT_SPAN + GIB, PAGE);
	}
	if (pthread_create(&other, NULL, below_roots, (void *)1))
		tap_bail("pthread_create");
	below_roots((void *)0);
	pthread_join(other, NULL);
	for (slot = 1; slot <= ROOT_SLOTS; slot++) {
		lost += *(unsigned long *)(slot * ROOT_SPAN) != slot ||
			*(unsigned long *)(slot * ROOT_SPAN + GIB) != slot;
		munmap((void *)(slot * ROOT_SPAN), PAGE);
		munmap((void *)(slot * ROOT_SPAN + GIB), PAGE);
	}
	tap_is((long)lost, 0, "%lu races below the root: pages lost", ROOT_SLOTS);
}

int main(int argc, char **argv)
{
	unsigned long level0;
	pthread_t thread[THREADS];
	uintptr_t i;

	mm_begin(argc, argv);
	shared = mm_anon_at(0x1000000000UL, SHARED_SIZE);
	level0 = mm_frames(0);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, worker, (void *)i))
			tap_bail("pthread_create");
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	tap_is(wrong, 0, "%d threads, %d rounds: wrong pages", THREADS, ROUNDS);
	races_for_roots();
	munmap(shared, SHARED_SIZE);
	/* Stacks and heaps of the threads may keep some tables; the shared not. */
	tap_ok(mm_frames(0) <= level0 + 2 * THREADS,
	       "tables of the unmapped range are gone (%lu before, %lu now)",
	       level0, mm_frames(0));
	return tap_done();
}
