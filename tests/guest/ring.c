// SPDX-License-Identifier: BSD-2-Clause
/* io_uring by its system calls: the tests are static and have no library. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "ring.h"

#define ENTRIES	8

static void *ring_map(const struct ring *ring, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring->fd, what);

	if (at == MAP_FAILED)
		tap_bail("io_uring ring: %s", strerror(errno));
	return at;
}

void ring_open(struct ring *ring, unsigned int flags)
{
	memset(ring, 0, sizeof(*ring));
	ring->params.flags = flags;
	ring->params.sq_thread_idle = 10;	/* ms */
	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &ring->params);
	if (ring->fd < 0)
		tap_bail("io_uring_setup: %s", strerror(errno));
	ring->sq = ring_map(ring, ring->params.sq_off.array +
			    ENTRIES * sizeof(unsigned int), IORING_OFF_SQ_RING);
	ring->cq = ring_map(ring, ring->params.cq_off.cqes + ring->params.cq_entries *
			    sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring->sqes = ring_map(ring, ENTRIES * sizeof(*ring->sqes), IORING_OFF_SQES);
}

static unsigned int *ring_word(char *base, unsigned int offset)
{
	return (unsigned int *)(base + offset);
}

/* Hands the request over, and waits for an answer. */
static void ring_enter(struct ring *ring)
{
	unsigned int flags = IORING_ENTER_GETEVENTS;
	bool polled = ring->params.flags & IORING_SETUP_SQPOLL;

	if (polled && __atomic_load_n(ring_word(ring->sq, ring->params.sq_off.flags),
				      __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, flags, NULL, 0) != 1)
		tap_bail("io_uring_enter: %s", strerror(errno));
}

int ring_do(struct ring *ring, int op, unsigned int how, int file, void *at,
	    size_t size)
{
	unsigned int *tail = ring_word(ring->sq, ring->params.sq_off.tail);
	unsigned int *array = ring_word(ring->sq, ring->params.sq_off.array);
	unsigned int *head = ring_word(ring->cq, ring->params.cq_off.head);
	struct io_uring_cqe *cqes =
		(struct io_uring_cqe *)(ring->cq + ring->params.cq_off.cqes);
	unsigned int slot = *tail % ENTRIES;
	int result;

	ring->sqes[slot] = (struct io_uring_sqe){
		.opcode = (__u8)op,
		.flags = (__u8)how,
		.fd = file,
		.addr = (uintptr_t)at,
		.len = (__u32)size,
	};
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_SEQ_CST);
	ring_enter(ring);
	result = cqes[*head % ring->params.cq_entries].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}
