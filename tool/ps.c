// SPDX-License-Identifier: BSD-2-Clause
/* `nacc ps` and `nacc map`: which processes are guarded, and by what. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

static const char ps_help[] =
	"Usage: nacc ps [-j]\n"
	"List the guarded processes whose tables you may look at (all, for root).\n"
	"\n"
	"  SPACE    id of the guarded address space; threads and vfork share it\n"
	"  FRAMES   frames of the pool that its tables occupy, the root included\n"
	"  OLD NEW  valid entries by the NEW bit\n"
	"\n"
	"  -j, --json  an array of objects\n";

static const char map_help[] =
	"Usage: nacc map [-j] PID\n"
	"Show the page tables of a guarded process, level by level.\n"
	"\n"
	"Each # stands for one frame of the pool, up to 40; NEW entries are those\n"
	"written since exec or since the process was attached.\n"
	"\n"
	"  -j, --json  one object\n";

/* Bytes that one entry of a level maps, for people. */
static const char *const level_reach[TABLE_LEVELS] = {
	"4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB"
};

int command_ps(int argc, char **argv)
{
	struct counters counters;
	struct guarded *list;
	bool json;
	size_t n;
	int ret;

	ret = options_parse(argc, argv, ps_help, &json);
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
	ret = guarded_list(&list, &n);
	if (ret) {
		fprintf(stderr, "nacc: cannot list /proc: %s\n", strerror(-ret));
		return 1;
	}
	if (json) {
		guarded_json(stdout, list, n, "\n  ");
		putchar('\n');
	} else {
		guarded_lines(stdout, list, n);
	}
	free(list);
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

static void map_object(pid_t pid, const struct proc *proc)
{
	char command[64];
	int n;

	proc_command(pid, command, sizeof(command));
	putchar('{');
	json_space(stdout, pid, command, proc);
	printf(", \"root\": \"0x%llx\", \"levels\": [",
	       (unsigned long long)proc->root);
	for (n = (int)proc->root_level; n >= 0; n--) {
		printf("\n  {\"level\": %d, ", n);
		json_level(stdout, &proc->level[n]);
		putchar('}');
		if (n)
			putchar(',');
	}
	puts("\n]}");
}

int command_map(int argc, char **argv)
{
	struct proc proc;
	bool json;
	pid_t pid;
	int ret;

	ret = options_parse(argc, argv, map_help, &json);
	if (ret >= 0)
		return ret;
	if (optind + 1 != argc || pid_parse(argv[optind], &pid)) {
		fputs("nacc: map takes one process id\n", stderr);
		return 2;
	}
	ret = proc_read(pid, &proc);
	if (ret == -ENOENT && !counters_read(&(struct counters){ { 0 } })) {
		fprintf(stderr, "nacc: no process %d\n", (int)pid);
		return 1;
	}
	if (ret == -ENOENT) {
		kernel_missing(ret);
		return 1;
	}
	if (ret) {
		fprintf(stderr, "nacc: cannot read /proc/%d/nacc: %s\n", (int)pid,
			strerror(-ret));
		return 1;
	}
	if (!proc.guarded) {
		fprintf(json ? stderr : stdout,
			"pid %d is not guarded: its tables lie in ordinary memory\n",
			(int)pid);
		return 1;
	}
	if (json)
		map_object(pid, &proc);
	else
		map_print(pid, &proc);
	return 0;
}
