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
#include <sys/syscall.h>
#include <unistd.h>

#include "mm.h"

#define SWAP_PAGES	2048UL
#define WAIT_MS		20000
/* Each CPU keeps up to 128 swap slots at hand. */
#define SWAP_CACHE_KB	512

static int swap_child(void *at)
{
	if (pattern_check(at, SWAP_PAGES, 1))
		return 1;
	pattern_fill(at, SWAP_PAGES, 2);
	return pattern_check(at, SWAP_PAGES, 2) ? 2 : 0;
}

static void swap(void)
{
	char *at = mm_anon(SWAP_PAGES * PAGE);
	unsigned long free_before;
	size_t out;
	long kept;

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
	kept = (long)(free_before - meminfo("SwapFree"));
	tap_ok(kept <= SWAP_CACHE_KB * sysconf(_SC_NPROCESSORS_ONLN),
	       "unmapped while out, they leave no swap behind (%ld kB)", kept);
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

static long number_in(const char *path)
{
	unsigned long value;
	char text[64];

	return file_read(path, text, sizeof(text)) < 0 ||
	       number_parse(text, &value) ? -1 : (long)value;
}

static void merging(void)
{
	const size_t pages = 256;
	char *at = mm_anon(pages * PAGE);
	unsigned long end;
	size_t i, wrong = 0;

	for (i = 0; i < pages; i++)
		memset(at + i * PAGE, 0x5a, PAGE);
	if (madvise(at, pages * PAGE, MADV_MERGEABLE))
		tap_bail("MADV_MERGEABLE: %s", strerror(errno));
	file_write("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	file_write("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	file_write("/sys/kernel/mm/ksm/run", "1");
	end = now_ms() + WAIT_MS;
	while (number_in("/sys/kernel/mm/ksm/pages_sharing") < (long)pages / 2 &&
	       now_ms() < end)
		usleep(2000);
	tap_ok(number_in("/sys/kernel/mm/ksm/pages_sharing") >= (long)pages / 2,
	       "equal pages are merged");
	for (i = 0; i < pages; i++)
		wrong += at[i * PAGE + 77] != 0x5a;
	tap_is((long)wrong, 0, "merged pages read as before");
	for (i = 0; i < pages; i += 2)
		at[i * PAGE + 77] = (char)i;
	for (i = 0; i < pages; i++)
		wrong += at[i * PAGE + 77] != (i % 2 ? 0x5a : (char)i);
	tap_is((long)wrong, 0, "a store parts them again");
	file_write("/sys/kernel/mm/ksm/run", "2");
	tap_is(number_in("/sys/kernel/mm/ksm/pages_sharing"), 0, "unmerged, none is left");
	for (i = 0; i < pages; i++)
		wrong += at[i * PAGE + 77] != (i % 2 ? 0x5a : (char)i);
	tap_is((long)wrong, 0, "and the data is intact");
	file_write("/sys/kernel/mm/ksm/run", "0");
	munmap(at, pages * PAGE);
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
	char *at = mm_anon_at(0x1000000000UL, pages * PAGE);

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

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* What khugepaged does, asked for: small pages become a huge one. */
static void collapse(void)
{
	const size_t pages = 1024;
	char *at = mm_anon_at(0x1000000000UL, pages * PAGE);

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
	compaction();
	merging();
	huge();
	collapse();
	return tap_done();
}
