// SPDX-License-Identifier: BSD-2-Clause
/* Helpers of the mm_*.c programs. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/loop.h>

#include "mm.h"

/* Each CPU keeps up to 128 swap slots at hand. */
#define SWAP_CACHE_KB	512

#define SWAP_WAIT_MS	20000

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

void mm_begin(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_fault };
	bool want;

	if (argc != 2 || (strcmp(argv[1], "plain") && strcmp(argv[1], "guarded")))
		tap_bail("usage: %s plain|guarded", argv[0]);
	want = !strcmp(argv[1], "guarded");
	if (is_guarded() != want)
		tap_bail("this process is %s", want ? "not guarded" : "guarded");
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void *mm_anon(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("mmap of %zu bytes: %s", size, strerror(errno));
	return at;
}

void *mm_anon_at(unsigned long at, size_t size)
{
	void *got = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE, -1, 0);

	if (got != (void *)at)
		tap_bail("mmap at 0x%lx: %s", at, strerror(errno));
	return got;
}

void *mm_shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("shared mmap: %s", strerror(errno));
	return at;
}

int mm_read_signal(const void *at)
{
	int sig = sigsetjmp(back, 1);

	if (!sig)
		(void)*(const volatile char *)at;
	return sig;
}

int mm_write_signal(void *at)
{
	int sig = sigsetjmp(back, 1);

	if (!sig)
		*(volatile char *)at = *(volatile char *)at;
	return sig;
}

int mm_madvise_signal(void *at, size_t size, int advice)
{
	int sig = sigsetjmp(back, 1);

	if (!sig && madvise(at, size, advice))
		return -1;
	return sig;
}

struct level mm_level(unsigned int level)
{
	struct proc proc = { .guarded = false };

	if (has_monitor() && proc_read(getpid(), &proc))
		tap_bail("/proc/self/nacc cannot be read");
	return proc.level[level];
}

unsigned long mm_frames(unsigned int level)
{
	return mm_level(level).frames;
}

void mm_pagemap_of(pid_t pid, const void *at, size_t pages, uint64_t *entries)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, entries, pages * 8, (off_t)((uintptr_t)at / PAGE * 8)) !=
		      (ssize_t)(pages * 8))
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

uint64_t mm_pagemap(const void *at)
{
	uint64_t entry;

	mm_pagemap_of(getpid(), at, 1, &entry);
	return entry;
}

size_t mm_pagemap_count(const void *at, size_t pages, uint64_t bit)
{
	uint64_t entry[256];
	size_t i, part, n = 0;

	for (; pages; pages -= part, at = (const char *)at + part * PAGE) {
		part = pages < ARRAY_SIZE(entry) ? pages : ARRAY_SIZE(entry);
		mm_pagemap_of(getpid(), at, part, entry);
		for (i = 0; i < part; i++)
			n += !!(entry[i] & bit);
	}
	return n;
}

long mm_smaps_kb(const void *at, const char *key)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool here = false;
	char line[512];
	long kb = -1;

	if (!smaps)
		tap_bail("/proc/self/smaps: %s", strerror(errno));
	while (kb < 0 && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			here = (uintptr_t)at >= start && (uintptr_t)at < end;
		if (here && !strncmp(line, key, strlen(key)))
			kb = strtol(line + strlen(key), NULL, 10);
	}
	fclose(smaps);
	return kb;
}

unsigned long mm_huge_kb(const void *at)
{
	long kb = mm_smaps_kb(at, "AnonHugePages:");

	return kb > 0 ? (unsigned long)kb : 0;
}

uint64_t mm_table(const void *at, int level)
{
	struct poke seen;
	int i;

	if (poke(getpid(), (uintptr_t)at, "walk", 0, &seen))
		tap_bail("nacc_poke cannot walk");
	for (i = 0; i < seen.levels; i++)
		if (seen.level[i].level == level)
			return seen.level[i].table;
	return 0;
}

void mm_make_well(uint64_t frame, const char *what)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", frame);
	tap_ok(file_write("/sys/kernel/debug/hwpoison/unpoison-pfn", text) >= 0,
	       "%s: the memory is well again", what);
}

/* With the header that mkswap would write. */
void mm_swap_begin(void)
{
	static union {
		char bytes[PAGE];
		struct {
			char boot[1024];
			uint32_t version, last_page, bad_pages;
		} info;
	} header;
	int fd;

	if (meminfo("SwapTotal"))
		return;
	if (file_write("/sys/block/zram0/disksize", "67108864") < 0)
		tap_bail("zram0: %s", strerror(errno));
	header.info.version = 1;
	header.info.last_page = (uint32_t)(64 * MIB / PAGE) - 1;
	memcpy(header.bytes + PAGE - 10, "SWAPSPACE2", 10);
	fd = open("/dev/zram0", O_WRONLY);
	if (fd < 0 || write(fd, &header, sizeof(header)) != (ssize_t)sizeof(header))
		tap_bail("/dev/zram0: %s", strerror(errno));
	close(fd);
	if (swapon("/dev/zram0", 0))
		tap_bail("swapon: %s", strerror(errno));
}

size_t mm_swap_out(char *at, size_t pages)
{
	unsigned long end = now_ms() + SWAP_WAIT_MS;
	size_t out;

	do {
		madvise(at, pages * PAGE, MADV_PAGEOUT);
		out = mm_pagemap_count(at, pages, PAGEMAP_SWAPPED);
	} while (out < pages * 9 / 10 && now_ms() < end);
	return out;
}

long mm_swap_kept(unsigned long before)
{
	long kept = (long)(before - meminfo("SwapFree")) -
		    SWAP_CACHE_KB * sysconf(_SC_NPROCESSORS_ONLN);

	return kept > 0 ? kept : 0;
}

void mate_start(struct mate *mate, int (*fn)(int line, void *arg), void *arg)
{
	int line[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line))
		tap_bail("socketpair: %s", strerror(errno));
	fflush(stdout);
	mate->pid = fork();
	if (mate->pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!mate->pid) {
		close(line[0]);
		_exit(fn(line[1], arg));
	}
	close(line[1]);
	mate->line = line[0];
}

/* Children of ours that came later may still have our end open. */
int mate_end(struct mate *mate)
{
	int status;

	shutdown(mate->line, SHUT_WR);
	if (waitpid(mate->pid, &status, 0) != mate->pid)
		tap_bail("waitpid: %s", strerror(errno));
	close(mate->line);
	return status;
}

void turn_give(int line)
{
	if (send(line, "", 1, MSG_NOSIGNAL) != 1)
		tap_note("nobody takes the turn: %s", strerror(errno));
}

bool turn_take(int line)
{
	char turn;

	return read(line, &turn, 1) == 1;
}

int mm_disk(size_t size, int *memory)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int disk, control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	char path[32];

	*memory = memfd_create("disk", MFD_CLOEXEC);
	config.fd = (__u32)*memory;
	snprintf(path, sizeof(path), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	disk = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (disk < 0 || ftruncate(*memory, (off_t)size) ||
	    ioctl(disk, LOOP_CONFIGURE, &config))
		tap_bail("%s: %s", path, strerror(errno));
	close(control);
	return disk;
}
