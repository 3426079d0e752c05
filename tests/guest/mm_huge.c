// SPDX-License-Identifier: BSD-2-Clause
/*
 * Huge pages as one entry of level 1: moved, protected, copied, freed, swapped
 * and cut, and the one of zeroes. Each part looks whether they still are huge.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mm.h"

#define HUGE	(2 * MIB)
#define SMALL	(HUGE / PAGE)	/* pages in it */
#define PAGES	(2 * SMALL)
#define SIZE	(2 * HUGE)
#define WAIT_MS	20000UL
/* In two tables of level 1, each under a lock of its own. */
#define HERE	0x1000000000UL
#define THERE	0x1800000000UL

static char *area(const char *what)
{
	char *at = mm_anon_at(HERE, SIZE);

	madvise(at, SIZE, MADV_HUGEPAGE);
	pattern_fill(at, PAGES, 1);
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "%s: huge pages (kB)", what);
	return at;
}

static size_t nonzero(const char *at, size_t size)
{
	const uint64_t *word = (const uint64_t *)at;
	size_t i, n = 0;

	for (i = 0; i < size / 8; i++)
		n += !!word[i];
	return n;
}

/* The table that a huge page has in store goes with it, and is what it splits to. */
static void moved(void)
{
	char *at = area("moved"), *to;
	uint64_t frame = mm_pagemap(at);

	to = mremap(at, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)THERE);
	tap_ok(to == (char *)THERE, "moved: to another table of level 1");
	tap_is((long)mm_huge_kb(to), SIZE / 1024, "moved: still huge (kB)");
	tap_ok(mm_pagemap(to) == frame, "moved: and not copied");
	tap_is(mm_read_signal(at), SIGSEGV, "moved: the old place is empty");
	tap_is((long)pattern_check(to, PAGES, 1), 0, "moved: data intact");
	mprotect(to + 100 * PAGE, PAGE, PROT_READ);
	tap_is((long)mm_huge_kb(to + HUGE), HUGE / 1024, "moved: one is split (kB)");
	tap_is(mm_write_signal(to + 100 * PAGE), SIGSEGV, "moved: protected where asked");
	tap_is(mm_write_signal(to + 101 * PAGE), 0, "moved: only there");
	tap_is((long)pattern_check(to, PAGES, 1), 0, "moved: data still intact");
	munmap(to, SIZE);

	at = area("moved in parts");
	to = mremap(at, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(THERE + PAGE));
	tap_ok(to == (char *)THERE + PAGE, "moved in parts: to an odd address");
	tap_is((long)mm_huge_kb(to), 0, "moved in parts: nothing huge is left (kB)");
	tap_is((long)pattern_check(to, PAGES, 1), 0, "moved in parts: data intact");
	munmap(to, SIZE);
}

static void protected(void)
{
	char *at = area("protected");

	mprotect(at, HUGE, PROT_READ);
	tap_is((long)mm_huge_kb(at), HUGE / 1024, "protected: still huge (kB)");
	tap_is(mm_write_signal(at), SIGSEGV, "protected: no store to its first page");
	tap_is(mm_write_signal(at + HUGE - 1), SIGSEGV, "protected: nor to its last");
	tap_is(mm_write_signal(at + HUGE), 0, "protected: but to the next huge page");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "protected: data intact");
	mprotect(at, HUGE, PROT_NONE);
	tap_is(mm_read_signal(at + HUGE / 2), SIGSEGV, "no access: reading refuses");
	tap_is((long)mm_huge_kb(at), HUGE / 1024, "no access: still huge (kB)");
	mprotect(at, HUGE, PROT_READ | PROT_WRITE);
	tap_is((long)pattern_check(at, PAGES, 1), 0, "access again: data intact");
	pattern_fill(at, PAGES, 2);
	tap_is((long)pattern_check(at, PAGES, 2), 0, "access again: writable");
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "access again: still huge (kB)");
	munmap(at, SIZE);
}

static int zeroes_child(void *arg)
{
	char *at = arg;

	if (nonzero(at, HUGE))
		return 1;
	at[300 * PAGE] = 3;
	return nonzero(at, HUGE) == 1 ? 0 : 2;
}

/* Read before it is written, it is the huge page of zeroes that all share. */
static void zeroes(void)
{
	char *at = mm_anon_at(HERE, SIZE);

	madvise(at, SIZE, MADV_HUGEPAGE);
	tap_is(mm_read_signal(at + 5 * PAGE), 0, "zeroes: read");
	tap_is((long)mm_pagemap_count(at, PAGES, PAGEMAP_PRESENT), SMALL,
	       "zeroes: all of a huge page is there");
	tap_is((long)mm_huge_kb(at), 0, "zeroes: which is not ours (kB)");
	tap_is((long)nonzero(at, HUGE), 0, "zeroes: and nothing but zeroes");
	tap_ok(exited_with(in_child(zeroes_child, at), 0), "zeroes: a child's too");
	at[7 * PAGE] = 1;
	tap_is((long)nonzero(at, HUGE), 1, "zeroes: a store changes one byte");
	tap_is(at[7 * PAGE], 1, "zeroes: the right one");
	tap_is((long)mm_pagemap_count(at, PAGES, PAGEMAP_PRESENT), SMALL,
	       "zeroes: the others are as they were");
	tap_is(mm_read_signal(at + HUGE), 0, "zeroes: the next huge page");
	munmap(at + HUGE + HUGE / 2, HUGE / 2);
	tap_is((long)nonzero(at + HUGE, HUGE / 2), 0, "zeroes: cut in half");
	tap_is(mm_read_signal(at + HUGE + HUGE / 2), SIGSEGV, "zeroes: the other is gone");
	munmap(at, SIZE);
}

/* What was freed and is not missed is dropped, and what was written again is not. */
static void freed(void)
{
	unsigned long end = now_ms() + WAIT_MS;
	char *at = area("freed");
	size_t i, zero = 0;

	tap_is(madvise(at, SIZE, MADV_FREE), 0, "freed");
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "freed: still huge (kB)");
	pattern_fill(at + HUGE, SMALL, 2);
	do {
		madvise(at, HUGE, MADV_PAGEOUT);
	} while (mm_pagemap_count(at, SMALL, PAGEMAP_PRESENT) && now_ms() < end);
	tap_is((long)mm_pagemap_count(at, SMALL, PAGEMAP_PRESENT), 0, "freed: it goes");
	for (i = 0; i < SMALL; i++)
		zero += !nonzero(at + i * PAGE, PAGE);
	tap_is((long)(zero + SMALL - pattern_check(at, SMALL, 1)), SMALL,
	       "freed: each page is zero or as it was (%zu are zero)", zero);
	mm_swap_out(at + HUGE, SMALL);
	tap_is((long)pattern_check(at + HUGE, SMALL, 2), 0, "freed: written again, it stays");
	munmap(at, SIZE);
}

static void swapped(void)
{
	char *at = area("swapped");
	size_t out = mm_swap_out(at, PAGES);

	tap_ok(out >= PAGES * 9 / 10, "swapped: %zu of %lu pages are out", out, PAGES);
	tap_is((long)pattern_check(at, PAGES, 1), 0, "swapped: they come back intact");
	pattern_fill(at, PAGES, 2);
	tap_is((long)pattern_check(at, PAGES, 2), 0, "swapped: and are writable");
	munmap(at, SIZE);
}

static int copying_child(int line, void *arg)
{
	char *at = arg;

	turn_give(line);
	if (!turn_take(line))
		return 0;
	if (mm_huge_kb(at) != SIZE / 1024)
		return 1;
	if (pattern_check(at, PAGES, 1))
		return 2;
	pattern_fill(at, PAGES, 3);
	return pattern_check(at, PAGES, 3) ? 3 : 0;
}

/* The parent has copies first, then the child has what is left to itself. */
static void copied(void)
{
	char *at = area("copied");
	struct mate mate;

	mate_start(&mate, copying_child, at);
	turn_take(mate.line);
	pattern_fill(at, PAGES, 2);
	tap_is((long)pattern_check(at, PAGES, 2), 0, "copied: the parent writes first");
	turn_give(mate.line);
	tap_ok(exited_with(mate_end(&mate), 0),
	       "copied: the child has the old data, huge, and writes");
	tap_is((long)pattern_check(at, PAGES, 2), 0, "copied: the parent's is its own");
	munmap(at, SIZE);

	at = area("child");
	mate_start(&mate, copying_child, at);
	turn_take(mate.line);
	tap_ok(exited_with(mate_end(&mate), 0), "child: it leaves without a look");
	pattern_fill(at, PAGES, 2);
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "child: the parent's are still huge (kB)");
	munmap(at, SIZE);
}

static void cut(void)
{
	char *at = area("cut"), *half = at + HUGE / 2;

	munmap(half, HUGE / 2);
	tap_is(mm_read_signal(half), SIGSEGV, "cut: half a page is gone");
	tap_is(mm_read_signal(at + HUGE - 1), SIGSEGV, "cut: to its end");
	tap_is((long)mm_huge_kb(at), 0, "cut: it is no longer huge (kB)");
	tap_is((long)mm_huge_kb(at + HUGE), HUGE / 1024, "cut: the next one is (kB)");
	mm_anon_at((uintptr_t)half, HUGE / 2);
	tap_is((long)nonzero(half, HUGE / 2), 0, "cut: mapped again, it is zero");
	tap_is((long)pattern_check(at, PAGES, 1), SMALL / 2, "cut: the rest has its data");
	madvise(at + HUGE, HUGE / 2, MADV_DONTNEED);
	tap_is((long)nonzero(at + HUGE, HUGE / 2), 0, "cut: half of the next one dropped");
	tap_is((long)pattern_check(at, PAGES, 1), SMALL, "cut: and not more");
	munmap(at, SIZE);
}

int main(int argc, char **argv)
{
	unsigned long level0;
	long pages;

	mm_begin(argc, argv);
	mm_swap_begin();
	cut();
	/* The stack and the libc have what they need. */
	level0 = mm_frames(0);
	pages = anon_pages();
	moved();
	protected();
	zeroes();
	freed();
	swapped();
	copied();
	tap_is((long)(mm_frames(0) - level0), 0, "no table is left");
	tap_ok(anon_pages() - pages <= 16, "anonymous pages are given back");
	return tap_done();
}
