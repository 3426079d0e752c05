// SPDX-License-Identifier: BSD-2-Clause
/* Input and output that pins the process's pages: io_uring and AIO. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/aio_abi.h>
#include <linux/io_uring.h>

#include "mm.h"

#define PAGES	64UL

struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static void *ring_map(const struct ring *ring, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring->fd, what);

	if (at == MAP_FAILED)
		tap_bail("io_uring ring: %s", strerror(errno));
	return at;
}

static void ring_open(struct ring *ring)
{
	ring->fd = (int)syscall(SYS_io_uring_setup, 8, &ring->params);
	if (ring->fd < 0)
		tap_bail("io_uring_setup: %s", strerror(errno));
	ring->sq = ring_map(ring, ring->params.sq_off.array + 8 * sizeof(unsigned int),
			    IORING_OFF_SQ_RING);
	ring->cq = ring_map(ring, ring->params.cq_off.cqes +
			    16 * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring->sqes = ring_map(ring, 8 * sizeof(*ring->sqes), IORING_OFF_SQES);
}

/* One request, its result. */
static int ring_do(struct ring *ring, int op, int file, void *at, size_t size)
{
	unsigned int *tail = (unsigned int *)(ring->sq + ring->params.sq_off.tail);
	unsigned int *array = (unsigned int *)(ring->sq + ring->params.sq_off.array);
	unsigned int *head = (unsigned int *)(ring->cq + ring->params.cq_off.head);
	struct io_uring_cqe *cqes =
		(struct io_uring_cqe *)(ring->cq + ring->params.cq_off.cqes);
	unsigned int slot = *tail % 8;
	int result;

	ring->sqes[slot] = (struct io_uring_sqe){
		.opcode = (__u8)op,
		.fd = file,
		.addr = (uintptr_t)at,
		.len = (__u32)size,
	};
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) != 1)
		tap_bail("io_uring_enter: %s", strerror(errno));
	result = cqes[*head % ring->params.cq_entries].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static int write_child(void *at)
{
	pattern_fill(at, PAGES, 2);
	return pattern_check(at, PAGES, 2) ? 1 : 0;
}

static void by_io_uring(int file)
{
	struct ring ring = { 0 };
	char *at = mm_anon(PAGES * PAGE);
	struct iovec fixed = { at, PAGES * PAGE };

	ring_open(&ring);
	pattern_fill(at, PAGES, 1);
	tap_is(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS,
		       &fixed, 1), 0, "io_uring: a buffer is pinned");
	tap_is(ring_do(&ring, IORING_OP_WRITE_FIXED, file, at, PAGES * PAGE),
	       (long)(PAGES * PAGE), "io_uring: it is written from");
	memset(at, 0, PAGES * PAGE);
	/* Pinned pages are not copied: parent and buffer stay one. */
	tap_ok(exited_with(in_child(write_child, at), 0),
	       "io_uring: a forked child writes its own copy");
	tap_is(ring_do(&ring, IORING_OP_READ_FIXED, file, at, PAGES * PAGE),
	       (long)(PAGES * PAGE), "io_uring: and read into");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "io_uring: the right data");
	munmap(at, PAGES * PAGE);
	close(ring.fd);
}

static void by_aio(int file)
{
	char *at = mm_anon(PAGES * PAGE);
	struct iocb cb = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (__u32)file,
		.aio_buf = (uintptr_t)at,
		.aio_nbytes = PAGES * PAGE,
	}, *cbs = &cb;
	struct io_event event;
	aio_context_t context = 0;

	if (syscall(SYS_io_setup, 4, &context))
		tap_bail("io_setup: %s", strerror(errno));
	tap_is(syscall(SYS_io_submit, context, 1, &cbs), 1, "AIO: a read");
	tap_is(syscall(SYS_io_getevents, context, 1, 1, &event, NULL), 1, "AIO: ends");
	tap_is((long)pattern_check(at, PAGES, 1), 0, "AIO: the right data");
	syscall(SYS_io_destroy, context);
	munmap(at, PAGES * PAGE);
}

int main(int argc, char **argv)
{
	int file = memfd_create("io", MFD_CLOEXEC);

	mm_begin(argc, argv);
	if (file < 0)
		tap_bail("memfd: %s", strerror(errno));
	by_io_uring(file);
	by_aio(file);
	close(file);
	return tap_done();
}
