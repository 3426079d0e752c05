// SPDX-License-Identifier: BSD-2-Clause
/*
 * hello: prints hello. With --wait it says where its pages lie and then, for
 * each line that it reads, what its page holds; it ends with its input.
 */
#include <stdio.h>
#include <string.h>

static char page[4096] __attribute__((aligned(4096))) = "apple";
static char other[4096] __attribute__((aligned(4096))) = "secret";

char ballast[8 * 1024 * 1024];

static int wait_for_lines(void)
{
	volatile char *touch = other;
	char line[16];

	/* Data worth counting when it comes back. */
	memset(ballast, 1, sizeof(ballast));

	/* Both pages are written, so that each has a frame of its own. */
	page[100] = 1;
	touch[100] = 1;
	printf("ready page %p other %p stack %p text %p\n", (void *)page,
	       (void *)other, (void *)line, (void *)wait_for_lines);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		puts(page);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--wait"))
		return wait_for_lines();
	puts("hello");
	return 0;
}
