// SPDX-License-Identifier: BSD-2-Clause
/*
 * Guarded processes that outgrow their memory cgroup: the OOM killer ends
 * them, the reaper takes the pages of one that does not get to its end, and
 * every frame and page comes back. Without a monitor, the same with plain ones.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/nacc-oom"
#define WAIT_MS	20000UL

static size_t step;

/* A page in every @step bytes: dense eats pages, sparse eats tables. */
static void *hog(void *unused)
{
	const size_t size = 16 * 1024 * MIB;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	if (at == MAP_FAILED)
		_exit(4);
	for (i = 0; i < size; i += step)
		at[i] = 1;
	_exit(5);
	return unused;
}

static int hog_threads(int threads)
{
	pthread_t thread;

	while (--threads > 0)
		if (pthread_create(&thread, NULL, hog, NULL))
			return 3;
	hog(NULL);
	return 0;
}

static int enter_and_hog(void *argv)
{
	if (file_write(GROUP "/cgroup.procs", "0") < 0)
		return 1;
	if (has_monitor() && prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	execv("/proc/self/exe", argv);
	return EXIT_NOT_FOUND;
}

/* Not before it is traced. */
static int traced_hog(void *argv)
{
	while (!number_of("/proc/self/status", "TracerPid:"))
		sched_yield();
	return enter_and_hog(argv);
}

static long oom_kills(void)
{
	return number_of(GROUP "/memory.events", "oom_kill ");
}

static void begin(struct balance *before)
{
	if (has_monitor())
		balance_take(before);
}

static void end(const struct balance *before, const char *what)
{
	if (!has_monitor())
		return;
	spaces_wait(before);
	balance_check(before, what);
}

static void kill_one(const char *bytes, const char *threads, const char *what)
{
	const char *argv[] = { "oom", "hog", bytes, threads, NULL };
	long kills = oom_kills();
	struct balance before;
	int status;

	begin(&before);
	status = in_child(enter_and_hog, argv);
	tap_ok(killed_by(status, SIGKILL), "%s: killed (wait status 0x%x)", what,
	       (unsigned int)status);
	tap_ok(oom_kills() > kills, "%s: by the OOM killer", what);
	end(&before, what);
}

/* By the kernel's own word, and its counts: 16 MiB are gone, all but what is in a batch. */
static bool is_reaped(pid_t pid)
{
	unsigned long last = now_ms() + WAIT_MS;
	char who[64];

	snprintf(who, sizeof(who), "oom_reaper: reaped process %d ", (int)pid);
	while (!log_has(who, "anon-rss") && now_ms() < last)
		usleep(10000);
	return log_has(who, "anon-rss") &&
	       number_of(GROUP "/memory.stat", "anon ") < (long)MIB;
}

/* Stopped on its way out, it keeps its address space; two seconds later the reaper comes. */
static void reap_one(void)
{
	const char *argv[] = { "oom", "hog", "4096", "1", NULL };
	const char *what = "stopped in its exit";
	struct balance before;
	int status;
	pid_t pid;

	begin(&before);
	pid = child_fork(traced_hog, argv);
	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT))
		tap_bail("ptrace: %s", strerror(errno));
	tap_ok(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) &&
	       number_of(GROUP "/memory.stat", "anon ") > 8 * (long)MIB, "%s, with its pages",
	       what);
	tap_ok(is_reaped(pid), "%s: the reaper takes its pages", what);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	tap_ok(waitpid(pid, &status, 0) == pid && killed_by(status, SIGKILL), "%s: killed", what);
	end(&before, what);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "hog")) {
		step = strtoul(argv[2], NULL, 0);
		return is_guarded() == has_monitor() ? hog_threads(atoi(argv[3])) : 2;
	}
	file_write(ROOT "/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0700) && errno != EEXIST)
		tap_bail(GROUP ": %s", strerror(errno));
	if (file_write(GROUP "/memory.max", "16777216") < 0)
		tap_bail("memory.max: %s", strerror(errno));
	file_write(GROUP "/memory.swap.max", "0");
	kill_one("4096", "1", "dense");
	kill_one("4096", "4", "dense, four threads");
	kill_one("65536", "1", "every 16th page");
	kill_one("2097152", "2", "one page for each table, two threads");
	reap_one();
	rmdir(GROUP);
	return tap_done();
}
