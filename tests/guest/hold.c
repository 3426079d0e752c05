// SPDX-License-Identifier: BSD-2-Clause
/* Adoptions that are held, and who waits for them. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"

#define HOLD	"/sys/kernel/debug/nacc/hold"
#define WAIT_MS	30000UL

pid_t attach_and_hold(pid_t pid)
{
	char line[16];
	pid_t attacher;

	if (file_write(HOLD, "1") < 0)
		tap_bail(HOLD ": %s", strerror(errno));
	fflush(stdout);
	attacher = fork();
	if (!attacher)
		_exit(attach(pid));
	if (attacher < 0 || file_read(HOLD, line, sizeof(line)) < 0)
		tap_bail("no adoption is held: %s", strerror(errno));
	return attacher;
}

int attach_go_on(pid_t attacher)
{
	int status;

	if (file_write(HOLD, "0") < 0 || waitpid(attacher, &status, 0) != attacher)
		tap_bail("the adoption does not go on: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * By files that do not take hold of its address space: who did that while it
 * exits would have to take it down, and wait in its stead. The whole stack,
 * since without frame pointers Linux reads what looks like one from it, and the
 * first of these may be left from an earlier call.
 */
static bool waits_at(pid_t tid, const char *where, char *stack, size_t size)
{
	char path[64], wchan[128];

	snprintf(path, sizeof(path), "/proc/%d/wchan", (int)tid);
	if (file_read(path, wchan, sizeof(wchan)) < 0 || !strcmp(wchan, "0"))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stack", (int)tid);
	return file_read(path, stack, size) >= 0 && strstr(stack, where);
}

void waits_soon(pid_t tid, const char *where, const char *what)
{
	unsigned long end = now_ms() + WAIT_MS;
	char stack[4096] = "";
	bool seen;

	while (!(seen = waits_at(tid, where, stack, sizeof(stack))) && now_ms() < end)
		sched_yield();
	if (!tap_ok(seen, "%s: arrives and waits in %s", what, where))
		tap_note("it was at: %s", stack);
}

pid_t kthread_find(const char *name)
{
	struct process *list;
	int i, n = processes_read(&list);
	char path[64], comm[64];
	pid_t pid = 0;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)list[i].pid);
		if (file_read(path, comm, sizeof(comm)) < 0)
			continue;
		comm[strcspn(comm, "\n")] = '\0';
		if (!strcmp(comm, name))
			pid = list[i].pid;
	}
	if (n >= 0)
		free(list);
	if (!pid)
		tap_bail("no thread %s", name);
	return pid;
}
