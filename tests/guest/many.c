// SPDX-License-Identifier: BSD-2-Clause
/*
 * many HELLOS PIPELINES TREES: that many guarded programs, shell pipelines
 * and fork+exec trees. Afterwards frames and spaces are back exactly, and the
 * kernel's own memory within the tolerances below.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define TREE_DEPTH	"2"
#define TREE_LEAVES	4

/* What caches of a kernel at rest may keep, in kB. */
static const struct {
	const char *key;
	long tolerance;
	int sign;
} kept[] = {
	{ "Slab", 1024, 1 },
	{ "PageTables", 64, 1 },
	{ "MemFree", 4096, -1 },
};

struct memory {
	long kb[ARRAY_SIZE(kept)];
};

/* Free pages that wait in the CPUs' lists, which MemFree leaves out, in kB. */
static long listed_free(void)
{
	FILE *zones = fopen("/proc/zoneinfo", "r");
	char line[256];
	long pages = 0, n;

	if (!zones)
		tap_bail("/proc/zoneinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), zones))
		if (sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	fclose(zones);
	return pages * 4;
}

static void memory_take(struct memory *memory)
{
	size_t i;

	sync();
	file_write("/proc/sys/vm/drop_caches", "3");
	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		memory->kb[i] = (long)meminfo(kept[i].key);
		if (kept[i].sign < 0)
			memory->kb[i] += listed_free();
	}
}

/* RCU and per-CPU lists give back late: look again for a while. */
static void memory_check(const struct memory *before)
{
	unsigned long end = now_ms() + 3000;
	struct memory after;
	bool within;
	size_t i;

	do {
		memory_take(&after);
		within = true;
		for (i = 0; i < ARRAY_SIZE(kept); i++)
			if ((after.kb[i] - before->kb[i]) * kept[i].sign >
			    kept[i].tolerance)
				within = false;
	} while (!within && now_ms() < end);
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		tap_ok((after.kb[i] - before->kb[i]) * kept[i].sign <=
		       kept[i].tolerance, "%s: %ld kB before, %ld kB after, tolerance %ld kB",
		       kept[i].key, before->kb[i], after.kb[i],
		       kept[i].tolerance);
}

/* @argv guarded, with its output into @out. */
static pid_t start(const char *const *argv, int out)
{
	pid_t pid = fork();

	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		dup2(out, STDOUT_FILENO);
		if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
			_exit(EXIT_NOT_GUARDED);
		execvp(argv[0], (char *const *)argv);
		_exit(EXIT_NOT_FOUND);
	}
	return pid;
}

/* A file for the output, so that nobody has to read while they run. */
static int output(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		tap_bail("/tmp: %s", strerror(errno));
	return fd;
}

static long lines(int fd, const char *want)
{
	char line[64];
	long n = 0;
	FILE *file;

	lseek(fd, 0, SEEK_SET);
	file = fdopen(fd, "r");
	while (fgets(line, sizeof(line), file))
		n += !strcmp(line, want);
	fclose(file);
	return n;
}

static long hellos(int count)
{
	char path[256];
	const char *argv[] = { path, NULL };
	int i, status, good = 0, out = output();
	long said;

	snprintf(path, sizeof(path), "%s", companion("hello"));
	for (i = 0; i < count; i++) {
		pid_t pid = start(argv, out);

		good += waitpid(pid, &status, 0) == pid && exited_with(status, 0);
	}
	said = lines(out, "hello\n");
	return said == good ? said : -1;
}

static long pipelines(int count)
{
	static const char script[] =
		"i=0; while [ $i -lt $1 ]; do"
		" echo through the pipe | tr a-z A-Z | sed s/PIPE/END/;"
		" i=$((i + 1)); done";
	char number[16];
	const char *argv[] = { "sh", "-c", script, "sh", number, NULL };
	int status, out = output();
	pid_t pid;

	snprintf(number, sizeof(number), "%d", count);
	pid = start(argv, out);
	if (waitpid(pid, &status, 0) != pid || !exited_with(status, 0))
		return -1;
	return lines(out, "THROUGH THE END\n");
}

static long trees(int count)
{
	char path[256];
	const char *argv[] = { path, TREE_DEPTH, NULL };
	int i, status, out = output();
	long good = 0;

	snprintf(path, sizeof(path), "%s", companion("tree"));
	for (i = 0; i < count; i++) {
		pid_t pid = start(argv, out);

		good += waitpid(pid, &status, 0) == pid &&
			exited_with(status, TREE_LEAVES);
	}
	close(out);
	return good;
}

int main(int argc, char **argv)
{
	struct balance balance;
	struct memory memory;
	int count[3], i;

	if (argc != 4)
		tap_bail("usage: many HELLOS PIPELINES TREES");
	for (i = 0; i < 3; i++)
		count[i] = atoi(argv[i + 1]);
	/* The first ones fill caches that stay. */
	tap_ok(hellos(20) == 20 && pipelines(10) == 10 && trees(10) == 10,
	       "a few of each");
	balance_take(&balance);
	memory_take(&memory);
	tap_is(hellos(count[0]), count[0], "%d guarded hellos", count[0]);
	tap_is(pipelines(count[1]), count[1], "%d guarded pipelines", count[1]);
	tap_is(trees(count[2]), count[2], "%d guarded fork+exec trees", count[2]);
	balance_check(&balance, "after all of these");
	memory_check(&memory);
	return tap_done();
}
