// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is done while calls of the monitor fail. Each ends with a status of fail.h.
 * What was unmapped, protected or shared is looked at, too: there a refused write
 * shows that nobody has made good.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "guest.h"
#include "inject.h"

static const unsigned long far[] = { 8 * GIB, 20 * GIB, 70 * GIB };

struct failure failure;
struct kept kept;

_Noreturn void end(int status)
{
	char text[1024];

	/* A broken address space is to be killed; let nothing hide that it is not. */
	if (file_read("/proc/self/nacc", text, sizeof(text)) > 0 &&
	    strstr(text, "broken"))
		pause();
	_exit(status == DONE && inject_has_failed() ? UNNOTICED : status);
}

/*
 * Did it work? If not, for lack of memory? Then the task ends. E2BIG is what
 * exec says when there is no page for the arguments.
 */
static void check(bool ok)
{
	if (!ok)
		end(errno == ENOMEM || errno == EFAULT || errno == EAGAIN ||
		    errno == E2BIG ?
		    TOLD : WRONG_ERROR);
}

static void same(const void *at, size_t pages, unsigned int seed)
{
	if (pattern_check(at, pages, seed))
		end(WRONG_DATA);
}

static sigjmp_buf fault_end;

static void on_fault(int sig)
{
	siglongjmp(fault_end, sig);
}

/* A read, or a store, to each of @pages ends with @sig. */
static void faults(volatile char *at, size_t pages, bool store, int sig)
{
	struct sigaction action = { .sa_handler = on_fault };
	volatile size_t i;

	check(!sigaction(sig, &action, NULL));
	for (i = 0; i < pages; i++) {
		if (sigsetjmp(fault_end, 1))
			continue;
		if (store)
			at[i * PAGE] = 0;
		else
			(void)at[i * PAGE];
		end(WRONG_DATA);
	}
	signal(sig, SIG_DFL);
}

static void empty(const char *at, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		if (at[i * PAGE])
			end(WRONG_DATA);
}

static void *area(unsigned long at, size_t size)
{
	void *got = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0),
			 -1, 0);

	check(got != MAP_FAILED);
	return got;
}

/* What comes is counted; what was before, setting up, is not. */
static void from_here(void)
{
	/* No frame is left over in a cache. */
	if (failure.out)
		check(settle());
	inject_from(failure.n);
}

/* Tables of every level, and more than one write to some of them. */
static void do_touch(void)
{
	unsigned long at;
	size_t i;

	from_here();
	for (i = 0; i < ARRAY_SIZE(far); i++) {
		at = far[i] + MIB;
		area(at, 2 * MIB);
		pattern_fill((void *)(at + 255 * PAGE), 3, (unsigned int)i);
	}
	for (i = 0; i < ARRAY_SIZE(far); i++)
		same((void *)(far[i] + MIB + 255 * PAGE), 3, (unsigned int)i);
	munmap((void *)(far[0] + MIB), MIB);
	faults((char *)far[0] + MIB + 255 * PAGE, 1, false, SIGSEGV);
	same((void *)(far[1] + MIB + 255 * PAGE), 3, 1);
}

static void do_populate(void)
{
	char *at = area(far[0] + 2 * MIB - 6 * PAGE, 12 * PAGE);

	from_here();
	check(!madvise(at, 12 * PAGE, MADV_POPULATE_WRITE));
	pattern_fill(at, 12, 3);
	check(!madvise(at + 4 * PAGE, 4 * PAGE, MADV_DONTNEED));
	same(at, 4, 3);
	empty(at + 4 * PAGE, 4);
}

/*
 * A fork copies; both sides then write what they share, the parent to half of it and
 * first: the child must see nothing of that, nor the parent of what the child does.
 */
static void do_fork(void)
{
	char *at = area(far[1], 20 * PAGE), go;
	int status, turn[2];
	pid_t pid;

	check(!pipe(turn));
	pattern_fill(at, 20, 4);
	from_here();
	pid = fork();
	if (!pid) {
		close(turn[1]);
		if (read(turn[0], &go, 1) != 1)
			end(TOLD);
		same(at, 20, 4);
		pattern_fill(at, 20, 5);
		same(at, 20, 5);
		end(DONE);
	}
	check(pid > 0);
	pattern_fill(at, 10, 6);
	check(write(turn[1], "", 1) == 1);
	if (waitpid(pid, &status, 0) != pid ||
	    (!exited_with(status, DONE) && !exited_with(status, UNNOTICED) &&
	     !exited_with(status, TOLD) && !killed_by(status, SIGKILL)))
		end(WRONG_DATA);
	same(at, 10, 6);
	pattern_fill(at, 10, 4);
	same(at, 20, 4);
}

static void do_exec(void)
{
	from_here();
	execl("/proc/self/exe", "fail", "again", (char *)NULL);
	check(false);
}

/* Whole level-0 tables move, and single entries. */
static void do_move(void)
{
	char *from = area(far[0], 6 * MIB), *to = (char *)far[2];

	pattern_fill(from + 500 * PAGE, 20, 7);
	pattern_fill(from + 1000 * PAGE, 100, 8);
	from_here();
	check(mremap(from, 6 * MIB, 6 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED,
		     to) == to);
	faults(from + 500 * PAGE, 20, false, SIGSEGV);
	same(to + 500 * PAGE, 20, 7);
	check(mremap(to + 500 * PAGE, 20 * PAGE, 20 * PAGE,
		     MREMAP_MAYMOVE | MREMAP_FIXED, from) == from);
	faults(to + 500 * PAGE, 20, false, SIGSEGV);
	same(from, 20, 7);
	same(to + 1000 * PAGE, 100, 8);
}

static void do_protect(void)
{
	char *at = area(far[0], 40 * PAGE);

	pattern_fill(at, 40, 8);
	from_here();
	check(!mprotect(at, 20 * PAGE, PROT_READ));
	faults(at, 20, true, SIGSEGV);
	same(at, 40, 8);
	check(!mprotect(at, 40 * PAGE, PROT_NONE));
	faults(at, 40, false, SIGSEGV);
	check(!mprotect(at, 40 * PAGE, PROT_READ | PROT_WRITE));
	same(at, 40, 8);
	pattern_fill(at, 40, 9);
	same(at, 40, 9);
}

/* A huge page: its fault, with a deposited table, its split, its collapse. */
static void do_huge(void)
{
	char *at = area(far[1], 4 * MIB);

	check(!madvise(at, 4 * MIB, MADV_HUGEPAGE));
	from_here();
	pattern_fill(at + 500 * PAGE, 24, 10);
	check(!mprotect(at + 505 * PAGE, PAGE, PROT_READ));
	faults(at + 505 * PAGE, 1, true, SIGSEGV);
	same(at + 500 * PAGE, 24, 10);
	check(!mprotect(at + 505 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	if (madvise(at, 2 * MIB, MADV_COLLAPSE) && errno != EINVAL &&
	    errno != EBUSY)
		check(false);
	same(at + 500 * PAGE, 24, 10);
	munmap(at + 2 * MIB + 8 * PAGE, MIB);
	faults(at + 2 * MIB + 8 * PAGE, 4, false, SIGSEGV);
	same(at + 500 * PAGE, 20, 10);
}

/* File pages: mapped around the fault, cut off, mapped anew. */
static void do_file(void)
{
	int fd = memfd_create("fail", MFD_CLOEXEC);
	char *at;

	check(fd >= 0 && !ftruncate(fd, 20 * PAGE));
	from_here();
	at = mmap((void *)far[2], 20 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		  fd, 0);
	check(at != MAP_FAILED);
	pattern_fill(at, 20, 11);
	check(!ftruncate(fd, 10 * PAGE));
	faults(at + 10 * PAGE, 10, false, SIGBUS);
	same(at, 10, 11);
	munmap(at, 20 * PAGE);
	at = mmap(NULL, 10 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	check(at != MAP_FAILED);
	same(at, 10, 11);
}

/* What was stored there stays, whatever ends the task: kept_lost() in fail.c. */
static void do_kept(void)
{
	char *at;
	size_t i;

	from_here();
	at = mmap((void *)(far[1] - 20 * PAGE), KEPT * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, kept.fd, 0);
	check(at != MAP_FAILED);
	for (i = 0; i < KEPT; i++) {
		pattern_fill(at + i * PAGE, 1, (unsigned int)failure.n + (unsigned int)i);
		__atomic_store_n(kept.stored, i + 1, __ATOMIC_RELEASE);
		if (i % 8 != 5)
			continue;
		check(!mprotect(at, i * PAGE, PROT_READ));
		check(!madvise(at + 2 * PAGE, 2 * PAGE, MADV_DONTNEED));
		check(!mprotect(at, i * PAGE, PROT_READ | PROT_WRITE));
	}
}

const struct scenario scenarios[] = {
	{ "touch", do_touch, .frames = 6 },
	{ "populate", do_populate, .frames = 3, .calls = true },
	{ "fork", do_fork, .frames = 8 },
	{ "exec", do_exec, .frames = 6, .replaced = true },
	{ "move", do_move, .frames = 3, .calls = true },
	{ "protect", do_protect, .frames = 0 },
	{ "huge", do_huge, .frames = 3 },
	{ "file", do_file, .frames = 2 },
	{ "kept", do_kept, .frames = 4 },
};
const size_t scenarios_nr = ARRAY_SIZE(scenarios);
