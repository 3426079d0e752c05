// SPDX-License-Identifier: BSD-2-Clause
/* A walker arrives in the middle of an adoption. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "walkers.h"

void target_start(struct target *target, const char *action)
{
	char path[256], line[128];
	const char *argv[] = { path, action, NULL };
	int pid;

	snprintf(path, sizeof(path), "%s", companion("adopt_target"));
	child_start(&target->child, false, argv);
	child_line(&target->child, line, sizeof(line));
	target->sibling = 0;
	if (sscanf(line, "child %d", &pid) == 1) {
		target->sibling = pid;
		child_line(&target->child, line, sizeof(line));
	}
	if (sscanf(line, "ready %d 0x%lx %lu", &pid, &target->at, &target->size) != 3)
		tap_bail("%s said: %s", action, line);
	target->tid = pid;
}

/* The walker's own process, or 0 when the target walks. */
static pid_t walker_start(const struct kind *kind, struct target *target)
{
	pid_t pid;

	if (!kind->walk) {
		child_say(&target->child, "go\n");
		return 0;
	}
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid)
		_exit(kind->walk(target));
	return pid;
}

int walker_result(struct target *target, pid_t walker)
{
	int status, result = -1;
	char line[64];

	if (walker) {
		if (waitpid(walker, &status, 0) != walker)
			tap_bail("waitpid: %s", strerror(errno));
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	child_line(&target->child, line, sizeof(line));
	return sscanf(line, "result %d", &result) == 1 ? result : -1;
}

static void target_end(const struct kind *kind, struct target *target)
{
	int wrong = -1;
	char line[64];

	child_say(&target->child, "?\n");
	child_line(&target->child, line, sizeof(line));
	tap_ok(sscanf(line, "check %d", &wrong) == 1 && !wrong,
	       "%s: the target is guarded, and its pages are intact (%d)",
	       kind->name, wrong);
	if (target->sibling)
		kill(target->sibling, SIGKILL);
	tap_is(child_end(&target->child), 0, "%s: it ends well", kind->name);
}

void walker_try(const struct kind *kind)
{
	pid_t attacher, walker, watched;
	struct balance before;
	struct target target;

	balance_take(&before);
	target_start(&target, kind->action);
	if (kind->before)
		kind->before(&target);
	attacher = attach_and_hold(target.child.pid);
	walker = walker_start(kind, &target);
	watched = kind->kthread ? kthread_find(kind->kthread) :
		  kind->relative ? target.sibling :
		  walker ? walker : target.tid;
	if (kind->where)
		waits_soon(watched, kind->where, kind->name);
	else
		tap_is(walker_result(&target, walker), 0,
		       "%s: comes and goes while all locks are held", kind->name);
	tap_is(attach_go_on(attacher), 0, "%s: the adoption succeeds", kind->name);
	if (kind->where)
		tap_is(walker_result(&target, walker), 0,
		       "%s: finds what it came for", kind->name);
	if (kind->after)
		tap_is(kind->after(&target), 0, "%s: has used the frames", kind->name);
	target_end(kind, &target);
	/* ksmd holds what it has looked at until it lets go of all. */
	file_write("/sys/kernel/mm/ksm/run", "2");
	spaces_wait(&before);
	file_write("/sys/kernel/mm/ksm/run", "0");
	balance_check(&before, kind->name);
}
