// SPDX-License-Identifier: BSD-2-Clause
/*
 * reaped ROUNDS [SEED]: what the OOM reaper does, when somebody orders it. A
 * process is killed, and two threads at once call process_mrelease() on it
 * while it exits and while its parent, which shares pages with it in memory and
 * in swap, pages them out and touches them. Guarded where there is a monitor;
 * on the stock kernel it is the control.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mm.h"

#define SHARED_PAGES	1024UL		/* half of them in swap at the fork */
#define OWN_PAGES	4096UL		/* a quarter of them in swap at the kill */
#define MOST_THREADS	2
#define MOST_US		5000

static unsigned int seed;
static char *shared, *own;
static atomic_bool killed, over;

struct reaper {
	pthread_t thread;
	int pidfd;
	unsigned int wait_us;
	int error;
};

/* Written to the parent of all for each round. */
struct result {
	size_t shared_out, own_out;	/* pages in swap when it counted */
	size_t wrong;
	int reaped, late, other;	/* calls by what they returned */
	bool killed;
};

static void *victim_thread(void *at)
{
	for (;;) {
		pattern_fill(at, OWN_PAGES / MOST_THREADS, 2);
		madvise(at, OWN_PAGES / MOST_THREADS / 2 * PAGE, MADV_PAGEOUT);
	}
	return NULL;
}

/*
 * Says how many of its own pages are out, then is busy in all of its threads,
 * or sleeps if there are to be none.
 */
static _Noreturn void victim(int ready, unsigned int threads)
{
	pthread_t thread;
	unsigned int i;
	size_t out;

	own = mm_anon(OWN_PAGES * PAGE);
	pattern_fill(own, OWN_PAGES, 2);
	out = mm_swap_out(own, OWN_PAGES / 4);
	for (i = 1; i < threads; i++)
		if (pthread_create(&thread, NULL, victim_thread,
				   own + i * OWN_PAGES / MOST_THREADS * PAGE))
			_exit(1);
	if (write(ready, &out, sizeof(out)) != (ssize_t)sizeof(out))
		_exit(1);
	if (threads)
		victim_thread(own);
	pause();
	_exit(1);
}

static void *reap(void *arg)
{
	struct reaper *reaper = arg;
	struct timespec nap = { 0, (long)reaper->wait_us * 1000 };

	while (!atomic_load(&killed))
		sched_yield();
	if (reaper->wait_us)
		nanosleep(&nap, NULL);
	reaper->error = syscall(SYS_process_mrelease, reaper->pidfd, 0) ? errno : 0;
	return NULL;
}

/* What it writes is what was there: the victim's copies must not show. */
static void *traffic(void *unused)
{
	while (!atomic_load(&over)) {
		madvise(shared, SHARED_PAGES * PAGE, MADV_PAGEOUT);
		pattern_fill(shared, SHARED_PAGES / 2, 1);
		pattern_check(shared, SHARED_PAGES, 1);
	}
	return unused;
}

static void start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	if (pthread_create(thread, NULL, fn, arg))
		tap_bail("pthread_create: %s", strerror(errno));
}

static pid_t victim_start(struct result *result)
{
	unsigned int threads = (unsigned int)rand_r(&seed) % (MOST_THREADS + 1);
	int ready[2];
	pid_t pid;

	if (pipe(ready))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		victim(ready[1], threads);
	close(ready[1]);
	if (pid < 0 || read(ready[0], &result->own_out, sizeof(size_t)) !=
			       (ssize_t)sizeof(size_t))
		tap_bail("no victim: %s", strerror(errno));
	close(ready[0]);
	return pid;
}

static void count(struct result *result, int error)
{
	result->reaped += !error;
	result->late += error == ESRCH;
	result->other += error && error != ESRCH;
}

static void one_round(struct result *result)
{
	struct reaper reapers[2];
	pthread_t busy;
	int status, i;
	pid_t pid;

	*result = (struct result){ .wrong = 0 };
	atomic_store(&killed, false);
	atomic_store(&over, false);
	result->shared_out = mm_swap_out(shared, SHARED_PAGES / 2);
	pid = victim_start(result);
	start(&busy, traffic, NULL);
	for (i = 0; i < 2; i++) {
		reapers[i].pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		/* Often at once: it is soon gone. */
		reapers[i].wait_us = rand_r(&seed) % 2 ? 0 :
				     (unsigned int)rand_r(&seed) % MOST_US;
		start(&reapers[i].thread, reap, &reapers[i]);
	}
	kill(pid, SIGKILL);
	atomic_store(&killed, true);
	for (i = 0; i < 2; i++) {
		pthread_join(reapers[i].thread, NULL);
		count(result, reapers[i].error);
		close(reapers[i].pidfd);
	}
	result->killed = waitpid(pid, &status, 0) == pid && killed_by(status, SIGKILL);
	atomic_store(&over, true);
	pthread_join(busy, NULL);
	result->wrong = pattern_check(shared, SHARED_PAGES, 1);
}

/* The parent of the victims; a struct result for each round on its stdout. */
static int role_parent(int rounds)
{
	struct result result;

	shared = mm_anon(SHARED_PAGES * PAGE);
	pattern_fill(shared, SHARED_PAGES, 1);
	while (rounds--) {
		one_round(&result);
		if (write(STDOUT_FILENO, &result, sizeof(result)) !=
		    (ssize_t)sizeof(result))
			return 1;
	}
	return has_monitor() && !is_guarded() ? 2 : 0;
}

static bool next_result(const struct child *child, struct result *result)
{
	return read(child->out, result, sizeof(*result)) == (ssize_t)sizeof(*result);
}

static void rounds_run(int rounds)
{
	char count_text[16], seed_text[16];
	const char *argv[] = { "/proc/self/exe", "parent", count_text, seed_text, NULL };
	int done = 0, killed_well = 0, out = 0;
	struct result one, sum = { .wrong = 0 };
	struct child child;

	snprintf(count_text, sizeof(count_text), "%d", rounds);
	snprintf(seed_text, sizeof(seed_text), "%u", seed);
	child_start(&child, has_monitor(), argv);
	while (next_result(&child, &one)) {
		done++;
		killed_well += one.killed;
		out += one.shared_out && one.own_out;
		sum.wrong += one.wrong;
		sum.reaped += one.reaped;
		sum.late += one.late;
		sum.other += one.other;
	}
	tap_ok(exited_with(child_end(&child), 0), "the parent of the victims ends well");
	tap_is(done, rounds, "after %d rounds", rounds);
	tap_is(out, rounds, "in each some shared and some own pages were in swap");
	tap_is(killed_well, rounds, "and the victim was killed");
	tap_ok(sum.reaped > 0, "process_mrelease() reaped (%d times, %d times too late)",
	       sum.reaped, sum.late);
	tap_is(sum.other, 0, "and gave no other error");
	tap_is((long)sum.wrong, 0, "pages of the parent that are wrong");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0;
	unsigned long swap_free;
	struct balance before;
	long anon;

	if (argc == 4 && !strcmp(argv[1], "parent")) {
		seed = (unsigned int)strtoul(argv[3], NULL, 0);
		return role_parent(atoi(argv[2]));
	}
	if (rounds <= 0)
		tap_bail("usage: reaped ROUNDS [SEED]");
	if (argc > 2)
		seed = (unsigned int)strtoul(argv[2], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		tap_bail("getrandom: %s", strerror(errno));
	tap_note("seed %u: `reaped %d %u` repeats this run", seed, rounds, seed);
	mm_swap_begin();
	if (has_monitor())
		balance_take(&before);
	swap_free = meminfo("SwapFree");
	anon = anon_pages();
	rounds_run(rounds);
	tap_ok(labs(anon_pages() - anon) <= 16, "anonymous pages (%ld before, %ld after)",
	       anon, anon_pages());
	tap_is(mm_swap_kept(swap_free), 0, "swap that is not free (kB)");
	if (has_monitor())
		balance_check(&before, "after all rounds");
	return tap_done();
}
