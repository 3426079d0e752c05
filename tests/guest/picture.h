/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux has counted of a process, at one moment: for tests that adopt it
 * and want to find the same afterwards.
 */
#ifndef NACC_PICTURE_H
#define NACC_PICTURE_H

#include "mm.h"

#define PICTURE_PAGES	65536UL

struct picture {
	char smaps[1 << 17];
	char status[4096];
	char statm[256];
	long group_tables;		/* bytes; 0 without a cgroup */
	long machine_tables;		/* pages */
	size_t pages;
	uint64_t pagemap[PICTURE_PAGES];
	uint64_t mapcount[PICTURE_PAGES];
	uint64_t flags[PICTURE_PAGES];
};

/*
 * picture_take - of process @pid; @group is the directory of its cgroup, or
 * NULL. picture_compare - one result of the test for each kind of number; an
 * @what before each text. They are big: not for the stack.
 */
void picture_take(pid_t pid, const char *group, struct picture *picture);
void picture_compare(const struct picture *was, const struct picture *is,
		     const char *what);

/* @key of memory.stat of the cgroup at @group, exact. */
long group_stat(const char *group, const char *key);

/* /proc/PID/nacc says what the module counts, table for table and entry for entry. */
void tables_compare(pid_t pid, const char *what);

#endif /* NACC_PICTURE_H */
