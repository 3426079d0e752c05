// SPDX-License-Identifier: BSD-2-Clause
/*
 * userfaultfd beyond missing pages: a page of a file that is there but not
 * mapped (minor), and pages that move from one place to another.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "mm.h"

#define PAGES	600UL

/* Of Linux 6.8, later than some libc headers. */
#ifndef UFFDIO_MOVE
#define UFFD_FEATURE_MOVE	(1 << 16)
#define UFFDIO_MOVE		_IOWR(UFFDIO, 0x05, struct uffdio_move)
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};
#endif

static int uffd_open(void *at, size_t size, uint64_t mode, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register reg = {
		.range = { (uintptr_t)at, size },
		.mode = mode,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		tap_bail("userfaultfd: %s", strerror(errno));
	return fd;
}

struct handler {
	int fd;
	char *at;
	unsigned int minor;
};

/* Every page that is asked for is mapped as it is. */
static void *continue_handler(void *arg)
{
	struct handler *handler = arg;
	struct uffdio_continue cont;
	struct uffd_msg msg;

	while (handler->minor < PAGES &&
	       read(handler->fd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg)) {
		handler->minor += !!(msg.arg.pagefault.flags &
				     UFFD_PAGEFAULT_FLAG_MINOR);
		cont = (struct uffdio_continue){
			.range = { msg.arg.pagefault.address & ~(PAGE - 1), PAGE },
		};
		if (ioctl(handler->fd, UFFDIO_CONTINUE, &cont))
			break;
	}
	return NULL;
}

static void minor_faults(void)
{
	int file = memfd_create("minor", MFD_CLOEXEC);
	struct handler handler = { 0 };
	pthread_t thread;
	char *writer;

	if (file < 0 || ftruncate(file, (off_t)(PAGES * PAGE)))
		tap_bail("memfd: %s", strerror(errno));
	writer = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      file, 0);
	handler.at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  file, 0);
	if (writer == MAP_FAILED || handler.at == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	pattern_fill(writer, PAGES, 1);
	handler.fd = uffd_open(handler.at, PAGES * PAGE,
			       UFFDIO_REGISTER_MODE_MINOR,
			       UFFD_FEATURE_MINOR_SHMEM);
	if (pthread_create(&thread, NULL, continue_handler, &handler))
		tap_bail("pthread_create");
	tap_is((long)pattern_check(handler.at, PAGES, 1), 0,
	       "minor: each page reads as the file");
	pthread_join(thread, NULL);
	tap_is(handler.minor, PAGES, "minor: one fault a page");
	pattern_fill(handler.at, PAGES, 2);
	tap_is((long)pattern_check(writer, PAGES, 2), 0,
	       "minor: a store shows in the other mapping");
	close(handler.fd);
	munmap(writer, PAGES * PAGE);
	munmap(handler.at, PAGES * PAGE);
	close(file);
}

static void moves(void)
{
	char *from = mm_anon(PAGES * PAGE), *to = mm_anon(PAGES * PAGE);
	struct uffdio_move move = {
		.dst = (uintptr_t)to,
		.src = (uintptr_t)from,
		.len = PAGES * PAGE,
	};
	int fd;

	/* A huge page or a fork's would not do: neither is wanted here. */
	madvise(from, PAGES * PAGE, MADV_NOHUGEPAGE);
	pattern_fill(from, PAGES, 3);
	fd = uffd_open(to, PAGES * PAGE, UFFDIO_REGISTER_MODE_MISSING,
		       UFFD_FEATURE_MOVE);
	tap_is(ioctl(fd, UFFDIO_MOVE, &move), 0, "move: all pages at once");
	tap_is((long)move.move, (long)(PAGES * PAGE), "move: says how much");
	tap_is((long)pattern_check(to, PAGES, 3), 0, "move: data at the new place");
	tap_is((long)mm_pagemap_count(from, PAGES, PAGEMAP_PRESENT), 0,
	       "move: nothing at the old one");
	tap_is(from[5 * PAGE], 0, "move: which reads as zero");
	pattern_fill(to, PAGES, 4);
	tap_is((long)pattern_check(to, PAGES, 4), 0, "move: and is writable");
	close(fd);
	munmap(from, PAGES * PAGE);
	munmap(to, PAGES * PAGE);
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	minor_faults();
	moves();
	return tap_done();
}
