/* SPDX-License-Identifier: BSD-2-Clause */
/* What adopt_traffic and its target adopt_busy tell each other in shared memory. */
#ifndef NACC_ADOPT_BUSY_H
#define NACC_ADOPT_BUSY_H

#include <stdatomic.h>
#include <stdbool.h>

/* What others read and write of the target, and where. */
#define BUSY_AT		0x1000000000UL
#define BUSY_PAGES	64UL
/* The second half is written by others, with this seed for the n-th time. */
#define BUSY_SEED(n)	(100 + (unsigned int)(n))

struct busy {
	atomic_ulong laps;	/* done, of the target's or the reader's traffic */
	atomic_ulong wrong;	/* laps that went wrong */
	atomic_ulong written;	/* how often others have written */
	atomic_bool enough;	/* others are to stop */
	atomic_int child;	/* the target's child by vfork */
	atomic_int child_status;
};

#endif /* NACC_ADOPT_BUSY_H */
