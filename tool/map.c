// SPDX-License-Identifier: BSD-2-Clause
/* `nacc map`: the tables of one process, by level and by range. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

/* Columns of the picture in a terminal. */
#define CELLS	32

static const char map_help[] =
	"Usage: nacc map [-j | -s FILE] PID\n"
	"Show the page tables of a guarded process, level by level, and below each\n"
	"level the ranges of addresses that its tables cover without a gap.\n"
	"\n"
	"NEW entries are those written since exec, since the fork or since the process\n"
	"was attached. Each sign of the picture stands for one table, or for several:\n"
	"  #  with old entries only    +  with new ones only\n"
	"  *  with both                .  with none\n"
	"\n"
	"  -j, --json      one object\n"
	"  -s, --svg FILE  a drawing; - is the standard output\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "svg", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Bytes that one entry of a level maps, for people. */
static const char *const level_reach[TABLE_LEVELS] = {
	"4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB"
};

static char cell_sign(const struct table *cell)
{
	if (cell->old && cell->new)
		return '*';
	return cell->old ? '#' : cell->new ? '+' : '.';
}

static void picture_print(const struct table *list, size_t n)
{
	size_t i, cells = n < CELLS ? n : CELLS;
	struct table cell;

	for (i = 0; i < cells; i++) {
		tables_cell(list, n, i, cells, &cell);
		putchar(cell_sign(&cell));
	}
}

static void ranges_print(const struct table *list, size_t n)
{
	struct table range;
	size_t i;

	for (i = 0; i < n;) {
		i += tables_range(list + i, n - i, &range);
		printf("       %016" PRIx64 "-%016" PRIx64 " %5lu %7lu %7lu\n",
		       range.start, range.end, range.frames, range.old, range.new);
	}
}

static void map_print(const struct map *map)
{
	struct table *list = map->tables;
	size_t n = map->count, here;
	int level;

	printf("pid %d  %s\n", (int)map->pid, map->command);
	printf("space %lx  %s  %s  root 0x%" PRIx64 "\n", map->proc.space,
	       map->proc.origin, map->proc.state, map->proc.root);
	printf("%5s  %-12s %7s %7s %7s\n", "LEVEL", "ENTRY MAPS", "FRAMES", "OLD",
	       "NEW");
	for (level = (int)map->proc.root_level; level >= 0; level--) {
		const struct level *sum = &map->proc.level[level];

		here = tables_select(list, n, (unsigned int)level);
		printf("%5d  %-12s %7lu %7lu %7lu  ", level, level_reach[level],
		       sum->frames, sum->old, sum->new);
		picture_print(list, here);
		putchar('\n');
		ranges_print(list, here);
		list += here;
		n -= here;
	}
}

static void ranges_json(const struct table *list, size_t n)
{
	struct table range;
	size_t i;

	for (i = 0; i < n;) {
		printf("%s\n    {", i ? "," : "");
		i += tables_range(list + i, n - i, &range);
		printf("\"start\": \"0x%" PRIx64 "\", \"end\": \"0x%" PRIx64
		       "\", \"frames\": %lu, \"old\": %lu, \"new\": %lu}",
		       range.start, range.end, range.frames, range.old, range.new);
	}
}

static void map_object(const struct map *map)
{
	struct table *list = map->tables;
	size_t n = map->count, here;
	int level;

	putchar('{');
	json_space(stdout, map->pid, map->command, &map->proc);
	printf(", \"root\": \"0x%" PRIx64 "\", \"levels\": [", map->proc.root);
	for (level = (int)map->proc.root_level; level >= 0; level--) {
		here = tables_select(list, n, (unsigned int)level);
		printf("\n  {\"level\": %d, ", level);
		json_level(stdout, &map->proc.level[level]);
		fputs(", \"ranges\": [", stdout);
		ranges_json(list, here);
		printf("]}%s", level ? "," : "");
		list += here;
		n -= here;
	}
	puts("\n]}");
}

static int map_svg(const struct map *map, const char *path)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int failed;

	if (!out) {
		fprintf(stderr, "nacc: cannot write %s: %s\n", path, strerror(errno));
		return 1;
	}
	svg_write(out, map);
	if (out == stdout)
		return 0;
	failed = ferror(out);
	if (fclose(out) || failed) {
		fprintf(stderr, "nacc: cannot write %s: %s\n", path, strerror(errno));
		return 1;
	}
	return 0;
}

static int read_failed(pid_t pid, int error)
{
	if (error != -ENOENT)
		fprintf(stderr, "nacc: cannot read /proc/%d/nacc: %s\n", (int)pid,
			strerror(-error));
	else if (counters_read(&(struct counters){ { 0 } }))
		kernel_missing(error);
	else
		fprintf(stderr, "nacc: no process %d\n", (int)pid);
	return 1;
}

static int map_show(pid_t pid, bool json, const char *svg)
{
	struct map map = { .pid = pid };
	int ret = proc_read_tables(pid, &map.proc, &map.tables);

	if (ret < 0)
		return read_failed(pid, ret);
	map.count = (size_t)ret;
	if (!map.proc.guarded) {
		free(map.tables);
		fprintf(json || svg ? stderr : stdout,
			"pid %d is not guarded: its tables lie in ordinary memory\n",
			(int)pid);
		return 1;
	}
	proc_command(pid, map.command, sizeof(map.command));
	ret = 0;
	if (svg)
		ret = map_svg(&map, svg);
	else if (json)
		map_object(&map);
	else
		map_print(&map);
	free(map.tables);
	return ret;
}

int command_map(int argc, char **argv)
{
	const char *svg = NULL;
	bool json = false;
	pid_t pid;
	int opt;

	while ((opt = getopt_long(argc, argv, "js:h", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 's':
			svg = optarg;
			break;
		case 'h':
			fputs(map_help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc || pid_parse(argv[optind], &pid) || (json && svg)) {
		fputs("nacc: map takes one process id, and --json or --svg\n", stderr);
		return 2;
	}
	return map_show(pid, json, svg);
}
