// SPDX-License-Identifier: BSD-2-Clause
/* What the workloads execute: does nothing; with an argument, it stops. */
#include <signal.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		raise(SIGSTOP);
	return 0;
}
