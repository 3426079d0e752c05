// SPDX-License-Identifier: BSD-2-Clause
/*
 * The first wish to be guarded switches the hooks on while other processes are
 * in the midst of changing their tables. A moment later they are guarded too, and
 * nothing that they write may be lost, or wait in a queue. Has to be the first
 * test after boot, so it has a lane of its own.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define BUSY	8
#define PAGES	8UL
#define BEFORE	3U		/* laps before anything is guarded */
#define AFTER	10U		/* and after all are */
#define WAIT_MS	60000UL

static struct shared {
	volatile unsigned int laps[BUSY];
	volatile bool stop;
} *shared;

/* Lazy sections, and faults between them that are in none. */
static bool lap(char *at, unsigned int seed)
{
	int i;

	for (i = 0; i < 20; i++)
		mprotect(at, PAGES * PAGE, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ);
	pattern_fill(at, PAGES, seed);
	madvise(at + PAGES / 2 * PAGE, PAGES / 2 * PAGE, MADV_DONTNEED);
	return !pattern_check(at, PAGES / 2, seed) && !at[PAGES / 2 * PAGE];
}

static int busy(unsigned int nr)
{
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return 1;
	while (!shared->stop) {
		if (!lap(at, shared->laps[nr]))
			return 2;
		shared->laps[nr]++;
	}
	return 0;
}

/* Until each of them has gone round @more times from now on. */
static bool laps_wait(unsigned int more)
{
	unsigned long end = now_ms() + WAIT_MS;
	unsigned int from[BUSY], i;

	for (i = 0; i < BUSY; i++)
		from[i] = shared->laps[i];
	for (i = 0; i < BUSY; i++)
		while (shared->laps[i] - from[i] < more) {
			if (now_ms() > end)
				return false;
			usleep(1000);
		}
	return true;
}

int main(void)
{
	struct balance before;
	unsigned int i, attached = 0, well = 0;
	pid_t pid[BUSY];
	int status;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	balance_take(&before);
	for (i = 0; i < BUSY; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(busy(i));
	}
	tap_ok(laps_wait(BEFORE), "busy processes, none of them guarded");
	for (i = 0; i < BUSY; i++)
		attached += !attach(pid[i]);
	tap_is(attached, BUSY, "the first wish, and all others");
	tap_ok(laps_wait(AFTER), "each of them goes on");
	shared->stop = true;
	for (i = 0; i < BUSY; i++)
		well += waitpid(pid[i], &status, 0) == pid[i] && exited_with(status, 0);
	tap_is(well, BUSY, "and finds what it has written");
	balance_check(&before, "afterwards");
	return tap_done();
}
