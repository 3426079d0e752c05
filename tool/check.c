// SPDX-License-Identifier: BSD-2-Clause
/*
 * `nacc check`: does the protection hold on this machine, now? Runs the
 * kernel's self-test and compares what firmware tells Linux about A/D bits.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nacc.h"

#define SELF_TEST	"/sys/kernel/debug/nacc/check"
#define CPUS		"/proc/device-tree/cpus"

static const char check_help[] =
	"Usage: nacc check [-j]\n"
	"Prove on the running machine that the kernel cannot write the pool, that\n"
	"hardware A/D updating is off on every hart, and that bad calls are refused.\n"
	"Needs root and debugfs. Exit status 0 only when all of it holds.\n"
	"\n"
	"  -j, --json  one object\n";

struct tally {
	bool json;
	unsigned int ok;
	unsigned int failed;
};

static void report(struct tally *tally, bool ok, const char *text)
{
	if (tally->json) {
		printf("%s\n  {\"ok\": %s, \"text\": ",
		       tally->ok + tally->failed ? "," : "{\"checks\": [",
		       ok ? "true" : "false");
		json_string(stdout, text);
		putchar('}');
	} else {
		printf("%s%s%s - %s\n",
		       colour(stdout, ok ? COLOUR_GOOD : COLOUR_BAD),
		       ok ? "ok" : "not ok", colour(stdout, COLOUR_NONE), text);
	}
	if (ok)
		tally->ok++;
	else
		tally->failed++;
}

/* Whether the hart node @name lists @ext, in either form of the binding. */
static bool hart_has(const char *name, const char *ext)
{
	char path[320], text[4096];
	ssize_t len;

	snprintf(path, sizeof(path), CPUS "/%s/riscv,isa-extensions", name);
	len = file_read(path, text, sizeof(text));
	if (len > 0 && list_has(text, (size_t)len, ext))
		return true;
	snprintf(path, sizeof(path), CPUS "/%s/riscv,isa", name);
	return file_read(path, text, sizeof(text)) > 0 && isa_has(text, ext);
}

static bool harts_without(const char *ext, unsigned int *harts)
{
	struct dirent *entry;
	bool clean = true;
	DIR *dir;

	*harts = 0;
	dir = opendir(CPUS);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "cpu@", 4))
			continue;
		++*harts;
		if (hart_has(entry->d_name, ext))
			clean = false;
	}
	closedir(dir);
	return clean;
}

static bool cpuinfo_without(const char *ext)
{
	char line[2048];
	bool clean = true, seen = false;
	FILE *file;

	file = fopen("/proc/cpuinfo", "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "isa", 3) && strncmp(line, "hart isa", 8))
			continue;
		seen = true;
		if (isa_has(line, ext))
			clean = false;
	}
	fclose(file);
	return clean && seen;
}

static void check_isa(struct tally *tally)
{
	unsigned int harts;
	char text[96];
	bool clean;

	clean = harts_without("svadu", &harts);
	snprintf(text, sizeof(text),
		 "device tree offers Svadu on none of %u harts", harts);
	report(tally, clean && harts, text);
	report(tally, cpuinfo_without("svadu"),
	       "/proc/cpuinfo lists Svadu on no hart");
}

/* A line of the self-test is passed on as it is; anything else is a failure. */
static int check_kernel(struct tally *tally)
{
	unsigned int before = tally->ok + tally->failed;
	char line[512];
	FILE *file;
	int error;

	errno = 0;
	file = fopen(SELF_TEST, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "ok - ", 5))
			report(tally, true, line + 5);
		else if (!strncmp(line, "not ok - ", 9))
			report(tally, false, line + 9);
		else if (line[0] != '#')
			report(tally, false, line);
	}
	error = ferror(file) ? errno : 0;
	fclose(file);
	if (error)
		return -error;
	if (tally->ok + tally->failed == before)
		report(tally, false, "the kernel's self-test said nothing");
	return 0;
}

static void self_test_missing(int error)
{
	struct counters counters;
	int ret = counters_read(&counters);

	if (ret)
		kernel_missing(ret);
	else if (geteuid())
		fputs("nacc: check needs root: the self-test stores to the pool from the kernel\n",
		      stderr);
	else if (error == -ENOENT)
		fputs("nacc: " SELF_TEST " is not there\n"
		      "nacc: run `mount -t debugfs debugfs /sys/kernel/debug` first\n",
		      stderr);
	else
		fprintf(stderr, "nacc: cannot read " SELF_TEST ": %s\n",
			strerror(-error));
}

int command_check(int argc, char **argv)
{
	struct tally tally = { 0 };
	int ret;

	ret = options_parse(argc, argv, check_help, &tally.json);
	if (ret >= 0)
		return ret;
	if (optind != argc) {
		fputs("nacc: check takes no argument\n", stderr);
		return 2;
	}
	ret = check_kernel(&tally);
	if (ret) {
		self_test_missing(ret);
		return 1;
	}
	check_isa(&tally);
	if (tally.json)
		printf("\n], \"passed\": %u, \"failed\": %u}\n", tally.ok,
		       tally.failed);
	else if (tally.failed)
		printf("nacc: %u of %u checks FAILED: do not trust the protection on this machine\n",
		       tally.failed, tally.ok + tally.failed);
	else
		printf("nacc: all %u checks hold\n", tally.ok);
	return tally.failed ? 1 : 0;
}
