// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_mixture: the process that adopt_mixed attaches. It fills tables of every
 * kind and says `before`; at a line, when it is guarded, it makes mixtures of
 * them and says `after`; at another it unmaps all, bit by bit, and says
 * `unmapped`. At the end of its input it exits, with 0 if all data were right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adopt_mixture.h"

static int wrong;
static int files = -1;

static char *page_at(unsigned long at, size_t page)
{
	return (char *)at + page * PAGE;
}

static void map_at(unsigned long at, size_t size)
{
	madvise(mm_anon_at(at, size), size, MADV_NOHUGEPAGE);
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	wrong++;
	fprintf(stderr, "adopt_mixture: %s: %s\n", what, strerror(errno));
}

static void sparse_fill(unsigned long at)
{
	size_t i;

	for (i = 0; i < SPARSE; i++)
		pattern_fill(page_at(at + i * HUGE, 0), SPARSE_PAGES, (unsigned int)i);
}

static bool sparse_good(unsigned long at)
{
	size_t i, bad = 0;

	for (i = 0; i < SPARSE; i++)
		bad += pattern_check(page_at(at + i * HUGE, 0), SPARSE_PAGES,
				     (unsigned int)i);
	return !bad;
}

/* A huge page of @at, or the test makes no sense. */
static void huge_fill(unsigned long at, unsigned int seed)
{
	madvise((void *)at, HUGE, MADV_HUGEPAGE);
	pattern_fill((void *)at, 512, seed);
}

static void files_begin(void)
{
	char *private;
	size_t i;

	files = memfd_create("mixture", MFD_CLOEXEC);
	if (files < 0 || ftruncate(files, (off_t)(FILE_PAGES * PAGE)))
		tap_bail("memfd: %s", strerror(errno));
	if (mmap((void *)FILES, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, files, 0) == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	pattern_fill((void *)FILES, FILE_PAGES, 7);
	private = mmap(page_at(FILES, FILE_PAGES), FILE_PAGES * PAGE,
		       PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED_NOREPLACE,
		       files, 0);
	if (private == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	for (i = 0; i < FILE_PAGES; i++)
		(void)*(volatile char *)(private + i * PAGE);
	for (i = 0; i < 2 * MORE; i++)
		private[i * PAGE + 100] = (char)i;
}

static void hugetlb_begin(void)
{
	char *at = mmap((void *)HUGETLB, 3 * HUGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			MAP_FIXED_NOREPLACE | 21 << MAP_HUGE_SHIFT, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("hugetlb: %s", strerror(errno));
	pattern_fill(at, 1024, 8);
}

static void before(void)
{
	size_t i;

	map_at(HOME, 16 * HUGE);
	pattern_fill((void *)BOTH, SOME, 1);
	pattern_fill((void *)OLD, SOME, 2);
	pattern_fill((void *)REFILLED, SOME, 3);
	pattern_fill((void *)REMADE, SOME, 4);
	for (i = 0; i < 2 * MORE; i++)
		(void)*(volatile char *)page_at(ZEROES, i);
	pattern_fill((void *)BARRED, 4 * MORE, 5);
	mprotect(page_at(BARRED, 2 * MORE), 2 * MORE * PAGE, PROT_NONE);
	munmap((void *)CAME_HERE, HUGE);

	map_at(GOES, 2 * HUGE);
	pattern_fill((void *)GOES, SOME, 10);
	pattern_fill((void *)(GOES + HUGE), SOME, 11);
	map_at(GIB_GOES, 2 * GIB);
	sparse_fill(GIB_GOES);
	sparse_fill(GIB_GOES + GIB);

	mm_anon_at(THP, 3 * HUGE);
	huge_fill(THP, 20);
	huge_fill(THP + HUGE, 21);
	hugetlb_begin();
	files_begin();
	map_at(SWAP, SWAP_PAGES * PAGE);
	pattern_fill((void *)SWAP, SWAP_PAGES, 9);
	check(mm_swap_out((char *)SWAP, SWAP_PAGES) >= SWAP_PAGES * 9 / 10,
	      "pages go to swap");
}

static void move(unsigned long from, unsigned long to, size_t size)
{
	check(mremap((void *)from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		     (void *)to) == (void *)to, "mremap");
}

static void tables_mix(void)
{
	size_t i;

	pattern_fill(page_at(BOTH, SOME), SOME / 2, 31);
	madvise((void *)REFILLED, SOME * PAGE, MADV_DONTNEED);
	pattern_fill((void *)REFILLED, SOME / 4, 32);
	munmap((void *)REMADE, HUGE);
	map_at(REMADE, HUGE);
	pattern_fill((void *)REMADE, MORE, 33);
	pattern_fill((void *)ADDED, MORE, 34);
	for (i = 0; i < MORE; i++)
		*page_at(ZEROES, i) = 1;
	mprotect(page_at(BARRED, 2 * MORE), 2 * MORE * PAGE, PROT_READ | PROT_WRITE);
	check(!pattern_check((void *)BARRED, 4 * MORE, 5), "barred and opened again");
	for (i = 2 * MORE; i < 4 * MORE; i++)
		*page_at(BARRED, i) = *page_at(BARRED, i);

	move(GOES, CAME, HUGE);
	move(GOES + HUGE, CAME_HERE, HUGE);
	move(GIB_GOES, GIB_CAME, GIB);
	move(GIB_GOES + GIB, far_away(), GIB);
	pattern_fill(page_at(CAME, SOME), MORE, 35);
	pattern_fill(page_at(CAME_HERE, SOME), MORE, 36);
	pattern_fill((void *)(GIB_CAME + SPARSE * HUGE), MORE, 37);
}

static void after(void)
{
	char *private = page_at(FILES, FILE_PAGES);
	size_t i;

	tables_mix();
	mprotect(page_at(THP + HUGE, 100), PAGE, PROT_READ);
	check(!pattern_check((void *)(THP + HUGE), 512, 21), "the split page");
	huge_fill(THP + 2 * HUGE, 22);
	pattern_fill((void *)(HUGETLB + 2 * HUGE), 512, 23);
	for (i = 2 * MORE; i < 3 * MORE; i++)
		private[i * PAGE + 100] = (char)i;
	check(!pattern_check((void *)SWAP, SWAP_PAGES / 4, 9), "back from swap");
}

static void data_check(void)
{
	const char *private = page_at(FILES, FILE_PAGES);
	size_t i;

	check(!pattern_check((void *)BOTH, SOME, 1), "old entries beside new ones");
	check(!pattern_check(page_at(BOTH, SOME), SOME / 2, 31), "new ones beside old");
	check(!pattern_check((void *)OLD, SOME, 2), "old entries");
	check(!pattern_check((void *)CAME, SOME, 10), "a table that moved");
	check(!pattern_check((void *)CAME_HERE, SOME, 11), "another that moved");
	check(sparse_good(GIB_CAME) && sparse_good(far_away()), "tables of level 1 that moved");
	check(!pattern_check((void *)THP, 512, 20), "a huge page");
	check(!pattern_check((void *)HUGETLB, 1024, 8), "pages of hugetlb");
	check(!pattern_check((void *)FILES, FILE_PAGES, 7), "a shared file");
	for (i = 0; i < 3 * MORE; i++)
		check(private[i * PAGE + 100] == (char)i, "a private file");
	check(!pattern_check((void *)SWAP, SWAP_PAGES / 4, 9), "pages that were in swap");
}

/* Parts of tables, then whole ones, then what spans many. */
static void unmap(void)
{
	munmap(page_at(BOTH, SOME / 2), SOME * PAGE);
	check(!pattern_check((void *)BOTH, SOME / 2, 1), "what is left of old and new");
	munmap((void *)CAME_HERE, HUGE);
	munmap(page_at(CAME, SOME / 2), SOME * PAGE);
	munmap(page_at(THP + HUGE, 50), 100 * PAGE);
	munmap((void *)(GIB_CAME + HUGE), 2 * HUGE);
	munmap((void *)far_away(), GIB);
	munmap((void *)HOME, 16 * HUGE);
	munmap((void *)CAME, HUGE);
	munmap((void *)GIB_CAME, GIB);
	munmap((void *)THP, 3 * HUGE);
	munmap((void *)HUGETLB, 3 * HUGE);
	munmap((void *)SWAP, SWAP_PAGES * PAGE);
	munmap((void *)FILES, 2 * FILE_PAGES * PAGE);
	close(files);
}

static bool next(const char *said)
{
	char line[8];

	puts(said);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin);
}

int main(void)
{
	if (file_write(MIXTURE_GROUP "/cgroup.procs", "0") < 0)
		return 2;
	before();
	if (!next("before"))
		return 3;
	after();
	data_check();
	if (next("after")) {
		unmap();
		next("unmapped");
	}
	return wrong || !is_guarded() ? 4 : 0;
}
