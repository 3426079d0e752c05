// SPDX-License-Identifier: BSD-2-Clause
/* What Linux has counted of a process, taken and compared. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "picture.h"

#define PFN_MASK	((1UL << 55) - 1)
/* /proc/kpageflags: what happens to a page just now, and not what became of it. */
#define FLAG_LOCKED	(1UL << 0)

static void read_or_bail(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if (file_read(path, text, size) <= 0)
		tap_bail("%s: %s", path, strerror(errno));
}

long group_stat(const char *group, const char *key)
{
	char path[256], text[1024];

	/* Has every hart hand in what it has counted, which memory.stat does not. */
	snprintf(path, sizeof(path), "%s/cpu.stat", group);
	if (file_read(path, text, sizeof(text)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%s/memory.stat", group);
	return number_of(path, key);
}

struct page_files {
	int map, count, flags;
};

/* What the kernel says of a page; 0 where it says nothing. */
static uint64_t word_at(int fd, uint64_t index)
{
	uint64_t word;

	return pread(fd, &word, 8, (off_t)(index * 8)) == 8 ? word : 0;
}

static void page_take(const struct page_files *files, unsigned long va,
		      struct picture *picture)
{
	uint64_t entry = word_at(files->map, va / PAGE);
	bool present = entry & PAGEMAP_PRESENT;
	size_t i = picture->pages++;

	picture->pagemap[i] = entry;
	picture->mapcount[i] = present ? word_at(files->count, entry & PFN_MASK) : 0;
	picture->flags[i] = present ? word_at(files->flags, entry & PFN_MASK) &
				      ~FLAG_LOCKED : 0;
}

static void pages_take(pid_t pid, struct picture *picture)
{
	struct page_files files;
	char path[64], *line = picture->smaps;
	unsigned long start, end, va;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	files.map = open(path, O_RDONLY | O_CLOEXEC);
	files.count = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	files.flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (files.map < 0 || files.count < 0 || files.flags < 0)
		tap_bail("pagemap, kpagecount, kpageflags: %s", strerror(errno));
	picture->pages = 0;
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%lx-%lx ", &start, &end) != 2)
			continue;
		for (va = start; va < end && picture->pages < PICTURE_PAGES; va += PAGE)
			page_take(&files, va, picture);
	}
	close(files.map);
	close(files.count);
	close(files.flags);
}

void picture_take(pid_t pid, const char *group, struct picture *picture)
{
	char *threads;

	/* Among other things, every hart puts what it has in a batch on its list. */
	file_write("/proc/sys/vm/drop_caches", "1");
	read_or_bail(pid, "smaps", picture->smaps, sizeof(picture->smaps));
	read_or_bail(pid, "statm", picture->statm, sizeof(picture->statm));
	read_or_bail(pid, "status", picture->status, sizeof(picture->status));
	/* Switches of the task, and workers that come and go, are no memory. */
	*strstr(picture->status, "voluntary_ctxt_switches") = '\0';
	threads = strstr(picture->status, "Threads:") + strlen("Threads:");
	memset(threads, ' ', strcspn(threads, "\n"));
	file_write("/proc/sys/vm/stat_refresh", "1");
	picture->machine_tables = number_of("/proc/vmstat", "nr_page_table_pages");
	picture->group_tables = group ? group_stat(group, "pagetables ") : 0;
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

static void same_text(const char *a, const char *b, const char *what,
		      const char *name)
{
	if (!tap_ok(!strcmp(a, b), "%s: %s is the same", what, name))
		lines_differ(a, b);
}

static void same_words(const uint64_t *a, const uint64_t *b, size_t n,
		       const char *what, const char *name)
{
	size_t i, wrong = 0, first = n;

	for (i = 0; i < n; i++) {
		wrong += a[i] != b[i];
		if (a[i] != b[i] && first == n)
			first = i;
	}
	if (!tap_is((long)wrong, 0, "%s: pages whose %s differs (of %zu)", what, name, n))
		tap_note("page %zu was 0x%lx, is 0x%lx", first,
			 (unsigned long)a[first], (unsigned long)b[first]);
}

void picture_compare(const struct picture *was, const struct picture *is,
		     const char *what)
{
	same_text(was->smaps, is->smaps, what, "smaps");
	same_text(was->status, is->status, what, "status");
	same_text(was->statm, is->statm, what, "statm");
	tap_is((long)is->pages, (long)was->pages, "%s: pages looked at", what);
	same_words(was->pagemap, is->pagemap, was->pages, what, "pagemap");
	same_words(was->mapcount, is->mapcount, was->pages, what, "mapcount");
	same_words(was->flags, is->flags, was->pages, what, "set of flags");
	tap_is(is->group_tables, was->group_tables,
	       "%s: bytes of page tables of its cgroup", what);
	tap_is(is->machine_tables, was->machine_tables,
	       "%s: page tables of the machine", what);
}

void tables_compare(pid_t pid, const char *what)
{
	struct poke_tables tables;
	unsigned int level;
	struct proc proc;
	long wrong = 0;

	if (proc_read(pid, &proc) || poke_tables(pid, &tables))
		tap_bail("/proc/PID/nacc or nacc_poke does not answer");
	for (level = 0; level <= proc.root_level; level++) {
		wrong += tables.level[level].in_pool != tables.level[level].tables;
		wrong += proc.level[level].frames != tables.level[level].tables;
		wrong += proc.level[level].old + proc.level[level].new !=
			 tables.level[level].entries;
	}
	tap_is(wrong, 0, "%s: levels of which /proc/PID/nacc says something else", what);
}
