/* SPDX-License-Identifier: BSD-2-Clause */
/* What the mm_*.c programs share. They run plain and guarded, same tests. */
#ifndef NACC_GUEST_MM_H
#define NACC_GUEST_MM_H

#include <sys/mman.h>

#include "guest.h"

/* Some libc headers do not have it for every architecture. */
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

/* The one argument, `plain` or `guarded`, must be what this process is. */
void mm_begin(int argc, char **argv);

/* Anonymous private memory, or the test ends. */
void *mm_anon(size_t size);
/* The same at an address of our own, far from everything else. */
void *mm_anon_at(unsigned long at, size_t size);

/* The signal that an access raises: 0, SIGSEGV or SIGBUS. */
int mm_read_signal(const void *at);
int mm_write_signal(void *at);
/* The same of madvise(); -1 if it fails. */
int mm_madvise_signal(void *at, size_t size, int advice);

/* This process's frames and entries of one level; 0 when it is plain. */
struct level mm_level(unsigned int level);
unsigned long mm_frames(unsigned int level);

/* Bits of /proc/self/pagemap for one address. */
#define PAGEMAP_PRESENT	(1UL << 63)
#define PAGEMAP_SWAPPED	(1UL << 62)
#define PAGEMAP_PFN	((1UL << 55) - 1)
uint64_t mm_pagemap(const void *at);
/* The same of some process, for pages from @at on. */
void mm_pagemap_of(pid_t pid, const void *at, size_t pages, uint64_t *entries);
/* Pages of a range with a given bit. */
size_t mm_pagemap_count(const void *at, size_t pages, uint64_t bit);

/* kB behind @key in smaps, of the mapping at one address; -1: there is none. */
long mm_smaps_kb(const void *at, const char *key);
/* Of huge anonymous pages; 0 also without a mapping. */
unsigned long mm_huge_kb(const void *at);

/* Where the table of @level lies that leads to @at, as nacc_poke walks; 0: there is none. */
uint64_t mm_table(const void *at, int level);

/* Memory that was said to have failed, or to be about to: it has not. */
void mm_make_well(uint64_t frame, const char *what);

/*
 * A swap area on zram, if there is none yet. mm_swap_out - ask until most of
 * the pages are out, since some may be busy for a moment; returns how many are.
 */
void mm_swap_begin(void);
size_t mm_swap_out(char *at, size_t pages);
/* kB of swap that are gone since SwapFree was @before; what CPUs keep at hand is not. */
long mm_swap_kept(unsigned long before);

/*
 * A child that runs @fn, whose result is its exit status, and a line between the
 * two, on which they take turns: turn_take waits until the other has given its
 * turn, or has ended, when it returns false.
 */
struct mate {
	pid_t pid;
	int line;
};

void mate_start(struct mate *mate, int (*fn)(int line, void *arg), void *arg);
/* Give no more turns, and reap it. Returns the wait status. */
int mate_end(struct mate *mate);
void turn_give(int line);
bool turn_take(int line);

/*
 * A block device whose data are in @memory, a file, opened so that it takes
 * pages as they are. It is gone when both are closed.
 */
int mm_disk(size_t size, int *memory);

/* Shared memory for counters that children write. */
void *mm_shared(size_t size);

#endif /* NACC_GUEST_MM_H */
