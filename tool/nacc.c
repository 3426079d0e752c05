// SPDX-License-Identifier: BSD-2-Clause
/* The `nacc` command: finds the subcommand and runs it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "nacc.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *text;
};

static const struct command commands[] = {
	{ "run", command_run, "run a command with guarded page tables" },
	{ "attach", command_attach, "guard a process that runs" },
	{ "ps", command_ps, "list guarded processes" },
	{ "map", command_map, "show a process's tables by level and range" },
	{ "stat", command_stat, "show the monitor's counters" },
	{ "top", command_top, "show both, live" },
	{ "trace", command_trace, "show the calls of the monitor that a process causes" },
	{ "settle", command_settle, "make the counters exact" },
	{ "check", command_check, "prove the protection on this machine" },
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static void usage(FILE *out)
{
	size_t i;

	fputs("Usage: nacc COMMAND [OPTION]... [ARGUMENT]...\n"
	      "Guard the page tables of processes against the kernel's own bugs.\n\n",
	      out);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-7s %s\n", commands[i].name, commands[i].text);
	fputs("\n`nacc COMMAND --help` and nacc(1) say more.\n", out);
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int version(void)
{
	char kernel[64];

	puts("nacc " NACC_TOOL_VERSION);
	if (file_read("/sys/kernel/nacc/version", kernel, sizeof(kernel)) > 0)
		printf("monitor ABI %s", kernel);
	return 0;
}

/* A reader that got only half of it must not take that for the whole. */
static int output_done(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	perror("nacc: cannot write the output");
	return status ? status : 1;
}

int main(int argc, char **argv)
{
	const struct command *command;
	int opt, at;

	while ((opt = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			return version();
		default:
			fputs("nacc: see `nacc --help`\n", stderr);
			return 2;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	command = command_find(argv[optind]);
	if (!command) {
		fprintf(stderr, "nacc: no command `%s`; see `nacc --help`\n",
			argv[optind]);
		return 2;
	}
	/* 0 starts a new scan of the subcommand's arguments (glibc and musl). */
	at = optind;
	argv[at] = argv[0];
	optind = 0;
	return output_done(command->run(argc - at, argv + at));
}
