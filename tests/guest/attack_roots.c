// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attacks of class W on the root of a process: the kernel is made to load
 * another one than the process's own. Guarded where there is a monitor;
 * `attack_roots plain` attacks an unguarded process all the same.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

#define ROOT		"/sys/kernel/debug/nacc_root"
#define WAIT_MS		10000
#define ANSWERS		500

static void forge_root(pid_t pid, const char *what)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %s", (int)pid, what);
	if (file_write(ROOT, text) < 0)
		tap_bail("nacc_root: %s: %s", text, strerror(errno));
}

/*
 * It is switched to, again and again. Does it go on, on the root that it was
 * given? A guarded one is killed from a work item, so it may answer before.
 */
static const char *fate(struct hello *victim)
{
	struct pollfd pfd = { .fd = victim->child.out, .events = POLLIN };
	unsigned int answers;
	char line[8];
	int status;

	for (answers = 0; answers < ANSWERS; answers++) {
		if (write(victim->child.in, "\n", 1) != 1)
			break;
		if (poll(&pfd, 1, WAIT_MS) != 1)
			return "hangs";
		if (read(victim->child.out, line, sizeof(line)) <= 0)
			break;
	}
	if (answers == ANSWERS)
		return "works";
	if (waitpid(victim->child.pid, &status, 0) != victim->child.pid)
		tap_bail("waitpid: %s", strerror(errno));
	victim->child.pid = 0;
	return killed_by(status, SIGKILL) ? "killed" : "works";
}

static void finish(struct hello *victim)
{
	if (victim->child.pid)
		child_end(&victim->child);
}

static void copy(bool guard)
{
	struct hello victim;
	const char *result;

	hello_start(&victim, guard);
	forge_root(victim.child.pid, "copy");
	result = fate(&victim);
	if (victim.child.pid)
		forge_root(victim.child.pid, "restore");
	finish(&victim);
	attack_result("root-copy", result);
}

/* The root of the dead: on the stock kernel the victim loses its memory. */
static void dead(bool guard)
{
	struct hello gone, victim;
	const char *result;

	hello_start(&gone, guard);
	forge_root(gone.child.pid, "keep");
	child_end(&gone.child);
	if (guard)
		settle();
	hello_start(&victim, guard);
	forge_root(victim.child.pid, "kept");
	result = fate(&victim);
	finish(&victim);
	attack_result("root-dead", result);
	if (guard)
		forge_root(getpid(), "drop");
}

/* The mm forgets that it is guarded; alone, and with a root of ordinary memory. */
static void context(const char *name, bool with_root)
{
	struct hello victim;
	const char *result;

	hello_start(&victim, true);
	forge_root(victim.child.pid, "context");
	if (with_root)
		forge_root(victim.child.pid, "copy");
	result = fate(&victim);
	if (victim.child.pid)
		forge_root(victim.child.pid, "restore");
	finish(&victim);
	attack_result(name, !with_root && !strcmp(result, "works") ? "no effect" :
		      result);
}

/* The mm that it ran on, and the one that it got, are let go of afterwards. */
static void made_up(bool guard)
{
	struct hello victim;
	const char *result;

	hello_start(&victim, guard);
	forge_root(victim.child.pid, "mm");
	result = fate(&victim);
	finish(&victim);
	forge_root(0, "mm");
	attack_result("made-up-mm", result);
}

/*
 * Parent and child have the same layout and different contents. The child
 * says whose it sees, from registers alone, until it is told to stop.
 */
static volatile int whose;
static volatile int *seen, *stop;

static int mirror(void *unused)
{
	(void)unused;
	whose = 2;
	__asm__ __volatile__(
		"1: li a7, 124\n ecall\n"		/* sched_yield */
		"lw t0, 0(%[whose])\n sw t0, 0(%[seen])\n"
		"lw t0, 0(%[stop])\n beqz t0, 1b\n"
		: : [whose] "r"(&whose), [seen] "r"(seen), [stop] "r"(stop)
		: "a0", "a7", "t0", "memory");
	return 0;
}

static bool mirror_shows(int value)
{
	unsigned long end = now_ms() + WAIT_MS / 5;

	while (*seen != value && now_ms() < end)
		sched_yield();
	return *seen == value;
}

static void other(bool guard)
{
	char self[16];
	int status;
	pid_t pid;
	bool sees;

	seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	stop = seen + 1;
	whose = 1;
	pid = fork();
	if (!pid)
		_exit(mirror(NULL));
	if (pid < 0 || !mirror_shows(2))
		tap_bail("the mirror shows nothing");
	snprintf(self, sizeof(self), "%d", (int)getpid());
	forge_root(pid, self);
	sees = mirror_shows(1);
	if (waitpid(pid, &status, WNOHANG) == pid) {
		attack_result("root-other", killed_by(status, SIGKILL) ? "killed" :
			      "the victim is harmed");
		return;
	}
	forge_root(pid, "restore");
	mirror_shows(2);
	*stop = 1;
	waitpid(pid, &status, 0);
	attack_result("root-other", sees ? "works" : guard && killed_by(status, SIGKILL) ?
		      "killed" : "no effect");
}

int main(void)
{
	bool guard = has_monitor();

	signal(SIGPIPE, SIG_IGN);
	attack_pin();
	copy(guard);
	other(guard);
	dead(guard);
	made_up(guard);
	if (guard) {
		context("context-cleared", false);
		context("context-and-root", true);
	}
	return 0;
}
