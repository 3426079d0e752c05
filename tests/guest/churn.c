// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program that never stands still: maps, faults, protects, moves, forks and
 * executes, until somebody kills it. Prints one line when it has begun.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define SIZE	(3UL * 1024 * 1024)

static void memory(void)
{
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *moved;
	size_t i;

	if (at == MAP_FAILED)
		return;
	for (i = 0; i < SIZE; i += 3 * PAGE)
		at[i] = 1;
	mprotect(at, SIZE / 2, PROT_READ);
	moved = mremap(at, SIZE, SIZE + 64 * PAGE, MREMAP_MAYMOVE);
	if (moved != MAP_FAILED)
		munmap(moved, SIZE + 64 * PAGE);
	else
		munmap(at, SIZE);
}

static void *in_thread(void *unused)
{
	for (;;)
		memory();
	return unused;
}

static void family(void)
{
	pid_t pid = fork();

	if (!pid) {
		memory();
		execl("/proc/self/exe", "churn", "leaf", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	memory();
	if (argc > 1 && !strcmp(argv[1], "leaf"))
		return 0;
	setpgid(0, 0);
	puts("begun");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "threads"))
		pthread_create(&thread, NULL, in_thread, NULL);
	for (;;) {
		memory();
		family();
	}
}
