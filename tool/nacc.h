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

/*
 * Exit statuses of `nacc run`, as of env(1) and timeout(1). The other commands
 * end with 0, 1 when they fail, or 2 on wrong usage.
 */
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

/* A process whose tables the caller may look at. */
struct guarded {
	pid_t pid;
	char command[64];
	struct proc proc;
};

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_HEAD };

extern const struct counter_info counter_info[COUNTERS];

struct counters {
	unsigned long value[COUNTERS];
};

/* What one look at the machine found, and when by the monotonic clock. */
struct sample {
	double when;
	struct counters counters;
	struct guarded *list;
	size_t n;
};

/* What happened between two samples; known is false before the second one. */
struct rates {
	bool known;
	double traps;		/* for each second */
	double ops;
	double refusals;
	double ops_per_trap;	/* negative: there was no trap */
};

enum sort_key { SORT_FRAMES, SORT_OLD, SORT_NEW, SORT_PID, SORT_KEYS };

/* What `nacc top` shows at one moment. */
struct view {
	const struct sample *sample;
	struct rates rates;
	enum sort_key sort;
	double seconds;		/* from one look to the next */
};

extern const char *const sort_names[SORT_KEYS];

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

/*
 * One table, or several of a level that follow each other: what they cover and
 * what is in them.
 */
struct table {
	unsigned int level;
	uint64_t start;
	uint64_t end;
	unsigned long frames;
	unsigned long old;
	unsigned long new;
};

/*
 * tables_parse - the tables in the text of /proc/PID/nacc, in an array to be
 * freed. proc_read_tables - proc_read(), and these. Both return how many, or
 * -errno.
 */
int tables_parse(const char *text, struct table **list);
int proc_read_tables(pid_t pid, struct proc *proc, struct table **list);

/* tables_select - bring those of @level to the front, in order; how many. */
size_t tables_select(struct table *list, size_t n, unsigned int level);

/*
 * tables_range - sum up the first ones, as long as there is no gap between
 * them. tables_cell - sum up the share of @cell, of @cells. Both return how
 * many it was. table_add - add one that follows.
 */
size_t tables_range(const struct table *list, size_t n, struct table *range);
size_t tables_cell(const struct table *list, size_t n, size_t cell, size_t cells,
		   struct table *sum);
void table_add(struct table *sum, const struct table *table);

/* All that `nacc map` shows of a process. */
struct map {
	pid_t pid;
	char command[64];
	struct proc proc;
	struct table *tables;
	size_t count;
};

/* svg_write - a drawing of it. The order of its tables changes. */
void svg_write(FILE *out, const struct map *map);

/* A process, as far as its place in the tree is concerned. */
struct process {
	pid_t pid;
	pid_t parent;
	bool marked;
};

/* stat_parse - the parent's id from the text of /proc/PID/stat. 0 or -EINVAL. */
int stat_parse(const char *text, pid_t *parent);

/*
 * processes_read - all processes, by ascending id, into an array to be freed.
 * Returns their number or -errno. processes_mark - mark @root and all that
 * descend from it.
 */
int processes_read(struct process **list);
void processes_mark(struct process *list, size_t n, pid_t root);

/* counters_read - all of /sys/kernel/nacc. Returns 0 or -errno. */
int counters_read(struct counters *counters);

/* file_read - a whole small file, NUL-terminated. Returns length or -errno. */
ssize_t file_read(const char *path, char *buf, size_t size);

/*
 * guarded_list - all guarded processes that the caller may look at, by pid.
 * Returns 0, then *list is the caller's to free, or -errno.
 */
int guarded_list(struct guarded **list, size_t *n);

/* guarded_broken - the monitor refused it something; the kernel ends it. */
bool guarded_broken(const struct guarded *guarded);

/* guarded_text, _head, _lines - a table for people, a line or all of it. */
void guarded_text(char *line, size_t size, const struct guarded *guarded);
void guarded_head(FILE *out);
void guarded_lines(FILE *out, const struct guarded *list, size_t n);

/* guarded_json - an array of objects, with @separator before each. */
void guarded_json(FILE *out, const struct guarded *list, size_t n,
		  const char *separator);

/* seconds_now - the monotonic clock. seconds_sleep - for so long. */
double seconds_now(void);
void seconds_sleep(double seconds);

/*
 * sample_take - look at the machine. Returns 0 or -errno with the cause told
 * on stderr. sample_free may be called on one that is all zero.
 */
int sample_take(struct sample *sample);
void sample_free(struct sample *sample);

/* sample_sort - most first; processes that are equal, and all by pid, rise. */
void sample_sort(struct sample *sample, enum sort_key key);

/* sort_parse - the key of that name, or SORT_KEYS. */
enum sort_key sort_parse(const char *name);

/* rates_between - @old may be one that was never taken (all zero). */
struct rates rates_between(const struct sample *old, const struct sample *new);

/*
 * screen_open - take the terminal over; false when its type is not known.
 * screen_draw - show a view. screen_key - wait that long for a key, 0 if there
 * was none. screen_close - give the terminal back.
 */
bool screen_open(void);
void screen_draw(const struct view *view);
int screen_key(double seconds);
void screen_close(void);

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

/* json_counters - an object. */
void json_counters(FILE *out, const struct counters *counters);

/*
 * options_parse - of a command that has --help and, unless @json is NULL,
 * --json. Returns -1 to go on, or the exit status.
 */
int options_parse(int argc, char **argv, const char *help, bool *json);

/*
 * count_parse, interval_parse - the value of an option of @command. Return 0,
 * or 2 with the mistake told on stderr.
 */
int count_parse(const char *command, const char *text, unsigned long *count);
int interval_parse(const char *command, const char *text, double *seconds);

/* colour - what to print to switch; empty unless @out is a terminal. */
const char *colour(FILE *out, enum colour which);

/* kernel_missing - explain on stderr why /sys/kernel/nacc cannot be read. */
void kernel_missing(int error);

int command_run(int argc, char **argv);
int command_attach(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_stat(int argc, char **argv);
int command_settle(int argc, char **argv);
int command_check(int argc, char **argv);
int command_map(int argc, char **argv);
int command_top(int argc, char **argv);
int command_trace(int argc, char **argv);

#endif /* NACC_TOOL_H */
