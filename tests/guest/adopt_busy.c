// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_busy ACTION FD: the process that adopt_traffic attaches. FD is memory
 * that both share. It says `ready`; from then on a thread of it does ACTION
 * over and over. At the end of its input it stops, looks at all that it has
 * written, and exits with 0 if that is right and it is guarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adopt_busy.h"
#include "mm.h"
#include "ring.h"

#define PAGES		16UL		/* of one transfer */
#define SIZE		(PAGES * PAGE)

static struct busy *busy;
static atomic_bool stop;
static char *from, *to;		/* buffers of the traffic */
static int disk = -1, memory = -1;
static struct ring ring;

static void buffers_begin(size_t size, int flags)
{
	char *at = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("buffers: %s", strerror(errno));
	from = at;
	to = at + size;
	pattern_fill(from, PAGES, 1);
	pattern_fill(to, PAGES, 1);
}

static void direct_begin(void)
{
	buffers_begin(SIZE, 0);
	disk = mm_disk(SIZE, &memory);
}

static void direct_huge_begin(void)
{
	buffers_begin(2 * MIB, MAP_HUGETLB | 21 << MAP_HUGE_SHIFT);
	disk = mm_disk(SIZE, &memory);
}

static bool direct_lap(unsigned int seed)
{
	pattern_fill(from, PAGES, seed);
	return pwrite(disk, from, SIZE, 0) == (ssize_t)SIZE &&
	       pread(disk, to, SIZE, 0) == (ssize_t)SIZE &&
	       !pattern_check(to, PAGES, seed);
}

/* A thread of the kernel takes the requests, others carry them out. */
static void uring_begin(void)
{
	struct iovec fixed[1];

	direct_begin();
	fixed[0] = (struct iovec){ from, SIZE };
	ring_open(&ring, IORING_SETUP_SQPOLL);
	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, fixed, 1))
		tap_bail("IORING_REGISTER_BUFFERS: %s", strerror(errno));
}

/* Pinned pages to the disk; back by a worker, once pinned and once copied. */
static bool uring_lap(unsigned int seed)
{
	const int all = (int)SIZE;

	pattern_fill(from, PAGES, seed);
	if (ring_do(&ring, IORING_OP_WRITE_FIXED, 0, disk, from, SIZE) != all)
		return false;
	memset(from, 0, SIZE);
	if (ring_do(&ring, IORING_OP_READ_FIXED, IOSQE_ASYNC, disk, from, SIZE) != all ||
	    ring_do(&ring, IORING_OP_READ, IOSQE_ASYNC, memory, to, SIZE) != all)
		return false;
	return !pattern_check(from, PAGES, seed) && !pattern_check(to, PAGES, seed);
}

/* Others read the first half and write the second; what it reads is theirs. */
static void reached_begin(void)
{
	char *at = mm_anon_at(BUSY_AT, 2 * BUSY_PAGES * PAGE);

	pattern_fill(at, BUSY_PAGES, 1);
	pattern_fill(at + BUSY_PAGES * PAGE, BUSY_PAGES, BUSY_SEED(0));
}

static bool reached_end(void)
{
	const char *at = (const char *)BUSY_AT;

	return !pattern_check(at, BUSY_PAGES, 1) &&
	       !pattern_check(at + BUSY_PAGES * PAGE, BUSY_PAGES,
			      BUSY_SEED(atomic_load(&busy->written)));
}

/* Pages of a size of hugetlb: private, shared, and private ones that a child has too. */
static struct {
	char *private, *shared, *copied;
	size_t pages;			/* of each, in units of 4 KiB */
	pid_t child;
	int go;
} huge;

static int huge_child(int go)
{
	char c;

	/* Until the parent has written its copies; then it writes its own. */
	if (read(go, &c, 1) != 1 || pattern_check(huge.copied, huge.pages, 4) ||
	    pattern_check(huge.private, huge.pages, 2))
		return 1;
	pattern_fill(huge.copied, huge.pages, 6);
	return pattern_check(huge.copied, huge.pages, 6) ||
	       pattern_check(huge.shared, huge.pages, 7);
}

static char *huge_map(size_t size, int flags)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_ANONYMOUS | MAP_HUGETLB | flags, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("hugetlb: %s", strerror(errno));
	return at;
}

static void huge_begin(int shift)
{
	const size_t size = 2UL << shift;
	const int flags = shift << MAP_HUGE_SHIFT;
	int go[2];

	huge.pages = size / PAGE;
	huge.private = huge_map(size, MAP_PRIVATE | flags);
	huge.shared = huge_map(size, MAP_SHARED | flags);
	huge.copied = huge_map(size, MAP_PRIVATE | flags);
	pattern_fill(huge.private, huge.pages, 2);
	pattern_fill(huge.shared, huge.pages, 3);
	pattern_fill(huge.copied, huge.pages, 4);
	if (pipe2(go, O_CLOEXEC))
		tap_bail("pipe: %s", strerror(errno));
	huge.child = fork();
	if (!huge.child)
		_exit(huge_child(go[0]));
	huge.go = go[1];
}

static void huge_2m_begin(void)
{
	huge_begin(21);
}

static void huge_64k_begin(void)
{
	huge_begin(16);
}

static bool huge_end(void)
{
	int status;

	if (pattern_check(huge.private, huge.pages, 2) ||
	    pattern_check(huge.shared, huge.pages, 3) ||
	    pattern_check(huge.copied, huge.pages, 4))
		return false;
	pattern_fill(huge.copied, huge.pages, 5);
	pattern_fill(huge.shared, huge.pages, 7);
	if (write(huge.go, "g", 1) != 1 ||
	    waitpid(huge.child, &status, 0) != huge.child || !exited_with(status, 0))
		return false;
	return !pattern_check(huge.copied, huge.pages, 5) &&
	       !pattern_check(huge.shared, huge.pages, 7);
}

static void plain_begin(void)
{
	buffers_begin(SIZE, 0);
}

static bool plain_end(void)
{
	return !pattern_check(from, PAGES, 1) && !pattern_check(to, PAGES, 1);
}

/* Runs in the parent's memory until it executes; says whether it is guarded then. */
static int vfork_child(void *arg)
{
	char c;

	(void)arg;
	atomic_store(&busy->child, (int)getpid());
	if (read(STDIN_FILENO, &c, 1) != 1)
		_exit(1);
	execl("/proc/self/exe", "adopt_busy", "executed", (char *)NULL);
	_exit(2);
}

static void vfork_parent(void)
{
	static char stack[16 * PAGE] __attribute__((aligned(16)));
	int status = -1;
	pid_t pid;

	pid = clone(vfork_child, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	if (pid > 0)
		waitpid(pid, &status, 0);
	atomic_store(&busy->child_status, status);
}

static const struct {
	const char *name;
	void (*begin)(void);
	bool (*lap)(unsigned int seed);
	bool (*end)(void);
} actions[] = {
	{ "direct", direct_begin, direct_lap, NULL },
	{ "direct-huge", direct_huge_begin, direct_lap, NULL },
	{ "uring", uring_begin, uring_lap, NULL },
	{ "reached", reached_begin, NULL, reached_end },
	{ "huge-2M", huge_2m_begin, NULL, huge_end },
	{ "huge-64k", huge_64k_begin, NULL, huge_end },
	{ "plain", plain_begin, NULL, plain_end },
	{ "vfork", plain_begin, NULL, plain_end },
};

static void *traffic(void *arg)
{
	bool (*lap)(unsigned int) = (bool (*)(unsigned int))arg;
	unsigned int seed = 0;

	while (!atomic_load(&stop)) {
		if (!lap(++seed))
			atomic_fetch_add(&busy->wrong, 1);
		atomic_fetch_add(&busy->laps, 1);
	}
	return NULL;
}

static int serve(size_t action)
{
	pthread_t thread;
	char line[8];

	actions[action].begin();
	/* What is touched while the locks are held must be there. */
	if (actions[action].lap && mlockall(MCL_CURRENT))
		return 3;
	if (actions[action].lap &&
	    pthread_create(&thread, NULL, traffic, (void *)actions[action].lap))
		return 3;
	puts("ready");
	fflush(stdout);
	if (!strcmp(actions[action].name, "vfork"))
		vfork_parent();
	while (fgets(line, sizeof(line), stdin))
		;
	atomic_store(&stop, true);
	if (actions[action].lap)
		pthread_join(thread, NULL);
	if (actions[action].end && !actions[action].end())
		return 4;
	return is_guarded() ? 0 : 5;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "executed"))
		return is_guarded() ? 0 : 1;
	if (argc != 3)
		return 2;
	busy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[2]), 0);
	if (busy == MAP_FAILED)
		return 2;
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(argv[1], actions[i].name))
			return serve(i);
	return 2;
}
