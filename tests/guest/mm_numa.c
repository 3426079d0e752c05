// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two memory nodes: pages are bound, moved and migrated between them, and
 * NUMA balancing takes entries away to see who uses the pages.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#include "mm.h"

#define PAGES	2048UL
#define WAIT_MS	30000

static size_t on_node(char *at, int node)
{
	static void *pages[PAGES];
	static int where[PAGES];
	size_t i, count = 0;

	for (i = 0; i < PAGES; i++)
		pages[i] = at + i * PAGE;
	if (syscall(SYS_move_pages, 0, PAGES, pages, NULL, where, 0))
		tap_bail("move_pages: %s", strerror(errno));
	for (i = 0; i < PAGES; i++)
		count += where[i] == node;
	return count;
}

/*
 * A page that compaction has in its hands at the moment cannot be moved. Then both of
 * these ask again.
 */
static long move_all(char *at, int node)
{
	static void *pages[PAGES];
	static int want[PAGES], got[PAGES];
	unsigned long end = now_ms() + WAIT_MS;
	size_t i, busy;
	long left;

	for (i = 0; i < PAGES; i++) {
		pages[i] = at + i * PAGE;
		want[i] = node;
	}
	do {
		left = syscall(SYS_move_pages, 0, PAGES, pages, want, got, MPOL_MF_MOVE);
		for (i = busy = 0; i < PAGES; i++)
			busy += got[i] == -EBUSY;
	} while (!left && busy && now_ms() < end && !usleep(10000));
	return left;
}

/* The pages of this process that did not leave node 1. */
static long migrate_all(void)
{
	unsigned long zero = 1, one = 2, end = now_ms() + WAIT_MS;
	long left;

	do
		left = syscall(SYS_migrate_pages, 0, 64, &one, &zero);
	while (left > 0 && now_ms() < end && !usleep(10000));
	return left;
}

static void moved_by_hand(void)
{
	unsigned long zero = 1;
	char *at = mm_anon(PAGES * PAGE);

	tap_is(syscall(SYS_mbind, at, PAGES * PAGE, MPOL_BIND, &zero, 64, 0), 0,
	       "bound to node 0");
	pattern_fill(at, PAGES, 1);
	tap_is((long)on_node(at, 0), (long)PAGES, "all pages are there");
	tap_is(move_all(at, 1), 0, "moved");
	tap_is((long)on_node(at, 1), (long)PAGES, "to node 1, all");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "with their data");
	tap_is(migrate_all(), 0, "the whole process migrates");
	tap_is((long)on_node(at, 0), (long)PAGES, "back to node 0");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "data intact");
	pattern_fill(at, PAGES, 2);
	tap_is((long)pattern_check(at, PAGES, 2), 0, "and writable");
	munmap(at, PAGES * PAGE);
}

static unsigned long vmstat(const char *key)
{
	unsigned long value, found = 0;
	char line[128], name[64];
	FILE *file = fopen("/proc/vmstat", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lu", name, &value) == 2 &&
		    !strcmp(name, key))
			found = value;
	if (file)
		fclose(file);
	return found;
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("sched_setaffinity: %s", strerror(errno));
}

/* Memory of node 0, used on a hart of node 1, is brought there. */
static void balanced(void)
{
	unsigned long hints = vmstat("numa_hint_faults"), end = now_ms() + WAIT_MS;
	char *at = mm_anon(PAGES * PAGE);
	size_t wrong = 0, moved = 0;

	stay_on(0);
	pattern_fill(at, PAGES, 3);
	tap_is((long)on_node(at, 0), (long)PAGES, "first touched on node 0");
	stay_on(1);
	while (now_ms() < end && moved < PAGES / 2) {
		wrong += pattern_check(at, PAGES, 3);
		moved = on_node(at, 1);
	}
	tap_ok(vmstat("numa_hint_faults") > hints, "balancing takes entries away");
	tap_ok(moved >= PAGES / 2, "and moves the pages (%zu of %lu)", moved, PAGES);
	tap_is((long)wrong, 0, "no look at them saw other data");
	munmap(at, PAGES * PAGE);
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	moved_by_hand();
	balanced();
	return tap_done();
}
