// SPDX-License-Identifier: BSD-2-Clause
/* `nacc attach`: guard a process that runs, or it and all its descendants. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "nacc.h"

/* Passes over the whole tree; each finds what the one before has let slip. */
#define MAX_PASSES	100
/* The kernel has tried three times already for each of these. */
#define MAX_TRIES	10

static const char attach_help[] =
	"Usage: nacc attach [-t] PID\n"
	"Guard a process that runs: its page tables move into the pool.\n"
	"\n"
	"What it forks and executes from then on is guarded too. You must be allowed\n"
	"to trace it, see ptrace(2). All or nothing: when it fails, the process goes\n"
	"on as before.\n"
	"\n"
	"  -t, --tree  also all its descendants, until none is left unguarded\n";

static const struct option options[] = {
	{ "tree", no_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Returns 0 or -errno; -EBUSY: it was guarded before. */
static int attach(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int tries, ret = 0;

	if (fd < 0)
		return -errno;
	for (tries = 0; tries < MAX_TRIES; tries++) {
		ret = prctl(PR_NACC, NACC_PR_ATTACH, fd, 0, 0) ? -errno : 0;
		if (ret != -EAGAIN)
			break;
	}
	close(fd);
	return ret;
}

static void attach_failed(pid_t pid, int error)
{
	const char *why;

	switch (-error) {
	case EINVAL:
	case EOPNOTSUPP:
		kernel_missing(-ENOENT);
		return;
	case ESRCH:
		why = "there is no such process, or it has no address space (a zombie, a kernel thread)";
		break;
	case EPERM:
		why = "you may not trace it; see ptrace(2)";
		break;
	case EACCES:
		why = "it maps something that the monitor refuses, such as a device; `dmesg | grep nacc` says what";
		break;
	case ENOMEM:
		why = "memory or frames of the pool do not suffice; see `nacc stat`, and nacc.pool= for a larger pool";
		break;
	case EAGAIN:
		why = "its page tables grow too fast; try again";
		break;
	default:
		why = strerror(-error);
		break;
	}
	fprintf(stderr, "nacc: cannot attach to process %d: %s\n", (int)pid, why);
}

/*
 * One pass over the descendants of @root. Returns how many were attached, or
 * -1 when one could not be and still lives. One that exits meanwhile is fine:
 * its children are found in the next pass, if they are still descendants.
 */
static int tree_pass(pid_t root)
{
	struct process *list;
	int n = processes_read(&list), i, ret, attached = 0;

	if (n < 0) {
		fprintf(stderr, "nacc: cannot list /proc: %s\n", strerror(-n));
		return -1;
	}
	processes_mark(list, (size_t)n, root);
	for (i = 0; i < n && attached >= 0; i++) {
		if (!list[i].marked)
			continue;
		ret = attach(list[i].pid);
		if (!ret)
			attached++;
		if (!ret || ret == -EBUSY || ret == -ESRCH)
			continue;
		attach_failed(list[i].pid, ret);
		attached = -1;
	}
	free(list);
	return attached;
}

/*
 * Until two passes in a row have found nothing: in the first of them a process
 * may have been missed whose parent exited while the list was read.
 */
static int attach_tree(pid_t root)
{
	int passes, quiet = 0, attached;

	for (passes = 0; passes < MAX_PASSES && quiet < 2; passes++) {
		attached = tree_pass(root);
		if (attached < 0)
			return 1;
		quiet = attached ? 0 : quiet + 1;
	}
	if (quiet == 2)
		return 0;
	fprintf(stderr, "nacc: process %d still has unguarded descendants after %d passes\n",
		(int)root, passes);
	return 1;
}

int command_attach(int argc, char **argv)
{
	bool tree = false;
	pid_t pid;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "th", options, NULL)) != -1) {
		switch (opt) {
		case 't':
			tree = true;
			break;
		case 'h':
			fputs(attach_help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc || pid_parse(argv[optind], &pid) || !pid) {
		fputs("nacc: attach takes one process id\n", stderr);
		return 2;
	}
	ret = attach(pid);
	if (ret && ret != -EBUSY) {
		attach_failed(pid, ret);
		return 1;
	}
	if (tree)
		return attach_tree(pid);
	if (ret)
		fprintf(stderr, "nacc: process %d is guarded already\n", (int)pid);
	return 0;
}
