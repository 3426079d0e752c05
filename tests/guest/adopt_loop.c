// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_loop SECONDS [SEED [CMD...]]: a busy machine, and processes of it are
 * attached at random; now and then who attaches is killed meanwhile. Whatever
 * they were doing, each attempt has an answer, nothing breaks, and when the
 * load is gone everything is back. CMD, with a number behind it that is another
 * each time, runs beside them over and over, and is attached like the others;
 * it must end with 0.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define LOADS		6
/* A guarded load has guarded children only: make room for a plain one. */
#define RENEW_EVERY	4
#define LOAD_NICE	15
#define KILL_EVERY	8
#define KILL_US		20000U

static unsigned int seed;
static char **beside;		/* NULL: nothing */
static pid_t beside_pid;
static unsigned long beside_rounds, beside_failed, killed;
static struct child load[LOADS];
static unsigned long answers[200];

static unsigned int random_below(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static void load_start(struct child *child)
{
	static const char *const how[] = { "alone", "threads" };
	char path[256], line[16];
	const char *argv[] = { path, how[random_below(2)], NULL };

	snprintf(path, sizeof(path), "%s", companion("churn"));
	/* Who attaches is to have his turn, however busy the others are. */
	setpriority(PRIO_PROCESS, 0, LOAD_NICE);
	child_start(child, false, argv);
	setpriority(PRIO_PROCESS, 0, 0);
	child_line(child, line, sizeof(line));
}

static void load_kill(struct child *child)
{
	kill(-child->pid, SIGKILL);
	child_end(child);
	/* Its children are ours now, since we are their subreaper. */
	while (waitpid(-child->pid, NULL, 0) > 0 || errno == EINTR)
		;
}

static void beside_start(void)
{
	char number[16], *argv[8];
	size_t n;

	for (n = 0; n < ARRAY_SIZE(argv) - 2 && beside[n]; n++)
		argv[n] = beside[n];
	snprintf(number, sizeof(number), "%u", random_below(1000000));
	argv[n++] = number;
	argv[n] = NULL;
	fflush(stdout);
	beside_pid = fork();
	if (!beside_pid) {
		setpriority(PRIO_PROCESS, 0, LOAD_NICE);
		execvp(argv[0], argv);
		_exit(EXIT_NOT_FOUND);
	}
	if (beside_pid < 0)
		tap_bail("fork: %s", strerror(errno));
}

static void beside_ended(int status)
{
	beside_rounds++;
	beside_pid = 0;
	if (exited_with(status, 0))
		return;
	beside_failed++;
	tap_note("%s ended with wait status 0x%x", beside[0], (unsigned int)status);
}

/* What has lost its parents is ours to reap. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == beside_pid)
			beside_ended(status);
}

static void beside_last(void)
{
	int status;

	if (beside_pid && waitpid(beside_pid, &status, 0) == beside_pid)
		beside_ended(status);
}

/* By a process that is killed before it has done, or shortly after. */
static void attach_and_die(pid_t pid)
{
	pid_t attacher = fork();
	int status;

	if (!attacher)
		_exit(attach(pid));
	usleep(random_below(KILL_US));
	kill(attacher, SIGKILL);
	if (waitpid(attacher, &status, 0) == attacher && killed_by(status, SIGKILL))
		killed++;
}

/* A descendant of ours at random; 0: there is none. */
static pid_t pick(void)
{
	struct process *list;
	int i, n = processes_read(&list), alive = 0;
	pid_t picked = 0;

	if (n < 0)
		tap_bail("/proc: %s", strerror(-n));
	processes_mark(list, (size_t)n, getpid());
	for (i = 0; i < n; i++) {
		if (!list[i].marked || list[i].pid == getpid())
			continue;
		alive++;
		if (!random_below((unsigned int)alive))
			picked = list[i].pid;
	}
	free(list);
	return picked;
}

static void attach_one(bool dies)
{
	pid_t pid = pick();
	int error;

	if (pid && dies) {
		attach_and_die(pid);
		return;
	}
	error = pid ? attach(pid) : ESRCH;
	answers[error < (int)ARRAY_SIZE(answers) ? error : 0]++;
}

static unsigned long answers_odd(void)
{
	unsigned long odd = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		if (!answers[i])
			continue;
		tap_note("%6lu times: %s", answers[i], i ? strerror((int)i) : "attached");
		if (i && i != EBUSY && i != ESRCH && i != EAGAIN)
			odd += answers[i];
	}
	return odd;
}

int main(int argc, char **argv)
{
	unsigned long end, rounds = 0;
	struct balance before;
	pid_t last;
	int i;

	if (argc < 2 || atoi(argv[1]) <= 0)
		tap_bail("usage: adopt_loop SECONDS [SEED|- [CMD...]]");
	if (argc > 2 && strcmp(argv[2], "-"))
		seed = (unsigned int)strtoul(argv[2], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		tap_bail("getrandom: %s", strerror(errno));
	tap_note("seed %u", seed);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	balance_take(&before);
	for (i = 0; i < LOADS; i++)
		load_start(&load[i]);
	if (argc > 3) {
		beside = argv + 3;
		beside_start();
	}
	end = now_ms() + (unsigned long)atoi(argv[1]) * 1000;
	while (now_ms() < end) {
		attach_one(rounds % KILL_EVERY == KILL_EVERY - 1);
		reap();
		if (beside && !beside_pid)
			beside_start();
		if (++rounds % RENEW_EVERY)
			continue;
		i = (int)random_below(LOADS);
		load_kill(&load[i]);
		load_start(&load[i]);
	}
	beside_last();
	for (i = 0; i < LOADS; i++)
		load_kill(&load[i]);
	while ((last = pick())) {
		kill(last, SIGKILL);
		reap();
	}
	spaces_wait(&before);
	tap_note("%lu attachers were killed on their way", killed);
	if (beside)
		tap_is((long)beside_failed, 0, "rounds of %s that failed (of %lu)",
		       beside[0], beside_rounds);
	tap_ok(answers[0] > 0, "some were attached (%lu of %lu)", answers[0], rounds);
	tap_is((long)answers_odd(), 0, "answers that nobody expects");
	balance_check(&before, "when the load is gone");
	return tap_done();
}
