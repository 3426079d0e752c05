// SPDX-License-Identifier: BSD-2-Clause
/* Pages that a user fills on demand, poisoned pages, and hugetlb pages. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "mm.h"

#define PAGES	640UL

/* Where nothing else is, and a table of level 1 begins. */
#define HERE	(64 * GIB)

/* Of Linux 6.6, later than some libc headers. */
#ifndef UFFDIO_POISON
#define UFFDIO_POISON	_IOWR(UFFDIO, 0x08, struct uffdio_poison)
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#endif

static int uffd;
static char *fill;		/* what the handler copies in */

static char *uffd_area(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *at = mm_anon(PAGES * PAGE);

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	reg.range = (struct uffdio_range){ (uintptr_t)at, PAGES * PAGE };
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		tap_bail("userfaultfd: %s", strerror(errno));
	return at;
}

static void *uffd_handler(void *at)
{
	struct uffd_msg msg;
	struct uffdio_copy copy;
	uint64_t page;

	while (read(uffd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg)) {
		page = (msg.arg.pagefault.address - (uintptr_t)at) / PAGE;
		copy = (struct uffdio_copy){
			.dst = (uintptr_t)at + page * PAGE,
			.src = (uintptr_t)fill + page * PAGE,
			.len = PAGE,
		};
		if (ioctl(uffd, UFFDIO_COPY, &copy) || page == PAGES - 1)
			break;
	}
	return NULL;
}

static void filled_on_demand(void)
{
	char *at = uffd_area();
	pthread_t thread;

	fill = mm_anon(PAGES * PAGE);
	pattern_fill(fill, PAGES, 1);
	if (pthread_create(&thread, NULL, uffd_handler, at))
		tap_bail("pthread_create");
	tap_is((long)pattern_check(at, PAGES, 1), 0,
	       "userfaultfd: each page is what the handler copied");
	pthread_join(thread, NULL);
	pattern_fill(at, PAGES, 2);
	tap_is((long)pattern_check(at, PAGES, 2), 0, "userfaultfd: and is writable");
	munmap(fill, PAGES * PAGE);
	munmap(at, PAGES * PAGE);
	close(uffd);
}

static void filled_ahead(void)
{
	char *at = uffd_area();
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)at, 10 * PAGE }
	};
	struct uffdio_poison poison = {
		.range = { (uintptr_t)at + 600 * PAGE, 3 * PAGE }
	};

	tap_ok(!ioctl(uffd, UFFDIO_ZEROPAGE, &zero) && !at[0] && !at[9 * PAGE],
	       "userfaultfd: zero pages");
	at[5 * PAGE] = 1;
	tap_is(at[5 * PAGE], 1, "userfaultfd: which can be written");
	tap_is(ioctl(uffd, UFFDIO_POISON, &poison), 0, "userfaultfd: poison");
	tap_is(mm_read_signal(at + 601 * PAGE), SIGBUS, "a poisoned page is SIGBUS");
	madvise(at + 600 * PAGE, 3 * PAGE, MADV_DONTNEED);
	zero.range.start = (uintptr_t)at + 600 * PAGE;
	zero.range.len = 3 * PAGE;
	tap_ok(!ioctl(uffd, UFFDIO_ZEROPAGE, &zero) &&
	       !mm_read_signal(at + 601 * PAGE), "dropped and filled, it is well");
	munmap(at, PAGES * PAGE);
	close(uffd);
}

#define MARKED		100UL	/* the first one with a marker, which all others have */

/* Some markers go by munmap, some by MADV_FREE, the rest by exit. */
static int markers_child(void *arg)
{
	char *at = arg, *marked = at + MARKED * PAGE;

	if (mm_pagemap_count(marked, PAGES - MARKED, PAGEMAP_SWAPPED) != PAGES - MARKED)
		return 1;
	if (mm_read_signal(marked) != SIGBUS || mm_write_signal(marked) != SIGBUS ||
	    mm_read_signal(at + (PAGES - 1) * PAGE) != SIGBUS || mm_read_signal(at))
		return 2;
	munmap(marked, 50 * PAGE);
	if (mm_read_signal(marked) != SIGSEGV)
		return 3;
	madvise(marked + 60 * PAGE, 50 * PAGE, MADV_FREE);
	if (mm_read_signal(marked + 60 * PAGE) || marked[109 * PAGE])
		return 4;
	return mm_read_signal(marked + 110 * PAGE) == SIGBUS ? 0 : 5;
}

/* All pages are there: zero, or marked as poison. */
static char *markers_make(void)
{
	char *at = uffd_area();
	struct uffdio_zeropage zero = { .range = { (uintptr_t)at, MARKED * PAGE } };
	struct uffdio_poison poison = {
		.range = { (uintptr_t)at + MARKED * PAGE, (PAGES - MARKED) * PAGE },
	};

	return ioctl(uffd, UFFDIO_ZEROPAGE, &zero) ||
	       ioctl(uffd, UFFDIO_POISON, &poison) ? NULL : at;
}

static int markers_exit(void *unused)
{
	char *at = markers_make();

	(void)unused;
	return at && mm_read_signal(at + MARKED * PAGE) == SIGBUS ? 0 : 1;
}

static void markers(void)
{
	char *at = markers_make(), *marked;

	if (!tap_ok(!!at, "markers: %lu pages are poison", PAGES - MARKED))
		return;
	marked = at + MARKED * PAGE;
	tap_is((long)mm_pagemap_count(marked, PAGES - MARKED, PAGEMAP_SWAPPED),
	       (long)(PAGES - MARKED), "markers: each has an entry that is not present");
	tap_ok(exited_with(in_child(markers_child, at), 0),
	       "markers: a child finds the same, drops some, and exits");
	mprotect(at, PAGES * PAGE, PROT_READ);
	mprotect(at, PAGES * PAGE, PROT_READ | PROT_WRITE);
	tap_is(mm_write_signal(marked + 60 * PAGE), SIGBUS, "markers: the parent has them");
	munmap(at + 50 * PAGE, 500 * PAGE);
	tap_is(mm_read_signal(marked), SIGSEGV, "markers: unmapped, they are gone");
	tap_is(mm_read_signal(at + 550 * PAGE), SIGBUS, "markers: the others not");
	munmap(at, PAGES * PAGE);
	close(uffd);
	tap_ok(exited_with(in_child(markers_exit, NULL), 0),
	       "markers: who made them exits with them");
}

struct area {
	char *at;
	size_t pages;
};

static int area_child(void *arg)
{
	struct area *area = arg;

	if (pattern_check(area->at, area->pages, 3))
		return 1;
	pattern_fill(area->at, area->pages, 4);
	return pattern_check(area->at, area->pages, 4) ? 2 : 0;
}

static void huge_areas(size_t huge, size_t n, int flag, int share, const char *what)
{
	const size_t size = n * huge;
	struct area area = { .pages = size / PAGE };

	area.at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       share | MAP_ANONYMOUS | MAP_HUGETLB | flag, -1, 0);
	if (!tap_ok(area.at != MAP_FAILED, "%s: mapped", what))
		return;
	pattern_fill(area.at, area.pages, 3);
	tap_is((long)pattern_check(area.at, area.pages, 3), 0,
	       "%s: holds what was written", what);
	tap_ok(exited_with(in_child(area_child, &area), 0),
	       "%s: a child reads and writes it", what);
	tap_is((long)pattern_check(area.at, area.pages,
				   share == MAP_SHARED ? 4 : 3), 0,
	       "%s: the parent sees %s", what,
	       share == MAP_SHARED ? "the child's data" : "its own");
	mprotect(area.at + huge, huge, PROT_READ);
	tap_is(mm_write_signal(area.at + huge), SIGSEGV, "%s: protected", what);
	tap_is(mm_write_signal(area.at), 0, "%s: only where asked", what);
	munmap(area.at + n / 2 * huge, huge);
	tap_is(mm_read_signal(area.at + n / 2 * huge), SIGSEGV, "%s: a hole", what);
	tap_is(mm_read_signal(area.at + (n / 2 + 1) % n * huge), 0,
	       "%s: only where asked", what);
	munmap(area.at, size);
}

static int both_child(void *arg)
{
	char *at = arg;

	if (at[0] != 5)
		return 1;
	at[2 * MIB] = 6;
	return 0;
}

/* Of a GiB that both map, Linux would have a table that is the parent's and the child's. */
static void huge_both(void)
{
	char *at = mmap((void *)HERE, GIB, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE |
			MAP_FIXED_NOREPLACE, -1, 0);

	if (!tap_ok(at == (char *)HERE, "hugetlb, a GiB of which little is there: mapped"))
		return;
	at[0] = 5;
	tap_ok(exited_with(in_child(both_child, at), 0), "a child reads and writes it");
	tap_is(at[2 * MIB], 6, "the parent sees the child's data");
	munmap(at, GIB);
}

static void huge_of(unsigned int kb, const char *number)
{
	char path[96], what[48];
	int flag = (__builtin_ctz(kb) + 10) << MAP_HUGE_SHIFT;
	bool can;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages", kb);
	snprintf(what, sizeof(what), "hugetlb %u kB", kb);
	can = !access(path, W_OK);
	if (!can) {
		tap_skip(what, "this machine has no pages of that size");
		return;
	}
	if (file_write(path, number) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	snprintf(what, sizeof(what), "hugetlb %u kB, private", kb);
	huge_areas(kb * 1024UL, 4, flag, MAP_PRIVATE, what);
	snprintf(what, sizeof(what), "hugetlb %u kB, shared", kb);
	huge_areas(kb * 1024UL, 4, flag, MAP_SHARED, what);
	if (kb == 2048)
		huge_both();
	file_write(path, "0");
}

/* Boot has to reserve these: two, and two for a child's copies. */
static void giant(void)
{
	const int flag = 30 << MAP_HUGE_SHIFT;

	if (number_of("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "") < 4) {
		tap_skip("hugetlb 1 GiB", "fewer than 4 pages are reserved");
		return;
	}
	huge_areas(GIB, 2, flag, MAP_PRIVATE, "hugetlb 1 GiB, private");
	huge_areas(GIB, 2, flag, MAP_SHARED, "hugetlb 1 GiB, shared");
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	filled_on_demand();
	filled_ahead();
	markers();
	huge_of(2048, "10");
	huge_of(64, "10");
	giant();
	return tap_done();
}
