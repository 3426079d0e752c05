// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pool runs out: the process that asks gets an error or its end, the rest
 * of the machine goes on, and afterwards everything is back.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"
#include "hog.h"

/* Asks politely until refused; says the error; then does as it is told. */
static int role_ask(void)
{
	char *at, line[16];
	size_t tables;
	pid_t pid;

	hog_settle();
	at = hog_area();
	tables = hog_fill(at) / TABLE_BYTES;
	printf("%d %zu\n", errno, tables);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 21;
	pid = fork();
	if (!pid)
		_exit(0);
	printf("%d\n", pid < 0 ? errno : 0);
	fflush(stdout);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (!fgets(line, sizeof(line), stdin))
		return 22;
	munmap(at, HOG_BYTES);
	at = hog_area();
	at[0] = 1;
	puts("well");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? 23 : 0;
}

/* Just touches; there is no error to return from a store. */
static int role_touch(void)
{
	char *at = hog_area();
	size_t i;

	for (i = 0; i < HOG_BYTES; i += TABLE_BYTES)
		at[i] = 1;
	return 24;
}

static void asked(void)
{
	const char *argv[] = { "/proc/self/exe", "ask", NULL };
	struct counters now;
	struct child child;
	char line[64];
	int error = 0, status;
	long tables = 0;

	child_start(&child, true, argv);
	child_line(&child, line, sizeof(line));
	if (sscanf(line, "%d %ld", &error, &tables) != 2)
		error = -1;
	tap_is(error, ENOMEM, "populate: ENOMEM when no frame is left");
	counters_read(&now);
	tap_ok(tables > 0 && (unsigned long)tables >
	       now.value[COUNTER_FRAMES_TOTAL] * 9 / 10,
	       "and not before (%ld tables, %lu frames)", tables,
	       now.value[COUNTER_FRAMES_TOTAL]);
	tap_ok(exited_with(in_child(hello_run, NULL), 0),
	       "a plain program runs meanwhile");
	status = in_child(hello_run, "guard");
	tap_ok(!exited_with(status, 0), "a guarded one does not start (0x%x)",
	       (unsigned int)status);
	child_say(&child, "\n");
	child_line(&child, line, sizeof(line));
	tap_is(atoi(line), ENOMEM, "fork: ENOMEM");
	child_say(&child, "\n");
	child_line(&child, line, sizeof(line));
	tap_ok(!strcmp(line, "well"), "after unmapping it goes on");
	tap_ok(exited_with(in_child(hello_run, "guard"), 0),
	       "and guarded programs start again");
	tap_ok(exited_with(child_end(&child), 0), "it exits with 0");
}

static void touched(void)
{
	const char *argv[] = { "/proc/self/exe", "touch", NULL };
	struct child child;
	int status, waited = 0;
	pid_t pid = 0;

	child_start(&child, true, argv);
	while (!pid && waited < 20000) {
		usleep(10000);
		waited += 10;
		pid = waitpid(child.pid, &status, WNOHANG);
	}
	tap_ok(pid == child.pid, "a store with no frame left does not hang");
	if (pid != child.pid) {
		kill(child.pid, SIGKILL);
		waitpid(child.pid, &status, 0);
	}
	tap_ok(killed_by(status, SIGKILL) || killed_by(status, SIGBUS) ||
	       killed_by(status, SIGSEGV), "it is killed (wait status 0x%x)",
	       (unsigned int)status);
	close(child.in);
	close(child.out);
	tap_ok(exited_with(in_child(hello_run, "guard"), 0),
	       "guarded programs start again");
}

int main(int argc, char **argv)
{
	struct balance before;

	if (argc == 2 && !strcmp(argv[1], "ask"))
		return is_guarded() ? role_ask() : 2;
	if (argc == 2 && !strcmp(argv[1], "touch"))
		return is_guarded() ? role_touch() : 2;
	balance_take(&before);
	asked();
	balance_check(&before, "after asking for too much");
	touched();
	balance_check(&before, "after touching too much");
	return tap_done();
}
