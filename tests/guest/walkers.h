/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One walker of an address space, or of the pages in it, arrives while an
 * adoption of it stands still: for adopt_walkers and adopt_reclaim.
 */
#ifndef NACC_WALKERS_H
#define NACC_WALKERS_H

#include "hold.h"

/* The cgroup of the action `loose`. */
#define TARGET_GROUP	"/sys/fs/cgroup/adopt_target"

struct target {
	struct child child;
	pid_t tid;		/* of its walker */
	pid_t sibling;
	unsigned long at, size;
};

/* One kind of walker. */
struct kind {
	const char *name;
	const char *action;	/* of the target */
	/* Where it waits, as /proc/TID/stack says; NULL: it does not wait. */
	const char *where;
	/* Runs in a process of its own; NULL: the target's thread walks. */
	int (*walk)(const struct target *target);
	/* Who walks, started by @walk: a thread of the kernel, or the relative. */
	const char *kthread;
	bool relative;
	/* Before the adoption, and after it: 0 if the walker has used the frames. */
	void (*before)(const struct target *target);
	int (*after)(const struct target *target);
};

/* The target runs, and waits for what it is told. */
void target_start(struct target *target, const char *action);

/* What @walker returned, or the target's thread when it is 0. */
int walker_result(struct target *target, pid_t walker);

/* The whole test of one kind. */
void walker_try(const struct kind *kind);

#endif /* NACC_WALKERS_H */
