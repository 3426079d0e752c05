// SPDX-License-Identifier: BSD-2-Clause
/*
 * `nacc trace`: the calls of the monitor that the threads of one process
 * cause. It traces into a buffer of its own (a tracefs instance), so that
 * nobody else's tracing is touched, and takes it away at the end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "decode.h"
#include "nacc.h"

static const char trace_help[] =
	"Usage: nacc trace [-fj] [-c COUNT] PID\n"
	"Show the calls of the monitor that a process causes, until it ends.\n"
	"\n"
	"  -f, --follow       new threads and children as well\n"
	"  -c, --count=COUNT  end after COUNT calls\n"
	"  -j, --json         one JSON object for each call, a line each\n"
	"\n"
	"A line: seconds since boot, thread/hart, call with its arguments, result. A\n"
	"refusal names its cause; nacc_abi.h describes calls and causes. Needs root\n"
	"and tracefs.\n";

static const struct option options[] = {
	{ "follow", no_argument, NULL, 'f' },
	{ "count", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

struct trace {
	pid_t pid;
	bool follow;
	bool json;
	unsigned long count;	/* 0: no end */
	unsigned long seen;
	char instance[96];
};

static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* Ctrl-C, and a reader who has gone, end the trace and not the cleaning up. */
static void signals_catch(void)
{
	struct sigaction action = { .sa_handler = interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static const char *tracefs(void)
{
	static const char *const places[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing"
	};
	char path[96];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/instances", places[i]);
		if (!access(path, F_OK))
			return places[i];
	}
	return NULL;
}

/* Returns 0 or -errno. */
static int instance_write(const struct trace *trace, const char *name,
			  const char *text)
{
	char path[160];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", trace->instance, name);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* All threads that there are now. */
static int threads_select(const struct trace *trace)
{
	struct dirent *entry;
	char path[64];
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)trace->pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ret = instance_write(trace, "set_event_pid",
					     entry->d_name);
	closedir(dir);
	/* A thread that ended meanwhile is no reason to stop. */
	return ret == -ESRCH ? 0 : ret;
}

/* Returns 0, or -1 with the mistake told. */
static int instance_start(struct trace *trace)
{
	const char *root = tracefs();
	int ret;

	if (!root) {
		if (geteuid())
			fputs("nacc: trace needs root: it reads the kernel's trace events\n",
			      stderr);
		else
			fputs("nacc: tracefs is not mounted\n"
			      "nacc: run `mount -t tracefs tracefs /sys/kernel/tracing` first\n",
			      stderr);
		return -1;
	}
	snprintf(trace->instance, sizeof(trace->instance),
		 "%s/instances/nacc.%d", root, (int)getpid());
	if (mkdir(trace->instance, 0700)) {
		fprintf(stderr, "nacc: cannot make %s: %s\n", trace->instance,
			strerror(errno));
		trace->instance[0] = '\0';
		return -1;
	}
	ret = instance_write(trace, "buffer_percent", "0");
	if (!ret && trace->follow)
		ret = instance_write(trace, "options/event-fork", "1");
	if (!ret)
		ret = threads_select(trace);
	if (!ret)
		ret = instance_write(trace, "events/nacc/nacc_call/enable", "1");
	if (ret)
		fprintf(stderr, "nacc: cannot trace process %d: %s\n",
			(int)trace->pid, strerror(-ret));
	return ret ? -1 : 0;
}

static void instance_end(const struct trace *trace)
{
	if (trace->instance[0] && rmdir(trace->instance))
		fprintf(stderr, "nacc: cannot remove %s: %s\n", trace->instance,
			strerror(errno));
}

static bool trace_done(const struct trace *trace)
{
	return interrupted || ferror(stdout) ||
	       (trace->count && trace->seen >= trace->count);
}

static void line_show(struct trace *trace, const char *line)
{
	struct call_event event;
	int ret = call_event_parse(line, &event);

	if (ret == -ENOENT && strstr(line, "[LOST ")) {
		fprintf(stderr, "nacc: the kernel lost events: %s\n", line);
		return;
	}
	if (ret == -EINVAL)
		fprintf(stderr, "nacc: not understood: %s\n", line);
	if (ret)
		return;
	if (trace->json)
		call_event_json(stdout, &event);
	else
		call_event_text(stdout, &event);
	trace->seen++;
}

/* Show what is there, whole lines; false at the end of all. */
static bool pipe_drain(struct trace *trace, int fd)
{
	static char text[65536];
	static size_t held;
	char *line, *end;
	ssize_t got;

	while (!trace_done(trace)) {
		got = read(fd, text + held, sizeof(text) - 1 - held);
		if (got <= 0)
			break;
		held += (size_t)got;
		text[held] = '\0';
		line = text;
		while (!trace_done(trace) && (end = strchr(line, '\n'))) {
			*end = '\0';
			line_show(trace, line);
			line = end + 1;
		}
		held = strlen(line);
		memmove(text, line, held);
	}
	fflush(stdout);
	return !trace_done(trace);
}

/* Wait for one of @fds. A signal that came a moment before ends it, too. */
static int wait_for(struct pollfd *fds, nfds_t nr)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	ret = interrupted ? -1 : ppoll(fds, nr, NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int trace_follow(struct trace *trace, int pidfd)
{
	struct pollfd fds[2] = {
		{ .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN },
	};
	char path[160];
	bool more = true;

	snprintf(path, sizeof(path), "%s/trace_pipe", trace->instance);
	fds[0].fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fds[0].fd < 0) {
		fprintf(stderr, "nacc: cannot read %s: %s\n", path, strerror(errno));
		return 1;
	}
	while (more) {
		if (wait_for(fds, 2) < 0)
			break;
		/* Its last calls are in the buffer before it is seen dead. */
		more = pipe_drain(trace, fds[0].fd) && !fds[1].revents;
	}
	close(fds[0].fd);
	return 0;
}

/* Exit status, or -1 to go on. */
static int trace_options(int argc, char **argv, struct trace *trace)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "fc:jh", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			trace->follow = true;
			break;
		case 'c':
			if (count_parse("trace", optarg, &trace->count))
				return 2;
			break;
		case 'j':
			trace->json = true;
			break;
		case 'h':
			fputs(trace_help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind + 1 == argc && !pid_parse(argv[optind], &trace->pid))
		return -1;
	fputs("nacc: trace takes one process id\n", stderr);
	return 2;
}

int command_trace(int argc, char **argv)
{
	struct trace trace = { 0 };
	struct counters counters;
	int pidfd, ret;

	ret = trace_options(argc, argv, &trace);
	if (ret >= 0)
		return ret;
	ret = counters_read(&counters);
	if (ret) {
		kernel_missing(ret);
		return 1;
	}
	pidfd = (int)syscall(SYS_pidfd_open, trace.pid, 0);
	if (pidfd < 0) {
		fprintf(stderr, "nacc: no process %d: %s\n", (int)trace.pid,
			strerror(errno));
		return 1;
	}
	signals_catch();
	ret = 1;
	if (!instance_start(&trace))
		ret = trace_follow(&trace, pidfd);
	instance_end(&trace);
	close(pidfd);
	return ret;
}
