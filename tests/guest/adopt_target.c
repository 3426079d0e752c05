// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_target ACTION: the process that adopt_walkers attaches. It says
 * `ready TID ADDRESS SIZE`; at the line `go` the thread TID performs ACTION and
 * says `result N`, 0 if all was well; at any other line it says `check N`: the
 * number of its pages that are wrong, plus 1000 if it is not guarded.
 * Each ACTION is one that needs a lock of this address space.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "walkers.h"

#define HUGE	(2 * MIB)
/* Two huge pages where no heap ever begins: one used, one not yet. */
#define AREA	((char *)0x1000000000UL)
#define PAGES	(HUGE / PAGE)
#define EXTRA	(AREA + 4 * HUGE)
#define MERGED	256UL
#define FILE_NAME	"/dev/shm/adopt_target"
#define KSM	"/sys/kernel/mm/ksm/"

static int go[2];
static pid_t walker_tid;
static int uffd = -1;
/* What the walkers are told of, and a check of what only this action has. */
static char *shown = AREA;
static size_t (*extra_wrong)(void);

static int touch(void)
{
	AREA[HUGE + 5 * PAGE] = 1;
	return AREA[HUGE + 5 * PAGE] != 1;
}

static int protect(void)
{
	return mprotect(AREA, HUGE, PROT_READ) ||
	       mprotect(AREA, HUGE, PROT_READ | PROT_WRITE);
}

static int map_and_unmap(void)
{
	char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return 1;
	at[PAGE] = 1;
	return munmap(at, 4 * PAGE);
}

static int move(void)
{
	char *at = mremap(AREA, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			  AREA + 8 * HUGE);

	return at == MAP_FAILED ||
	       mremap(at, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, AREA) != AREA;
}

/* What khugepaged does, by order. */
static int collapse(void)
{
	return madvise(AREA, HUGE, MADV_COLLAPSE) ? errno : 0;
}

/* What it forks was decided before its parent became guarded. */
static int forks(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(is_guarded() && !pattern_check(AREA, PAGES, 1) ? 0 : 1);
	return pid < 0 || waitpid(pid, &status, 0) != pid || !exited_with(status, 0);
}

/* Says itself what came of it. */
static int execs(void)
{
	execl("/proc/self/exe", "adopt_target", "executed", (char *)NULL);
	return errno;
}

static int resolve(void)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)AREA + HUGE, PAGE },
	};

	return ioctl(uffd, UFFDIO_ZEROPAGE, &zero) ? errno : 0;
}

/* GUP-fast: takes no lock, so it does not wait. */
static int pin(void)
{
	static char text[PAGE] = { 1 };		/* present already */
	struct iovec iov = { AREA, 4 * PAGE };
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return errno;
	if (vmsplice(fd[1], &iov, 1, 0) != (ssize_t)iov.iov_len)
		return errno;
	if (read(fd[0], text, PAGE) != (ssize_t)PAGE || memcmp(text, AREA, PAGE))
		return 1;
	close(fd[0]);
	close(fd[1]);
	return 0;
}

static int nothing(void)
{
	return 0;
}

static void uffd_begin(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)AREA + HUGE, HUGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		exit(9);
}

static void file_begin(void)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)(64 * PAGE)) ||
	    mmap(EXTRA, 64 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		exit(9);
	memset(EXTRA, 1, 64 * PAGE);
	close(fd);
}

static void huge_begin(void)
{
	if (madvise(AREA, HUGE, MADV_COLLAPSE))
		exit(9);
}

static void mergeable_begin(void)
{
	if (madvise(AREA, HUGE, MADV_MERGEABLE))
		exit(9);
}

/* Something for khugepaged to look at. */
static void small_begin(void)
{
	if (madvise(AREA, HUGE, MADV_HUGEPAGE))
		exit(9);
}

/* Charged to a group of its own, so that they can be reclaimed alone. */
static void loose_begin(void)
{
	if (file_write(TARGET_GROUP "/cgroup.procs", "0") < 0 ||
	    madvise(AREA, HUGE, MADV_DONTNEED))
		exit(9);
	pattern_fill(AREA, PAGES, 1);
}

static size_t merged_wrong(void)
{
	size_t i, wrong = 0;

	for (i = 0; i < MERGED; i++)
		wrong += pattern_check(EXTRA + i * PAGE, 1, (unsigned int)(i % (MERGED / 2)));
	return wrong;
}

/* A child that shares the pages, and gives them up at SIGTERM. */
static void sibling_begin(void)
{
	pid_t pid = fork();

	if (pid < 0)
		exit(9);
	if (!pid) {
		for (;;)
			pause();
	}
	printf("child %d\n", (int)pid);
}

/* Each page twice, until both are one; and a child that shares them. */
static void merged_begin(void)
{
	unsigned long end = now_ms() + 15000;
	size_t i;

	if (mmap(EXTRA, MERGED * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != EXTRA ||
	    madvise(EXTRA, MERGED * PAGE, MADV_MERGEABLE))
		exit(9);
	for (i = 0; i < MERGED; i++)
		pattern_fill(EXTRA + i * PAGE, 1, (unsigned int)(i % (MERGED / 2)));
	file_write(KSM "sleep_millisecs", "1");
	file_write(KSM "pages_to_scan", "2000");
	file_write(KSM "run", "1");
	while (number_of(KSM "pages_sharing", "") < (long)MERGED / 2 && now_ms() < end)
		usleep(2000);
	file_write(KSM "run", "0");
	if (number_of(KSM "pages_sharing", "") < (long)MERGED / 2 || merged_wrong())
		exit(9);
	shown = EXTRA;
	extra_wrong = merged_wrong;
	sibling_begin();
}

static const struct {
	const char *name;
	int (*run)(void);
	void (*begin)(void);
} actions[] = {
	{ "touch", touch, NULL },
	{ "protect", protect, NULL },
	{ "map", map_and_unmap, NULL },
	{ "move", move, NULL },
	{ "collapse", collapse, NULL },
	{ "fork", forks, NULL },
	{ "exec", execs, NULL },
	{ "resolve", resolve, uffd_begin },
	{ "pin", pin, NULL },
	{ "nothing", nothing, NULL },
	{ "file", nothing, file_begin },
	{ "huge", nothing, huge_begin },
	{ "mergeable", nothing, mergeable_begin },
	{ "small", nothing, small_begin },
	{ "sibling", nothing, sibling_begin },
	{ "loose", nothing, loose_begin },
	{ "merged", nothing, merged_begin },
};

static void say(const char *what, int number)
{
	char line[32];

	/* stdio would allocate, and wait for a lock that is held now. */
	snprintf(line, sizeof(line), "%s %d\n", what, number);
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		_exit(8);
}

static void *walker(void *arg)
{
	int (*run)(void) = (int (*)(void))arg;
	char c;

	__atomic_store_n(&walker_tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	if (read(go[0], &c, 1) == 1)
		say("result", run());
	return NULL;
}

static int executed(void)
{
	struct proc proc = { .guarded = false };
	bool ok = !proc_read(getpid(), &proc) && proc.guarded &&
		  !strcmp(proc.origin, "adopted");
	char line[8];

	say("result", ok && is_guarded() ? 0 : 1);
	while (fgets(line, sizeof(line), stdin))
		say("check", is_guarded() ? 0 : 1000);
	return 0;
}

static int serve(int (*run)(void))
{
	pthread_t thread;
	char line[16];

	if (pipe2(go, O_CLOEXEC) ||
	    pthread_create(&thread, NULL, walker, (void *)run))
		return 3;
	while (!__atomic_load_n(&walker_tid, __ATOMIC_ACQUIRE))
		sched_yield();
	printf("ready %d 0x%lx %lu\n", (int)walker_tid, (unsigned long)shown, HUGE);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "go\n"))
			say("check", (int)pattern_check(AREA, PAGES, 1) +
			    (extra_wrong ? (int)extra_wrong() : 0) +
			    (is_guarded() ? 0 : 1000));
		else if (write(go[1], "g", 1) != 1)
			return 4;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "executed"))
		return executed();
	/* What is touched while the locks are held must be there. */
	mlockall(MCL_CURRENT);
	if (mmap(AREA, 2 * HUGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != AREA)
		return 2;
	pattern_fill(AREA, PAGES, 1);
	for (i = 0; argc == 2 && i < ARRAY_SIZE(actions); i++) {
		if (strcmp(argv[1], actions[i].name))
			continue;
		if (actions[i].begin)
			actions[i].begin();
		return serve(actions[i].run);
	}
	return 5;
}
