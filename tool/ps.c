// SPDX-License-Identifier: BSD-2-Clause
/* `nacc ps` and `nacc map`: which processes are guarded, and by what. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

static const char ps_help[] =
	"Usage: nacc ps\n"
	"List the guarded processes whose tables you may look at (all, for root).\n"
	"\n"
	"  SPACE    id of the guarded address space; threads and vfork share it\n"
	"  FRAMES   frames of the pool that its tables occupy, the root included\n"
	"  OLD NEW  valid entries by the NEW bit\n";

static const char map_help[] =
	"Usage: nacc map PID\n"
	"Show the page tables of a guarded process, level by level.\n"
	"\n"
	"Each # stands for one frame of the pool, up to 40; NEW entries are those\n"
	"written since exec or since the process was attached.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Bytes that one entry of a level maps, for people. */
static const char *const level_reach[TABLE_LEVELS] = {
	"4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB"
};

static int only_help(int argc, char **argv, const char *help)
{
	int opt = getopt_long(argc, argv, "h", options, NULL);

	if (opt == -1)
		return -1;
	if (opt != 'h')
		return 2;
	fputs(help, stdout);
	return 0;
}

static int pid_filter(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

static int pid_order(const struct dirent **a, const struct dirent **b)
{
	int x = atoi((*a)->d_name), y = atoi((*b)->d_name);

	return (x > y) - (x < y);
}

static void ps_line(pid_t pid)
{
	struct level sum;
	struct proc proc;
	char command[64];

	/* A process that ended meanwhile, or that is not ours, is no error. */
	if (proc_read(pid, &proc) || !proc.guarded)
		return;
	sum = proc_sum(&proc);
	proc_command(pid, command, sizeof(command));
	printf("%7d %10lx %8lu %8lu %8lu  %s%s\n", (int)pid, proc.space,
	       sum.frames, sum.old, sum.new, command,
	       strcmp(proc.state, "broken") ? "" : " (broken)");
}

int command_ps(int argc, char **argv)
{
	struct counters counters;
	struct dirent **entries;
	int i, n, ret;

	ret = only_help(argc, argv, ps_help);
	if (ret >= 0)
		return ret;
	if (optind != argc) {
		fputs("nacc: ps takes no argument\n", stderr);
		return 2;
	}
	ret = counters_read(&counters);
	if (ret) {
		kernel_missing(ret);
		return 1;
	}
	n = scandir("/proc", &entries, pid_filter, pid_order);
	if (n < 0) {
		fprintf(stderr, "nacc: cannot list /proc: %s\n", strerror(errno));
		return 1;
	}
	printf("%7s %10s %8s %8s %8s  %s\n", "PID", "SPACE", "FRAMES", "OLD",
	       "NEW", "COMMAND");
	for (i = 0; i < n; i++) {
		ps_line(atoi(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static void map_print(pid_t pid, const struct proc *proc)
{
	const struct level *level;
	unsigned long i;
	char command[64];
	int n;

	proc_command(pid, command, sizeof(command));
	printf("pid %d  %s\n", (int)pid, command);
	printf("space %lx  %s  %s  root 0x%llx\n", proc->space, proc->origin,
	       proc->state, (unsigned long long)proc->root);
	printf("%5s  %-12s %7s %7s %7s\n", "LEVEL", "ENTRY MAPS", "FRAMES",
	       "OLD", "NEW");
	for (n = (int)proc->root_level; n >= 0; n--) {
		level = &proc->level[n];
		printf("%5d  %-12s %7lu %7lu %7lu  ", n, level_reach[n],
		       level->frames, level->old, level->new);
		for (i = 0; i < level->frames && i < 40; i++)
			putchar('#');
		puts(level->frames > 40 ? "..." : "");
	}
}

int command_map(int argc, char **argv)
{
	unsigned long pid;
	struct proc proc;
	int ret;

	ret = only_help(argc, argv, map_help);
	if (ret >= 0)
		return ret;
	if (optind + 1 != argc || number_parse(argv[optind], &pid)) {
		fputs("nacc: map takes one process id\n", stderr);
		return 2;
	}
	ret = proc_read((pid_t)pid, &proc);
	if (ret == -ENOENT && !counters_read(&(struct counters){ { 0 } })) {
		fprintf(stderr, "nacc: no process %lu\n", pid);
		return 1;
	}
	if (ret == -ENOENT) {
		kernel_missing(ret);
		return 1;
	}
	if (ret) {
		fprintf(stderr, "nacc: cannot read /proc/%lu/nacc: %s\n", pid,
			strerror(-ret));
		return 1;
	}
	if (!proc.guarded) {
		printf("pid %lu is not guarded: its tables lie in ordinary memory\n",
		       pid);
		return 1;
	}
	map_print((pid_t)pid, &proc);
	return 0;
}
