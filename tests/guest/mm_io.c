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

#include "mm.h"
#include "ring.h"

#define PAGES	64UL

static int write_child(void *at)
{
	pattern_fill(at, PAGES, 2);
	return pattern_check(at, PAGES, 2) ? 1 : 0;
}

static void by_io_uring(int file)
{
	struct ring ring;
	char *at = mm_anon(PAGES * PAGE);
	struct iovec fixed = { at, PAGES * PAGE };

	ring_open(&ring, 0);
	pattern_fill(at, PAGES, 1);
	tap_is(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS,
		       &fixed, 1), 0, "io_uring: a buffer is pinned");
	tap_is(ring_do(&ring, IORING_OP_WRITE_FIXED, 0, file, at, PAGES * PAGE),
	       (long)(PAGES * PAGE), "io_uring: it is written from");
	memset(at, 0, PAGES * PAGE);
	/* Pinned pages are not copied: parent and buffer stay one. */
	tap_ok(exited_with(in_child(write_child, at), 0),
	       "io_uring: a forked child writes its own copy");
	tap_is(ring_do(&ring, IORING_OP_READ_FIXED, 0, file, at, PAGES * PAGE),
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
