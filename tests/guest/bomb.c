// SPDX-License-Identifier: BSD-2-Clause
/*
 * A bomb of forks and sparse mappings, guarded, in one memory cgroup: its
 * tables are charged to it like any others, so it runs into its own limit, in
 * whatever way Linux has for that, and a guarded neighbour keeps working. Where
 * there is no limit it takes the whole pool, and gets ENOMEM or is killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
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
#define SIZE		(4096 * MIB)
#define STEP		(2 * MIB)
#define NEIGHBOURS	20
#define POOL_WAIT_MS	60000UL

/*
 * Never ends of itself. With @cling, every other process keeps what it has and
 * asks for the next table until it is there, so that the pool stays at its end.
 */
static _Noreturn void role_bomb(bool cling)
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
		for (i = 0; i < SIZE; i += STEP)
			while (madvise(at + i, PAGE, MADV_POPULATE_WRITE)) {
				if (!cling || getpid() % 2)
					goto out;
				usleep(1000);
			}
out:
		munmap(at, SIZE);
	}
}

static int bomb_child(void *how)
{
	if (file_write(GROUP "/cgroup.procs", "0") < 0 ||
	    prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	execl("/proc/self/exe", "bomb", how, (char *)NULL);
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

static void group_make(const char *limit)
{
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+pids +memory");
	if ((mkdir(GROUP, 0700) && errno != EEXIST) ||
	    file_write(GROUP "/memory.max", limit) < 0 ||
	    file_write(GROUP "/pids.max", "30") < 0)
		tap_bail(GROUP ": %s", strerror(errno));
}

static void bomb_kill(void)
{
	file_write(GROUP "/cgroup.kill", "1");
}

/* All of the group at once, then until it is empty. */
static void bomb_end(void)
{
	bomb_kill();
	while (group_number("cgroup.events", "populated "))
		usleep(1000);
	if (rmdir(GROUP))
		tap_bail("rmdir: %s", strerror(errno));
}

/* A zombie still holds what the OOM killer took from it. */
static void balance_back(const struct balance *before, const char *what)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
	spaces_wait(before);
	balance_check(before, what);
}

static bool hello_answers(struct hello *hello)
{
	char line[32];

	hello_read(hello, line, sizeof(line));
	return !strcmp(line, "apple");
}

static void meets_limit(void)
{
	struct balance before;
	struct hello hello;
	unsigned long hits;
	int i, well = 0;
	pid_t pid;

	group_make(LIMIT);
	balance_take(&before);
	hello_start(&hello, true);
	pid = child_fork(bomb_child, "bomb");
	/* It has to have met its limit before the neighbours count. */
	while (!group_number("memory.events", "\nmax ") && !waitpid(pid, NULL, WNOHANG))
		usleep(1000);
	for (i = 0; i < NEIGHBOURS; i++)
		well += exited_with(in_child(hello_run, "guarded"), 0);
	hits = group_number("memory.events", "\nmax ");
	tap_ok(hits > 0, "the bomb meets its limit (%lu times)", hits);
	tap_is(well, NEIGHBOURS, "meanwhile guarded programs start and end");
	tap_ok(hello_answers(&hello) && exited_with(child_end(&hello.child), 0),
	       "and one that ran before goes on");
	bomb_end();
	balance_back(&before, "after the bomb");
}

/* Until nearly all frames are in use and somebody was refused one. */
static bool pool_ends(void)
{
	unsigned long end = now_ms() + POOL_WAIT_MS;
	struct counters now;

	do {
		if (counters_read(&now))
			tap_bail("/sys/kernel/nacc cannot be read");
		if (now.value[COUNTER_FRAMES_IN_USE] >=
		    now.value[COUNTER_FRAMES_TOTAL] / 100 * 95 &&
		    log_has("nacc: the pool is", "exhausted"))
			return true;
		usleep(1000);
	} while (now_ms() < end);
	tap_note("%lu of %lu frames in use", now.value[COUNTER_FRAMES_IN_USE],
		 now.value[COUNTER_FRAMES_TOTAL]);
	return false;
}

static void meets_pool(void)
{
	int i, answers = 0, well = 0;
	struct balance before;
	struct hello hello;

	klogctl(5, NULL, 0);	/* what the log said before */
	group_make("max");
	balance_take(&before);
	hello_start(&hello, true);
	child_fork(bomb_child, "cling");
	for (i = 0; i < NEIGHBOURS && pool_ends(); i++) {
		answers += hello_answers(&hello);
		well += exited_with(in_child(hello_run, NULL), 0);
	}
	tap_is(i, NEIGHBOURS, "without a limit the bomb takes the pool");
	tap_is(answers, i, "a guarded neighbour that has its pages goes on");
	tap_is(well, i, "plain programs start and end");
	tap_is((long)group_number("memory.events", "\nmax "), 0, "no limit was met");
	bomb_end();
	tap_ok(exited_with(in_child(hello_run, "guarded"), 0),
	       "with the bomb gone guarded programs start");
	tap_ok(hello_answers(&hello) && exited_with(child_end(&hello.child), 0),
	       "and the neighbour goes on to its end");
	balance_back(&before, "after the pool's end");
}

int main(int argc, char **argv)
{
	if (argc == 2 && is_guarded())
		role_bomb(!strcmp(argv[1], "cling"));
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	atexit(bomb_kill);	/* also when a test fails: the pool is everybody's */
	meets_limit();
	if (all_guarded())
		tap_skip("a bomb without a limit", "nacc=all: it would take from the test");
	else
		meets_pool();
	return tap_done();
}
