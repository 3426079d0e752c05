// SPDX-License-Identifier: BSD-2-Clause
/*
 * Small pages become huge ones: by khugepaged and when asked for, of anonymous
 * memory that is in use, shared with a child or in swap, and of a shared file,
 * whose tables are taken from everybody who has it mapped.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mm.h"

#define HERE	0x1000000000UL
#define HUGE	(2 * MIB)
#define PAGES	(2 * HUGE / PAGE)
#define SIZE	(2 * HUGE)
#define WAIT_MS	40000UL
#define COUNTER	100	/* the word of a page that pattern_fill leaves alone */

static char *small_pages(const char *what)
{
	char *at = mm_anon_at(HERE, SIZE);

	madvise(at, SIZE, MADV_NOHUGEPAGE);
	pattern_fill(at, PAGES, 1);
	tap_is((long)mm_huge_kb(at), 0, "%s: small pages", what);
	madvise(at, SIZE, MADV_HUGEPAGE);
	return at;
}

static void count_each(char *at)
{
	size_t page;

	for (page = 0; page < PAGES; page++)
		((uint64_t *)(at + page * PAGE))[COUNTER]++;
}

static size_t counts_wrong(const char *at, uint64_t want)
{
	size_t page, wrong = 0;

	for (page = 0; page < PAGES; page++)
		wrong += ((const uint64_t *)(at + page * PAGE))[COUNTER] != want;
	return wrong;
}

/* khugepaged comes by itself, and the pages are in use all the while. */
static void by_khugepaged(void)
{
	static const char sleep[] =
		"/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs";
	unsigned long end = now_ms() + WAIT_MS;
	char *at = small_pages("khugepaged");
	long was = number_of(sleep, "");
	uint64_t counts = 0;

	number_write(sleep, 10);
	do {
		count_each(at);
		counts++;
	} while (mm_huge_kb(at) < SIZE / 1024 && now_ms() < end);
	number_write(sleep, was);
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "khugepaged: huge pages (kB)");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "khugepaged: data intact");
	tap_is((long)counts_wrong(at, counts), 0, "khugepaged: no store is lost of %lu",
	       (unsigned long)counts);
	munmap(at, SIZE);
}

/*
 * Linux wants a page in each that is writable as it is; and some may be busy for
 * a moment.
 */
static void collapse(char *at, const char *what)
{
	unsigned long end = now_ms() + WAIT_MS;
	size_t i;
	int ret;

	for (i = 0; i < SIZE; i += HUGE)
		((uint64_t *)(at + i))[COUNTER] = 1;
	do {
		ret = madvise(at, SIZE, MADV_COLLAPSE);
	} while (ret && errno == EAGAIN && now_ms() < end);
	tap_is(ret, 0, "%s: collapsed", what);
}

static int old_data_child(int line, void *arg)
{
	char *at = arg;

	turn_take(line);
	if (mm_huge_kb(at) || pattern_check(at, PAGES, 1))
		return 1;
	pattern_fill(at, PAGES, 3);
	return pattern_check(at, PAGES, 3) ? 2 : 0;
}

static void shared_with_child(void)
{
	char *at = small_pages("with a child");
	struct mate mate;

	mate_start(&mate, old_data_child, at);
	collapse(at, "with a child");
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "with a child: huge pages (kB)");
	pattern_fill(at, PAGES, 2);
	turn_give(mate.line);
	tap_ok(exited_with(mate_end(&mate), 0),
	       "with a child: that has small ones, and its own data");
	tap_is((long)pattern_check(at, PAGES, 2), 0, "with a child: and we have ours");
	munmap(at, SIZE);
}

static void from_swap(void)
{
	char *at = small_pages("from swap");

	mm_swap_begin();
	tap_ok(mm_swap_out(at, PAGES) >= PAGES * 9 / 10, "from swap: pages are out");
	collapse(at, "from swap");
	tap_is((long)mm_huge_kb(at), SIZE / 1024, "from swap: huge pages (kB)");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "from swap: data intact");
	munmap(at, SIZE);
}

/* Has all pages mapped, then finds its tables gone and the data there. */
static int file_child(int line, void *arg)
{
	unsigned long tables = is_guarded() ? SIZE / HUGE : 0, level0;
	char *at = arg;

	if (pattern_check(at, PAGES, 1))
		return 1;
	level0 = mm_frames(0);
	turn_give(line);
	if (!turn_take(line))
		return 0;
	if (mm_frames(0) != level0 - tables)
		return 2;
	if (pattern_check(at, PAGES, 1))
		return 3;
	pattern_fill(at, PAGES, 2);
	turn_give(line);
	return turn_take(line) ? 0 : 4;
}

static char *file_map(void)
{
	int fd = memfd_create("collapse", MFD_CLOEXEC);
	char *at;

	if (fd < 0 || ftruncate(fd, (off_t)SIZE))
		tap_bail("memfd: %s", strerror(errno));
	at = mmap((void *)HERE, SIZE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (at != (char *)HERE)
		tap_bail("mmap: %s", strerror(errno));
	pattern_fill(at, PAGES, 1);
	close(fd);
	return at;
}

static void of_file(void)
{
	struct mate user, leaver;
	unsigned long level0;
	char *at = file_map();

	mate_start(&user, file_child, at);
	mate_start(&leaver, file_child, at);
	if (!turn_take(user.line) || !turn_take(leaver.line))
		tap_bail("file: the children do not have the data");
	level0 = mm_frames(0);
	collapse(at, "file");
	tap_is((long)(level0 - mm_frames(0)), is_guarded() ? SIZE / HUGE : 0,
	       "file: it needs no more tables of level 0");
	tap_ok(exited_with(mate_end(&leaver), 0), "file: a child exits, its tables taken");
	turn_give(user.line);
	tap_ok(turn_take(user.line), "file: another one has lost its tables and has the data");
	tap_is((long)pattern_check(at, PAGES, 2), 0, "file: what it writes is here");
	turn_give(user.line);
	tap_ok(exited_with(mate_end(&user), 0), "file: it ends");
	mprotect(at + 100 * PAGE, PAGE, PROT_READ);
	tap_is(mm_write_signal(at + 100 * PAGE), SIGSEGV, "file: one page protected");
	tap_is(mm_write_signal(at + 101 * PAGE), 0, "file: only that");
	munmap(at + HUGE + HUGE / 2, HUGE / 2);
	tap_is((long)pattern_check(at, PAGES * 3 / 4, 2), 0, "file: cut, data intact");
	munmap(at, SIZE);
}

int main(int argc, char **argv)
{
	unsigned long level0;
	long pages;

	mm_begin(argc, argv);
	by_khugepaged();
	/* The stack and the libc have what they need. */
	level0 = mm_frames(0);
	pages = anon_pages();
	shared_with_child();
	from_swap();
	of_file();
	tap_is((long)(mm_frames(0) - level0), 0, "no table is left");
	tap_ok(anon_pages() - pages <= 16, "anonymous pages are given back");
	return tap_done();
}
