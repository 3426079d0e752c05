/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest's test programs share: TAP on stdout, children that wait for
 * a line, the kernel's numbers, and the hostile module.
 */
#ifndef NACC_GUEST_H
#define NACC_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../tool/nacc.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE		4096UL
#define MIB		(1024 * 1024UL)
#define GIB		(1024 * MIB)

/* Of Linux 6.1, later than some libc headers. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* TAP. tap_ok returns @cond, so that a test can stop where the next makes no sense. */
bool tap_ok(bool cond, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Integers, both shown when they differ. */
bool tap_is(long got, long want, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void tap_skip(const char *what, const char *why);
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The set-up failed: nothing that follows could be observed. Does not return. */
void tap_bail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* The plan, and the exit status of the program. */
int tap_done(void);

/* NACC_STATUS_* bits of this task; 0 on a kernel that does not know them. */
int status_bits(void);
bool is_guarded(void);
bool has_monitor(void);
/* With nacc=all nothing is plain, so there is no control. */
bool all_guarded(void);

/* Guard a process, or this one, as it is now. 0, or the errno. */
int attach(pid_t pid);
int guard_now(void);

/* Directory of this program, where its companions lie: "DIR/@name". */
const char *companion(const char *name);

/*
 * A child with pipes on its stdin and stdout. guard: it asks for a guarded
 * exec first; a refusal is exit status 125.
 */
struct child {
	pid_t pid;
	int in;			/* we write */
	int out;		/* we read */
};

void child_start(struct child *child, bool guard, const char *const *argv);
/* One line of its output without the newline; dies when there is none in 60 s. */
void child_line(struct child *child, char *buf, size_t size);
void child_say(struct child *child, const char *text);
/* Close its stdin, reap it, return the wait status. */
int child_end(struct child *child);

/* `hello --wait`: also reads the addresses that it prints. */
struct hello {
	struct child child;
	unsigned long page;	/* its page, which says "apple" */
	unsigned long other;	/* another one, which says "secret" */
	unsigned long stack;
	unsigned long text;
};

void hello_start(struct hello *hello, bool guard);
/* What its page says now. */
void hello_read(struct hello *hello, char *buf, size_t size);
/* For in_child(): becomes `hello`, unheard; guarded if @guard is not NULL. */
int hello_run(void *guard);

/* A child that runs @fn: its result is the exit status. Does not return without one. */
pid_t child_fork(int (*fn)(void *arg), void *arg);
/* Wait status of fork + @fn in the child (its result is the exit status). */
int in_child(int (*fn)(void *arg), void *arg);
bool exited_with(int status, int code);
bool killed_by(int status, int sig);

bool settle(void);

/*
 * Are frames in use, those in quarantine, and spaces what they were? Unless @what is
 * NULL, a note begins with it for each that is not.
 */
bool counters_back(const struct counters *was, const struct counters *is, const char *what);

/* Settle, then remember. */
struct balance {
	struct counters counters;
};

void balance_take(struct balance *balance);
/* Later: settle, and look at counters_back() and refusals. A result of the test. */
bool balance_check(const struct balance *before, const char *what);
/* The same after run @n of @what that may be refused something; no result of the test. */
bool balance_same(const struct balance *before, const char *what, long n);

/* QEMU's: a device that every machine has. */
#define UART		0x10000000UL

/*
 * Maps physical memory at @pa through a driver that asks no questions (nacc_map).
 * MAP_FAILED: there is no such driver, or it failed.
 */
void *device_map(unsigned long pa, size_t size, int prot);

/* What the hostile module saw, from the root down. */
struct poke_level {
	int level;
	uint64_t table;
	uint64_t slot;		/* of the entry, physical */
	uint64_t entry;
	bool in_pool;
	char result[24];
};

struct poke {
	int levels;
	struct poke_level level[TABLE_LEVELS];
	uint64_t pool_base;
	uint64_t pool_size;
};

/* @kind as in nacc_poke.c. Returns 0 or -errno. */
int poke(pid_t pid, unsigned long va, const char *kind, uint64_t value,
	 struct poke *poke);

/* All tables of a process, counted by the module. */
struct poke_tables {
	struct {
		unsigned long tables;
		unsigned long in_pool;
		unsigned long entries;
	} level[TABLE_LEVELS];
};

int poke_tables(pid_t pid, struct poke_tables *tables);

/*
 * One of the modules that are not loaded from the start, such as "nacc_hotplug".
 * 0, or -errno.
 */
int module_load(const char *name);
int module_unload(const char *name);

/* Levels of the paging mode that this machine runs in: 3, 4 or 5; 0 unknown. */
int paging_levels(void);

/* A file of one line, or -errno. */
ssize_t file_write(const char *path, const char *text);

/* @key's number in a file of `KEY NUMBER` lines; an empty @key: the first number. */
long number_of(const char *path, const char *key);
void number_write(const char *path, long number);

/* Anonymous pages of the machine, exact. */
long anon_pages(void);

/*
 * The state of thread @tid, as /proc/PID/stat has it; 0: there is none. Not for
 * one that may exit just now.
 */
char task_state(pid_t tid);

/* Value of `KEY: N kB` in /proc/meminfo, in kB. */
unsigned long meminfo(const char *key);

/*
 * spaces_wait - until no more spaces are in use than before, at most 60 s.
 * Threads of the kernel hold a dead mm, and so its root, for a while: the OOM
 * reaper comes two seconds after the kill, and ksmd lets go when its scan has
 * come round.
 */
void spaces_wait(const struct balance *before);

/* Does a line of the kernel's log hold both? */
bool log_has(const char *a, const char *b);

/* Monotonic time in milliseconds. */
unsigned long now_ms(void);

/*
 * Pages filled with a pattern that names seed and position, and a check that
 * they still hold it. pattern_check returns the number of wrong pages.
 */
void pattern_fill(void *at, size_t pages, unsigned int seed);
size_t pattern_check(const void *at, size_t pages, unsigned int seed);

#endif /* NACC_GUEST_H */
