// SPDX-License-Identifier: BSD-2-Clause
/*
 * Entries that stand for pages of a device: those that it keeps (device-private)
 * and those that it alone may use for a while (device-exclusive). The device is
 * the kernel's own test_hmm.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <test_hmm_uapi.h>

#include "mm.h"

/* More than a table of them. */
#define PAGES	600UL

static const char device[] = "/dev/hmm_dmirror0";

struct area {
	int fd;
	char *at;
	char *copy;		/* what the device has */
};

/* One request for pages from @page on. Returns the pages done, or -errno. */
static long ask(struct area *area, unsigned long request, size_t page, size_t pages)
{
	struct hmm_dmirror_cmd cmd = {
		.addr = (uintptr_t)area->at + page * PAGE,
		.ptr = (uintptr_t)area->copy,
		.npages = pages,
	};

	return ioctl(area->fd, request, &cmd) ? -errno : (long)cmd.cpages;
}

/* Pages of the area that the device keeps. */
static size_t private_count(struct area *area)
{
	size_t i, n = 0;

	if (ask(area, HMM_DMIRROR_SNAPSHOT, 0, PAGES) < 0)
		tap_bail("SNAPSHOT: %s", strerror(errno));
	for (i = 0; i < PAGES; i++)
		n += (area->copy[i] & 0xf0) == HMM_DMIRROR_PROT_DEV_PRIVATE_LOCAL;
	return n;
}

static void to_device(struct area *area, unsigned int seed, const char *when)
{
	tap_is(ask(area, HMM_DMIRROR_MIGRATE_TO_DEV, 0, PAGES), PAGES,
	       "%s: all pages move to the device", when);
	tap_is((long)pattern_check(area->copy, PAGES, seed), 0,
	       "%s: which has their data", when);
	tap_is((long)private_count(area), PAGES, "%s: each entry says so", when);
}

static int device_child(void *arg)
{
	struct area *area = arg;

	if (pattern_check(area->at, PAGES, 1))
		return 1;
	pattern_fill(area->at, PAGES, 2);
	return pattern_check(area->at, PAGES, 2) ? 2 : 0;
}

static int dying_child(void *arg)
{
	(void)arg;
	return 0;
}

static void kept_by_device(struct area *area)
{
	pattern_fill(area->at, PAGES, 1);
	to_device(area, 1, "private");
	tap_is((long)pattern_check(area->at, PAGES, 1), 0,
	       "private: touched, they come back intact");
	tap_is((long)private_count(area), 0, "private: and are ordinary pages");

	to_device(area, 1, "private, fork");
	tap_ok(exited_with(in_child(dying_child, area), 0),
	       "private, fork: a child dies with them");
	tap_ok(exited_with(in_child(device_child, area), 0),
	       "private, fork: a child reads and writes them");
	tap_is((long)pattern_check(area->at, PAGES, 1), 0,
	       "private, fork: the parent's are as they were");

	to_device(area, 1, "private, protected");
	mprotect(area->at, PAGES * PAGE, PROT_READ);
	tap_is((long)pattern_check(area->at, PAGES, 1), 0,
	       "private, protected: they come back intact");
	tap_is(mm_write_signal(area->at), SIGSEGV, "private, protected: read-only");
	mprotect(area->at, PAGES * PAGE, PROT_READ | PROT_WRITE);
}

/* An access by the CPU takes the right back from the device. */
static void held_by_device(struct area *area)
{
	pattern_fill(area->at, PAGES, 1);
	tap_is(ask(area, HMM_DMIRROR_EXCLUSIVE, 0, PAGES), PAGES,
	       "exclusive: for all pages");
	tap_is(mm_pagemap_count(area->at, PAGES, PAGEMAP_PRESENT), 0,
	       "exclusive: no entry is present");
	tap_is(ask(area, HMM_DMIRROR_CHECK_EXCLUSIVE, 0, PAGES), -EPERM,
	       "exclusive: the device has them");
	tap_is((long)pattern_check(area->at, PAGES, 1), 0,
	       "exclusive: touched, they are intact");
	tap_is(ask(area, HMM_DMIRROR_CHECK_EXCLUSIVE, 0, PAGES), 0,
	       "exclusive: and no longer the device's");

	ask(area, HMM_DMIRROR_EXCLUSIVE, 0, PAGES);
	tap_ok(exited_with(in_child(device_child, area), 0),
	       "exclusive, fork: a child reads and writes them");
	tap_is((long)pattern_check(area->at, PAGES, 1), 0,
	       "exclusive, fork: the parent's are as they were");
	ask(area, HMM_DMIRROR_EXCLUSIVE, 0, PAGES);
	pattern_fill(area->at, PAGES, 2);
	tap_is((long)pattern_check(area->at, PAGES, 2), 0, "exclusive: and writable");
}

#define ROUNDS		6U
#define USED		24UL	/* each flush waits for the other thread's hart */
#define COUNTER		100	/* the word of a page that pattern_fill leaves alone */

struct counting {
	struct area *area;
	atomic_bool end;
	uint64_t rounds;
	sem_t round;		/* has a count when there was one */
};

static _Atomic uint64_t *counter(struct area *area, size_t page)
{
	return (_Atomic uint64_t *)(area->at + page * PAGE) + COUNTER;
}

/* Brings back from the device what it touches. */
static void *count(void *arg)
{
	struct counting *counting = arg;
	size_t page;

	while (!counting->end) {
		for (page = 0; page < USED; page++)
			atomic_fetch_add(counter(counting->area, page), 1);
		counting->rounds++;
		sem_post(&counting->round);
	}
	return NULL;
}

/* The device takes pages that a thread is writing to: no store may be lost. */
static void taken_while_used(struct area *area)
{
	struct counting counting = { .area = area };
	size_t page, taken = 0, lost = 0;
	pthread_t thread;
	unsigned int i;

	for (page = 0; page < USED; page++)
		*counter(area, page) = 0;
	sem_init(&counting.round, 0, 0);
	if (pthread_create(&thread, NULL, count, &counting))
		tap_bail("pthread_create");
	for (i = 0; i < ROUNDS; i++) {
		/* -ENOENT: one of the pages is back before the device has read it. */
		ask(area, HMM_DMIRROR_MIGRATE_TO_DEV, 0, USED);
		taken += private_count(area);
		ask(area, HMM_DMIRROR_MIGRATE_TO_SYS, 0, USED / 2);
		while (!sem_trywait(&counting.round))
			;
		sem_wait(&counting.round);
	}
	counting.end = true;
	pthread_join(thread, NULL);
	for (page = 0; page < USED; page++)
		lost += *counter(area, page) != counting.rounds;
	tap_ok(taken > 0, "in use: pages are the device's now and then (%zu)", taken);
	tap_is((long)lost, 0, "in use: each has every one of the %lu stores",
	       (unsigned long)counting.rounds);
	tap_is((long)pattern_check(area->at, PAGES, 2), 0, "in use: data intact");
}

/* Both kinds at once, in a process that takes them down. */
static int mixed_child(void *arg)
{
	struct area *area = arg;
	const size_t half = PAGES / 2;
	long own;

	area->fd = open(device, O_RDWR | O_CLOEXEC);
	if (area->fd < 0)
		return 1;
	pattern_fill(area->at, PAGES, 1);
	if (ask(area, HMM_DMIRROR_MIGRATE_TO_DEV, 0, half) != (long)half ||
	    ask(area, HMM_DMIRROR_EXCLUSIVE, half, half) != (long)half)
		return 2;
	munmap(area->at + 100 * PAGE, 50 * PAGE);
	madvise(area->at + (half + 100) * PAGE, 50 * PAGE, MADV_DONTNEED);
	if (area->at[(half + 120) * PAGE] ||
	    mm_read_signal(area->at + 120 * PAGE) != SIGSEGV)
		return 3;
	/* These are no mapped pages, and count as ours. */
	own = number_of("/proc/self/status", "RssAnon:");
	munmap(area->at + (half + 150) * PAGE, 100 * PAGE);
	own -= number_of("/proc/self/status", "RssAnon:");
	return own < 50 * (long)PAGE / 1024 ||
	       mm_read_signal(area->at + (half + 200) * PAGE) != SIGSEGV ? 4 : 0;
}

int main(int argc, char **argv)
{
	struct area area;
	long balance = anon_pages();

	mm_begin(argc, argv);
	/*
	 * The device's pages are the last that a physical address can name: smaller
	 * modes have no room for their descriptors.
	 */
	if (paging_levels() < 5) {
		tap_skip("pages of a device", "test_hmm wants Sv57");
		return tap_done();
	}
	if (module_load("test_hmm"))
		tap_bail("test_hmm: %s", strerror(errno));
	area.at = mm_anon(PAGES * PAGE);
	area.copy = mm_anon(PAGES * PAGE);
	madvise(area.at, PAGES * PAGE, MADV_NOHUGEPAGE);
	area.fd = open(device, O_RDWR | O_CLOEXEC);
	if (area.fd < 0)
		tap_bail("%s: %s", device, strerror(errno));
	kept_by_device(&area);
	held_by_device(&area);
	taken_while_used(&area);
	tap_ok(exited_with(in_child(mixed_child, &area), 0),
	       "unmapped, dropped, and the rest taken down by exit");
	to_device(&area, 2, "at the end");
	munmap(area.at, PAGES * PAGE);
	munmap(area.copy, PAGES * PAGE);
	tap_ok(anon_pages() - balance <= 16, "anonymous pages are given back");
	close(area.fd);
	tap_is(module_unload("test_hmm"), 0, "nobody uses the device any more");
	return tap_done();
}
