// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pages whose memory is said to have failed: entries that no access gets past,
 * of anonymous memory, of a shared file and of a hugetlb page; and pages that
 * are moved away because they may fail soon. What was poisoned is given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mm.h"

#define PAGES		640UL
#define BAD		300UL	/* the page that fails */
#define HUGE		(2 * MIB)

static const char huge_pages[] =
	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";

static uint64_t page_frame(const void *at)
{
	return mm_pagemap(at) & PAGEMAP_PFN;
}

/* Wrong pages of all but the bad one. */
static size_t others_wrong(const char *at)
{
	return pattern_check(at, BAD, 1) +
	       pattern_check(at + (BAD + 1) * PAGE, PAGES - BAD - 1, 2);
}

static void fill(char *at)
{
	pattern_fill(at, BAD + 1, 1);
	pattern_fill(at + (BAD + 1) * PAGE, PAGES - BAD - 1, 2);
}

/* The entry is copied, and dies with the child. */
static int poison_child(void *arg)
{
	char *at = arg;

	if (mm_read_signal(at + BAD * PAGE) != SIGBUS)
		return 1;
	return others_wrong(at) ? 2 : 0;
}

/* Returns the page frame that has failed. */
static uint64_t poisoned(char *at, const char *what)
{
	uint64_t frame;

	fill(at);
	frame = page_frame(at + BAD * PAGE);
	tap_is(mm_madvise_signal(at + BAD * PAGE, PAGE, MADV_HWPOISON), SIGBUS,
	       "%s: a page fails, which its user is told", what);
	tap_is(mm_read_signal(at + BAD * PAGE), SIGBUS, "%s: to touch it is SIGBUS", what);
	tap_is((long)others_wrong(at), 0, "%s: the others are intact", what);
	tap_ok(exited_with(in_child(poison_child, at), 0), "%s: a child finds the same",
	       what);
	mprotect(at, PAGES * PAGE, PROT_READ);
	mprotect(at, PAGES * PAGE, PROT_READ | PROT_WRITE);
	tap_is(mm_write_signal(at + BAD * PAGE), SIGBUS,
	       "%s: no change of protection helps", what);
	munmap(at, PAGES * PAGE);
	return frame;
}

static void poisoned_file(void)
{
	int file = memfd_create("poison", MFD_CLOEXEC);
	char *at, *other;
	uint64_t frame;

	if (file < 0 || ftruncate(file, (off_t)(PAGES * PAGE)))
		tap_bail("memfd: %s", strerror(errno));
	at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	other = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
	if (at == MAP_FAILED || other == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	fill(at);
	tap_is((long)others_wrong(other), 0, "file: mapped twice");
	frame = poisoned(at, "file");
	tap_is((long)pattern_check(other, BAD, 1), 0,
	       "file: the other mapping has the other pages");
	munmap(other, PAGES * PAGE);
	close(file);
	mm_make_well(frame, "file");
}

/* The same of a hugetlb page, which the entry stands for as a whole. */
static int poison_huge_child(void *at)
{
	return mm_read_signal(at) == SIGBUS ? 0 : 1;
}

static void poisoned_huge(void)
{
	uint64_t frame;
	char *at;

	if (file_write(huge_pages, "2") < 0)
		tap_bail("%s: %s", huge_pages, strerror(errno));
	at = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (at == MAP_FAILED)
		tap_bail("hugetlb: %s", strerror(errno));
	pattern_fill(at, HUGE / PAGE, 3);
	frame = page_frame(at);
	tap_is(mm_madvise_signal(at, HUGE, MADV_HWPOISON), SIGBUS,
	       "hugetlb: a page fails, which its user is told");
	tap_is(mm_read_signal(at + HUGE / 2), SIGBUS, "hugetlb: to touch it is SIGBUS");
	tap_ok(exited_with(in_child(poison_huge_child, at), 0),
	       "hugetlb: a child finds the same, and exits with it");
	munmap(at, HUGE);
	mm_make_well(frame, "hugetlb");
	file_write(huge_pages, "0");
}

/* Soon to fail: its data moves to another page, and nobody notices. */
static void moved_away(void)
{
	char *at = mm_anon(PAGES * PAGE);
	uint64_t frame;

	madvise(at, PAGES * PAGE, MADV_NOHUGEPAGE);
	pattern_fill(at, PAGES, 4);
	frame = page_frame(at + BAD * PAGE);
	tap_is(madvise(at + BAD * PAGE, PAGE, MADV_SOFT_OFFLINE), 0,
	       "soft: a page is taken out of use");
	tap_is((long)pattern_check(at, PAGES, 4), 0, "soft: data intact");
	tap_ok(page_frame(at + BAD * PAGE) != frame, "soft: it lies in another page");
	pattern_fill(at, PAGES, 5);
	tap_is((long)pattern_check(at, PAGES, 5), 0, "soft: and is writable");
	munmap(at, PAGES * PAGE);
	mm_make_well(frame, "soft");
}

int main(int argc, char **argv)
{
	unsigned long lost;
	char *at;

	mm_begin(argc, argv);
	lost = meminfo("HardwareCorrupted");
	at = mm_anon(PAGES * PAGE);
	madvise(at, PAGES * PAGE, MADV_NOHUGEPAGE);
	mm_make_well(poisoned(at, "anonymous"), "anonymous");
	poisoned_file();
	poisoned_huge();
	moved_away();
	tap_is((long)(meminfo("HardwareCorrupted") - lost), 0, "no memory is lost");
	return tap_done();
}
