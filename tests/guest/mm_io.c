// SPDX-License-Identifier: BSD-2-Clause
/* Input and output that pins the process's pages: io_uring and AIO. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/aio_abi.h>

#include "mm.h"
#include "ring.h"

#define PAGES		64UL
#define AIO_PAGES	600UL	/* more than one table */
#define BETWEEN		100	/* in a page, no word of the pattern */
#define TRIES		20
#define WORKERS		"/sys/devices/virtual/workqueue/cpumask"

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

/* AIO on a device that takes the pages as they are: they are pinned until its end. */
static struct {
	int disk, memory;
	char *platter;		/* the device's data */
	aio_context_t context;
	struct iocb request;
	struct io_event event;
} aio;

enum outcome {
	WELL,
	LATE,			/* it was over before anything could happen to it */
	WRONG,
};

static char *buffer(unsigned int seed)
{
	char *at = mm_anon(AIO_PAGES * PAGE);

	pattern_fill(at, AIO_PAGES, seed);
	return at;
}

static void aio_submit(unsigned int opcode, void *at)
{
	struct iocb *requests = &aio.request;

	aio.request = (struct iocb){
		.aio_lio_opcode = (__u16)opcode,
		.aio_fildes = (__u32)aio.disk,
		.aio_buf = (uintptr_t)at,
		.aio_nbytes = AIO_PAGES * PAGE,
	};
	if (syscall(SYS_io_submit, aio.context, 1, &requests) != 1)
		tap_bail("io_submit: %s", strerror(errno));
}

/* Is it still going on? If not, its end is in aio.event. */
static bool aio_in_flight(void)
{
	struct timespec no_time = { 0, 0 };

	return !syscall(SYS_io_getevents, aio.context, 1, 1, &aio.event, &no_time);
}

/* Waits for the end; @right is looked at after it. */
static enum outcome aio_end(bool in_flight, const void *right, unsigned int seed)
{
	if (in_flight &&
	    syscall(SYS_io_getevents, aio.context, 1, 1, &aio.event, NULL) != 1)
		return WRONG;
	if (aio.event.res != (__s64)(AIO_PAGES * PAGE) ||
	    pattern_check(right, AIO_PAGES, seed))
		return WRONG;
	return in_flight ? WELL : LATE;
}

/* Both processes write to each page; what is read goes to the parent's. */
static enum outcome aio_fork(unsigned int seed)
{
	char *at = buffer(seed + 1);
	enum outcome outcome;
	bool in_flight;
	int status;
	size_t i;
	pid_t pid;

	pattern_fill(aio.platter, AIO_PAGES, seed);
	aio_submit(IOCB_CMD_PREAD, at);
	pid = fork();
	if (!pid) {
		pattern_fill(at, AIO_PAGES, seed + 2);
		_exit(pattern_check(at, AIO_PAGES, seed + 2) ? 1 : 0);
	}
	in_flight = aio_in_flight();
	for (i = 0; i < AIO_PAGES; i++)
		at[i * PAGE + BETWEEN] = 1;
	outcome = aio_end(in_flight, at, seed);
	if (waitpid(pid, &status, 0) != pid || !exited_with(status, 0))
		outcome = WRONG;
	munmap(at, AIO_PAGES * PAGE);
	return outcome;
}

static enum outcome aio_write_unmapped(unsigned int seed)
{
	char *at = buffer(seed);

	aio_submit(IOCB_CMD_PWRITE, at);
	munmap(at, AIO_PAGES * PAGE);
	return aio_end(aio_in_flight(), aio.platter, seed);
}

/* What is read must not go to whatever has the address now. */
static enum outcome aio_read_unmapped(unsigned int seed)
{
	char *at = buffer(seed), *again;
	enum outcome outcome;
	bool in_flight;

	pattern_fill(aio.platter, AIO_PAGES, seed + 1);
	aio_submit(IOCB_CMD_PREAD, at);
	munmap(at, AIO_PAGES * PAGE);
	in_flight = aio_in_flight();
	again = mm_anon_at((unsigned long)at, AIO_PAGES * PAGE);
	pattern_fill(again, AIO_PAGES, seed);
	outcome = aio_end(in_flight, again, seed);
	munmap(again, AIO_PAGES * PAGE);
	return outcome;
}

/* Threads of the kernel that would carry it out get this CPU when we wait. */
static void workers_wait(char *old, size_t size)
{
	struct sched_param param = { .sched_priority = 1 };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (file_read(WORKERS, old, size) < 0 || file_write(WORKERS, "1") < 0 ||
	    sched_setaffinity(0, sizeof(first), &first) ||
	    sched_setscheduler(0, SCHED_FIFO, &param))
		tap_bail("CPU 0 alone: %s", strerror(errno));
}

static void aio_open(void)
{
	aio.context = 0;
	if (syscall(SYS_io_setup, 4, &aio.context))
		tap_bail("io_setup: %s", strerror(errno));
}

static int exit_child(void *seed)
{
	char *at = buffer(*(unsigned int *)seed);

	aio_open();
	aio_submit(IOCB_CMD_PWRITE, at);
	return aio_in_flight() ? WELL : LATE;
}

/* Its exit waits for the transfer. */
static enum outcome aio_exit(unsigned int seed)
{
	int status = in_child(exit_child, &seed);

	if (!WIFEXITED(status) || pattern_check(aio.platter, AIO_PAGES, seed))
		return WRONG;
	return (enum outcome)WEXITSTATUS(status);
}

static void by_aio(void)
{
	static const struct {
		const char *what;
		enum outcome (*attempt)(unsigned int seed);
	} attempts[] = {
		{ "fork, and both write", aio_fork },
		{ "what is written is unmapped", aio_write_unmapped },
		{ "what is read into is unmapped, and mapped anew", aio_read_unmapped },
		{ "its process exits", aio_exit },
	};
	enum outcome outcome;
	char workers[64];
	unsigned int n;
	size_t i;

	aio.disk = mm_disk(AIO_PAGES * PAGE, &aio.memory);
	aio.platter = mmap(NULL, AIO_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			   aio.memory, 0);
	if (aio.platter == MAP_FAILED)
		tap_bail("disk: %s", strerror(errno));
	aio_open();
	workers_wait(workers, sizeof(workers));
	for (i = 0; i < ARRAY_SIZE(attempts); i++) {
		n = 0;
		do
			outcome = attempts[i].attempt(10 * n);
		while (outcome == LATE && ++n < TRIES);
		tap_is(outcome, WELL, "AIO, in flight: %s", attempts[i].what);
	}
	file_write(WORKERS, workers);
	syscall(SYS_io_destroy, aio.context);
	munmap(aio.platter, AIO_PAGES * PAGE);
	close(aio.memory);
	close(aio.disk);
}

int main(int argc, char **argv)
{
	int file = memfd_create("io", MFD_CLOEXEC);

	mm_begin(argc, argv);
	if (file < 0)
		tap_bail("memfd: %s", strerror(errno));
	by_io_uring(file);
	by_aio();
	close(file);
	return tap_done();
}
