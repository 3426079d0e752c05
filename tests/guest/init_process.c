// SPDX-License-Identifier: BSD-2-Clause
/*
 * init_process [refused]: what becomes of a guarded init. It faults while the pool is
 * empty: it tries until there is a frame, and is still the one process that no signal
 * ends which it does not want. It maps what is refused: it does not read there.
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

/* What a SIGUSR1 asks init for. */
enum wish { WISH_FAULT, WISH_DEVICE };

/* From now on @set, which is @a and @b, waits to be asked for. */
static void block(sigset_t *set, int a, int b)
{
	sigemptyset(set);
	sigaddset(set, a);
	sigaddset(set, b);
	if (sigprocmask(SIG_BLOCK, set, NULL))
		tap_bail("sigprocmask: %s", strerror(errno));
}

/* Stores where it has no table. Returns what it reads there; -1: it could not. */
static int fault(void)
{
	char *at = mmap(NULL, 2 * TABLE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int value;

	if (at == MAP_FAILED)
		return -1;
	*(volatile char *)(at + TABLE_BYTES) = STORED;
	value = *(volatile char *)(at + TABLE_BYTES);
	munmap(at, 2 * TABLE_BYTES);
	return value;
}

/* The console says how far it comes. */
static int read_device(void)
{
	volatile unsigned char *at = device_map(UART, PAGE, PROT_READ);

	if (at == MAP_FAILED)
		return -1;
	file_write("/dev/kmsg", "init has mapped the device");
	(void)at[0];
	file_write("/dev/kmsg", "init has read the device");
	return 0;
}

static _Noreturn void role_init(void)
{
	union sigval value;
	siginfo_t info;
	sigset_t set;

	if (!fork()) {
		execl("/init", "init", (char *)NULL);
		_exit(EXIT_NOT_FOUND);
	}
	/* Not in what /init starts. */
	block(&set, SIGUSR1, SIGCHLD);
	for (;;) {
		if (sigwaitinfo(&set, &info) == SIGUSR1) {
			value.sival_int = info.si_value.sival_int == WISH_DEVICE ?
					  read_device() : fault();
			sigqueue(info.si_pid, SIGUSR2, value);
		}
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

static void init_ask(enum wish wish)
{
	union sigval value = { .sival_int = (int)wish };

	if (sigqueue(PID_INIT, SIGUSR1, value))
		tap_bail("sigqueue: %s", strerror(errno));
}

/* What it read, in time; -1: nothing. */
static int init_answers(const sigset_t *set)
{
	const struct timespec limit = { .tv_sec = WAIT_S };
	siginfo_t info;

	if (sigtimedwait(set, &info, &limit) != SIGUSR2 || info.si_pid != PID_INIT)
		return -1;
	return info.si_value.sival_int;
}

static void test_faults(const sigset_t *set)
{
	const char *fill[] = { "/proc/self/exe", "fill", NULL };
	const struct timespec now = { 0 };
	struct balance before;
	struct child filler;
	siginfo_t info;
	char line[16];

	balance_take(&before);
	child_start(&filler, false, fill);
	child_line(&filler, line, sizeof(line));
	tap_is(atoi(line), ENOMEM, "there is no frame left");
	init_ask(WISH_FAULT);
	waits_soon(PID_INIT, "nacc_frame_take", "init stores where it has no table");
	tap_ok(sigtimedwait(set, &info, &now) < 0, "it is not through");
	child_say(&filler, "\n");
	tap_ok(exited_with(child_end(&filler), 0), "the others give their frames back");
	tap_is(init_answers(set), STORED, "init lives, and reads what it stored");
	tap_ok(!log_has("nacc: pid 1 ", "killed"), "nobody said that it was killed");
	kill(PID_INIT, SIGTERM);
	init_ask(WISH_FAULT);
	tap_is(init_answers(set), STORED, "SIGTERM does not end it");
	balance_check(&before, "after init had to wait");
}

/* The machine ends. run-guest-tests reads from its console how. */
static void test_refused(const sigset_t *set)
{
	if (!all_guarded() && attach(PID_INIT))
		tap_bail("init cannot be attached");
	init_ask(WISH_DEVICE);
	tap_bail("init goes on, and says %d", init_answers(set));
}

int main(int argc, char **argv)
{
	sigset_t set;

	if (getpid() == PID_INIT)
		role_init();
	if (argc == 2 && !strcmp(argv[1], "fill"))
		return role_fill();
	block(&set, SIGUSR2, SIGUSR2);
	if (argc == 2 && !strcmp(argv[1], "refused"))
		test_refused(&set);
	else
		test_faults(&set);
	return tap_done();
}
