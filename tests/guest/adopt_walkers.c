// SPDX-License-Identifier: BSD-2-Clause
/*
 * An adoption is stopped between the copy and the switch, and one walker of
 * each kind is made to arrive: it is seen to wait for a lock, or to turn away.
 * When the adoption goes on, the walker finds the frame and its lock: what it
 * set out to do is done, and nothing is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define HOLD	"/sys/kernel/debug/nacc/hold"
#define THP	"/sys/kernel/mm/transparent_hugepage/khugepaged/"
#define WAIT_MS	30000UL

struct target {
	struct child child;
	pid_t tid;		/* of its walker */
	pid_t sibling;
	unsigned long at, size;
};

/* One kind of walker. */
struct kind {
	const char *name;
	const char *action;	/* of the target */
	/* Where it waits, as /proc/TID/wchan says; NULL: it does not wait. */
	const char *where;
	/* Runs in a process of its own; NULL: the target's thread walks. */
	int (*walk)(const struct target *target);
	/* A thread of the kernel that walks, started by @walk. */
	const char *kthread;
};

static void target_start(struct target *target, const char *action)
{
	char path[256], line[128];
	const char *argv[] = { path, action, NULL };
	int pid;

	snprintf(path, sizeof(path), "%s", companion("adopt_target"));
	child_start(&target->child, false, argv);
	child_line(&target->child, line, sizeof(line));
	target->sibling = 0;
	if (sscanf(line, "child %d", &pid) == 1) {
		target->sibling = pid;
		child_line(&target->child, line, sizeof(line));
	}
	if (sscanf(line, "ready %d 0x%lx %lu", &pid, &target->at, &target->size) != 3)
		tap_bail("%s said: %s", action, line);
	target->tid = pid;
}

/* The adoption is under way and stands still when this returns. */
static pid_t attach_and_hold(pid_t pid)
{
	char line[16];
	pid_t attacher;

	if (file_write(HOLD, "1") < 0)
		tap_bail(HOLD ": %s", strerror(errno));
	fflush(stdout);
	attacher = fork();
	if (!attacher)
		_exit(attach(pid));
	if (attacher < 0 || file_read(HOLD, line, sizeof(line)) < 0)
		tap_bail("no adoption is held: %s", strerror(errno));
	return attacher;
}

static int attach_go_on(pid_t attacher)
{
	int status;

	if (file_write(HOLD, "0") < 0 || waitpid(attacher, &status, 0) != attacher)
		tap_bail("the adoption does not go on: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Uninterruptible, or killable, in a function whose name holds @where. */
static bool waits_at(pid_t tid, const char *where, char *wchan, size_t size)
{
	char path[64], text[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (file_read(path, text, sizeof(text)) < 0)
		return false;
	state = strrchr(text, ')');
	snprintf(path, sizeof(path), "/proc/%d/wchan", (int)tid);
	if (file_read(path, wchan, size) < 0)
		wchan[0] = '\0';
	return state && state[1] && state[2] == 'D' && strstr(wchan, where);
}

static void walker_waits(const struct kind *kind, pid_t tid)
{
	unsigned long end = now_ms() + WAIT_MS;
	char wchan[128] = "";
	bool seen;

	while (!(seen = waits_at(tid, kind->where, wchan, sizeof(wchan))) &&
	       now_ms() < end)
		sched_yield();
	tap_ok(seen, "%s: arrives and waits in %s", kind->name, wchan);
}

static pid_t kthread_find(const char *name)
{
	struct process *list;
	int i, n = processes_read(&list);
	char path[64], comm[64];
	pid_t pid = 0;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)list[i].pid);
		if (file_read(path, comm, sizeof(comm)) < 0)
			continue;
		comm[strcspn(comm, "\n")] = '\0';
		if (!strcmp(comm, name))
			pid = list[i].pid;
	}
	if (n >= 0)
		free(list);
	if (!pid)
		tap_bail("no thread %s", name);
	return pid;
}

/* The walker's own process, or 0 when the target walks. */
static pid_t walker_start(const struct kind *kind, struct target *target)
{
	pid_t pid;

	if (!kind->walk) {
		child_say(&target->child, "go\n");
		return 0;
	}
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid)
		_exit(kind->walk(target));
	return pid;
}

static int walker_result(struct target *target, pid_t walker)
{
	int status, result = -1;
	char line[64];

	if (walker) {
		if (waitpid(walker, &status, 0) != walker)
			tap_bail("waitpid: %s", strerror(errno));
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	child_line(&target->child, line, sizeof(line));
	return sscanf(line, "result %d", &result) == 1 ? result : -1;
}

static void target_end(const struct kind *kind, struct target *target)
{
	int wrong = -1;
	char line[64];

	child_say(&target->child, "?\n");
	child_line(&target->child, line, sizeof(line));
	tap_ok(sscanf(line, "check %d", &wrong) == 1 && !wrong,
	       "%s: the target is guarded, and its pages are intact (%d)",
	       kind->name, wrong);
	if (target->sibling)
		kill(target->sibling, SIGKILL);
	tap_is(child_end(&target->child), 0, "%s: it ends well", kind->name);
}

static void try(const struct kind *kind)
{
	pid_t attacher, walker, watched;
	struct balance before;
	struct target target;

	balance_take(&before);
	target_start(&target, kind->action);
	attacher = attach_and_hold(target.child.pid);
	walker = walker_start(kind, &target);
	watched = kind->kthread ? kthread_find(kind->kthread) :
		  target.sibling ? target.sibling :
		  walker ? walker : target.tid;
	if (kind->where)
		walker_waits(kind, watched);
	else
		tap_is(walker_result(&target, walker), 0,
		       "%s: comes and goes while all locks are held", kind->name);
	tap_is(attach_go_on(attacher), 0, "%s: the adoption succeeds", kind->name);
	if (kind->where)
		tap_is(walker_result(&target, walker), 0,
		       "%s: finds what it came for", kind->name);
	target_end(kind, &target);
	spaces_wait(&before);
	file_write("/sys/kernel/mm/ksm/run", "0");
	balance_check(&before, kind->name);
}

static int walk_remote_read(const struct target *target)
{
	static char page[PAGE];
	struct iovec local = { page, PAGE };
	struct iovec remote = { (void *)target->at, PAGE };

	if (process_vm_readv(target->child.pid, &local, 1, &remote, 1, 0) !=
	    (ssize_t)PAGE)
		return errno;
	return pattern_check(page, 1, 1) ? 1 : 0;
}

static int walk_smaps(const struct target *target)
{
	static char text[1 << 16];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)target->child.pid);
	return file_read(path, text, sizeof(text)) > 0 && strstr(text, "Rss:") ? 0 : 1;
}

static int walk_truncate(const struct target *target)
{
	(void)target;
	return truncate("/dev/shm/adopt_target", (off_t)PAGE) ? errno : 0;
}

static int walk_split(const struct target *target)
{
	(void)target;
	return file_write("/sys/kernel/debug/split_huge_pages", "1") < 0;
}

/* Its last use of the pages goes through the tree that both share. */
static int walk_sibling(const struct target *target)
{
	return kill(target->sibling, SIGKILL) ? errno : 0;
}

static int walk_attach(const struct target *target)
{
	return attach(target->child.pid) == EBUSY ? 0 : 1;
}

static int walk_merge(const struct target *target)
{
	(void)target;
	file_write("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	file_write("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	return file_write("/sys/kernel/mm/ksm/run", "1") < 0;
}

static long scans(void)
{
	unsigned long value;
	char text[32];

	return file_read(THP "full_scans", text, sizeof(text)) < 0 ||
	       number_parse(text, &value) ? -1 : (long)value;
}

/* khugepaged passes by a process whose lock it cannot have: two full rounds. */
static int walk_khugepaged(const struct target *target)
{
	unsigned long end = now_ms() + WAIT_MS;
	long from;

	(void)target;
	file_write(THP "scan_sleep_millisecs", "1");
	file_write(THP "pages_to_scan", "4096");
	from = scans();
	while (scans() < from + 2 && now_ms() < end)
		usleep(1000);
	file_write(THP "scan_sleep_millisecs", "10000");
	return scans() < from + 2;
}

static const struct kind kinds[] = {
	{ "fault", "touch", "lock_mm_and_find_vma", NULL, NULL },
	{ "mprotect", "protect", "do_mprotect_pkey", NULL, NULL },
	{ "mmap", "map", "vm_mmap_pgoff", NULL, NULL },
	{ "mremap", "move", "mremap", NULL, NULL },
	{ "collapse", "collapse", "madvise", NULL, NULL },
	{ "fork", "fork", "copy_process", NULL, NULL },
	{ "exec", "exec", "begin_new_exec", NULL, NULL },
	{ "userfaultfd", "resolve", "uffd_lock_vma", NULL, NULL },
	{ "GUP-fast", "pin", NULL, NULL, NULL },
	{ "GUP", "nothing", "process_vm_rw_core", walk_remote_read, NULL },
	{ "smaps", "nothing", "m_start", walk_smaps, NULL },
	{ "truncate", "file", "unmap_mapping_range", walk_truncate, NULL },
	{ "split", "huge", "split_huge_page", walk_split, NULL },
	{ "second attach", "nothing", "adopt", walk_attach, NULL },
	{ "exit of a relative", "sibling", "unlink_anon_vmas", walk_sibling, NULL },
	{ "KSM", "mergeable", "ksm_scan_thread", walk_merge, "ksmd" },
	{ "khugepaged", "small", NULL, walk_khugepaged, NULL },
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
static void dies(void)
{
	const struct kind exits = { .name = "exit", .where = "do_exit" };
	const struct kind reaps = { .name = "reaper", .where = "process_mrelease" };
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
	walker_waits(&exits, target.tid);
	walker_waits(&reaps, reaper);
	tap_is(attach_go_on(attacher), 0, "reaper: the adoption succeeds");
	tap_is(walker_result(&target, reaper), 0, "reaper: finds what it came for");
	status = child_end(&target.child);
	tap_ok(killed_by(status, SIGKILL), "exit: it ends");
	balance_check(&before, "exit and reaper");
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (argc < 2 || !strcmp(argv[1], kinds[i].name))
			try(&kinds[i]);
	dies();
	return tap_done();
}
