// SPDX-License-Identifier: BSD-2-Clause
/*
 * A bomb of forks and sparse mappings, guarded, in one memory cgroup: its
 * tables are charged to it like any others, so it runs into its own limit, in
 * whatever way Linux has for that, and a guarded neighbour keeps working.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define GROUP		"/sys/fs/cgroup/nacc-bomb"
/* Half of the smallest pool, in frames: the limit is met before the pool's end. */
#define LIMIT		"8M"
#define MIB		(1024UL * 1024)
#define SIZE		(4096 * MIB)
#define STEP		(2 * MIB)
#define NEIGHBOURS	20

/* Never ends of itself. */
static _Noreturn void role_bomb(void)
{
	char *at;
	size_t i;

	for (;;) {
		if (fork() < 0)
			usleep(1000);
		at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (at == MAP_FAILED)
			continue;
		for (i = 0; i < SIZE && !madvise(at + i, PAGE, MADV_POPULATE_WRITE);)
			i += STEP;
		munmap(at, SIZE);
	}
}

static int bomb_child(void *unused)
{
	(void)unused;
	if (file_write(GROUP "/cgroup.procs", "0") < 0 ||
	    prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	execl("/proc/self/exe", "bomb", "bomb", (char *)NULL);
	return EXIT_CANNOT_EXEC;
}

static int hello_child(void *unused)
{
	(void)unused;
	if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0) ||
	    !freopen("/dev/null", "w", stdout))
		return EXIT_NOT_GUARDED;
	execl(companion("hello"), "hello", (char *)NULL);
	return EXIT_CANNOT_EXEC;
}

static unsigned long group_number(const char *name, const char *key)
{
	char path[80], text[1024], *at;

	snprintf(path, sizeof(path), GROUP "/%s", name);
	if (file_read(path, text, sizeof(text)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	at = strstr(text, key);
	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static void group_make(void)
{
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+pids +memory");
	if ((mkdir(GROUP, 0700) && errno != EEXIST) ||
	    file_write(GROUP "/memory.max", LIMIT) < 0 ||
	    file_write(GROUP "/pids.max", "30") < 0)
		tap_bail(GROUP ": %s", strerror(errno));
}

/* All of the group at once, then until it is empty. */
static void group_end(void)
{
	file_write(GROUP "/cgroup.kill", "1");
	while (group_number("cgroup.events", "populated "))
		usleep(1000);
	if (rmdir(GROUP))
		tap_bail("rmdir: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct balance before;
	struct hello hello;
	unsigned long hits;
	char line[32];
	int i, well = 0;
	pid_t pid;

	if (argc == 2 && !strcmp(argv[1], "bomb") && is_guarded())
		role_bomb();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	group_make();
	balance_take(&before);
	hello_start(&hello, true);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(bomb_child(NULL));
	/* It has to have met its limit before the neighbours count. */
	while (!group_number("memory.events", "\nmax ") && !waitpid(pid, NULL, WNOHANG))
		usleep(1000);
	for (i = 0; i < NEIGHBOURS; i++)
		well += exited_with(in_child(hello_child, NULL), 0);
	hits = group_number("memory.events", "\nmax ");
	tap_ok(hits > 0, "the bomb meets its limit (%lu times)", hits);
	tap_is(well, NEIGHBOURS, "meanwhile guarded programs start and end");
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "and one that ran before goes on");
	group_end();
	/* A zombie still holds what the OOM killer took from it. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	spaces_wait(&before);
	balance_check(&before, "after the bomb");
	return tap_done();
}
