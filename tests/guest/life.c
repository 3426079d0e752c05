// SPDX-License-Identifier: BSD-2-Clause
/*
 * One guarded hello from its first page to its last, and a plain one beside
 * it: where the tables lie, what /proc says of them, what is left afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define PAGEMAP_PRESENT	(1UL << 63)
#define NEW		(1UL << 9)	/* of an entry */

static struct poke path;

static void walk(const struct hello *hello, unsigned long va)
{
	int ret = poke(hello->child.pid, va, "walk", 0, &path);

	if (ret)
		tap_bail("nacc_poke: %s", strerror(-ret));
}

static int levels_in_pool(void)
{
	int i, n = 0;

	for (i = 0; i < path.levels; i++)
		n += path.level[i].in_pool;
	return n;
}

static void paths_lie(const struct hello *hello, bool in_pool, const char *who)
{
	const struct {
		const char *name;
		unsigned long va;
	} place[] = {
		{ "text", hello->text },
		{ "data", hello->page },
		{ "stack", hello->stack },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(place); i++) {
		walk(hello, place[i].va);
		tap_is(path.levels, paging_levels(),
		       "%s: the walk to its %s passes every level", who,
		       place[i].name);
		tap_is(levels_in_pool(), in_pool ? path.levels : 0,
		       "%s: tables on the way to its %s that lie in the pool",
		       who, place[i].name);
	}
}

/* Pages that the kernel's own walk finds present in [start, end). */
static unsigned long pages_present(int fd, unsigned long start, unsigned long end)
{
	unsigned long n = 0, va;
	uint64_t entry;

	for (va = start; va < end; va += PAGE)
		if (pread(fd, &entry, sizeof(entry), (off_t)(va / PAGE * 8)) == 8 &&
		    entry & PAGEMAP_PRESENT)
			n++;
	return n;
}

/*
 * Least and most level-0 entries that a process can have. pagemap skips
 * [vvar], so each page of it may or may not be there.
 */
static void pages_count(pid_t pid, unsigned long *least, unsigned long *most)
{
	unsigned long start, end;
	char file[64], line[256];
	FILE *maps;
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/pagemap", (int)pid);
	fd = open(file, O_RDONLY);
	snprintf(file, sizeof(file), "/proc/%d/maps", (int)pid);
	maps = fopen(file, "r");
	if (fd < 0 || !maps)
		tap_bail("/proc/%d: %s", (int)pid, strerror(errno));
	*least = *most = 0;
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		if (strstr(line, "[vvar]")) {
			*most += (end - start) / PAGE;
			continue;
		}
		start = pages_present(fd, start, end);
		*least += start;
		*most += start;
	}
	fclose(maps);
	close(fd);
}

static void proc_agrees(const struct hello *hello, const struct balance *before)
{
	unsigned long least, most, entries;
	struct counters now;
	struct proc proc;
	unsigned int i;
	int ret;

	ret = proc_read(hello->child.pid, &proc);
	if (ret)
		tap_bail("/proc/PID/nacc: %s", strerror(-ret));
	tap_ok(proc.guarded, "/proc/PID/nacc says that it is guarded");
	tap_ok(!strcmp(proc.origin, "born") && !strcmp(proc.state, "live"),
	       "born guarded and live (%s, %s)", proc.origin, proc.state);
	tap_is((long)proc.root_level + 1, paging_levels(), "level of its root");
	walk(hello, hello->page);
	tap_ok(proc.root == path.level[0].table,
	       "its root is the one that the hardware walk begins at");
	tap_is((long)proc.level[proc.root_level].frames, 1, "it has one root");
	for (i = 0; i < proc.root_level; i++) {
		entries = proc.level[i + 1].old + proc.level[i + 1].new;
		tap_is((long)proc.level[i].frames, (long)entries,
		       "level %u: as many tables as links above it", i);
	}
	entries = proc.level[0].old + proc.level[0].new;
	pages_count(hello->child.pid, &least, &most);
	tap_ok(entries >= least && entries <= most,
	       "level 0: %lu entries, the process has %lu to %lu pages", entries,
	       least, most);

	if (!settle() || counters_read(&now))
		tap_bail("settle or /sys/kernel/nacc failed");
	tap_is((long)(now.value[COUNTER_FRAMES_IN_USE] -
		      before->counters.value[COUNTER_FRAMES_IN_USE]),
	       (long)proc_sum(&proc).frames,
	       "frames_in_use grew by just the frames of its tables");
	tap_is((long)(now.value[COUNTER_SPACES] -
		      before->counters.value[COUNTER_SPACES]), 1,
	       "one space more");
	tap_ok(now.value[COUNTER_OPS] > before->counters.value[COUNTER_OPS] &&
	       now.value[COUNTER_TRAPS] > before->counters.value[COUNTER_TRAPS],
	       "the monitor counted calls and entries");
}

/* Every table, also those that no walk of ours happens to pass. */
static void tables_agree(const struct hello *hello)
{
	struct poke_tables tables;
	struct proc proc;
	unsigned int i;
	int ret;

	ret = poke_tables(hello->child.pid, &tables);
	if (ret || proc_read(hello->child.pid, &proc))
		tap_bail("nacc_poke or /proc/PID/nacc: %s", strerror(-ret));
	for (i = 0; i <= proc.root_level; i++) {
		tap_is((long)tables.level[i].in_pool,
		       (long)tables.level[i].tables,
		       "level %u: tables that lie in the pool, of all", i);
		tap_is((long)proc.level[i].frames, (long)tables.level[i].tables,
		       "level %u: frames that /proc tells of", i);
		tap_is((long)(proc.level[i].old + proc.level[i].new),
		       (long)tables.level[i].entries,
		       "level %u: valid entries that /proc tells of", i);
	}
}

/* Where exec has put the arguments. */
static unsigned long arguments_at(pid_t pid)
{
	char file[64], text[1024], *field;
	int i;

	snprintf(file, sizeof(file), "/proc/%d/stat", (int)pid);
	if (file_read(file, text, sizeof(text)) < 0)
		tap_bail("%s cannot be read", file);
	/* The first word behind the name is field 3; see proc_pid_stat(5). */
	field = strrchr(text, ')') + 2;
	for (i = 3; i < 48 && field; i++) {
		field = strchr(field, ' ');
		field += !!field;
	}
	return field ? strtoul(field, NULL, 10) : 0;
}

static bool leaf_is_new(const struct hello *hello, unsigned long va)
{
	walk(hello, va);
	return path.level[path.levels - 1].entry & NEW;
}

/* NEW is on from the end of exec: what that has built is old, all later is new. */
static void old_and_new(const struct hello *hello)
{
	unsigned long arguments = arguments_at(hello->child.pid);

	tap_ok(arguments && !leaf_is_new(hello, arguments),
	       "the page of its arguments, which exec built, is old");
	tap_ok(leaf_is_new(hello, hello->page), "a page that it wrote is new");
	tap_ok(leaf_is_new(hello, hello->text), "and so is its code, which faulted in");
}

static void guarded_life(void)
{
	struct balance before;
	struct hello hello;
	char line[32];
	long pages;

	balance_take(&before);
	pages = anon_pages();
	hello_start(&hello, true);
	tap_ok(anon_pages() - pages >= 2048, "it has 2048 data pages and more (%ld)",
	       anon_pages() - pages);
	tables_agree(&hello);
	proc_agrees(&hello, &before);
	paths_lie(&hello, true, "guarded");
	old_and_new(&hello);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "it runs: its page says %s", line);
	tap_ok(exited_with(child_end(&hello.child), 0), "it exits with 0");
	balance_check(&before, "after its exit");
	tap_ok(anon_pages() - pages <= 8, "its data pages are back (%ld before, %ld after)",
	       pages, anon_pages());
}

static void plain_life(void)
{
	struct balance before;
	struct hello hello;
	struct proc proc;

	balance_take(&before);
	hello_start(&hello, false);
	tap_is(proc_read(hello.child.pid, &proc), 0, "a plain process has the file too");
	tap_ok(!proc.guarded, "and is not guarded");
	paths_lie(&hello, false, "plain");
	balance_check(&before, "while it runs");
	tap_ok(exited_with(child_end(&hello.child), 0), "it exits with 0");
}

static void hello_prints(void)
{
	char path_hello[256], line[32];
	const char *argv[] = { path_hello, NULL };
	struct child child;

	snprintf(path_hello, sizeof(path_hello), "%s", companion("hello"));
	child_start(&child, true, argv);
	child_line(&child, line, sizeof(line));
	tap_ok(!strcmp(line, "hello"), "guarded hello prints %s", line);
	tap_ok(exited_with(child_end(&child), 0), "and exits with 0");
}

int main(void)
{
	tap_ok(paging_levels() >= 3, "paging mode is known: %d levels",
	       paging_levels());
	hello_prints();
	guarded_life();
	if (!all_guarded())
		plain_life();
	return tap_done();
}
