// SPDX-License-Identifier: BSD-2-Clause
/*
 * killed ROUNDS [SEED]: guarded programs are killed at random points, also
 * before and inside their exec, with and without threads and children.
 * Whatever they were doing, everything comes back.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

static unsigned int seed;

static void random_wait(unsigned int most_us)
{
	struct timespec nap = { 0, (long)((unsigned int)rand_r(&seed) % most_us) * 1000 };

	nanosleep(&nap, NULL);
}

static bool reap(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && killed_by(status, SIGKILL);
}

/* Children of the killed group come to us, since we are their subreaper. */
static void reap_orphans(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static int churn_rounds(int rounds, const char *how)
{
	char path[256];
	const char *argv[] = { path, how, NULL };
	struct child child;
	char line[16];
	int i, killed = 0;

	snprintf(path, sizeof(path), "%s", companion("churn"));
	for (i = 0; i < rounds; i++) {
		child_start(&child, true, argv);
		child_line(&child, line, sizeof(line));
		random_wait(20000);
		kill(-child.pid, SIGKILL);
		killed += reap(child.pid);
		close(child.in);
		close(child.out);
		reap_orphans();
	}
	return killed;
}

/* No handshake: the signal may come before, in or after the exec, or too late. */
static int early_rounds(int rounds)
{
	char path[256];
	int i, status, reaped = 0;
	pid_t pid;

	snprintf(path, sizeof(path), "%s", companion("churn"));
	for (i = 0; i < rounds; i++) {
		pid = fork();
		if (!pid) {
			if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
				_exit(EXIT_NOT_GUARDED);
			execl(path, "churn", "leaf", (char *)NULL);
			_exit(EXIT_NOT_FOUND);
		}
		random_wait(8000);
		kill(pid, SIGKILL);
		reaped += waitpid(pid, &status, 0) == pid &&
			  (killed_by(status, SIGKILL) || exited_with(status, 0));
	}
	return reaped;
}

int main(int argc, char **argv)
{
	struct balance before;
	int rounds = argc > 1 ? atoi(argv[1]) : 0;

	if (rounds <= 0)
		tap_bail("usage: killed ROUNDS [SEED]");
	if (argc > 2)
		seed = (unsigned int)strtoul(argv[2], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		tap_bail("getrandom: %s", strerror(errno));
	tap_note("seed %u: `killed %d %u` repeats this run", seed, rounds, seed);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	balance_take(&before);
	tap_is(churn_rounds(rounds, "alone"), rounds, "killed while busy");
	balance_check(&before, "after these");
	tap_is(churn_rounds(rounds, "threads"), rounds, "killed with a second thread");
	balance_check(&before, "after these");
	tap_is(early_rounds(2 * rounds), 2 * rounds, "killed around exec");
	balance_check(&before, "after these");
	return tap_done();
}
