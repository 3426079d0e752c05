// SPDX-License-Identifier: BSD-2-Clause
/*
 * The NEW bit of a process that guards itself while it runs: clear in every
 * entry that was moved, set in every one that maps something else or more
 * since, at each level; and what becomes of mixtures of both.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mm.h"

#define NEW	(1UL << 9)
#define BASE	0x1000000000UL	/* nothing else lies in its GiB */
#define HUGE	(2 * MIB)

/* How many entries of the walk to @at are NEW, from level 0 up; -1: no leaf. */
static int news(const void *at)
{
	struct poke path;
	int i, n = 0;

	if (poke(getpid(), (unsigned long)at, "walk", 0, &path))
		tap_bail("nacc_poke does not answer");
	if (!path.levels || !(path.level[path.levels - 1].entry & 1))
		return -1;
	for (i = path.levels - 1; i >= 0 && path.level[i].entry & NEW; i--)
		n++;
	/* Above a NEW link there may be old ones, and nothing the other way. */
	for (; i >= 0; i--)
		if (path.level[i].entry & NEW)
			n += 100;
	return n;
}

/* The level of the leaf, and whether it is NEW. */
static int leaf(const void *at, bool *is_new)
{
	struct poke path;

	if (poke(getpid(), (unsigned long)at, "walk", 0, &path) || !path.levels)
		tap_bail("nacc_poke does not answer");
	*is_new = path.level[path.levels - 1].entry & NEW;
	return path.level[path.levels - 1].level;
}

static char *area, *split, *whole, *file, *swapped, *moved;

static void before(void)
{
	FILE *tmp = tmpfile();

	mm_swap_begin();
	area = mm_anon_at(BASE, 2 * HUGE);
	madvise(area, 2 * HUGE, MADV_NOHUGEPAGE);
	pattern_fill(area, 64, 1);
	split = mm_anon_at(BASE + 4 * HUGE, HUGE);
	whole = mm_anon_at(BASE + 6 * HUGE, HUGE);
	if (madvise(split, HUGE, MADV_HUGEPAGE) ||
	    madvise(whole, HUGE, MADV_HUGEPAGE))
		tap_bail("MADV_HUGEPAGE: %s", strerror(errno));
	pattern_fill(split, 512, 2);
	pattern_fill(whole, 512, 3);
	if (!tmp || ftruncate(fileno(tmp), (off_t)(16 * PAGE)))
		tap_bail("tmpfile: %s", strerror(errno));
	file = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fileno(tmp), 0);
	pattern_fill(file, 16, 4);
	swapped = mm_anon_at(BASE + 8 * HUGE, 64 * PAGE);
	pattern_fill(swapped, 64, 5);
	tap_ok(mm_swap_out(swapped, 64) >= 48, "pages go to swap before");
	moved = mm_anon_at(BASE + 10 * HUGE, HUGE);
	madvise(moved, HUGE, MADV_NOHUGEPAGE);
	pattern_fill(moved, 512, 6);
	tap_is(guard_now(), 0, "it guards itself");
}

static void old_stays(void)
{
	tap_is(news(area), 0, "moved: old at every level");
	tap_is((long)pattern_check(area, 64, 1), 0, "read: its data");
	tap_is(news(area), 0, "read: still old");
	pattern_fill(area, 1, 1);
	tap_is(news(area), 0, "written, as it could be before: still old");
	file_write("/proc/self/clear_refs", "1");
	tap_is(news(area + PAGE), 0, "aged: still old");
	(void)*(volatile char *)(area + PAGE);
	tap_is(news(area + PAGE), 0,
	       "accessed again: still old");
	mprotect(area, PAGE, PROT_READ);
	tap_is(news(area), 0, "a permission less: still old");
	mprotect(area, PAGE, PROT_READ | PROT_WRITE);
	pattern_fill(area, 1, 1);
	tap_is(news(area), 1, "the permission back: the entry is new");
	tap_is(news(area + PAGE), 0, "and its neighbour old");
}

static void new_is_new(void)
{
	unsigned long far = 1UL << (paging_levels() * 9 + 12 - 2);
	char *at;

	area[100 * PAGE] = 1;
	tap_is(news(area + 100 * PAGE), 1, "a page more in an old table: level 0 is new");
	area[HUGE] = 1;
	tap_is(news(area + HUGE), 2, "the first page of a table: level 1 is new");
	tap_is(news(area), 1, "beside old ones");
	at = mm_anon_at(BASE + 4 * GIB, PAGE);
	at[0] = 1;
	tap_is(news(at), 3, "the first page of a GiB: level 2 is new");
	at = mm_anon_at(far, PAGE);
	at[0] = 1;
	tap_is(news(at), paging_levels(), "far away: all levels, the root's entry too");
	madvise(area + 2 * PAGE, PAGE, MADV_DONTNEED);
	tap_is(news(area + 2 * PAGE), -1, "dropped: no entry");
	area[2 * PAGE] = 1;
	tap_is(news(area + 2 * PAGE), 1, "touched again: new");
	tap_is(guard_now(), EBUSY, "it cannot be adopted again");
	tap_is(news(area + 2 * PAGE), 1, "and what is new stays new");
}

static void swapped_back(void)
{
	tap_is((long)pattern_check(swapped, 64, 5), 0,
	       "swapped out before, they come back");
	tap_is(news(swapped), 1, "and are new");
	tap_ok(mm_swap_out(area + 8 * PAGE, 16) > 0, "old pages go to swap");
	(void)*(volatile char *)(area + 8 * PAGE);
	tap_is(news(area + 8 * PAGE), 1, "and come back new");
}

/* A table that moves with its old entries hangs below a new link. */
static void old_below_new(void)
{
	char *to = (char *)(BASE + 2 * GIB);
	struct poke path;
	int last;

	to = mremap(moved, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (to == MAP_FAILED)
		tap_bail("mremap: %s", strerror(errno));
	if (poke(getpid(), (unsigned long)to, "walk", 0, &path))
		tap_bail("nacc_poke does not answer");
	last = path.levels - 1;
	tap_ok(!(path.level[last].entry & NEW) && path.level[last - 1].entry & NEW,
	       "a whole table moves: its entries are old, the link is new");
	tap_is((long)pattern_check(to, 512, 6), 0, "data intact");
	to[PAGE] = to[PAGE];
	munmap(to + 16 * PAGE, HUGE - 32 * PAGE);
	tap_is((long)pattern_check(to, 16, 6), 0, "partly unmapped, the rest intact");
	munmap(to, HUGE);
}

static void huge_pages(void)
{
	bool is_new = true;
	char *at;

	tap_is(leaf(whole, &is_new), 1, "a huge page is still one");
	tap_ok(!is_new, "and old");
	tap_is((long)pattern_check(whole, 512, 3), 0, "its data is intact");
	mprotect(split + 100 * PAGE, PAGE, PROT_READ);
	tap_is(leaf(split, &is_new), 0, "another is split: the table kept for it is used");
	tap_ok(is_new, "its entries are new");
	tap_is((long)pattern_check(split, 512, 2), 0, "its data is intact");
	at = mm_anon_at(BASE + 12 * HUGE, HUGE);
	madvise(at, HUGE, MADV_HUGEPAGE);
	at[0] = 1;
	tap_is(leaf(at, &is_new), 1, "a huge page more");
	tap_ok(is_new, "is new");
	munmap(split + 50 * PAGE, 100 * PAGE);
	tap_is((long)pattern_check(split, 50, 2), 0, "a hole leaves the rest intact");
}

static int child(void *unused)
{
	struct level level = mm_level(0);
	struct proc proc;

	(void)unused;
	if (proc_read(getpid(), &proc) || strcmp(proc.origin, "born"))
		return 1;
	if (!level.old || news(area + PAGE) != 0)
		return 2;
	if (pattern_check(whole, 512, 3))
		return 3;
	area[PAGE] = 9;
	if (news(area + PAGE) != 1)
		return 4;
	munmap(area, HUGE);
	return 0;
}

static void forked(void)
{
	tap_is(in_child(child, NULL), 0,
	       "a child is born guarded: what fork copied is old, its copies are new");
	tap_is((long)pattern_check(file, 16, 4), 0, "the file's pages are intact");
}

/* What is left goes at exit; the balance is the caller's to check. */
int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	before();
	old_stays();
	new_is_new();
	swapped_back();
	old_below_new();
	huge_pages();
	forked();
	munmap(area, HUGE);
	return tap_done();
}
