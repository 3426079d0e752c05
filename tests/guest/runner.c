// SPDX-License-Identifier: BSD-2-Clause
/*
 * runner LABEL LANE SCALE LIST: runs the tests of LIST (- is stdin; lane.sh has
 * it) that belong to LANE, or to =NAME[,NAME]..., one after the other, and passes their TAP on as `ok - LABEL NAME: text`. Adds
 * what no test can say of itself: that it ended, in time, as it had planned,
 * and that frames and spaces are back afterwards. SCALE stretches time limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define MAX_WORDS	16
#define LATE_MS		3000

struct test {
	char line[256];
	char *name;
	char *lanes;
	unsigned long seconds;
	char *argv[MAX_WORDS + 1];
};

struct run {
	const char *label;
	const char *name;
	int planned;		/* -1 until the plan is seen */
	int seen;
	int failed;
};

static int failures;

static void say(bool ok, const struct run *run, const char *fmt, ...)
{
	va_list args;

	printf("%s - %s %s: ", ok ? "ok" : "not ok", run->label, run->name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	failures += !ok;
}

/* `ok 12 - text` without its number; NULL when the line is no result. */
static const char *result_text(const char *line)
{
	line += strspn(line, " ");
	line += strspn(line, "0123456789");
	return strncmp(line, " - ", 3) ? NULL : line + 3;
}

static void line_pass(struct run *run, const char *line)
{
	const char *text = NULL;
	bool ok = false;

	if (!strncmp(line, "ok ", 3)) {
		ok = true;
		text = result_text(line + 3);
	} else if (!strncmp(line, "not ok ", 7)) {
		text = result_text(line + 7);
	} else if (!strncmp(line, "1..", 3)) {
		run->planned = atoi(line + 3);
		return;
	}
	if (!text) {
		printf("# %s: %s\n", run->name,
		       line + (line[0] == '#' ? 1 + (line[1] == ' ') : 0));
		return;
	}
	run->seen++;
	run->failed += !ok;
	say(ok, run, "%s", text);
}

/* Reads the test's output to its end. False when time runs out first. */
static bool output_pass(struct run *run, int fd, unsigned long end)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char line[512];
	size_t len = 0;
	unsigned long now;

	while ((now = now_ms()) < end) {
		if (poll(&pfd, 1, (int)(end - now)) <= 0)
			continue;
		if (read(fd, line + len, 1) != 1)
			return true;
		if (line[len] == '\n' || len == sizeof(line) - 2) {
			line[len + (line[len] != '\n')] = '\0';
			line_pass(run, line);
			len = 0;
		} else {
			len++;
		}
	}
	return false;
}

static pid_t test_start(const struct test *test, int *out)
{
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		setpgid(0, 0);
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
		dup2(fd[1], STDOUT_FILENO);
		dup2(fd[1], STDERR_FILENO);
		execvp(test->argv[0], test->argv);
		fprintf(stderr, "%s: %s\n", test->argv[0], strerror(errno));
		_exit(EXIT_NOT_FOUND);
	}
	close(fd[1]);
	*out = fd[0];
	return pid;
}

static void leftovers_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/*
 * Work that Linux has put off may drop the last reference to an mm after its
 * process is gone, as the end of an io_uring does: look again for a while.
 */
static bool counters_settled(const struct counters *was, struct counters *is)
{
	unsigned long end = now_ms() + LATE_MS;

	while (settle() && !counters_read(is)) {
		if (counters_back(was, is, NULL) || now_ms() >= end)
			return true;
		usleep(10000);
	}
	return false;
}

static void test_run(const char *label, const struct test *test,
		     unsigned long scale)
{
	struct run run = { .label = label, .name = test->name, .planned = -1 };
	unsigned long begin = now_ms();
	struct counters was, is;
	bool guarding = has_monitor(), in_time;
	int fd, status;
	pid_t pid;

	if (guarding && (!settle() || counters_read(&was)))
		say(false, &run, "counters cannot be read");
	pid = test_start(test, &fd);
	in_time = output_pass(&run, fd, begin + test->seconds * scale * 1000);
	if (!in_time)
		kill(-pid, SIGKILL);
	close(fd);
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	leftovers_reap();
	if (!in_time)
		say(false, &run, "no end within %lu s", test->seconds * scale);
	else if (run.planned != run.seen || !run.seen)
		say(false, &run, "ended after %d of %d results (wait status 0x%x)",
		    run.seen, run.planned, (unsigned int)status);
	else if (!run.failed)
		say(exited_with(status, 0), &run, "exit status (0x%x)",
		    (unsigned int)status);
	if (guarding && counters_settled(&was, &is))
		say(counters_back(&was, &is, test->name), &run, "frames and spaces are back");
	else if (guarding)
		say(false, &run, "counters cannot be read any more");
	printf("# %s %s: %lu ms\n", label, test->name, now_ms() - begin);
}

/* NAME LANE[,LANE]... SECONDS CMD [ARG]... */
static bool test_parse(struct test *test)
{
	char *word, *rest = test->line;
	int n = 0;

	test->name = strtok_r(rest, " \t\n", &rest);
	test->lanes = strtok_r(NULL, " \t\n", &rest);
	word = strtok_r(NULL, " \t\n", &rest);
	if (!word || number_parse(word, &test->seconds))
		return false;
	while (n < MAX_WORDS && (word = strtok_r(NULL, " \t\n", &rest)))
		test->argv[n++] = word;
	test->argv[n] = NULL;
	return n > 0;
}

static bool lane_has(const char *lanes, const char *lane)
{
	size_t len = strlen(lane);

	while (lanes) {
		if (!strncmp(lanes, lane, len) &&
		    (!lanes[len] || lanes[len] == ','))
			return true;
		lanes = strchr(lanes, ',');
		lanes += !!lanes;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct test test;
	unsigned long scale;
	int run = 0;
	FILE *list;

	if (argc != 5 || number_parse(argv[3], &scale) || !scale)
		tap_bail("usage: runner LABEL LANE SCALE LIST");
	list = strcmp(argv[4], "-") ? fopen(argv[4], "re") : stdin;
	if (!list)
		tap_bail("%s: %s", argv[4], strerror(errno));
	/* What there was is seen, should the machine end. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	while (fgets(test.line, sizeof(test.line), list)) {
		if (test.line[0] == '#' || test.line[0] == '\n')
			continue;
		if (!test_parse(&test))
			tap_bail("%s: bad line: %s", argv[4], test.line);
		if (argv[2][0] == '=' ? !lane_has(argv[2] + 1, test.name) :
					!lane_has(test.lanes, argv[2]))
			continue;
		test_run(argv[1], &test, scale);
		run++;
	}
	if (!run)
		tap_bail("no test belongs to lane %s", argv[2]);
	printf("# %s: lane %s complete, %d tests\n", argv[1], argv[2], run);
	return failures ? 1 : 0;
}
