// SPDX-License-Identifier: BSD-2-Clause
/* nobody CMD [ARG]...: run CMD as a user without privilege. */
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

#define NOBODY	65534

int main(int argc, char **argv)
{
	if (argc < 2 || setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		return 126;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
