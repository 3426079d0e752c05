/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A workload prepares, marks the begin and the end of what is to be counted,
 * and cleans up. Instructions are those of the whole hart: user, kernel and
 * monitor. Meaningful on one hart under QEMU's -icount only.
 */
#ifndef NACC_BENCH_H
#define NACC_BENCH_H

#include <stddef.h>
#include <sys/types.h>

#define PAGE	4096UL
#define KIB	1024UL
#define MIB	(1024UL * KIB)
/* What one table of the lowest level maps. */
#define TABLE	(2 * MIB)

struct workload {
	const char *name;
	const char *unit;		/* of what one operation is counted */
	/* Does it once; @bytes is the size. Returns the number of operations. */
	unsigned long (*run)(size_t bytes);
	unsigned int samples;
	size_t bytes[8];		/* sizes, up to the first 0; those above */
	unsigned int quick;		/* the first @quick are for long runs */
};

extern const struct workload memory_workloads[];
extern const struct workload process_workloads[];
extern const struct workload attach_workloads[];	/* only if named */

/* In whichever process the counted part begins and ends. */
void mark_begin(void);
void mark_end(void);

/* Say what failed and with which errno, and end. */
void fail(const char *what) __attribute__((noreturn));

/* Anonymous memory of 4 KiB pages; and each page of it written once. */
char *map_anon(size_t bytes);
void touch(char *at, size_t bytes);

/* Fork; the child runs @fn(@bytes) and exits. The parent gets its pid. */
pid_t spawn(void (*fn)(size_t bytes), size_t bytes);
void reap(pid_t pid);

/* A process that has stopped, until it is killed. */
pid_t exec_idle(void);

/* Count @argv from the fork, which @make does, to its end. Returns 1. */
unsigned long exec_run(pid_t (*make)(void), char *const argv[]);

#endif /* NACC_BENCH_H */
