// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process is adopted and then makes every mixture of old and new: old entries
 * beside new ones, old tables under new links and new ones under old links, at
 * each level. What /proc/PID/nacc says of each table is what must be there, and
 * when all is unmapped, or the process exits or is killed, every frame and every
 * page is back, counted by kind.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adopt_mixture.h"
#include "picture.h"

#define NR_HUGE	"/proc/sys/vm/nr_hugepages"
#define TABLES_KEPT	2UL	/* one for each huge page that is whole */

struct expected {
	const char *what;
	unsigned int level;
	unsigned long at;
	unsigned long old, new;
};

static const struct expected tables[] = {
	{ "old entries and new ones", 0, BOTH, SOME, SOME / 2 },
	{ "only old ones", 0, OLD, SOME, 0 },
	{ "an old link to new ones", 0, REFILLED, 0, SOME / 4 },
	{ "a new link where an old one was", 0, REMADE, 0, MORE },
	{ "a new link in an old table", 0, ADDED, 0, MORE },
	{ "the zero page, partly written", 0, ZEROES, MORE, MORE },
	{ "no access meanwhile", 0, BARRED, 2 * MORE, 2 * MORE },
	{ "old entries below a new link in an old table", 0, CAME_HERE, SOME, MORE },
	{ "all links to level 0", 1, HOME, 5, 3 },
	{ "old entries below new links", 0, CAME, SOME, MORE },
	{ "its link", 1, CAME, 0, 1 },
	{ "old links below a new one, and a new link", 1, GIB_CAME, SPARSE, 1 },
	{ "old entries below old links below a new one", 0, GIB_CAME, SPARSE_PAGES, 0 },
	{ "the same below a new entry of the root", 0, 0, SPARSE_PAGES, 0 },
	{ "and its links", 1, 0, SPARSE, 0 },
	{ "huge pages, and the link to one that was split", 1, THP, 1, 2 },
	{ "the split one", 0, THP + HUGE, 0, 512 },
	{ "pages of hugetlb", 1, HUGETLB, 2, 1 },
	{ "pages of files, and copies", 0, FILES, 2 * FILE_PAGES - MORE, MORE },
};

/* Where nothing may be left: what has moved, and what is unmapped. */
static const unsigned long emptied[] = { GOES, GIB_GOES, GIB_GOES + GIB };
static const unsigned long unmapped[] = {
	HOME, CAME, GIB_CAME, THP, HUGETLB, SWAP, FILES
};

/* The table of @level that covers @at, or NULL. */
static const struct table *table_find(const struct table *list, int n,
				      unsigned int level, unsigned long at)
{
	int i;

	for (i = 0; i < n; i++)
		if (list[i].level == level && list[i].start <= at && at < list[i].end)
			return &list[i];
	return NULL;
}

static int tables_read(pid_t pid, struct proc *proc, struct table **list)
{
	int n = proc_read_tables(pid, proc, list);

	if (n < 0)
		tap_bail("/proc/PID/nacc: %s", strerror(-n));
	return n;
}

/* Of the far GiB: above level 1 there is one new link in each table. */
static void far_check(const struct proc *proc, const struct table *list, int n)
{
	const struct table *table;
	unsigned int level;
	int wrong = 0;

	for (level = 2; level < proc->root_level; level++) {
		table = table_find(list, n, level, far_away());
		wrong += !table || table->old || table->new != 1;
	}
	tap_is(wrong, 0, "far away: tables above level 1 with anything but one new link");
}

static void tables_check(pid_t pid)
{
	const struct table *table;
	struct table *list;
	struct proc proc;
	size_t i;
	int n = tables_read(pid, &proc, &list);

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct expected *want = &tables[i];

		table = table_find(list, n, want->level, want->at ?: far_away());
		tap_ok(table && table->old == want->old && table->new == want->new,
		       "%s: old %lu new %lu (%ld, %ld)", want->what, want->old,
		       want->new, table ? (long)table->old : -1,
		       table ? (long)table->new : -1);
	}
	for (i = 0; i < ARRAY_SIZE(emptied); i++)
		tap_ok(!table_find(list, n, 1, emptied[i]),
		       "no table of level 1 is left where %zu have moved", i);
	far_check(&proc, list, n);
	free(list);
	tables_compare(pid, "mixtures");
}

static unsigned long frames_in_use(void)
{
	struct balance now;

	balance_take(&now);
	return now.counters.value[COUNTER_FRAMES_IN_USE];
}

/* Its frames, level by level and those in reserve, are what the machine has more. */
static void frames_check(pid_t pid, unsigned long before, unsigned long reserve,
			 const char *what)
{
	struct proc proc;

	if (proc_read(pid, &proc))
		tap_bail("/proc/PID/nacc cannot be read");
	tap_is((long)(frames_in_use() - before),
	       (long)(proc_sum(&proc).frames + reserve),
	       "%s: frames in use, of all levels and in reserve", what);
}

static long counted(const char *key)
{
	return group_stat(MIXTURE_GROUP, key);
}

static void unmap_check(struct child *child, unsigned long frames)
{
	struct table *list;
	struct proc proc;
	char line[32];
	size_t i;
	int n, left = 0;

	child_say(child, "\n");
	child_line(child, line, sizeof(line));
	n = tables_read(child->pid, &proc, &list);
	for (i = 0; i < ARRAY_SIZE(unmapped); i++)
		left += !!table_find(list, n, 0, unmapped[i]) +
			!!table_find(list, n, 1, unmapped[i]);
	left += !!table_find(list, n, 1, far_away());
	free(list);
	tap_is(left, 0, "unmapped: tables that are left");
	frames_check(child->pid, frames, 0, "unmapped");
	tables_compare(child->pid, "unmapped");
	tap_is(counted("shmem "), 0, "unmapped: bytes of shared memory");
	tap_is(counted("anon_thp "), 0, "unmapped: bytes in huge pages");
	tap_is(number_of("/proc/meminfo", "HugePages_Free:"), 4,
	       "unmapped: pages of hugetlb that are free");
}

static void pages_check(long anon, unsigned long swap_free, const char *how)
{
	static const char *const kinds[] = {
		"anon ", "file_mapped ", "shmem ", "anon_thp ", "pagetables ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		tap_is(counted(kinds[i]), 0, "%s: bytes of %sin its group", how,
		       kinds[i]);
	tap_ok(labs(anon_pages() - anon) <= 16,
	       "%s: anonymous pages of the machine (%ld before, %ld after)", how,
	       anon, anon_pages());
	tap_is(number_of("/proc/meminfo", "HugePages_Free:"), 4,
	       "%s: pages of hugetlb that are free", how);
	tap_is(mm_swap_kept(swap_free), 0, "%s: swap that is not free (kB)", how);
}

static void mixture_start(struct child *child)
{
	char path[256], line[32];
	const char *argv[] = { path, NULL };

	snprintf(path, sizeof(path), "%s", companion("adopt_mixture"));
	child_start(child, false, argv);
	child_line(child, line, sizeof(line));
	if (strcmp(line, "before"))
		tap_bail("the target said: %s", line);
}

static void kinds_there(void)
{
	tap_ok(counted("anon ") > 0 && counted("shmem ") > 0 &&
	       counted("anon_thp ") > 0 && counted("pagetables ") > 0 &&
	       number_of(MIXTURE_GROUP "/memory.swap.current", "") > 0 &&
	       number_of("/proc/meminfo", "HugePages_Free:") == 2,
	       "it has pages of each kind");
}

/* @how: unmap, exit or kill. */
static void mixed(const char *how)
{
	unsigned long swap_free = meminfo("SwapFree"), frames;
	bool kill_it = !strcmp(how, "kill");
	struct balance balance;
	struct child child;
	long anon;
	int status;
	char line[32];

	balance_take(&balance);
	frames = balance.counters.value[COUNTER_FRAMES_IN_USE];
	anon = anon_pages();
	mixture_start(&child);
	kinds_there();
	tap_is(attach(child.pid), 0, "%s: attached", how);
	frames_check(child.pid, frames, TABLES_KEPT, "attached");
	child_say(&child, "\n");
	child_line(&child, line, sizeof(line));
	tables_check(child.pid);
	frames_check(child.pid, frames, TABLES_KEPT, "mixtures");
	if (!strcmp(how, "unmap"))
		unmap_check(&child, frames);
	if (kill_it)
		kill(child.pid, SIGKILL);
	status = child_end(&child);
	tap_ok(kill_it ? killed_by(status, SIGKILL) : exited_with(status, 0),
	       "%s: it ends (0x%x)", how, (unsigned int)status);
	balance_check(&balance, how);
	pages_check(anon, swap_free, how);
}

int main(void)
{
	mm_swap_begin();
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(MIXTURE_GROUP, 0755) && errno != EEXIST)
		tap_bail(MIXTURE_GROUP ": %s", strerror(errno));
	file_write(NR_HUGE, "4");
	anon_pages();
	mixed("unmap");
	mixed("exit");
	mixed("kill");
	file_write(NR_HUGE, "0");
	rmdir(MIXTURE_GROUP);
	return tap_done();
}
