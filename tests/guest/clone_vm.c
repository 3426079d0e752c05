// SPDX-License-Identifier: BSD-2-Clause
/*
 * clone_vm plain|guarded: processes of their own that share an address space
 * (CLONE_VM without CLONE_THREAD or CLONE_VFORK), and what their exit, their
 * death and their exec leave to the other; and the exec of a thread that is not
 * the leader.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

#define PAGES		200UL
#define STACK		(64 * PAGE)
#define ROUNDS		20
#define WRITERS		3
#define WAIT_MS		60000

static struct proc self;
static char *stack, *data;
static char *volatile mapped;	/* by the other process, for this one */
static atomic_bool writing;
static int go[2], out[2], in[2];

static void look(pid_t pid, struct proc *proc)
{
	*proc = (struct proc){ .guarded = false };
	if (has_monitor() && proc_read(pid, proc))
		tap_bail("/proc/%d/nacc cannot be read", (int)pid);
}

static pid_t other_start(int (*fn)(void *arg))
{
	pid_t pid = clone(fn, stack + STACK, CLONE_VM | SIGCHLD, NULL);

	if (pid < 0)
		tap_bail("clone: %s", strerror(errno));
	return pid;
}

static int other_end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	return status;
}

static int map_and_wait(void *unused)
{
	char c, *at = mm_anon(PAGES * PAGE);

	(void)unused;
	pattern_fill(at, PAGES, 1);
	mapped = at;
	_exit(read(go[0], &c, 1) == 1 && is_guarded() == self.guarded ? 0 : 1);
}

static void exits(void)
{
	struct proc other;
	pid_t pid;

	pid = other_start(map_and_wait);
	while (!mapped)
		sched_yield();
	look(pid, &other);
	tap_ok(other.guarded == self.guarded && other.space == self.space &&
	       other.root == self.root, "CLONE_VM: the same space");
	if (write(go[1], "g", 1) != 1)
		tap_bail("write: %s", strerror(errno));
	tap_ok(exited_with(other_end(pid), 0), "the other process knows it, and exits");
	tap_is((long)pattern_check(mapped, PAGES, 1), 0, "what it mapped is still there");
	pattern_fill(mapped, PAGES, 2);
	tap_is((long)pattern_check(mapped, PAGES, 2), 0, "and can be written");
	tap_is(munmap(mapped, PAGES * PAGE), 0, "and unmapped");
}

/* Maps, touches and unmaps until it is killed. */
static _Noreturn int never_still(void *unused)
{
	char *at = mm_anon(PAGES * PAGE);

	(void)unused;
	pattern_fill(at, PAGES, 3);
	mapped = at;
	for (;;) {
		at = mm_anon(PAGES * PAGE);
		pattern_fill(at, PAGES, 4);
		munmap(at, PAGES * PAGE);
	}
}

static void is_killed(void)
{
	int i, well = 0;
	pid_t pid;

	for (i = 0; i < ROUNDS; i++) {
		mapped = NULL;
		pid = other_start(never_still);
		while (!mapped)
			sched_yield();
		pattern_fill(data, PAGES, 5);
		kill(pid, SIGKILL);
		well += killed_by(other_end(pid), SIGKILL) &&
			!pattern_check(mapped, PAGES, 3) &&
			!pattern_check(data, PAGES, 5);
		munmap(mapped, PAGES * PAGE);
	}
	tap_is(well, ROUNDS, "the other is killed while busy: this one has all its data");
}

static int other_execs(void *unused)
{
	(void)unused;
	while (!atomic_load(&writing))
		sched_yield();
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	execl("/proc/self/exe", "clone_vm", "hold", (char *)NULL);
	_exit(EXIT_NOT_FOUND);
}

/* Wrong pages of what this process writes until the other has executed. */
static size_t written_wrong(void)
{
	struct pollfd pfd = { .fd = out[0], .events = POLLIN };
	unsigned long end = now_ms() + WAIT_MS;
	unsigned int seed = 0;
	size_t wrong = 0;
	char *at;

	do {
		if (now_ms() > end)
			tap_bail("no exec in time");
		pattern_fill(data, PAGES, ++seed);
		wrong += pattern_check(data, PAGES, seed);
		at = mm_anon(PAGES * PAGE);
		pattern_fill(at, PAGES, seed);
		munmap(at, PAGES * PAGE);
		atomic_store(&writing, true);
	} while (!poll(&pfd, 1, 0));
	return wrong;
}

static bool exec_round(void)
{
	char line[32] = "";
	struct proc own, other;
	bool well;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		tap_bail("pipe: %s", strerror(errno));
	atomic_store(&writing, false);
	pid = other_start(other_execs);
	well = !written_wrong() && read(out[0], line, sizeof(line) - 1) > 0;
	look(pid, &other);
	look(getpid(), &own);
	well = well && own.space == self.space && own.root == self.root &&
	       other.guarded == self.guarded && strtoul(line, NULL, 10) == other.space &&
	       (!self.guarded || other.space != self.space);
	close(in[1]);
	well = exited_with(other_end(pid), 0) && well;
	close(in[0]);
	close(out[0]);
	close(out[1]);
	return well;
}

static void execs(void)
{
	int i, well = 0;

	for (i = 0; i < ROUNDS; i++)
		well += exec_round();
	tap_is(well, ROUNDS, "the other executes while this one writes: %s of its own",
	       self.guarded ? "a guarded space" : "a space");
}

/* Says its space and waits for the end of its input. */
static int role_hold(void)
{
	char byte;

	look(getpid(), &self);
	printf("%lu\n", self.space);
	fflush(stdout);
	return read(STDIN_FILENO, &byte, 1) ? 1 : 0;
}

static void *writer(void *arg)
{
	unsigned int seed = 0;

	for (;;)
		pattern_fill(arg, PAGES, ++seed);
	return NULL;
}

/* @arg: what the program is to find that takes the place of all threads. */
static void *exec_in_thread(void *arg)
{
	const char *const *word = arg;

	execl("/proc/self/exe", "clone_vm", "heir", word[0], word[1], (char *)NULL);
	_exit(EXIT_NOT_FOUND);
}

static int thread_execs(void *unused)
{
	char pid[16], space[24];
	const char *words[] = { pid, space };
	pthread_t thread;
	int i;

	(void)unused;
	look(getpid(), &self);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(space, sizeof(space), "%lu", self.space);
	for (i = 0; i < WRITERS; i++)
		if (pthread_create(&thread, NULL, writer, data))
			return 20;
	if (pthread_create(&thread, NULL, exec_in_thread, words))
		return 21;
	writer(data);
	return 22;
}

/* 0: the only thread, with the leader's id, guarded if @space was not 0. */
static int role_heir(const char *pid, const char *space)
{
	unsigned long old = strtoul(space, NULL, 10);

	look(getpid(), &self);
	if (getpid() != atoi(pid) || syscall(SYS_gettid) != getpid() ||
	    number_of("/proc/self/status", "Threads:") != 1)
		return 30;
	return self.guarded == !!old && is_guarded() == !!old &&
	       (!old || self.space != old) ? 0 : 31;
}

static void thread_execs_rounds(void)
{
	int i, well = 0;

	for (i = 0; i < ROUNDS; i++)
		well += exited_with(in_child(thread_execs, NULL), 0);
	tap_is(well, ROUNDS, "a thread that is not the leader executes: %s",
	       self.guarded ? "guarded, in a new space" : "plain");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "hold"))
		return role_hold();
	if (argc == 4 && !strcmp(argv[1], "heir"))
		return role_heir(argv[2], argv[3]);
	mm_begin(argc, argv);
	look(getpid(), &self);
	stack = mm_anon(STACK);
	data = mm_anon(PAGES * PAGE);
	pattern_fill(data, PAGES, 1);
	if (pipe2(go, O_CLOEXEC))
		tap_bail("pipe: %s", strerror(errno));
	exits();
	is_killed();
	execs();
	thread_execs_rounds();
	return tap_done();
}
