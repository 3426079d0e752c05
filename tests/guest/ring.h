/* SPDX-License-Identifier: BSD-2-Clause */
/* An io_uring of eight requests, used one request at a time. */
#ifndef NACC_RING_H
#define NACC_RING_H

#include <linux/io_uring.h>
#include <stddef.h>

struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

/* @flags as io_uring_setup takes them; the test ends when there is none. */
void ring_open(struct ring *ring, unsigned int flags);
/* One request for offset 0 of @file, with IOSQE_* in @how; its result. */
int ring_do(struct ring *ring, int op, unsigned int how, int file, void *at,
	    size_t size);

#endif /* NACC_RING_H */
