// SPDX-License-Identifier: BSD-2-Clause
/*
 * badfork: forks of a guarded process that fail, early and late in the copy
 * of its address space. Runs guarded; the parent lives on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define GROUP	"/sys/fs/cgroup/nacc-badfork"
#define NOBODY	65534

static char *data;
static const size_t data_pages = 1000;

static int fork_errno(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0) {
		waitpid(pid, NULL, 0);
		return 0;
	}
	return errno;
}

static void still_well(const char *what)
{
	tap_is((long)pattern_check(data, data_pages, 1), 0,
	       "%s: the parent's data is intact", what);
	pattern_fill(data, data_pages, 1);
	tap_is(fork_errno(), 0, "%s: the next fork works", what);
}

/* Root is above RLIMIT_NPROC, so an ordinary user forks. */
static int rlimit_child(void *unused)
{
	struct rlimit one = { 1, 1 };
	int i;

	(void)unused;
	if (setrlimit(RLIMIT_NPROC, &one) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	for (i = 0; i < 20; i++)
		if (fork_errno() != EAGAIN)
			return 2;
	return pattern_check(data, data_pages, 1) ? 3 : 0;
}

/* Refused before the address space is looked at. */
static void by_rlimit(void)
{
	struct balance before;

	balance_take(&before);
	tap_ok(exited_with(in_child(rlimit_child, NULL), 0),
	       "RLIMIT_NPROC: EAGAIN each time");
	balance_check(&before, "RLIMIT_NPROC");
	still_well("RLIMIT_NPROC");
}

/* Refused after it has been copied whole. */
static void by_pids(void)
{
	struct balance before;
	int i, wrong = 0;

	balance_take(&before);
	if (file_write(GROUP "/pids.max", "1") < 0)
		tap_bail("pids.max: %s", strerror(errno));
	for (i = 0; i < 20; i++)
		wrong += fork_errno() != EAGAIN;
	file_write(GROUP "/pids.max", "max");
	tap_is(wrong, 0, "pids.max, after the copy: EAGAIN each time");
	balance_check(&before, "pids.max");
	still_well("pids.max");
}

/* Refused at one of the later areas, with the ones before it copied. */
static void by_commit_limit(void)
{
	struct balance before;
	char old[32], *big;
	int i, wrong = 0;

	if (file_read("/proc/sys/vm/overcommit_memory", old, sizeof(old)) < 0)
		tap_bail("overcommit_memory: %s", strerror(errno));
	file_write("/proc/sys/vm/overcommit_memory", "1");
	big = mmap(NULL, 8192 * MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (big == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	big[0] = 1;
	balance_take(&before);
	file_write("/proc/sys/vm/overcommit_memory", "2");
	for (i = 0; i < 20; i++)
		wrong += fork_errno() != ENOMEM;
	file_write("/proc/sys/vm/overcommit_memory", old);
	tap_is(wrong, 0, "commit limit, in the midst of the copy: ENOMEM each time");
	balance_check(&before, "commit limit");
	munmap(big, 8192 * MIB);
	still_well("commit limit");
}

static void group_enter(void)
{
	char pid[16];

	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+pids +memory");
	if (mkdir(GROUP, 0700) && errno != EEXIST)
		tap_bail(GROUP ": %s", strerror(errno));
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (file_write(GROUP "/cgroup.procs", pid) < 0)
		tap_bail(GROUP ": %s", strerror(errno));
}

int main(void)
{
	if (!is_guarded())
		tap_bail("this process is not guarded");
	data = mmap(NULL, data_pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pattern_fill(data, data_pages, 1);
	group_enter();
	by_pids();
	by_commit_limit();
	file_write("/sys/fs/cgroup/cgroup.procs", "0");
	rmdir(GROUP);
	by_rlimit();
	return tap_done();
}
