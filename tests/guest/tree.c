// SPDX-License-Identifier: BSD-2-Clause
/*
 * tree DEPTH: forks twice, each child executes tree DEPTH-1. Exit status: the
 * number of leaves, so that one lost child shows at the root; 99 on failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int depth = argc == 2 ? atoi(argv[1]) : 0;
	int i, status, leaves = 0;
	char arg[16];
	pid_t pid[2];

	if (!depth)
		return 1;
	snprintf(arg, sizeof(arg), "%d", depth - 1);
	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			execl("/proc/self/exe", "tree", arg, (char *)NULL);
			_exit(99);
		}
	}
	for (i = 0; i < 2; i++) {
		if (pid[i] < 0 || waitpid(pid[i], &status, 0) != pid[i] ||
		    !WIFEXITED(status) || WEXITSTATUS(status) == 99)
			return 99;
		leaves += WEXITSTATUS(status);
	}
	return leaves;
}
