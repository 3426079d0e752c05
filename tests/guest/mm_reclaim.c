// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel takes pages away and brings them back: swap, compaction, page
 * merging, huge pages. Each part first shows that it did happen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mm.h"

#define SWAP_PAGES	2048UL
#define WAIT_MS		20000
#define HERE		0x1000000000UL
#define KSM		"/sys/kernel/mm/ksm/"
#define MERGED		256UL	/* as many as one page may stand for */
#define GROUP		"/sys/fs/cgroup/nacc-merged"

static int swap_child(void *at)
{
	if (pattern_check(at, SWAP_PAGES, 1))
		return 1;
	pattern_fill(at, SWAP_PAGES, 2);
	return pattern_check(at, SWAP_PAGES, 2) ? 2 : 0;
}

static int swapped_child(int line, void *arg)
{
	char *at = arg;

	pattern_fill(at, SWAP_PAGES, 3);
	if (mm_swap_out(at, SWAP_PAGES) < SWAP_PAGES * 9 / 10)
		return 1;
	turn_give(line);
	turn_take(line);
	return 0;
}

/* A process ends, or is ended, and its pages are in swap. */
static void swapped_away(bool by_kill)
{
	const char *what = by_kill ? "killed while out" : "exit while out";
	char *at = mm_anon(SWAP_PAGES * PAGE);
	unsigned long before = meminfo("SwapFree");
	struct mate mate;

	mate_start(&mate, swapped_child, at);
	if (tap_ok(turn_take(mate.line), "%s: a child's pages go to swap", what))
		tap_ok(before - meminfo("SwapFree") > SWAP_PAGES * PAGE / 1024 / 2,
		       "%s: there is less of it", what);
	if (by_kill)
		kill(mate.pid, SIGKILL);
	tap_is(mate_end(&mate), by_kill ? SIGKILL : 0, "%s: the child is gone", what);
	tap_is(mm_swap_kept(before), 0, "%s: it leaves no swap behind (kB)", what);
	munmap(at, SWAP_PAGES * PAGE);
}

static int left_child(void *arg)
{
	return mm_pagemap_count(arg, SWAP_PAGES, PAGEMAP_SWAPPED) ? 0 : 1;
}

/* Entries of the parent's: the child has them too, and does not touch them. */
static void swapped_twice(void)
{
	char *at = mm_anon(SWAP_PAGES * PAGE);
	unsigned long before = meminfo("SwapFree");

	pattern_fill(at, SWAP_PAGES, 4);
	mm_swap_out(at, SWAP_PAGES);
	tap_ok(exited_with(in_child(left_child, at), 0), "out in both: the child exits");
	tap_is((long)pattern_check(at, SWAP_PAGES, 4), 0, "out in both: the parent's are intact");
	munmap(at, SWAP_PAGES * PAGE);
	tap_is(mm_swap_kept(before), 0, "out in both: no swap is left behind (kB)");
}

static size_t zero_pages(const char *at, size_t pages)
{
	static const char zero[PAGE];
	size_t i, n = 0;

	for (i = 0; i < pages; i++)
		n += !memcmp(at + i * PAGE, zero, PAGE);
	return n;
}

/* Freed pages are dropped as they are: each reads as zero, or is still there. */
static void freed(void)
{
	char *at = mm_anon(SWAP_PAGES * PAGE);
	unsigned long end = now_ms() + WAIT_MS;
	size_t zero, intact;

	madvise(at, SWAP_PAGES * PAGE, MADV_NOHUGEPAGE);
	pattern_fill(at, SWAP_PAGES, 5);
	tap_is(madvise(at, SWAP_PAGES * PAGE, MADV_FREE), 0, "freed");
	do {
		madvise(at, SWAP_PAGES * PAGE, MADV_PAGEOUT);
	} while (mm_pagemap_count(at, SWAP_PAGES, PAGEMAP_PRESENT) > SWAP_PAGES / 10 &&
		 now_ms() < end);
	zero = zero_pages(at, SWAP_PAGES);
	intact = SWAP_PAGES - pattern_check(at, SWAP_PAGES, 5);
	tap_ok(zero >= SWAP_PAGES / 2, "freed: most are dropped (%zu)", zero);
	tap_is((long)(zero + intact), SWAP_PAGES, "freed: the others are as they were");
	pattern_fill(at, SWAP_PAGES, 6);
	tap_is((long)pattern_check(at, SWAP_PAGES, 6), 0, "freed: all are writable");
	munmap(at, SWAP_PAGES * PAGE);
}

static void swap(void)
{
	char *at = mm_anon(SWAP_PAGES * PAGE);
	unsigned long free_before;
	size_t out;

	mm_swap_begin();
	free_before = meminfo("SwapFree");
	pattern_fill(at, SWAP_PAGES, 1);
	out = mm_swap_out(at, SWAP_PAGES);
	tap_ok(out >= SWAP_PAGES * 9 / 10, "%zu of %lu pages go to swap", out,
	       SWAP_PAGES);
	tap_is((long)pattern_check(at, SWAP_PAGES, 1), 0, "they come back intact");
	mm_swap_out(at, SWAP_PAGES);
	tap_ok(exited_with(in_child(swap_child, at), 0),
	       "a child made while they are out reads and writes them");
	tap_is((long)pattern_check(at, SWAP_PAGES, 1), 0,
	       "and the parent's are as they were");
	mm_swap_out(at, SWAP_PAGES);
	mprotect(at, SWAP_PAGES * PAGE, PROT_READ);
	tap_is((long)pattern_check(at, SWAP_PAGES, 1), 0,
	       "protected while out, they come back");
	tap_is(mm_write_signal(at), SIGSEGV, "read-only");
	mprotect(at, SWAP_PAGES * PAGE, PROT_READ | PROT_WRITE);
	mm_swap_out(at, SWAP_PAGES);
	munmap(at, SWAP_PAGES / 2 * PAGE);
	at += SWAP_PAGES / 2 * PAGE;
	mm_swap_out(at, SWAP_PAGES / 2);
	madvise(at, SWAP_PAGES / 2 * PAGE, MADV_DONTNEED);
	tap_is(at[0], 0, "dropped while out, they read as zero");
	munmap(at, SWAP_PAGES / 2 * PAGE);
	tap_is(mm_swap_kept(free_before), 0,
	       "unmapped while out, they leave no swap behind (kB)");
}

static unsigned long vmstat(const char *key)
{
	static char text[16384];
	unsigned long value;
	char *at;

	if (file_read("/proc/vmstat", text, sizeof(text)) < 0)
		tap_bail("/proc/vmstat");
	at = strstr(text, key);
	if (!at || sscanf(at + strlen(key), " %lu", &value) != 1)
		tap_bail("/proc/vmstat has no %s", key);
	return value;
}

static char *touched(size_t pages)
{
	char *at = mm_anon(pages * PAGE);
	size_t i;

	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i++)
		at[i * PAGE] = 1;
	return at;
}

/*
 * Leave holes in physical memory, so that compaction has something to move, and
 * room on either side of them: it moves pages towards one end only. Every page
 * has a pattern of its own.
 */
static void compaction(void)
{
	const size_t pages = 8192;
	unsigned long moved = vmstat("pgmigrate_success");
	char *before = touched(pages), *at = mm_anon(pages * PAGE), *behind;
	size_t i, wrong = 0;

	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i++)
		pattern_fill(at + i * PAGE, 1, (unsigned int)i);
	behind = touched(pages);
	munmap(before, pages * PAGE);
	munmap(behind, pages * PAGE);
	for (i = 0; i < pages; i += 2)
		madvise(at + i * PAGE, PAGE, MADV_DONTNEED);
	if (file_write("/proc/sys/vm/compact_memory", "1") < 0)
		tap_bail("compact_memory: %s", strerror(errno));
	moved = vmstat("pgmigrate_success") - moved;
	tap_ok(moved > 0, "compaction moves pages (%lu)", moved);
	for (i = 1; i < pages; i += 2)
		wrong += pattern_check(at + i * PAGE, 1, (unsigned int)i);
	tap_is((long)wrong, 0, "moved pages hold their data");
	pattern_fill(at, pages, 4);
	tap_is((long)pattern_check(at, pages, 4), 0, "and can be written");
	munmap(at, pages * PAGE);
}

/* Pages of ours, at most one area of them, that KSM has merged. */
static size_t merged(const char *at)
{
	return (size_t)mm_smaps_kb(at, "KSM:") * 1024 / PAGE;
}

/* Until ksmd has merged all, and it looks no further. */
static void merge(const char *at, const char *what)
{
	unsigned long end = now_ms() + WAIT_MS;

	file_write(KSM "run", "1");
	while (merged(at) < MERGED && now_ms() < end)
		usleep(2000);
	file_write(KSM "run", "0");
	tap_is((long)merged(at), MERGED, "merged%s: all are one page", what);
}

/* Pages that do not have the word that all began with, or a word of their own. */
static size_t merged_wrong(const char *at, bool own)
{
	size_t i, wrong = 0;

	for (i = 0; i < MERGED; i++)
		wrong += at[i * PAGE + 77] != (own && i % 2 ? (char)i : 0x5a) ||
			 at[i * PAGE + 78] != 0x5a;
	return wrong;
}

static void write_own(char *at)
{
	size_t i;

	for (i = 1; i < MERGED; i += 2)
		at[i * PAGE + 77] = (char)i;
}

static int merged_child(void *at)
{
	if (merged(at) != MERGED || merged_wrong(at, false))
		return 1;
	write_own(at);
	return merged(at) != MERGED / 2 || merged_wrong(at, true) ? 2 : 0;
}

/* In a group of its own, reclaim soon comes to the one page that all entries have. */
static void merged_out(const char *at)
{
	unsigned long end = now_ms() + WAIT_MS;

	do
		file_write(GROUP "/memory.reclaim", "4M");
	while (mm_pagemap_count(at, MERGED, PAGEMAP_SWAPPED) < MERGED && now_ms() < end);
	tap_is((long)mm_pagemap_count(at, MERGED, PAGEMAP_SWAPPED), MERGED,
	       "merged, swap: all entries are those of swap");
	tap_is((long)merged_wrong(at, false), 0, "merged, swap: they come back intact");
}

static void merging(void)
{
	char *at, *to;

	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if ((mkdir(GROUP, 0700) && errno != EEXIST) ||
	    file_write(GROUP "/cgroup.procs", "0") < 0)
		tap_bail(GROUP ": %s", strerror(errno));
	at = mm_anon_at(HERE, MERGED * PAGE);
	memset(at, 0x5a, MERGED * PAGE);
	if (madvise(at, MERGED * PAGE, MADV_MERGEABLE))
		tap_bail("MADV_MERGEABLE: %s", strerror(errno));
	file_write(KSM "sleep_millisecs", "1");
	file_write(KSM "pages_to_scan", "2000");
	merge(at, "");
	tap_is((long)merged_wrong(at, false), 0, "merged: they read as before");
	tap_ok(exited_with(in_child(merged_child, at), 0),
	       "merged, fork: a child has them so, and writes its own");
	tap_is((long)merged_wrong(at, false), 0, "merged, fork: the parent's are as they were");
	merged_out(at);

	merge(at, ", again");
	to = mremap(at, MERGED * PAGE, MERGED * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    (void *)(HERE + GIB));
	tap_ok(to == (char *)HERE + GIB && !merged(to), "merged, mremap: Linux parts them first");
	tap_is((long)merged_wrong(to, false), 0, "merged, mremap: data intact");
	merge(to, ", mremap");
	write_own(to);
	tap_is((long)merged(to), MERGED / 2, "merged: a store parts them again");
	tap_is((long)merged_wrong(to, true), 0, "merged: and each has its own");
	file_write(KSM "run", "2");
	tap_is((long)merged(to), 0, "unmerged, none is left");
	tap_is((long)merged_wrong(to, true), 0, "and the data is intact");
	file_write(KSM "run", "0");
	munmap(to, MERGED * PAGE);
	file_write("/sys/fs/cgroup/cgroup.procs", "0");
	rmdir(GROUP);
}

static int huge_child(void *at)
{
	if (pattern_check(at, 2048, 5))
		return 1;
	pattern_fill(at, 2048, 6);
	return pattern_check(at, 2048, 6) ? 2 : 0;
}

static void huge(void)
{
	const size_t pages = 2048;
	unsigned long level0 = mm_frames(0);
	char *at = mm_anon_at(HERE, pages * PAGE);

	if (madvise(at, pages * PAGE, MADV_HUGEPAGE))
		tap_bail("MADV_HUGEPAGE: %s", strerror(errno));
	pattern_fill(at, pages, 5);
	tap_is((long)mm_huge_kb(at), 8192, "four huge pages (kB)");
	tap_is((long)pattern_check(at, pages, 5), 0, "hold their data");
	tap_ok(exited_with(in_child(huge_child, at), 0),
	       "a child copies them on write");
	tap_is((long)pattern_check(at, pages, 5), 0, "the parent's are intact");
	mprotect(at + 100 * PAGE, PAGE, PROT_READ);
	tap_is((long)pattern_check(at, pages, 5), 0, "one is split: data intact");
	tap_is(mm_write_signal(at + 100 * PAGE), SIGSEGV, "and protected where asked");
	munmap(at + 700 * PAGE, 10 * PAGE);
	tap_is(mm_read_signal(at + 705 * PAGE), SIGSEGV, "a hole in the next one");
	tap_is((long)pattern_check(at, 700, 5), 0, "data before it");
	pattern_fill(at + 1024 * PAGE, 1024, 7);
	madvise(at + 1024 * PAGE, 1024 * PAGE, MADV_DONTNEED);
	tap_is(at[1500 * PAGE], 0, "dropped, a huge page reads as zero");
	munmap(at, pages * PAGE);
	tap_is((long)(mm_frames(0) - level0), 0, "no table of it is left");
}

/* What khugepaged does, asked for: small pages become a huge one. */
static void collapse(void)
{
	const size_t pages = 1024;
	char *at = mm_anon_at(HERE, pages * PAGE);

	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	pattern_fill(at, pages, 8);
	madvise(at, pages * PAGE, MADV_HUGEPAGE);
	tap_is((long)mm_huge_kb(at), 0, "small pages");
	tap_is(madvise(at, pages * PAGE, MADV_COLLAPSE), 0, "are collapsed");
	tap_is((long)mm_huge_kb(at), 4096, "to huge ones (kB)");
	tap_is((long)pattern_check(at, pages, 8), 0, "data intact");
	pattern_fill(at, pages, 9);
	tap_is((long)pattern_check(at, pages, 9), 0, "and writable");
	munmap(at, pages * PAGE);
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	swap();
	swapped_away(false);
	swapped_away(true);
	swapped_twice();
	freed();
	compaction();
	merging();
	huge();
	collapse();
	return tap_done();
}
