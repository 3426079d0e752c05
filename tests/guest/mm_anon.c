// SPDX-License-Identifier: BSD-2-Clause
/*
 * Anonymous memory: map, protect, move, copy, drop, grow; always with a look
 * at the data, and with a count of tables where a guarded process shows them.
 */
#include <alloca.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

/* Addresses of our own, each in a table of level 1 that nothing else uses. */
#define HERE	0x1000000000UL
#define THERE	0x1800000000UL

static void map_and_unmap(void)
{
	char *at = mm_anon(64 * PAGE);

	tap_is(mm_read_signal(at) || at[0] || at[63 * PAGE], 0,
	       "fresh memory reads as zero");
	pattern_fill(at, 64, 1);
	tap_is((long)pattern_check(at, 64, 1), 0, "64 pages hold what was written");
	munmap(at + 16 * PAGE, 16 * PAGE);
	tap_is(mm_read_signal(at + 16 * PAGE), SIGSEGV, "a hole faults at its start");
	tap_is(mm_read_signal(at + 31 * PAGE), SIGSEGV, "and at its end");
	tap_is((long)pattern_check(at, 16, 1), 0, "below the hole nothing changed");
	tap_is(mm_read_signal(at + 32 * PAGE), 0, "above it neither");
	mmap(at + 16 * PAGE, 16 * PAGE, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	tap_is(at[20 * PAGE], 0, "the hole mapped again reads as zero");
	mmap(at, 8 * PAGE, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	tap_is(at[0] | at[7 * PAGE], 0, "mapped over: the old data is gone");
	munmap(at, 64 * PAGE);
	tap_is(mm_write_signal(at + 40 * PAGE), SIGSEGV, "unmapped: all gone");
}

/* Tables come with the first page of each 2 MiB and go with its unmapping. */
static void tables_come_and_go(void)
{
	unsigned long level0, level1, level2;
	const size_t step = 2 * MIB, count = 64;
	bool guarded = is_guarded();
	char *at;
	size_t i;

	level0 = mm_frames(0);
	level1 = mm_frames(1);
	level2 = mm_frames(2);
	at = mm_anon_at(HERE, count * step);
	for (i = 0; i < count; i++)
		at[i * step] = (char)i;
	tap_is((long)(mm_frames(0) - level0), guarded ? (long)count : 0,
	       "tables of level 0 after %zu distant pages", count);
	tap_is((long)(mm_frames(1) - level1), guarded, "tables of level 1");
	munmap(at + step, (count - 1) * step);
	tap_is((long)(mm_frames(0) - level0), guarded, "one left after munmap");
	tap_is(at[0], 0, "and its page is intact");
	munmap(at, step);
	tap_is((long)(mm_frames(0) - level0), 0, "none left");
	tap_is((long)(mm_frames(1) - level1), 0, "nor of level 1");

	at = mm_anon_at(HERE, 8 * GIB);
	for (i = 0; i < 8; i++)
		at[i * GIB] = (char)(i + 1);
	tap_is((long)(mm_frames(1) - level1), guarded ? 8 : 0,
	       "tables of level 1 after pages 1 GiB apart");
	tap_is(at[7 * GIB], 8, "the last one holds its byte");
	munmap(at, 8 * GIB);
	tap_is((long)(mm_frames(1) - level1), 0, "none left of these");
	tap_is((long)(mm_frames(2) - level2), 0, "and level 2 as before");
}

/* The monitor marks what was mapped since exec; nothing else does. */
static void new_entries(void)
{
	const long pages = 100, marked = is_guarded() ? pages : 0;
	struct level before = mm_level(0), now;
	char *at = mm_anon_at(HERE, (size_t)pages * PAGE);

	pattern_fill(at, (size_t)pages, 12);
	now = mm_level(0);
	tap_is((long)(now.new - before.new), marked, "fresh pages are NEW entries");
	tap_is((long)(now.old - before.old), 0, "and none of them is old");
	mprotect(at, (size_t)pages * PAGE, PROT_READ);
	now = mm_level(0);
	tap_is((long)(now.new - before.new), marked, "read-only, they stay NEW");
	munmap(at, (size_t)pages * PAGE);
	now = mm_level(0);
	tap_is((long)(now.new - before.new), 0, "unmapped, they are gone");
	tap_is((long)(now.old - before.old), 0, "and no old one is");
}

static void protect(void)
{
	const size_t pages = 3 * 512;
	char *at = mm_anon_at(HERE, pages * PAGE);

	pattern_fill(at, pages, 2);
	mprotect(at, pages * PAGE, PROT_READ);
	tap_is(mm_write_signal(at), SIGSEGV, "read-only: the first page refuses");
	tap_is(mm_write_signal(at + (pages - 1) * PAGE), SIGSEGV, "the last too");
	tap_is((long)pattern_check(at, pages, 2), 0, "read-only: data intact");
	mprotect(at + 500 * PAGE, 24 * PAGE, PROT_READ | PROT_WRITE);
	tap_is(mm_write_signal(at + 511 * PAGE), 0, "writable window across tables");
	tap_is(mm_write_signal(at + 524 * PAGE), SIGSEGV, "and no page more");
	mprotect(at, pages * PAGE, PROT_NONE);
	tap_is(mm_read_signal(at + 512 * PAGE), SIGSEGV, "no access: reading refuses");
	mprotect(at, pages * PAGE, PROT_READ | PROT_WRITE);
	tap_is((long)pattern_check(at, pages, 2), 0, "access again: data intact");
	pattern_fill(at, pages, 3);
	tap_is((long)pattern_check(at, pages, 3), 0, "and writable");
	munmap(at, pages * PAGE);
}

/* What a just-in-time compiler does: write, then execute, then write again. */
static void execute(void)
{
#ifdef __riscv
	static const uint32_t seven[] = { 0x00700513, 0x00008067 };
	static const uint32_t nine[] = { 0x00900513, 0x00008067 };
	void *at = mm_anon(PAGE);
	int (*call)(void) = (int (*)(void))at;

	memcpy(at, seven, sizeof(seven));
	mprotect(at, PAGE, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(at, (char *)at + PAGE);
	tap_is(call(), 7, "written code runs");
	tap_is(mm_write_signal(at), SIGSEGV, "and cannot be written");
	mprotect(at, PAGE, PROT_READ | PROT_WRITE);
	memcpy(at, nine, sizeof(nine));
	mprotect(at, PAGE, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(at, (char *)at + PAGE);
	tap_is(call(), 9, "written again, it runs anew");
	munmap(at, PAGE);
#endif
}

static void move(void)
{
	const size_t size = 6 * MIB, pages = size / PAGE;
	uint64_t table;
	char *at, *to;

	at = mm_anon_at(HERE, size);
	pattern_fill(at, pages, 4);
	table = mm_table(at, 0);
	to = mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)THERE);
	tap_ok(to == (char *)THERE, "6 MiB move, whole tables");
	tap_ok(table && mm_table(to, 0) == table, "these are the ones that they had");
	tap_is((long)pattern_check(to, pages, 4), 0, "and their data with them");
	tap_is(mm_read_signal(at), SIGSEGV, "the old place is empty");

	at = mremap(to, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		    (void *)(HERE + 5 * PAGE));
	tap_ok(at == (char *)HERE + 5 * PAGE, "they move to an odd address");
	tap_ok(mm_table(at, 0) != table, "in other tables");
	tap_is((long)pattern_check(at, pages, 4), 0, "page by page, data intact");
	to = mremap(at, size, 2 * size, MREMAP_MAYMOVE);
	tap_ok(to != MAP_FAILED, "the mapping grows");
	tap_is((long)pattern_check(to, pages, 4), 0, "old part intact");
	tap_is(to[size] | to[2 * size - 1], 0, "new part zero");
	to = mremap(to, 2 * size, PAGE, 0);
	tap_is((long)pattern_check(to, 1, 4), 0, "it shrinks to one page");
	tap_is(mm_read_signal(to + PAGE), SIGSEGV, "and the rest is gone");

	at = mremap(to, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	tap_ok(at != MAP_FAILED && !pattern_check(at, 1, 4),
	       "moved but not unmapped: data at the new place");
	tap_is(to[0], 0, "zero at the old one");
	munmap(at, PAGE);
	munmap(to, PAGE);
}

static void grow_break(void)
{
	const size_t pages = 700;
	char *at = sbrk(0);

	at = sbrk((intptr_t)(((uintptr_t)at + PAGE - 1) / PAGE * PAGE -
			     (uintptr_t)at)) == (void *)-1 ? NULL : sbrk(0);
	tap_ok(at && sbrk((intptr_t)(pages * PAGE)) == at, "the break grows");
	pattern_fill(at, pages, 5);
	tap_is((long)pattern_check(at, pages, 5), 0, "and holds data");
	tap_ok(sbrk(-(intptr_t)((pages - 10) * PAGE)) != (void *)-1, "it shrinks");
	tap_is((long)pattern_check(at, 10, 5), 0, "what is left is intact");
	tap_is(mm_read_signal(at + 20 * PAGE), SIGSEGV, "the rest is gone");
	sbrk(-(intptr_t)(10 * PAGE));
}

struct copy {
	char *at;
	size_t pages;
};

static int copy_child(void *arg)
{
	struct copy *copy = arg;

	if (pattern_check(copy->at, copy->pages, 6))
		return 1;
	pattern_fill(copy->at, copy->pages, 7);
	if (pattern_check(copy->at, copy->pages, 7))
		return 2;
	return is_guarded() == (mm_frames(0) > 0) ? 0 : 3;
}

static int copy_grandchild(void *arg)
{
	int status = in_child(copy_child, arg);

	return exited_with(status, 0) && !pattern_check(((struct copy *)arg)->at,
				((struct copy *)arg)->pages, 6) ? 0 : 4;
}

static void copy_on_write(void)
{
	struct copy copy = { mm_anon(1000 * PAGE), 1000 };

	pattern_fill(copy.at, copy.pages, 6);
	tap_ok(exited_with(in_child(copy_child, &copy), 0),
	       "the child sees the data and writes its own");
	tap_is((long)pattern_check(copy.at, copy.pages, 6), 0,
	       "the parent's is as it was");
	tap_ok(exited_with(in_child(copy_grandchild, &copy), 0),
	       "the same one generation further");
	pattern_fill(copy.at, copy.pages, 8);
	tap_is((long)pattern_check(copy.at, copy.pages, 8), 0,
	       "alone again, the parent writes");
	munmap(copy.at, copy.pages * PAGE);
}

/* Its data is the old one until it writes, whoever did so before. */
static int later_child(int line, void *arg)
{
	struct copy *copy = arg;

	if (!turn_take(line) || pattern_check(copy->at, copy->pages, 6))
		return 1;
	pattern_fill(copy->at, copy->pages, 7);
	turn_give(line);
	return !turn_take(line) || pattern_check(copy->at, copy->pages, 7) ? 2 : 0;
}

static void copy_parent_first(void)
{
	struct copy copy = { mm_anon(1000 * PAGE), 1000 };
	struct mate mate;

	madvise(copy.at, copy.pages * PAGE, MADV_NOHUGEPAGE);
	pattern_fill(copy.at, copy.pages, 6);
	mate_start(&mate, later_child, &copy);
	pattern_fill(copy.at, copy.pages, 8);
	turn_give(mate.line);
	tap_ok(turn_take(mate.line), "written by the parent first, the child has the old data");
	tap_is((long)pattern_check(copy.at, copy.pages, 8), 0,
	       "written by both, the parent's is its own");
	pattern_fill(copy.at, copy.pages, 9);
	turn_give(mate.line);
	tap_ok(exited_with(mate_end(&mate), 0), "and so is the child's");
	munmap(copy.at, copy.pages * PAGE);
}

/* Every other page, beginning with the first or the second. */
static void write_half(const struct copy *copy, size_t first, unsigned int seed)
{
	size_t i;

	for (i = first; i < copy->pages; i += 2)
		pattern_fill(copy->at + i * PAGE, 1, seed);
}

static size_t half_wrong(const struct copy *copy, size_t first, unsigned int seed)
{
	size_t i, wrong = 0;

	for (i = first; i < copy->pages; i += 2)
		wrong += pattern_check(copy->at + i * PAGE, 1, seed);
	return wrong;
}

static int half_child(int line, void *arg)
{
	struct copy *copy = arg;

	write_half(copy, 1, 7);
	turn_give(line);
	if (!turn_take(line) || half_wrong(copy, 0, 6) || half_wrong(copy, 1, 7))
		return 1;
	write_half(copy, 0, 9);
	turn_give(line);
	return !turn_take(line) || half_wrong(copy, 0, 9) || half_wrong(copy, 1, 7) ? 2 : 0;
}

/* Child and parent are the first to write to every other page each. */
static void copy_in_turns(void)
{
	struct copy copy = { mm_anon(1000 * PAGE), 1000 };
	struct mate mate;

	madvise(copy.at, copy.pages * PAGE, MADV_NOHUGEPAGE);
	write_half(&copy, 0, 6);
	write_half(&copy, 1, 6);
	mate_start(&mate, half_child, &copy);
	write_half(&copy, 0, 8);
	turn_take(mate.line);
	tap_is((long)(half_wrong(&copy, 0, 8) + half_wrong(&copy, 1, 6)), 0,
	       "half by each: the parent has its own and the old data");
	turn_give(mate.line);
	tap_ok(turn_take(mate.line), "half by each: and so has the child");
	write_half(&copy, 1, 10);
	tap_is((long)(half_wrong(&copy, 0, 8) + half_wrong(&copy, 1, 10)), 0,
	       "all by each: the parent has its own");
	turn_give(mate.line);
	tap_ok(exited_with(mate_end(&mate), 0), "all by each: and so has the child");
	munmap(copy.at, copy.pages * PAGE);
}

static void advise(void)
{
	const size_t pages = 600;
	char *at = mm_anon_at(HERE, pages * PAGE);

	tap_is(madvise(at, pages * PAGE, MADV_POPULATE_READ), 0, "populate for reading");
	tap_is((long)mm_pagemap_count(at, pages, PAGEMAP_PRESENT), (long)pages,
	       "all pages are there");
	tap_is(mm_smaps_kb(at, "Rss:"), 0, "each is the zero page");
	pattern_fill(at, 100, 8);
	tap_is((long)pattern_check(at, 100, 8), 0, "and takes a store");
	tap_is(at[100 * PAGE] | at[599 * PAGE], 0, "which the others do not show");
	tap_is(madvise(at, pages * PAGE, MADV_POPULATE_WRITE), 0, "populate");
	tap_is((long)mm_pagemap_count(at, pages, PAGEMAP_PRESENT), (long)pages,
	       "all pages are there");
	pattern_fill(at, pages, 9);
	madvise(at, 300 * PAGE, MADV_DONTNEED);
	tap_is((long)mm_pagemap_count(at, 300, PAGEMAP_PRESENT), 0,
	       "dropped pages are gone");
	tap_is(at[0] | at[299 * PAGE], 0, "and read as zero");
	pattern_fill(at, pages, 10);
	tap_is(mm_smaps_kb(at, "Referenced:"), (long)(pages * PAGE / 1024),
	       "written, all are referenced (kB)");
	tap_is(madvise(at, pages * PAGE, MADV_COLD), 0, "cold");
	/* It leaves out the few that other harts have yet to put on a list. */
	tap_ok(mm_smaps_kb(at, "Referenced:") < (long)(pages * PAGE / 1024) / 2,
	       "cold, most are not any more");
	tap_is((long)pattern_check(at, pages, 10), 0, "cold pages keep their data");
	tap_is(madvise(at, pages * PAGE, MADV_FREE), 0, "free");
	pattern_fill(at, pages, 11);
	tap_is((long)pattern_check(at, pages, 11), 0, "written again, they stay");
	tap_is(mlock(at, pages * PAGE), 0, "mlock");
	tap_is((long)pattern_check(at, pages, 11), 0, "locked data intact");
	tap_is(munlock(at, pages * PAGE), 0, "munlock");
	munmap(at, pages * PAGE);
}

/* Every page behind the last, by these empty entries; over the end of a table, too. */
static size_t page_behind(size_t page, unsigned int *turn)
{
	static const unsigned int gap[] = { 0, 1, 30, 31, 32, 33, 34, 2, 0, 70, 3 };

	return page + 1 + gap[(*turn)++ % (sizeof(gap) / sizeof(gap[0]))];
}

/* A run of entries that go reaches over a few empty ones, and no further. */
static void gaps(void)
{
	const size_t pages = 1024, kept = 900;
	char *at = mm_anon_at(HERE, pages * PAGE);
	size_t page, behind = 0;
	unsigned int turn = 0;

	at[0] = 1;
	at[(pages - 1) * PAGE] = 1;
	for (page = 1; page < pages - 1; page = page_behind(page, &turn)) {
		at[page * PAGE] = (char)page | 1;
		behind += page >= kept;
	}
	madvise(at + PAGE, (kept - 1) * PAGE, MADV_DONTNEED);
	tap_is((long)mm_pagemap_count(at + PAGE, kept - 1, PAGEMAP_PRESENT), 0,
	       "pages with gaps between them are gone");
	tap_is((long)mm_pagemap_count(at + kept * PAGE, pages - kept, PAGEMAP_PRESENT),
	       (long)behind + 1, "those behind them are not");
	for (page = 1; page < kept && !at[page * PAGE]; page++)
		;
	tap_is((long)page, (long)kept, "all read as zero");
	for (turn = 0, page = 1; page < pages - 1; page = page_behind(page, &turn))
		if (page >= kept && at[page * PAGE] != ((char)page | 1))
			break;
	tap_is(page >= pages - 1, 1, "the others hold what was written");
	munmap(at, pages * PAGE);
}

static int unmap_and_leave(void *arg)
{
	const size_t step = 2 * MIB, count = 16;
	char *at = mm_anon_at(HERE, count * step);
	size_t i;

	(void)arg;
	for (i = 0; i < count; i++)
		at[i * step] = 1;
	munmap(at, count * step);
	return 0;
}

/* Tables may outlive their process: RCU frees them. KASAN sees who looks at it then. */
static void tables_that_come_late(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		if (!exited_with(in_child(unmap_and_leave, NULL), 0))
			break;
	tap_is(i, 20, "processes unmap tables and end at once");
}

static int deep(int depth)
{
	volatile char *room = alloca(PAGE);

	room[0] = (char)depth;
	if (depth && deep(depth - 1) != depth - 1)
		return -1;
	return room[0] == (char)depth ? depth : -1;
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	map_and_unmap();
	tables_come_and_go();
	new_entries();
	protect();
	execute();
	move();
	grow_break();
	copy_on_write();
	copy_parent_first();
	copy_in_turns();
	advise();
	gaps();
	tables_that_come_late();
	tap_is(deep(1200), 1200, "the stack grows by 1200 pages");
	return tap_done();
}
