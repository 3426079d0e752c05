// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a process asks of its memory that mm_anon leaves out: areas that a fork
 * leaves out or wipes, holes in files, tables that move a GiB at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mm.h"

#define PAGES	700UL
/* All below the smallest user half, Sv39's. */
#define HERE	(40 * GIB)
#define THERE	(80 * GIB)

static char *area;

static int read_child(void *arg)
{
	int want = *(int *)arg;

	return mm_read_signal(area + 5 * PAGE) == want ? 0 : 1;
}

static int wiped_child(void *unused)
{
	size_t i;

	(void)unused;
	for (i = 0; i < PAGES * PAGE; i += 512)
		if (area[i])
			return 1;
	pattern_fill(area, PAGES, 3);
	return pattern_check(area, PAGES, 3) ? 2 : 0;
}

static void fork_advice(void)
{
	int segv = SIGSEGV, none = 0;

	area = mm_anon(PAGES * PAGE);
	pattern_fill(area, PAGES, 2);
	tap_is(madvise(area, PAGES * PAGE, MADV_DONTFORK), 0, "DONTFORK");
	tap_ok(exited_with(in_child(read_child, &segv), 0), "the child has no such area");
	madvise(area, PAGES * PAGE, MADV_DOFORK);
	tap_ok(exited_with(in_child(read_child, &none), 0), "after DOFORK it has");
	tap_is(madvise(area, PAGES * PAGE, MADV_WIPEONFORK), 0, "WIPEONFORK");
	tap_ok(exited_with(in_child(wiped_child, NULL), 0),
	       "the child finds zeroes and writes its own");
	madvise(area, PAGES * PAGE, MADV_KEEPONFORK);
	tap_is((long)pattern_check(area, PAGES, 2), 0, "the parent's data is intact");
	munmap(area, PAGES * PAGE);
}

static void holes(void)
{
	int fd = memfd_create("holes", MFD_CLOEXEC);
	char *at, *other;

	if (fd < 0 || ftruncate(fd, (off_t)(PAGES * PAGE)))
		tap_bail("memfd: %s", strerror(errno));
	at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	other = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || other == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	pattern_fill(at, PAGES, 4);
	tap_is((long)pattern_check(other, PAGES, 4), 0, "two mappings of a file");
	tap_is(madvise(at + 300 * PAGE, 400 * PAGE, MADV_REMOVE), 0, "REMOVE");
	tap_is(other[300 * PAGE] | other[699 * PAGE], 0,
	       "a hole reads as zero in both");
	tap_is((long)pattern_check(other, 300, 4), 0, "data before it is intact");
	pattern_fill(at, PAGES, 5);
	tap_is((long)pattern_check(other, PAGES, 5), 0, "written again, both see it");
	tap_is(ftruncate(fd, 10 * (off_t)PAGE), 0, "the file shrinks under them");
	tap_is(mm_read_signal(other + 20 * PAGE), SIGBUS, "beyond its end is SIGBUS");
	tap_is((long)pattern_check(other, 10, 5), 0, "before it, data");
	munmap(at, PAGES * PAGE);
	munmap(other, PAGES * PAGE);
	close(fd);
}

/* One page in each 2 MiB, so that a GiB has all its tables. */
static void sparse_fill(char *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 2 * MIB)
		*(size_t *)(at + i) = i + 1;
}

static size_t sparse_wrong(const char *at, size_t size)
{
	size_t i, wrong = 0;

	for (i = 0; i < size; i += 2 * MIB)
		wrong += *(const size_t *)(at + i) != i + 1;
	return wrong;
}

static void move_far(void)
{
	const size_t size = 2 * GIB;
	char *at = mm_anon_at(HERE, size), *to;
	uint64_t level0, level1;

	/* The pmd tables of the new place's neighbours are there before. */
	mm_anon_at(THERE - 2 * MIB, 2 * MIB);
	*(char *)(THERE - 2 * MIB) = 1;
	madvise(at, size, MADV_NOHUGEPAGE);
	sparse_fill(at, size);
	level0 = mm_table(at + GIB, 0);
	level1 = mm_table(at + GIB, 1);
	to = mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)THERE);
	tap_ok(to == (char *)THERE, "2 GiB move");
	tap_is((long)sparse_wrong(to, size), 0, "and their data with them");
	tap_ok(level1 && mm_table(to + GIB, 1) == level1, "a GiB with the table that it had");
	tap_ok(level0 && mm_table(to + GIB, 0) == level0, "and what is below it");
	tap_is(mm_read_signal(at), SIGSEGV, "the old place is empty");
	at = mremap(to, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		    (void *)(HERE + 2 * MIB));
	tap_is((long)sparse_wrong(at, size), 0, "moved by 2 MiB more, too");
	tap_ok(mm_table(at + GIB, 1) != level1, "to other tables of a GiB");
	tap_ok(mm_table(at + GIB, 0) == level0, "with the tables of 2 MiB that it had");
	at = mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		    (void *)(THERE + 3 * PAGE));
	tap_is((long)sparse_wrong(at, size), 0, "and page by page");
	tap_ok(mm_table(at + GIB, 0) != level0, "to other tables");
	munmap(at, size);
	munmap((void *)(THERE - 2 * MIB), 2 * MIB);
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	fork_advice();
	holes();
	move_far();
	return tap_done();
}
