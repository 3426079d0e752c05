/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the `nacc` command share. */
#ifndef NACC_TOOL_H
#define NACC_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define NACC_TOOL_VERSION	"1.0"

/* Levels of a page table: 0 holds 4 KiB leaves, 4 is the root of Sv57. */
#define TABLE_LEVELS		5

/* Exit statuses of `nacc run`, as of env(1) and timeout(1). */
enum {
	EXIT_NOT_GUARDED	= 125,	/* CMD was not run */
	EXIT_CANNOT_EXEC	= 126,
	EXIT_NOT_FOUND		= 127,
};

/* One line `levelN: frames F old O new N`. */
struct level {
	bool present;
	unsigned long frames;
	unsigned long old;
	unsigned long new;
};

/* What /proc/PID/nacc says. All but guarded is zero when it is false. */
struct proc {
	bool guarded;
	unsigned long space;
	char origin[16];
	char state[16];
	uint64_t root;
	unsigned int root_level;
	struct level level[TABLE_LEVELS];
};

/* The numbers in /sys/kernel/nacc, in the order in which they are shown. */
enum counter {
	COUNTER_FRAMES_TOTAL,
	COUNTER_FRAMES_IN_USE,
	COUNTER_FRAMES_QUARANTINED,
	COUNTER_SPACES,
	COUNTER_TRAPS,
	COUNTER_OPS,
	COUNTER_REFUSALS,
	COUNTERS
};

struct counter_info {
	const char *name;
	bool grows;		/* a rate makes sense */
	const char *text;
};

extern const struct counter_info counter_info[COUNTERS];

struct counters {
	unsigned long value[COUNTERS];
};

/*
 * proc_parse - read the text of /proc/PID/nacc.
 * Keys that this program does not know are skipped: a newer kernel may say
 * more. Returns 0, or -EINVAL when a line is malformed or a key is missing.
 */
int proc_parse(const char *text, struct proc *proc);

/* proc_sum - all levels together. */
struct level proc_sum(const struct proc *proc);

/* proc_read - read and parse /proc/PID/nacc. Returns 0 or -errno. */
int proc_read(pid_t pid, struct proc *proc);

/* proc_command - command line of a process, or [comm], printable, cut to fit. */
void proc_command(pid_t pid, char *buf, size_t size);

/*
 * number_parse - one decimal number and nothing but space behind it.
 * Returns 0, -EINVAL, or -ERANGE. pid_parse - the same for a process id.
 */
int number_parse(const char *text, unsigned long *value);
int pid_parse(const char *text, pid_t *pid);

/* counters_read - all of /sys/kernel/nacc. Returns 0 or -errno. */
int counters_read(struct counters *counters);

/* file_read - a whole small file, NUL-terminated. Returns length or -errno. */
ssize_t file_read(const char *path, char *buf, size_t size);

/* list_has - whether a list of NUL-terminated strings holds @word. */
bool list_has(const char *list, size_t size, const char *word);

/* isa_has - whether an ISA string such as "rv64imac_zicsr" names @ext. */
bool isa_has(const char *isa, const char *ext);

/* json_string - @text as a JSON string, quotes included. */
void json_string(FILE *out, const char *text);

/* json_level - `"frames": F, "old": O, "new": N`. */
void json_level(FILE *out, const struct level *level);

/* json_space - members of an object that say whose space @proc is. */
void json_space(FILE *out, pid_t pid, const char *command,
		const struct proc *proc);

/* json_counters - an object on a line of its own. */
void json_counters(FILE *out, const struct counters *counters);

/* kernel_missing - explain on stderr why /sys/kernel/nacc cannot be read. */
void kernel_missing(int error);

int command_run(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_settle(int argc, char **argv);
int command_check(int argc, char **argv);
int command_map(int argc, char **argv);

#endif /* NACC_TOOL_H */
