// SPDX-License-Identifier: BSD-2-Clause
/*
 * What Linux has counted of a process is the same after its adoption as before:
 * pagemap, smaps, statm, status, mapcounts, its cgroup's page tables, and the
 * machine's. And when it has ended, nothing of it is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

#define GROUP	"/sys/fs/cgroup/adopt_same"
#define HUGE	(2 * MIB)
#define MAX_PAGES	65536UL

struct picture {
	char smaps[1 << 17];
	char status[4096];
	char statm[256];
	long group_tables;		/* bytes */
	long machine_tables;		/* pages */
	size_t pages;
	uint64_t pagemap[MAX_PAGES];
	uint64_t mapcount[MAX_PAGES];
};

static struct picture before, after;

/* The role: some of everything, then it waits. */
static int role_mixed(void)
{
	char *at = mm_anon(32 * MIB), *huge, *shared;
	FILE *tmp = tmpfile();
	char line[8];
	pid_t pid;

	madvise(at, 32 * MIB, MADV_NOHUGEPAGE);
	pattern_fill(at, 4096, 1);
	mm_swap_out(at, 512);
	mprotect(at + 8 * MIB, 1 * MIB, PROT_NONE);
	munmap(at + 12 * MIB, 1 * MIB);
	(void)*(volatile char *)(at + 24 * MIB);
	huge = mm_anon_at(0x2000000000UL, 4 * HUGE);
	madvise(huge, 4 * HUGE, MADV_HUGEPAGE);
	pattern_fill(huge, 1024, 2);
	mprotect(huge + HUGE, PAGE, PROT_READ);
	if (!tmp || ftruncate(fileno(tmp), (off_t)MIB))
		return 2;
	shared = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(tmp), 0);
	pattern_fill(shared, 128, 3);
	pid = fork();
	if (!pid) {
		for (;;)
			pause();
	}
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 3;
	mprotect(at + 8 * MIB, 1 * MIB, PROT_READ);
	if (pattern_check(at, 2048, 1) || pattern_check(huge, 1024, 2) ||
	    pattern_check(shared, 128, 3))
		return 4;
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) != pid || !is_guarded();
}

static void read_or_bail(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if (file_read(path, text, size) <= 0)
		tap_bail("%s: %s", path, strerror(errno));
}

/* @key's number in a file of `KEY NUMBER` lines. */
static long number_of(const char *path, const char *key)
{
	static char text[16384];
	char *line = text;
	long value;

	if (file_read(path, text, sizeof(text)) < 0)
		tap_bail("%s", path);
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, strlen(key)) &&
		    sscanf(line + strlen(key), " %ld", &value) == 1)
			return value;
	}
	tap_bail("%s has no %s", path, key);
}

static void pages_take(pid_t pid, struct picture *picture)
{
	unsigned long start, end, va;
	char path[64], *line = picture->smaps;
	int map, count;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	map = open(path, O_RDONLY | O_CLOEXEC);
	count = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (map < 0 || count < 0)
		tap_bail("pagemap or kpagecount: %s", strerror(errno));
	picture->pages = 0;
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%lx-%lx ", &start, &end) != 2)
			continue;
		for (va = start; va < end && picture->pages < MAX_PAGES; va += PAGE) {
			uint64_t *entry = &picture->pagemap[picture->pages];
			uint64_t *mapped = &picture->mapcount[picture->pages++];

			*mapped = 0;
			if (pread(map, entry, 8, (off_t)(va / PAGE * 8)) != 8)
				*entry = 0;
			if (*entry & PAGEMAP_PRESENT &&
			    pread(count, mapped, 8,
				  (off_t)((*entry & ((1UL << 55) - 1)) * 8)) != 8)
				*mapped = 0;
		}
	}
	close(map);
	close(count);
}

static void picture_take(pid_t pid, struct picture *picture)
{
	read_or_bail(pid, "smaps", picture->smaps, sizeof(picture->smaps));
	read_or_bail(pid, "statm", picture->statm, sizeof(picture->statm));
	read_or_bail(pid, "status", picture->status, sizeof(picture->status));
	/* A switch of the task is no change of its memory. */
	*strstr(picture->status, "voluntary_ctxt_switches") = '\0';
	file_write("/proc/sys/vm/stat_refresh", "1");
	picture->machine_tables = number_of("/proc/vmstat", "nr_page_table_pages");
	picture->group_tables = number_of(GROUP "/memory.stat", "pagetables");
	pages_take(pid, picture);
}

static void lines_differ(const char *a, const char *b)
{
	while (*a && *b && strcspn(a, "\n") == strcspn(b, "\n") &&
	       !strncmp(a, b, strcspn(a, "\n"))) {
		a += strcspn(a, "\n") + 1;
		b += strcspn(b, "\n") + 1;
	}
	tap_note("was: %.*s", (int)strcspn(a, "\n"), a);
	tap_note("is:  %.*s", (int)strcspn(b, "\n"), b);
}

static void same(const char *a, const char *b, const char *what)
{
	if (!tap_ok(!strcmp(a, b), "%s is the same", what))
		lines_differ(a, b);
}

static size_t entries_differ(const uint64_t *a, const uint64_t *b, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++)
		wrong += a[i] != b[i];
	return wrong;
}

static void compare(void)
{
	same(before.smaps, after.smaps, "smaps");
	same(before.status, after.status, "status");
	same(before.statm, after.statm, "statm");
	tap_is((long)after.pages, (long)before.pages, "pages looked at");
	tap_is((long)entries_differ(before.pagemap, after.pagemap, before.pages), 0,
	       "entries of pagemap that differ (of %zu)", before.pages);
	tap_is((long)entries_differ(before.mapcount, after.mapcount, before.pages),
	       0, "pages that are mapped more or less often");
	tap_is(after.group_tables, before.group_tables,
	       "bytes of page tables of its cgroup");
	tap_is(after.machine_tables, before.machine_tables,
	       "page tables of the machine");
}

static void group_begin(void)
{
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		tap_bail(GROUP ": %s", strerror(errno));
}

static void mixed_start(struct child *child)
{
	const char *argv[] = { "/proc/self/exe", "mixed", NULL };
	char line[32], pid[16];
	int own;

	/* The child is made by this process, so it begins in the group. */
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	own = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (file_write(GROUP "/cgroup.procs", pid) < 0)
		tap_bail(GROUP "/cgroup.procs: %s", strerror(errno));
	child_start(child, false, argv);
	if (own < 0 || write(own, pid, strlen(pid)) < 0)
		tap_bail("cgroup.procs: %s", strerror(errno));
	close(own);
	child_line(child, line, sizeof(line));
}

int main(int argc, char **argv)
{
	struct balance balance;
	struct child child;

	if (argc == 2 && !strcmp(argv[1], "mixed"))
		return role_mixed();
	mm_begin(argc, argv);
	mm_swap_begin();
	group_begin();
	balance_take(&balance);
	mixed_start(&child);
	/* Once for nothing: the pages of this program are mapped by both. */
	attach(2);
	picture_take(child.pid, &before);
	picture_take(child.pid, &before);
	tap_is(attach(child.pid), 0, "attach to a process with some of everything");
	picture_take(child.pid, &after);
	tap_ok(strstr(before.smaps, "AnonHugePages:      2048 kB") ||
	       strstr(before.smaps, "AnonHugePages:      4096 kB"),
	       "it has huge pages");
	tap_ok(before.group_tables > 0, "its cgroup has page tables (%ld)",
	       before.group_tables);
	compare();
	child_say(&child, "\n");
	tap_is(child_end(&child), 0, "it goes on with all its data");
	balance_check(&balance, "after its end");
	tap_is(number_of(GROUP "/memory.stat", "pagetables"), 0,
	       "no page table is left in its cgroup");
	rmdir(GROUP);
	return tap_done();
}
