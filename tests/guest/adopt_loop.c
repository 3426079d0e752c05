// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_loop SECONDS [SEED]: a busy machine, and processes of it are attached
 * at random. Whatever they were doing, each attempt has an answer, nothing
 * breaks, and when the load is gone everything is back.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define LOADS		6
/* A guarded load has guarded children only: make room for a plain one. */
#define RENEW_EVERY	4

static unsigned int seed;
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
	child_start(child, false, argv);
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

/* Any descendant of ours. */
static void attach_one(void)
{
	struct process *list;
	int i, n = processes_read(&list), alive = 0, error;
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
	error = picked ? attach(picked) : ESRCH;
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
	int i;

	if (argc < 2 || atoi(argv[1]) <= 0)
		tap_bail("usage: adopt_loop SECONDS [SEED]");
	if (argc > 2)
		seed = (unsigned int)strtoul(argv[2], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		tap_bail("getrandom: %s", strerror(errno));
	tap_note("seed %u", seed);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	balance_take(&before);
	for (i = 0; i < LOADS; i++)
		load_start(&load[i]);
	end = now_ms() + (unsigned long)atoi(argv[1]) * 1000;
	while (now_ms() < end) {
		attach_one();
		if (++rounds % RENEW_EVERY)
			continue;
		i = (int)random_below(LOADS);
		load_kill(&load[i]);
		load_start(&load[i]);
	}
	for (i = 0; i < LOADS; i++)
		load_kill(&load[i]);
	tap_ok(answers[0] > 0, "some were attached (%lu of %lu)", answers[0], rounds);
	tap_is((long)answers_odd(), 0, "answers that nobody expects");
	balance_check(&before, "when the load is gone");
	return tap_done();
}
