// SPDX-License-Identifier: BSD-2-Clause
/*
 * Others reach into the address space: ptrace, process_vm, /proc/PID/mem,
 * pinned pages, and the dumper of a core.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mm.h"

#define DATA_PAGES	40
#define LOOK_AT		0x1000000000UL

static char *data;

/* A child that stops, and whose data is right afterwards when it says so. */
static pid_t stopped_child(unsigned int want)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		raise(SIGSTOP);
		_exit(pattern_check(data, DATA_PAGES, want) ? 1 : 0);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		tap_bail("the child did not stop");
	return pid;
}

static bool child_agrees(pid_t pid)
{
	int status;

	kill(pid, SIGCONT);
	return waitpid(pid, &status, 0) == pid && exited_with(status, 0);
}

static void by_ptrace(void)
{
	uint64_t *fill = malloc(DATA_PAGES * PAGE);
	pid_t pid = stopped_child(2);
	size_t i, wrong = 0;
	int status;
	long word;

	pattern_fill(fill, DATA_PAGES, 2);
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		tap_bail("ptrace: %s", strerror(errno));
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	for (i = 0; i < DATA_PAGES * PAGE / 8; i += 255) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, pid, data + i * 8, 0);
		wrong += errno || word != ((long *)data)[i];
	}
	tap_is((long)wrong, 0, "ptrace reads its data");
	for (i = 0; i < DATA_PAGES * PAGE / 8; i++)
		if (i % 512 == 0 || i % 512 == 255 || i % 512 == 511)
			wrong += !!ptrace(PTRACE_POKEDATA, pid, data + i * 8,
					  fill[i]);
	tap_is((long)wrong, 0, "ptrace writes its data");
	/* A page of text is mapped read-only from a file: the store copies it. */
	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, by_ptrace, 0);
	tap_ok(!errno && !ptrace(PTRACE_POKETEXT, pid, by_ptrace, ~word) &&
	       ptrace(PTRACE_PEEKTEXT, pid, by_ptrace, 0) == ~word,
	       "ptrace writes its text");
	tap_ok(*(volatile long *)by_ptrace == word, "and not this process's");
	ptrace(PTRACE_DETACH, pid, 0, 0);
	tap_ok(child_agrees(pid), "the child finds what was written");
	tap_is((long)pattern_check(data, DATA_PAGES, 1), 0, "the parent does not");
	free(fill);
}

static void by_process_vm(void)
{
	size_t size = DATA_PAGES * PAGE;
	char *copy = mm_anon(size);
	struct iovec local = { copy, size }, remote = { data, size };
	pid_t pid = stopped_child(3);

	tap_is(process_vm_readv(pid, &local, 1, &remote, 1, 0), (long)size,
	       "process_vm_readv reads all");
	tap_is((long)pattern_check(copy, DATA_PAGES, 1), 0, "and the right data");
	pattern_fill(copy, DATA_PAGES, 3);
	tap_is(process_vm_writev(pid, &local, 1, &remote, 1, 0), (long)size,
	       "process_vm_writev writes all");
	tap_ok(child_agrees(pid), "the child finds it");
	munmap(copy, size);
}

static void by_proc_mem(void)
{
	size_t size = DATA_PAGES * PAGE;
	char *copy = mm_anon(size), path[64];
	pid_t pid = stopped_child(4);
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR);
	pattern_fill(copy, DATA_PAGES, 4);
	tap_is(pwrite(fd, copy, size, (off_t)(uintptr_t)data), (long)size,
	       "/proc/PID/mem takes a write");
	close(fd);
	tap_ok(child_agrees(pid), "the child finds it");
	munmap(copy, size);
}

/* vmsplice pins the pages; what is unmapped meanwhile still arrives. */
static void by_pin(void)
{
	const size_t pages = 8, size = pages * PAGE;
	char *from = mm_anon(size), *to = mm_anon(size);
	struct iovec part = { from, size };
	int pipes[2];
	size_t got = 0;
	ssize_t n;

	pattern_fill(from, pages, 5);
	if (pipe(pipes) || vmsplice(pipes[1], &part, 1, 0) != (ssize_t)size)
		tap_bail("vmsplice: %s", strerror(errno));
	munmap(from, size);
	while (got < size && (n = read(pipes[0], to + got, size - got)) > 0)
		got += (size_t)n;
	tap_is((long)pattern_check(to, pages, 5), 0,
	       "pages pinned by vmsplice outlive their unmapping");
	close(pipes[0]);
	close(pipes[1]);
	munmap(to, size);
}

/* Pages of the core at the address of data that hold its pattern. */
static size_t core_pages(const char *path)
{
	Elf64_Phdr phdr;
	Elf64_Ehdr ehdr;
	size_t good = 0;
	char *copy;
	int fd, i;

	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, &ehdr, sizeof(ehdr)) != (ssize_t)sizeof(ehdr))
		return 0;
	copy = mm_anon(DATA_PAGES * PAGE);
	for (i = 0; i < ehdr.e_phnum; i++) {
		if (pread(fd, &phdr, sizeof(phdr), (off_t)(ehdr.e_phoff +
			  (Elf64_Off)i * sizeof(phdr))) != (ssize_t)sizeof(phdr))
			break;
		if (phdr.p_type != PT_LOAD || phdr.p_vaddr > (uintptr_t)data ||
		    phdr.p_vaddr + phdr.p_filesz <
		    (uintptr_t)data + DATA_PAGES * PAGE)
			continue;
		if (pread(fd, copy, DATA_PAGES * PAGE, (off_t)(phdr.p_offset +
			  (uintptr_t)data - phdr.p_vaddr)) ==
		    (ssize_t)(DATA_PAGES * PAGE))
			good = DATA_PAGES - pattern_check(copy, DATA_PAGES, 1);
	}
	munmap(copy, DATA_PAGES * PAGE);
	close(fd);
	return good;
}

static void by_core_dump(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char old[256], path[64];
	int status;
	pid_t pid;

	if (file_read("/proc/sys/kernel/core_pattern", old, sizeof(old)) < 0 ||
	    file_write("/proc/sys/kernel/core_pattern", "/tmp/core.%p") < 0)
		tap_bail("core_pattern: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &limit);
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	waitpid(pid, &status, 0);
	file_write("/proc/sys/kernel/core_pattern", old);
	tap_ok(killed_by(status, SIGABRT) && WCOREDUMP(status), "a core is dumped");
	snprintf(path, sizeof(path), "/tmp/core.%d", (int)pid);
	tap_is((long)core_pages(path), DATA_PAGES, "pages of data in the core");
	unlink(path);
}

static void smaps_are(const char *at, long rss, long referenced, const char *when)
{
	tap_is(mm_smaps_kb(at, "Rss:"), rss, "smaps, %s: Rss", when);
	tap_is(mm_smaps_kb(at, "Private_Dirty:"), rss, "smaps, %s: Private_Dirty", when);
	tap_is(mm_smaps_kb(at, "Anonymous:"), rss, "smaps, %s: Anonymous", when);
	tap_is(mm_smaps_kb(at, "Referenced:"), referenced, "smaps, %s: Referenced", when);
}

/* Its line in numa_maps has so many anonymous pages. */
static void numa_maps_has(const char *at, long pages)
{
	FILE *maps = fopen("/proc/self/numa_maps", "re");
	char line[512], head[32];
	long anon = -1;

	if (!maps) {
		tap_skip("numa_maps: anonymous pages", "this kernel has no numa_maps");
		return;
	}
	snprintf(head, sizeof(head), "%lx ", (unsigned long)at);
	while (anon < 0 && fgets(line, sizeof(line), maps))
		if (!strncmp(line, head, strlen(head)) && strstr(line, " anon="))
			anon = strtol(strstr(line, " anon=") + 6, NULL, 10);
	fclose(maps);
	tap_is(anon, pages, "numa_maps: anonymous pages");
}

static void touch(char *at, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		at[i * PAGE] = 1;
}

static void look(const volatile char *at, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		(void)at[i * PAGE];
}

static int nothing(void *unused)
{
	(void)unused;
	return 0;
}

static void by_looking(void)
{
	const size_t size = 600 * PAGE;		/* more than one table */
	char *at = mm_anon_at(LOOK_AT, size);

	touch(at, 30);
	touch(at + 512 * PAGE, 10);
	smaps_are(at, 160, 160, "40 pages touched");
	numa_maps_has(at, 40);
	if (file_write("/proc/self/clear_refs", "1") < 0)
		tap_bail("clear_refs: %s", strerror(errno));
	smaps_are(at, 160, 0, "clear_refs written");
	/* clear_refs does not flush, so what a hart has cached needs no fault; fork does. */
	in_child(nothing, NULL);
	look(at + 25 * PAGE, 5);
	look(at + 512 * PAGE, 5);
	smaps_are(at, 160, 40, "10 pages read again");
	madvise(at, 20 * PAGE, MADV_DONTNEED);
	smaps_are(at, 80, 40, "20 others dropped");
	numa_maps_has(at, 20);
	munmap(at, size);
	tap_is(mm_smaps_kb(at, "Rss:"), -1, "smaps, unmapped: no line");
}

int main(int argc, char **argv)
{
	mm_begin(argc, argv);
	data = mm_anon(DATA_PAGES * PAGE);
	pattern_fill(data, DATA_PAGES, 1);
	by_ptrace();
	by_process_vm();
	by_proc_mem();
	by_pin();
	by_core_dump();
	by_looking();
	return tap_done();
}
