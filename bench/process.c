// SPDX-License-Identifier: BSD-2-Clause
/* Processes and threads: how they begin, change and end. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	100

static void nothing(size_t bytes)
{
	(void)bytes;
}

/* The size of a process: what it has touched beside its program. */
static char *grow(size_t bytes)
{
	char *at = map_anon(bytes);

	touch(at, bytes);
	return at;
}

/* The child is not to run before its parent waits for it. */
static void go_first(int policy)
{
	struct sched_param param = { .sched_priority = policy ? 1 : 0 };

	if (sched_setscheduler(0, policy, &param))
		fail("sched_setscheduler");
}

static unsigned long fork_run(size_t bytes)
{
	char *at = grow(bytes);
	pid_t pid;

	go_first(SCHED_FIFO | SCHED_RESET_ON_FORK);
	mark_begin();
	pid = fork();
	if (!pid)
		_exit(0);
	mark_end();
	if (pid < 0)
		fail("fork");
	go_first(SCHED_OTHER);
	reap(pid);
	munmap(at, bytes);
	return 1;
}

static unsigned long fork_exit_run(size_t bytes)
{
	char *at = grow(bytes);

	mark_begin();
	reap(spawn(nothing, 0));
	mark_end();
	munmap(at, bytes);
	return 1;
}

static void child_exit(size_t bytes)
{
	(void)bytes;
	mark_begin();
}

static void child_grow_exit(size_t bytes)
{
	grow(bytes);
	mark_begin();
}

/* From the child's last instruction to the parent that has reaped it. */
static unsigned long exit_own_run(size_t bytes)
{
	reap(spawn(child_grow_exit, bytes));
	mark_end();
	return 1;
}

static unsigned long exit_shared_run(size_t bytes)
{
	char *at = grow(bytes);

	reap(spawn(child_exit, bytes));
	mark_end();
	munmap(at, bytes);
	return 1;
}

/* The companions lie beside this program. */
static const char *companion(const char *name)
{
	static char path[256];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *slash;

	if (len < 0)
		fail("/proc/self/exe");
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		strcpy(slash + 1, name);
	return path;
}

unsigned long exec_run(pid_t (*make)(void), char *const argv[])
{
	pid_t pid;

	mark_begin();
	pid = make();
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		fail("fork");
	reap(pid);
	mark_end();
	return 1;
}

pid_t exec_idle(void)
{
	char *const argv[] = { (char *)companion("static"), (char *)"idle", NULL };
	pid_t pid = vfork();
	int status;

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		fail("an idle process");
	return pid;
}

static unsigned long vfork_exec_run(size_t bytes)
{
	char *const argv[] = { (char *)companion("static"), NULL };

	(void)bytes;
	return exec_run(vfork, argv);
}

static unsigned long fork_exec_run(size_t bytes)
{
	char *const argv[] = { (char *)companion("static"), NULL };

	(void)bytes;
	return exec_run(fork, argv);
}

static unsigned long dynamic_run(size_t bytes)
{
	char *const argv[] = { (char *)companion("dynamic"), NULL };

	(void)bytes;
	return exec_run(fork, argv);
}

static unsigned long shell_run(size_t bytes)
{
	static char sh[] = "/bin/sh", option[] = "-c", text[] = "/bin/busybox true; :";
	char *const argv[] = { sh, option, text, NULL };

	(void)bytes;
	return exec_run(vfork, argv);
}

static void *thread_main(void *argument)
{
	return argument;
}

static unsigned long thread_run(size_t bytes)
{
	pthread_t thread;

	(void)bytes;
	mark_begin();
	if (pthread_create(&thread, NULL, thread_main, NULL) ||
	    pthread_join(thread, NULL))
		fail("pthread");
	mark_end();
	return 1;
}

static int to_child[2], to_parent[2];

static void child_echo(size_t bytes)
{
	char c;

	(void)bytes;
	close(to_child[1]);
	while (read(to_child[0], &c, 1) == 1)
		if (write(to_parent[1], &c, 1) != 1)
			_exit(1);
}

/* Two processes that hand a byte back and forth; one operation is one switch. */
static unsigned long switch_run(size_t bytes)
{
	char c = 0;
	pid_t pid;
	int i;

	(void)bytes;
	if (pipe(to_child) || pipe(to_parent))
		fail("pipe");
	pid = spawn(child_echo, 0);
	for (i = -1; i < ROUNDS; i++) {
		if (!i)
			mark_begin();
		if (write(to_child[1], &c, 1) != 1 || read(to_parent[0], &c, 1) != 1)
			fail("pipe");
	}
	mark_end();
	close(to_child[1]);
	reap(pid);
	close(to_child[0]);
	close(to_parent[0]);
	close(to_parent[1]);
	return 2 * ROUNDS;
}

const struct workload process_workloads[] = {
	{ "fork", "fork", fork_run, 5,
	  { 4 * KIB, MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1024 * MIB }, 4 },
	{ "fork-exit", "process", fork_exit_run, 5,
	  { 4 * KIB, MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1024 * MIB }, 4 },
	{ "exit-own", "process", exit_own_run, 5,
	  { 4 * KIB, MIB, 64 * MIB, 256 * MIB }, 3 },
	{ "exit-shared", "process", exit_shared_run, 5,
	  { 4 * KIB, 64 * MIB, 256 * MIB }, 2 },
	{ "vfork-exec-exit", "process", vfork_exec_run, 9, { PAGE }, 1 },
	{ "fork-exec-exit", "process", fork_exec_run, 9, { PAGE }, 1 },
	{ "fork-exec-exit-dynamic", "process", dynamic_run, 9, { PAGE }, 1 },
	{ "shell-command", "command", shell_run, 9, { PAGE }, 1 },
	{ "thread", "thread", thread_run, 9, { PAGE }, 1 },
	{ "switch", "switch", switch_run, 5, { PAGE }, 1 },
	{ NULL, NULL, NULL, 0, { 0 }, 0 },
};
