// SPDX-License-Identifier: BSD-2-Clause
/*
 * Many entries, few calls of the monitor: what Linux writes as a run, or inside
 * a lazy section, travels together. Counted for the whole machine, so bounds leave
 * room for others; one call for each entry would be far beyond them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

#define PAGES		512UL
#define RUN		16UL	/* pages in 64 KiB: fault-around, and a large folio */
#define FAULTS		(PAGES / RUN)
#define TABLES		200UL
#define A_FEW		40UL	/* for tables, and for others */
#define LARGE		"/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"
#define AT		0x1000100000UL	/* no room for a huge page of 2 MiB */

static unsigned long calls(void)
{
	struct counters now;

	if (counters_read(&now))
		tap_bail("/sys/kernel/nacc cannot be read");
	return now.value[COUNTER_TRAPS];
}

static void few(unsigned long before, unsigned long bound, const char *what)
{
	unsigned long made = calls() - before;

	tap_ok(made && made <= bound, "%s: few calls (%lu, at most %lu)", what, made, bound);
}

/* One page of each run is touched; all the others come with it. */
static void fault_around(void)
{
	static const char page[PAGE] = "x";
	int fd = memfd_create("batches", MFD_CLOEXEC);
	unsigned long before;
	size_t i;
	char *at;

	for (i = 0; i < PAGES; i++)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			tap_bail("write: %s", strerror(errno));
	at = mmap((void *)AT, PAGES * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (at == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	before = calls();
	for (i = 0; i < PAGES; i += RUN)
		(void)*(volatile char *)(at + i * PAGE);
	few(before, 3 * FAULTS + A_FEW, "fault-around");
	tap_is((long)mm_pagemap_count(at, PAGES, PAGEMAP_PRESENT), (long)PAGES,
	       "fault-around: all pages are there");
	munmap(at, PAGES * PAGE);
	close(fd);
}

/* Not in a lazy section: set_ptes() itself is the run. */
static void large_folios(void)
{
	char was[80] = "", *at = mm_anon_at(AT, PAGES * PAGE / 2), *end;
	char *more = mm_anon_at(AT + 0x200000UL, PAGES * PAGE / 2);
	unsigned long before;
	size_t i;

	if (file_read(LARGE, was, sizeof(was)) < 0 || file_write(LARGE, "always") < 0) {
		tap_skip("large folios", "this kernel has none of 64 KiB");
		return;
	}
	before = calls();
	for (i = 0; i < PAGES / 2; i += RUN)
		at[i * PAGE] = more[i * PAGE] = 1;
	few(before, 3 * FAULTS + A_FEW, "large folios");
	tap_is((long)(mm_pagemap_count(at, PAGES / 2, PAGEMAP_PRESENT) +
		      mm_pagemap_count(more, PAGES / 2, PAGEMAP_PRESENT)), (long)PAGES,
	       "large folios: all pages are there");
	end = strchr(was, ']');
	if (end) {
		*end = '\0';
		file_write(LARGE, strchr(was, '[') + 1);
	}
	munmap(at, PAGES * PAGE / 2);
	munmap(more, PAGES * PAGE / 2);
}

static int nothing_child(void *unused)
{
	(void)unused;
	return 0;
}

static void sections(void)
{
	char *at = mm_anon(PAGES * PAGE);
	unsigned long before;

	madvise(at, PAGES * PAGE, MADV_NOHUGEPAGE);
	pattern_fill(at, PAGES, 1);
	before = calls();
	mprotect(at, PAGES * PAGE, PROT_READ);
	few(before, A_FEW, "mprotect");
	before = calls();
	tap_ok(exited_with(in_child(nothing_child, NULL), 0), "fork: a child, that exits");
	few(before, 4 * A_FEW, "fork and exit");
	before = calls();
	munmap(at, PAGES * PAGE);
	few(before, A_FEW, "munmap");
}

/* A page in each of many tables. */
static int sparse_child(int line, void *arg)
{
	char *at = arg;
	size_t i;

	for (i = 0; i < TABLES; i++)
		at[i * 2 * MIB] = 1;
	turn_give(line);
	turn_take(line);
	return 0;
}

/* Tables are emptied one by one, and go without being unlinked one by one. */
static void sparse_exit(void)
{
	char *at = mm_anon(TABLES * 2 * MIB);
	unsigned long before;
	struct mate mate;

	madvise(at, TABLES * 2 * MIB, MADV_NOHUGEPAGE);
	mate_start(&mate, sparse_child, at);
	if (!turn_take(mate.line))
		tap_bail("no child");
	before = calls();
	tap_ok(exited_with(mate_end(&mate), 0), "exit: of a child with %lu tables", TABLES);
	few(before, TABLES * 3 / 2, "exit");
	munmap(at, TABLES * 2 * MIB);
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	fault_around();
	large_folios();
	sections();
	sparse_exit();
	return tap_done();
}
