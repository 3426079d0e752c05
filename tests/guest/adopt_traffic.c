// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes are attached while their pages are in traffic: direct input and
 * output, io_uring with a thread of the kernel that polls and workers, and
 * others who reach in; pages of hugetlb, of both sizes; a stopped and a traced
 * process, and one that waits for its child by vfork. What Linux counts of each
 * is the same before and after, and so are its data.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adopt_busy.h"
#include "hold.h"
#include "picture.h"

#define LAPS	8UL
#define WAIT_MS	20000UL

static struct picture before, after;
static struct busy *busy;
static int shared;		/* its file */

static void target_start(struct child *child, const char *action)
{
	char path[256], fd[16], line[32];
	const char *argv[] = { path, action, fd, NULL };

	memset(busy, 0, sizeof(*busy));
	snprintf(path, sizeof(path), "%s", companion("adopt_busy"));
	snprintf(fd, sizeof(fd), "%d", shared);
	child_start(child, false, argv);
	child_line(child, line, sizeof(line));
	if (strcmp(line, "ready"))
		tap_bail("%s said: %s", action, line);
}

/* Waits for that many more; how many there were in time. */
static unsigned long laps_wait(unsigned long more)
{
	unsigned long from = atomic_load(&busy->laps), end = now_ms() + WAIT_MS;

	while (atomic_load(&busy->laps) < from + more && now_ms() < end)
		sched_yield();
	return atomic_load(&busy->laps) - from;
}

static void pictures_begin(pid_t pid)
{
	/* Once for nothing: the pages of this program are mapped by both. */
	picture_take(pid, NULL, &before);
	picture_take(pid, NULL, &before);
}

static void pictures_end(pid_t pid, const char *what)
{
	struct proc proc;

	picture_take(pid, NULL, &after);
	picture_compare(&before, &after, what);
	tables_compare(pid, what);
	if (proc_read(pid, &proc))
		tap_bail("/proc/PID/nacc cannot be read");
	tap_ok(!strcmp(proc.origin, "adopted") && !strcmp(proc.state, "live"),
	       "%s: adopted and live", what);
	tap_is((long)proc_sum(&proc).new, 0, "%s: no entry is new", what);
}

static void target_end(struct child *child, const struct balance *balance,
		       const char *what)
{
	tap_is((long)atomic_load(&busy->wrong), 0, "%s: laps that went wrong (of %lu)",
	       what, atomic_load(&busy->laps));
	tap_is(child_end(child), 0, "%s: all its data are right at its end", what);
	spaces_wait(balance);
	balance_check(balance, what);
}

/* Traffic that takes no lock of the address space goes on while all are held. */
static void attached_in_traffic(const char *action)
{
	struct balance balance;
	struct child child;
	pid_t attacher;

	balance_take(&balance);
	target_start(&child, action);
	tap_ok(laps_wait(LAPS) >= LAPS, "%s: there is traffic", action);
	pictures_begin(child.pid);
	attacher = attach_and_hold(child.pid);
	tap_ok(laps_wait(LAPS) >= LAPS, "%s: it goes on while all locks are held", action);
	tap_is(attach_go_on(attacher), 0, "%s: attached", action);
	tap_ok(laps_wait(LAPS) >= LAPS, "%s: and it goes on", action);
	pictures_end(child.pid, action);
	target_end(&child, &balance, action);
}

/* One lap of others who reach in: both ways to read, and a write. */
static bool reach(pid_t pid, int mem, unsigned int seed)
{
	const size_t size = BUSY_PAGES * PAGE;
	static char page[BUSY_PAGES * PAGE] __attribute__((aligned(PAGE)));
	struct iovec local = { page, size }, remote = { (void *)BUSY_AT, size };

	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != (ssize_t)size ||
	    pattern_check(page, BUSY_PAGES, 1))
		return false;
	pattern_fill(page, BUSY_PAGES, seed);
	if (pwrite(mem, page, size, (off_t)(BUSY_AT + size)) != (ssize_t)size)
		return false;
	memset(page, 0, size);
	return pread(mem, page, size, (off_t)(BUSY_AT + size)) == (ssize_t)size &&
	       !pattern_check(page, BUSY_PAGES, seed);
}

static pid_t other_start(pid_t pid)
{
	unsigned long n = 0;
	char path[64];
	pid_t other;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fflush(stdout);
	other = fork();
	if (other)
		return other;
	mem = open(path, O_RDWR | O_CLOEXEC);
	while (!atomic_load(&busy->enough)) {
		if (!reach(pid, mem, BUSY_SEED(++n)))
			atomic_fetch_add(&busy->wrong, 1);
		atomic_store(&busy->written, n);
		atomic_fetch_add(&busy->laps, 1);
	}
	_exit(0);
}

static void reached_by_others(void)
{
	struct balance balance;
	struct child child;
	pid_t other;

	balance_take(&balance);
	target_start(&child, "reached");
	other = other_start(child.pid);
	tap_ok(laps_wait(LAPS) >= LAPS, "reached: others read and write its memory");
	tap_is(attach(child.pid), 0, "reached: attached meanwhile");
	tap_ok(laps_wait(LAPS) >= LAPS, "reached: and they go on");
	tables_compare(child.pid, "reached");
	atomic_store(&busy->enough, true);
	waitpid(other, NULL, 0);
	target_end(&child, &balance, "reached");
}

/* Pages of hugetlb, some of them shared with a child that is plain. */
static void huge(const char *action)
{
	struct balance balance;
	struct child child;

	balance_take(&balance);
	target_start(&child, action);
	pictures_begin(child.pid);
	tap_ok(strstr(before.smaps, "Private_Hugetlb") != NULL &&
	       strstr(before.status, "HugetlbPages:\t       0") == NULL,
	       "%s: it has pages of hugetlb", action);
	tap_is(attach(child.pid), 0, "%s: attached", action);
	pictures_end(child.pid, action);
	target_end(&child, &balance, action);
}

/* @direct: traffic with such pages, or NULL. */
static void huge_of(unsigned int kb, const char *action, const char *direct)
{
	char path[96];

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages", kb);
	if (access(path, W_OK)) {
		tap_skip(action, "this machine has no pages of that size");
		return;
	}
	if (file_write(path, "16") < 0)
		tap_bail("%s: %s", path, strerror(errno));
	huge(action);
	if (direct)
		attached_in_traffic(direct);
	file_write(path, "0");
	tap_is(number_of(path, ""), 0, "%s: no page of hugetlb is left in use", action);
}

static void stopped(void)
{
	struct balance balance;
	struct child child;
	int status;

	balance_take(&balance);
	target_start(&child, "plain");
	kill(child.pid, SIGSTOP);
	if (waitpid(child.pid, &status, WUNTRACED) != child.pid || !WIFSTOPPED(status))
		tap_bail("it does not stop");
	pictures_begin(child.pid);
	tap_is(attach(child.pid), 0, "stopped: attached");
	pictures_end(child.pid, "stopped");
	tap_is(task_state(child.pid), 'T', "stopped: it still is");
	kill(child.pid, SIGCONT);
	target_end(&child, &balance, "stopped");
}

/* Its tracer reads and writes a word of it before and after. */
static void traced(void)
{
	struct balance balance;
	struct child child;
	long word, other;
	int status;

	balance_take(&balance);
	target_start(&child, "reached");
	if (ptrace(PTRACE_SEIZE, child.pid, 0, 0) ||
	    ptrace(PTRACE_INTERRUPT, child.pid, 0, 0) ||
	    waitpid(child.pid, &status, 0) != child.pid)
		tap_bail("ptrace: %s", strerror(errno));
	word = ptrace(PTRACE_PEEKDATA, child.pid, BUSY_AT + 8, 0);
	pictures_begin(child.pid);
	tap_is(attach(child.pid), 0, "traced: attached");
	pictures_end(child.pid, "traced");
	tap_is(task_state(child.pid), 't', "traced: it still is");
	tap_is(ptrace(PTRACE_PEEKDATA, child.pid, BUSY_AT + 8, 0), word,
	       "traced: its tracer reads the same word");
	ptrace(PTRACE_POKEDATA, child.pid, BUSY_AT + 8, ~word);
	other = ptrace(PTRACE_PEEKDATA, child.pid, BUSY_AT + 8, 0);
	tap_is(other, ~word, "traced: and writes it");
	ptrace(PTRACE_POKEDATA, child.pid, BUSY_AT + 8, word);
	ptrace(PTRACE_DETACH, child.pid, 0, 0);
	target_end(&child, &balance, "traced");
}

/* Parent and child have one address space, and the parent waits. */
static void vfork_waits(void)
{
	struct balance balance;
	struct child child;

	balance_take(&balance);
	target_start(&child, "vfork");
	while (!atomic_load(&busy->child))
		sched_yield();
	pictures_begin(child.pid);
	tap_is(attach(child.pid), 0, "vfork: the parent is attached while it waits");
	pictures_end(child.pid, "vfork");
	tap_is(attach((pid_t)atomic_load(&busy->child)), EBUSY,
	       "vfork: the child's address space is the same: EBUSY");
	atomic_store(&busy->child_status, -1);
	child_say(&child, "g");
	target_end(&child, &balance, "vfork");
	tap_is(atomic_load(&busy->child_status), 0,
	       "vfork: what the child has executed was guarded");
}

int main(void)
{
	if (!has_monitor())
		tap_bail("no monitor");
	/* Without MFD_CLOEXEC: the targets find it by its number. */
	shared = memfd_create("busy", 0);
	if (shared < 0 || ftruncate(shared, (off_t)PAGE))
		tap_bail("memfd: %s", strerror(errno));
	busy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (busy == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	attached_in_traffic("direct");
	attached_in_traffic("uring");
	reached_by_others();
	huge_of(2048, "huge-2M", "direct-huge");
	/* GUP-fast of Linux 6.12 finds the wrong pages there: docs/limits.md. */
	huge_of(64, "huge-64k", NULL);
	stopped();
	traced();
	vfork_waits();
	return tap_done();
}
