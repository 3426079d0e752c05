// SPDX-License-Identifier: BSD-2-Clause
/* Files and shared memory in the address space. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

#define PAGES	1300UL

static int file_make(void)
{
	char path[] = "/tmp/nacc-mm-XXXXXX";
	static char data[PAGE];
	unsigned long i;
	int fd;

	fd = mkstemp(path);
	if (fd < 0)
		tap_bail("%s: %s", path, strerror(errno));
	unlink(path);
	for (i = 0; i < PAGES; i++) {
		memset(data, (int)(i % 251), sizeof(data));
		if (write(fd, data, sizeof(data)) != (ssize_t)sizeof(data))
			tap_bail("write: %s", strerror(errno));
	}
	return fd;
}

static size_t file_check(const char *at)
{
	size_t i, wrong = 0;

	for (i = 0; i < PAGES; i++)
		wrong += (unsigned char)at[i * PAGE + i % PAGE] != i % 251;
	return wrong;
}

static char *file_map(int fd, int prot, int flags)
{
	char *at = mmap(NULL, PAGES * PAGE, prot, flags, fd, 0);

	if (at == MAP_FAILED)
		tap_bail("mmap of a file: %s", strerror(errno));
	return at;
}

static void private_file(int fd)
{
	char *at = file_map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	unsigned char byte;

	tap_is((long)file_check(at), 0, "private mapping shows the file");
	pattern_fill(at, PAGES, 1);
	tap_is((long)pattern_check(at, PAGES, 1), 0, "and takes stores");
	tap_ok(pread(fd, &byte, 1, 300 * PAGE) == 1 && byte == 300 % 251,
	       "which do not reach the file");
	madvise(at, PAGES * PAGE, MADV_DONTNEED);
	tap_is((long)file_check(at), 0, "dropped, it shows the file again");
	tap_is(madvise(at, PAGES * PAGE, MADV_POPULATE_READ), 0, "populate for reading");
	tap_is((long)mm_pagemap_count(at, PAGES, PAGEMAP_PRESENT), PAGES,
	       "all pages are there");
	tap_is((long)file_check(at), 0, "with the file in them");
	munmap(at, PAGES * PAGE);
	at = file_map(fd, PROT_READ, MAP_PRIVATE | MAP_POPULATE);
	tap_is((long)mm_pagemap_count(at, PAGES, PAGEMAP_PRESENT), PAGES,
	       "populated mapping has all pages");
	tap_is(mm_write_signal(at), SIGSEGV, "and refuses stores");
	munmap(at, PAGES * PAGE);
}

static void shared_file(int fd)
{
	char *at = file_map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *twice = file_map(fd, PROT_READ, MAP_SHARED);
	uint64_t word;

	pattern_fill(at, PAGES, 2);
	tap_is((long)pattern_check(twice, PAGES, 2), 0,
	       "a second mapping sees every store");
	tap_ok(!msync(at, PAGES * PAGE, MS_SYNC) &&
	       pread(fd, &word, 8, 700 * PAGE) == 8 &&
	       word == *(uint64_t *)(at + 700 * PAGE), "the file has it too");
	word = 42;
	tap_ok(pwrite(fd, &word, 8, 900 * PAGE) == 8 &&
	       *(volatile uint64_t *)(twice + 900 * PAGE) == 42,
	       "a write to the file shows in the mapping");

	if (ftruncate(fd, 600 * PAGE))
		tap_bail("ftruncate: %s", strerror(errno));
	tap_is(mm_read_signal(at + 599 * PAGE), 0, "cut short: the rest is there");
	tap_is(mm_read_signal(at + 600 * PAGE), SIGBUS, "and beyond it is SIGBUS");
	tap_is(mm_read_signal(twice + 1200 * PAGE), SIGBUS, "in each mapping");
	if (ftruncate(fd, PAGES * PAGE))
		tap_bail("ftruncate: %s", strerror(errno));
	tap_ok(!mm_read_signal(at + 600 * PAGE) && !at[600 * PAGE],
	       "made longer again, it reads as zero");
	tap_is(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 100 * PAGE), 0, "a hole is punched");
	tap_is(at[0] | at[99 * PAGE], 0, "and shows as zero");
	munmap(at, PAGES * PAGE);
	munmap(twice, PAGES * PAGE);
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* Stores, has them cleaned by the other side, and stores again. */
static int dirty_child(int line, void *arg)
{
	char *at = arg;
	int seed;

	for (seed = 8; seed <= 9; seed++) {
		if (!turn_take(line))
			return 1;
		pattern_fill(at, PAGES, (unsigned int)seed);
		turn_give(line);
	}
	return turn_take(line) && !pattern_check(at, PAGES, 9) ? 0 : 2;
}

static void child_written(char *at, const char *backing)
{
	struct mate mate;
	unsigned int seed;

	mate_start(&mate, dirty_child, at);
	for (seed = 8; seed <= 9; seed++) {
		turn_give(mate.line);
		turn_take(mate.line);
		tap_is(msync(at, PAGES * PAGE, MS_SYNC), 0, "disk: written, by the parent");
		tap_is((long)pattern_check(backing, PAGES, seed), 0,
		       "disk: what the child stored");
	}
	turn_give(mate.line);
	tap_ok(exited_with(mate_end(&mate), 0), "disk: the child has it too");
}

/*
 * Pages that are written to a disk are clean then: entries that let stores
 * through have to go, everywhere, or the next store would not be written.
 */
static void written_back(void)
{
	int fd, disk = mm_disk(PAGES * PAGE, &fd);
	char *at = file_map(disk, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *other = file_map(disk, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *backing = file_map(fd, PROT_READ, MAP_SHARED);
	long before;

	pattern_fill(at, PAGES, 5);
	tap_is((long)pattern_check(other, PAGES, 5), 0, "disk: mapped twice");
	tap_is(msync(at, PAGES * PAGE, MS_SYNC), 0, "disk: written");
	tap_is((long)pattern_check(backing, PAGES, 5), 0, "disk: what was stored");
	tap_is((long)mm_pagemap_count(at, PAGES, PAGEMAP_PRESENT), PAGES,
	       "disk: all pages are still there");
	before = faults();
	pattern_fill(at, PAGES, 6);
	tap_ok(faults() - before >= (long)PAGES, "disk: the next store to each is a fault");
	msync(at, PAGES * PAGE, MS_SYNC);
	tap_is((long)pattern_check(backing, PAGES, 6), 0, "disk: and is written");
	pattern_fill(other, PAGES, 7);
	msync(at, PAGES * PAGE, MS_SYNC);
	tap_is((long)pattern_check(backing, PAGES, 7), 0, "disk: by the other mapping, too");
	child_written(at, backing);
	munmap(at, PAGES * PAGE);
	munmap(other, PAGES * PAGE);
	file_write("/proc/sys/vm/drop_caches", "1");
	at = file_map(disk, PROT_READ, MAP_SHARED);
	tap_is((long)pattern_check(at, PAGES, 9), 0, "disk: read again, it is all there");
	munmap(at, PAGES * PAGE);
	munmap(backing, PAGES * PAGE);
	close(disk);
	close(fd);
}

struct share {
	char *at;
	size_t pages;
};

static int share_child(void *arg)
{
	struct share *share = arg;

	if (pattern_check(share->at, share->pages, 3))
		return 1;
	pattern_fill(share->at, share->pages, 4);
	return 0;
}

static void share_with_child(char *at, size_t pages, const char *what)
{
	struct share share = { at, pages };

	pattern_fill(at, pages, 3);
	tap_ok(exited_with(in_child(share_child, &share), 0),
	       "%s: the child sees the parent's stores", what);
	tap_is((long)pattern_check(at, pages, 4), 0,
	       "%s: the parent sees the child's", what);
}

static void shared_memory(void)
{
	size_t pages = 1100;
	char *at = mm_shared(pages * PAGE);
	int fd, id;

	share_with_child(at, pages, "shared anonymous memory");
	madvise(at, pages * PAGE, MADV_DONTNEED);
	tap_is((long)pattern_check(at, pages, 4), 0,
	       "shared anonymous memory: dropping pages keeps the data");
	munmap(at, pages * PAGE);

	fd = memfd_create("nacc", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)(PAGES * PAGE)))
		tap_bail("memfd: %s", strerror(errno));
	at = file_map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	share_with_child(at, PAGES, "memfd");
	munmap(at, PAGES * PAGE);
	close(fd);

	id = shmget(IPC_PRIVATE, pages * PAGE, IPC_CREAT | 0600);
	at = id < 0 ? NULL : shmat(id, NULL, 0);
	if (!at || at == (void *)-1)
		tap_bail("System V shared memory: %s", strerror(errno));
	shmctl(id, IPC_RMID, NULL);
	share_with_child(at, pages, "System V shared memory");
	shmdt(at);
	tap_is(mm_read_signal(at), SIGSEGV, "detached, it is gone");
}

int main(int argc, char **argv)
{
	int fd;

	mm_begin(argc, argv);
	fd = file_make();
	private_file(fd);
	shared_file(fd);
	close(fd);
	written_back();
	shared_memory();
	return tap_done();
}
