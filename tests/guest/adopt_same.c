// SPDX-License-Identifier: BSD-2-Clause
/*
 * What Linux has counted of a process is the same after its adoption as before:
 * pagemap, smaps, statm, status, mapcounts, flags of its pages, its cgroup's
 * page tables, and the machine's. And when it has ended, nothing of it is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "picture.h"

#define GROUP	"/sys/fs/cgroup/adopt_same"
#define HUGE	(2 * MIB)

static struct picture before, after;

/* The role: some of everything, then it waits. */
static int role_mixed(void)
{
	char *at = mm_anon(32 * MIB), *huge, *shared;
	FILE *tmp = tmpfile();
	char line[8];
	pid_t pid;

	madvise(at, 32 * MIB, MADV_NOHUGEPAGE);
	pattern_fill(at, 4096, 1);
	mm_swap_out(at, 512);
	mprotect(at + 8 * MIB, 1 * MIB, PROT_NONE);
	munmap(at + 12 * MIB, 1 * MIB);
	(void)*(volatile char *)(at + 24 * MIB);
	huge = mm_anon_at(0x2000000000UL, 4 * HUGE);
	madvise(huge, 4 * HUGE, MADV_HUGEPAGE);
	pattern_fill(huge, 1024, 2);
	mprotect(huge + HUGE, PAGE, PROT_READ);
	if (!tmp || ftruncate(fileno(tmp), (off_t)MIB))
		return 2;
	shared = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(tmp), 0);
	pattern_fill(shared, 128, 3);
	pid = fork();
	if (!pid) {
		for (;;)
			pause();
	}
	/* What it still touches would count in what is shared with it. */
	while (task_state(pid) != 'S')
		usleep(1000);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 3;
	mprotect(at + 8 * MIB, 1 * MIB, PROT_READ);
	if (pattern_check(at, 2048, 1) || pattern_check(huge, 1024, 2) ||
	    pattern_check(shared, 128, 3))
		return 4;
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) != pid || !is_guarded();
}

static void group_begin(void)
{
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		tap_bail(GROUP ": %s", strerror(errno));
}

static void mixed_start(struct child *child)
{
	const char *argv[] = { "/proc/self/exe", "mixed", NULL };
	char line[32], pid[16];
	int own;

	/* The child is made by this process, so it begins in the group. */
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	own = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (file_write(GROUP "/cgroup.procs", pid) < 0)
		tap_bail(GROUP "/cgroup.procs: %s", strerror(errno));
	child_start(child, false, argv);
	if (own < 0 || write(own, pid, strlen(pid)) < 0)
		tap_bail("cgroup.procs: %s", strerror(errno));
	close(own);
	child_line(child, line, sizeof(line));
}

int main(int argc, char **argv)
{
	struct balance balance;
	struct child child;

	if (argc == 2 && !strcmp(argv[1], "mixed"))
		return role_mixed();
	mm_begin(argc, argv);
	mm_swap_begin();
	group_begin();
	balance_take(&balance);
	mixed_start(&child);
	/* Both run this program: no page of it gets one user more from now on. */
	if (mlockall(MCL_CURRENT))
		tap_bail("mlockall: %s", strerror(errno));
	picture_take(child.pid, GROUP, &before);
	tap_is(attach(child.pid), 0, "attach to a process with some of everything");
	picture_take(child.pid, GROUP, &after);
	tap_ok(strstr(before.smaps, "AnonHugePages:      2048 kB") ||
	       strstr(before.smaps, "AnonHugePages:      4096 kB"),
	       "it has huge pages");
	tap_ok(before.group_tables > 0, "its cgroup has page tables (%ld)",
	       before.group_tables);
	picture_compare(&before, &after, "idle");
	tables_compare(child.pid, "idle");
	child_say(&child, "\n");
	tap_is(child_end(&child), 0, "it goes on with all its data");
	balance_check(&balance, "after its end");
	tap_is(group_stat(GROUP, "pagetables "), 0,
	       "no page table is left in its cgroup");
	rmdir(GROUP);
	return tap_done();
}
