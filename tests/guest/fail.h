/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done while calls of the monitor fail: fail_work.c; how often: fail.c. */
#ifndef NACC_FAIL_H
#define NACC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

enum {
	DONE = 30,	/* exit status: did all of it, and nothing had failed by then */
	UNNOTICED,	/* did all of it, although something had failed */
	TOLD,		/* an error, as for lack of memory */
	WRONG_DATA,
	WRONG_ERROR,
};

struct scenario {
	const char *name;
	void (*perform)(void);
	/* Frames that it takes at least; 0: it may need none. */
	long frames;
	/* What it needs frames for are system calls: none kills it for want of one. */
	bool calls;
	/* An exec: what the old address space is refused at its end does not matter. */
	bool replaced;
};

extern const struct scenario scenarios[];
extern const size_t scenarios_nr;

/* Which call fails; or, @out, from which frame on there is none. */
extern struct failure {
	bool out;
	long n;
} failure;

/* Pages in shared memory, and how many of them have been stored to. */
#define KEPT	40
extern struct kept {
	int fd;
	char *at;
	size_t *stored;
} kept;

_Noreturn void end(int status);

#endif /* NACC_FAIL_H */
