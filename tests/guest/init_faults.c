// SPDX-License-Identifier: BSD-2-Clause
/*
 * Init faults while the pool is empty, with nacc=all: it tries until there is a
 * frame, and is still the one process that no signal ends which it does not want.
 * As rdinit= this program is init, and /init, its child, does the rest.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hog.h"
#include "hold.h"

#define PID_INIT	1
#define WAIT_S		60
#define STORED		42

/* From now on @set, which is @a and @b, waits to be asked for. */
static void block(sigset_t *set, int a, int b)
{
	sigemptyset(set);
	sigaddset(set, a);
	sigaddset(set, b);
	if (sigprocmask(SIG_BLOCK, set, NULL))
		tap_bail("sigprocmask: %s", strerror(errno));
}

/* Stores where it has no table, and says what it reads there to who asked. */
static void fault(pid_t asker)
{
	char *at = mmap(NULL, 2 * TABLE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	union sigval value = { .sival_int = -1 };

	if (at != MAP_FAILED) {
		*(volatile char *)(at + TABLE_BYTES) = STORED;
		value.sival_int = *(volatile char *)(at + TABLE_BYTES);
		munmap(at, 2 * TABLE_BYTES);
	}
	sigqueue(asker, SIGUSR2, value);
}

static _Noreturn void role_init(void)
{
	siginfo_t info;
	sigset_t set;

	if (!fork()) {
		execl("/init", "init", (char *)NULL);
		_exit(EXIT_NOT_FOUND);
	}
	/* Not in what /init starts. */
	block(&set, SIGUSR1, SIGCHLD);
	for (;;) {
		if (sigwaitinfo(&set, &info) == SIGUSR1)
			fault(info.si_pid);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* Takes what there is; gives it back when told. */
static int role_fill(void)
{
	char line[16];

	hog_settle();
	hog_fill(hog_area());
	printf("%d\n", errno);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? 0 : 20;
}

static void send(int sig)
{
	if (kill(PID_INIT, sig))
		tap_bail("kill: %s", strerror(errno));
}

/* With what it read where it has just stored. */
static bool init_answers(const sigset_t *set)
{
	const struct timespec limit = { .tv_sec = WAIT_S };
	siginfo_t info;

	return sigtimedwait(set, &info, &limit) == SIGUSR2 &&
	       info.si_pid == PID_INIT && info.si_value.sival_int == STORED;
}

int main(int argc, char **argv)
{
	const char *fill[] = { "/proc/self/exe", "fill", NULL };
	const struct timespec now = { 0 };
	struct balance before;
	struct child filler;
	siginfo_t info;
	sigset_t set;
	char line[16];

	if (getpid() == PID_INIT)
		role_init();
	if (argc == 2 && !strcmp(argv[1], "fill"))
		return role_fill();
	block(&set, SIGUSR2, SIGUSR2);
	balance_take(&before);
	child_start(&filler, false, fill);
	child_line(&filler, line, sizeof(line));
	tap_is(atoi(line), ENOMEM, "there is no frame left");
	send(SIGUSR1);
	waits_soon(PID_INIT, "nacc_frame_take", "init stores where it has no table");
	tap_ok(sigtimedwait(&set, &info, &now) < 0, "it is not through");
	child_say(&filler, "\n");
	tap_ok(exited_with(child_end(&filler), 0), "the others give their frames back");
	tap_ok(init_answers(&set), "init lives, and reads what it stored");
	tap_ok(!log_has("nacc: pid 1 ", "killed"), "nobody said that it was killed");
	send(SIGTERM);
	send(SIGUSR1);
	tap_ok(init_answers(&set), "SIGTERM does not end it");
	balance_check(&before, "after init had to wait");
	return tap_done();
}
