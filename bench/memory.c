// SPDX-License-Identifier: BSD-2-Clause
/* Faults, and the system calls that change a mapping. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define SWAP_SIZE	"128M"
#define FILE_PATH	"/dev/shm/bench"

static void unmap(void *at, size_t bytes)
{
	if (munmap(at, bytes))
		fail("munmap");
}

static void read_all(char *at, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		(void)((volatile char *)at)[i];
}

static char *map_touched(size_t bytes)
{
	char *at = map_anon(bytes);

	touch(at, bytes);
	return at;
}

/* Fresh memory, each page of it met for the first time. */
static unsigned long fresh_run(size_t bytes, void (*meet)(char *, size_t))
{
	char *at = map_anon(bytes);

	mark_begin();
	meet(at, bytes);
	mark_end();
	unmap(at, bytes);
	return bytes / PAGE;
}

static unsigned long touch_run(size_t bytes)
{
	return fresh_run(bytes, touch);
}

static unsigned long zero_run(size_t bytes)
{
	return fresh_run(bytes, read_all);
}

static unsigned long file_run(size_t bytes)
{
	int fd = open(FILE_PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *at;

	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		fail(FILE_PATH);
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		fail("mmap");
	touch(at, bytes);
	unmap(at, bytes);
	at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		fail("mmap");
	mark_begin();
	read_all(at, bytes);
	mark_end();
	unmap(at, bytes);
	close(fd);
	unlink(FILE_PATH);
	return bytes / PAGE;
}

static char *shared;

static void child_touch(size_t bytes)
{
	mark_begin();
	touch(shared, bytes);
	mark_end();
}

static void child_nothing(size_t bytes)
{
	(void)bytes;
}

static unsigned long cow_copy_run(size_t bytes)
{
	shared = map_touched(bytes);
	reap(spawn(child_touch, bytes));
	unmap(shared, bytes);
	return bytes / PAGE;
}

/* The child has gone, so each page has one owner again. */
static unsigned long cow_reuse_run(size_t bytes)
{
	char *at = map_touched(bytes);

	reap(spawn(child_nothing, 0));
	mark_begin();
	touch(at, bytes);
	mark_end();
	unmap(at, bytes);
	return bytes / PAGE;
}

static unsigned long map_run(size_t bytes)
{
	char *at;

	mark_begin();
	at = map_anon(bytes);
	touch(at, bytes);
	unmap(at, bytes);
	mark_end();
	return bytes / PAGE;
}

static unsigned long unmap_run(size_t bytes)
{
	char *at = map_touched(bytes);

	mark_begin();
	unmap(at, bytes);
	mark_end();
	return bytes / PAGE;
}

static void protect(char *at, size_t bytes, int prot)
{
	if (mprotect(at, bytes, prot))
		fail("mprotect");
}

static unsigned long protect_run(size_t bytes)
{
	char *at = map_touched(bytes);

	mark_begin();
	protect(at, bytes, PROT_READ);
	protect(at, bytes, PROT_READ | PROT_WRITE);
	mark_end();
	unmap(at, bytes);
	return bytes / PAGE;
}

/* Move @bytes from a table's begin to @offset behind one. */
static void move(size_t bytes, size_t offset)
{
	char *from = map_anon(bytes + 2 * TABLE), *to, *source, *target;

	to = map_anon(bytes + 2 * TABLE);
	source = (char *)(((uintptr_t)from + TABLE - 1) & ~(TABLE - 1));
	target = (char *)(((uintptr_t)to + TABLE - 1) & ~(TABLE - 1)) + offset;
	touch(source, bytes);
	mark_begin();
	if (mremap(source, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target) ==
	    MAP_FAILED)
		fail("mremap");
	mark_end();
	unmap(from, bytes + 2 * TABLE);
	unmap(to, bytes + 2 * TABLE);
}

static unsigned long move_pages_run(size_t bytes)
{
	move(bytes, 16 * PAGE);
	return bytes / PAGE;
}

static unsigned long move_tables_run(size_t bytes)
{
	move(bytes, 0);
	return bytes / TABLE;
}

/* Once; a guest has one zram device, and it may be in use already. */
static void swap_begin(void)
{
	if (system("grep -q zram0 /proc/swaps || "
		   "{ echo " SWAP_SIZE " >/sys/block/zram0/disksize && "
		   "mkswap /dev/zram0 >/dev/null && swapon /dev/zram0; }"))
		fail("swap on zram");
}

static unsigned long swap_out_run(size_t bytes)
{
	char *at;

	swap_begin();
	at = map_touched(bytes);
	mark_begin();
	if (madvise(at, bytes, MADV_PAGEOUT))
		fail("madvise");
	mark_end();
	unmap(at, bytes);
	return bytes / PAGE;
}

static unsigned long swap_in_run(size_t bytes)
{
	char *at;

	swap_begin();
	at = map_touched(bytes);
	if (madvise(at, bytes, MADV_PAGEOUT))
		fail("madvise");
	mark_begin();
	touch(at, bytes);
	mark_end();
	unmap(at, bytes);
	return bytes / PAGE;
}

const struct workload memory_workloads[] = {
	{ "touch", "page", touch_run, 3, { 64 * MIB }, 1 },
	{ "zero-page", "page", zero_run, 3, { 64 * MIB }, 1 },
	{ "file-read", "page", file_run, 3, { 64 * MIB }, 1 },
	{ "cow-copy", "page", cow_copy_run, 3, { 64 * MIB }, 1 },
	{ "cow-reuse", "page", cow_reuse_run, 3, { 64 * MIB }, 1 },
	{ "map-touch-unmap", "page", map_run, 5,
	  { 4 * KIB, 64 * KIB, MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1024 * MIB }, 5 },
	{ "unmap", "page", unmap_run, 3, { 64 * MIB }, 1 },
	{ "protect", "page", protect_run, 3, { 64 * MIB }, 1 },
	{ "move-pages", "page", move_pages_run, 3, { 64 * MIB }, 1 },
	{ "move-tables", "table", move_tables_run, 3, { 64 * MIB }, 1 },
	{ "swap-out", "page", swap_out_run, 3, { 16 * MIB }, 1 },
	{ "swap-in", "page", swap_in_run, 3, { 16 * MIB }, 1 },
	{ NULL, NULL, NULL, 0, { 0 }, 0 },
};
