// SPDX-License-Identifier: BSD-2-Clause
/*
 * An adoption is stopped between the copy and the switch, and those arrive that
 * take pages away: reclaim by generations, the rmap of merged pages and of
 * others, the OOM reaper. They wait, or turn away and come again; afterwards
 * they do it by the frames. And the one who dies meanwhile is the target, or
 * who attaches it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#include "picture.h"
#include "walkers.h"

#define LRU_GEN		"/sys/kernel/debug/lru_gen"
#define NODES		2
#define WATCHED		64UL
#define WAIT_MS		20000UL

/* The number of the target's group, and its youngest generation on each node. */
static bool generations_read(unsigned int *group, unsigned long *youngest)
{
	static char text[1 << 16];
	unsigned int node = 0;
	char *line;

	if (file_read(LRU_GEN, text, sizeof(text)) < 0)
		return false;
	line = strstr(text, strrchr(TARGET_GROUP, '/'));
	while (line && line > text && line[-1] != '\n')
		line--;
	if (!line || sscanf(line, "memcg %u", group) != 1)
		return false;
	while ((line = strchr(line, '\n')) && *++line && strncmp(line, "memcg", 5))
		if (sscanf(line, " node %u", &node) != 1 && node < NODES)
			sscanf(line, "%lu", &youngest[node]);
	return true;
}

/* A generation more on each node, with all that ageing can do. */
static bool age(void)
{
	unsigned long was[NODES] = { 0 }, is[NODES] = { 0 };
	unsigned int group, node;
	char command[64];

	if (!generations_read(&group, was))
		return false;
	for (node = 0; node < NODES && was[node]; node++) {
		snprintf(command, sizeof(command), "+ %u %u %lu 1 1\n", group, node,
			 was[node]);
		if (file_write(LRU_GEN, command) < 0)
			return false;
	}
	if (!generations_read(&group, is))
		return false;
	for (node = 0; node < NODES && was[node]; node++)
		if (is[node] <= was[node])
			return false;
	return true;
}

static long group_swap(void)
{
	return number_of(TARGET_GROUP "/memory.swap.current", "");
}

static void reclaim(void)
{
	file_write(TARGET_GROUP "/memory.reclaim", "4M");
}

static void group_begin(const struct target *target)
{
	(void)target;
	tap_ok(group_stat(TARGET_GROUP, "anon") >= (long)(512 * PAGE) && !group_swap(),
	       "MGLRU: the target's pages are in its group, and none in swap");
}

/* It comes to pages whose rmap is locked, and leaves them where they are. */
static int walk_generations(const struct target *target)
{
	long scanned = group_stat(TARGET_GROUP, "pgscan ");

	(void)target;
	if (!age() || !age() || !age())
		return 1;
	reclaim();
	if (group_stat(TARGET_GROUP, "pgscan ") == scanned)
		return 2;
	return group_swap() ? 3 : 0;
}

static int reclaim_again(const struct target *target)
{
	unsigned long end = now_ms() + WAIT_MS;

	(void)target;
	while (!group_swap() && now_ms() < end) {
		age();
		reclaim();
	}
	return !group_swap();
}

static uint64_t place[WATCHED];

static void places_read(const struct target *target, uint64_t *places)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)target->child.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, places, WATCHED * 8, (off_t)(target->at / PAGE * 8)) !=
		      (ssize_t)(WATCHED * 8))
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

static void places_begin(const struct target *target)
{
	places_read(target, place);
}

/*
 * To the other memory node, by the address space of the relative, which nobody
 * adopts: only the rmap leads from there to the target's.
 */
static int walk_move(const struct target *target)
{
	void *pages[WATCHED];
	int nodes[WATCHED], status[WATCHED];
	size_t i, wrong = 0;

	for (i = 0; i < WATCHED; i++)
		pages[i] = (void *)(target->at + i * PAGE);
	if (syscall(SYS_move_pages, target->sibling, WATCHED, pages, NULL, status, 0))
		return errno;
	for (i = 0; i < WATCHED; i++)
		nodes[i] = !status[i];
	if (syscall(SYS_move_pages, target->sibling, WATCHED, pages, nodes, status,
		    MPOL_MF_MOVE_ALL) < 0)
		return errno;
	for (i = 0; i < WATCHED; i++)
		wrong += status[i] != nodes[i];
	return !!wrong;
}

static int places_changed(const struct target *target)
{
	uint64_t now[WATCHED];
	size_t i, same = 0;

	places_read(target, now);
	for (i = 0; i < WATCHED; i++)
		same += now[i] == place[i] || !(now[i] & PAGEMAP_PRESENT);
	return !!same;
}

static const struct kind ages = {
	.name = "MGLRU", .action = "loose", .walk = walk_generations,
	.before = group_begin, .after = reclaim_again,
};

/* Those that need a second memory node. */
static const struct kind moves[] = {
	{ .name = "migration", .action = "sibling", .where = "folio_lock_anon_vma_read",
	  .walk = walk_move, .before = places_begin, .after = places_changed },
	{ .name = "KSM rmap", .action = "merged", .where = "rmap_walk_ksm",
	  .walk = walk_move, .before = places_begin, .after = places_changed },
};

/* The OOM reaper's work, by order. The target itself waits in its exit. */
static int walk_reap(const struct target *target)
{
	int fd = (int)syscall(SYS_pidfd_open, target->child.pid, 0);

	if (fd < 0 || kill(target->child.pid, SIGKILL))
		return errno;
	return syscall(SYS_process_mrelease, fd, 0) && errno != ESRCH ? errno : 0;
}

/* The target dies while it is adopted: whoever comes last cleans up. */
static void target_dies(void)
{
	struct balance before;
	struct target target;
	pid_t attacher, reaper;
	int status;

	balance_take(&before);
	target_start(&target, "nothing");
	attacher = attach_and_hold(target.child.pid);
	fflush(stdout);
	reaper = fork();
	if (!reaper)
		_exit(walk_reap(&target));
	waits_soon(target.tid, "do_exit", "exit");
	waits_soon(reaper, "process_mrelease", "reaper by order");
	tap_is(attach_go_on(attacher), 0, "reaper by order: the adoption succeeds");
	tap_is(walker_result(&target, reaper), 0, "reaper by order: finds what it came for");
	status = child_end(&target.child);
	tap_ok(killed_by(status, SIGKILL), "exit: it ends");
	balance_check(&before, "exit and reaper by order");
}

static bool exit_stops(pid_t tid)
{
	return !ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACEEXIT);
}

/* Stopped on its way out, each thread keeps the address space for the reaper. */
static bool both_stop(const struct target *target)
{
	int status;

	return waitpid(target->tid, &status, __WALL) == target->tid &&
	       waitpid(target->child.pid, &status, __WALL) == target->child.pid;
}

/* The kernel chooses the target, and its own reaper comes two seconds later. */
static bool out_of_memory(const struct target *target)
{
	pid_t reaper = kthread_find("oom_reaper");
	unsigned long end = now_ms() + WAIT_MS;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)target->child.pid);
	if (file_write(path, "1000") < 0 || file_write("/proc/sysrq-trigger", "f") < 0)
		return false;
	/* Idle, it sleeps interruptibly; between two tries it does not. */
	while (task_state(reaper) != 'I' && now_ms() < end)
		sched_yield();
	return task_state(reaper) == 'I';
}

/* Its own word, and no page of the target is left. */
static bool reaped(const struct target *target)
{
	unsigned long end = now_ms() + WAIT_MS;
	uint64_t entry[WATCHED];
	size_t i, left = 0;
	char who[64];

	snprintf(who, sizeof(who), "oom_reaper: reaped process %d ",
		 (int)target->child.pid);
	while (!log_has(who, "anon-rss") && now_ms() < end)
		usleep(10000);
	places_read(target, entry);
	for (i = 0; i < WATCHED; i++)
		left += !!(entry[i] & PAGEMAP_PRESENT);
	return log_has(who, "anon-rss") && !left;
}

static void memory_runs_out(void)
{
	struct balance before;
	struct target target;
	pid_t attacher;
	int status;

	balance_take(&before);
	target_start(&target, "nothing");
	if (!exit_stops(target.child.pid) || !exit_stops(target.tid))
		tap_bail("ptrace: %s", strerror(errno));
	attacher = attach_and_hold(target.child.pid);
	tap_ok(out_of_memory(&target), "OOM reaper: comes, and comes again");
	tap_is(attach_go_on(attacher), 0, "OOM reaper: the adoption succeeds");
	tap_ok(reaped(&target), "OOM reaper: has taken the pages");
	tap_ok(both_stop(&target), "OOM reaper: while both threads were on their way out");
	ptrace(PTRACE_DETACH, target.tid, 0, 0);
	ptrace(PTRACE_DETACH, target.child.pid, 0, 0);
	status = child_end(&target.child);
	tap_ok(killed_by(status, SIGKILL), "OOM reaper: the target ends");
	spaces_wait(&before);
	balance_check(&before, "OOM reaper");
}

static pid_t attach_in_background(pid_t pid)
{
	pid_t attacher;

	fflush(stdout);
	attacher = fork();
	if (!attacher)
		_exit(attach(pid));
	return attacher;
}

/*
 * One attacher waits for the lock with its frames ready, and is killed: at once,
 * and the frames are back. The other is killed with all locks held: it is too
 * late to stop, and the process is guarded.
 */
static void attacher_dies(void)
{
	struct balance before, held;
	pid_t attacher, second;
	struct target target;
	char line[32];
	int status;

	balance_take(&before);
	target_start(&target, "nothing");
	attacher = attach_and_hold(target.child.pid);
	balance_take(&held);
	second = attach_in_background(target.child.pid);
	waits_soon(second, "adopt", "second attacher");
	kill(second, SIGKILL);
	tap_ok(waitpid(second, &status, 0) == second && killed_by(status, SIGKILL),
	       "second attacher: killed, it does not wait any longer");
	balance_check(&held, "second attacher");
	kill(attacher, SIGKILL);
	tap_is(attach_go_on(attacher), -1, "attacher: killed while all locks are held");
	child_say(&target.child, "?\n");
	child_line(&target.child, line, sizeof(line));
	tap_ok(!strcmp(line, "check 0"), "attacher: the target is guarded and intact (%s)",
	       line);
	tap_is(child_end(&target.child), 0, "attacher: and ends well");
	balance_check(&before, "attacher");
}

int main(void)
{
	size_t i;

	mm_swap_begin();
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(TARGET_GROUP, 0755) && errno != EEXIST)
		tap_bail(TARGET_GROUP ": %s", strerror(errno));
	walker_try(&ages);
	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		if (access("/sys/devices/system/node/node1", F_OK))
			tap_skip(moves[i].name, "this machine has one memory node");
		else
			walker_try(&moves[i]);
	}
	target_dies();
	memory_runs_out();
	attacher_dies();
	rmdir(TARGET_GROUP);
	return tap_done();
}
