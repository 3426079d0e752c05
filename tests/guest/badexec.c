// SPDX-License-Identifier: BSD-2-Clause
/*
 * badexec plain|guarded: executions that fail, at each of the places where they
 * can: the address space that was made for them goes back, and the caller goes
 * on as it was: a plain one with its wish, a guarded one in its own space.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "mm.h"

#define BAD	"/tmp/nacc-badexec"
#define PAGES	64UL
#define OTHER_ERROR	2	/* exit status: it failed in another way */

static char *image;		/* a copy of hello, to be spoiled */
static size_t image_size;
static char *data;		/* of the caller: a pattern */
static bool guarded;		/* the caller is */

static void image_load(void)
{
	struct stat st;
	int fd;

	fd = open(companion("hello"), O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		tap_bail("hello: %s", strerror(errno));
	image_size = (size_t)st.st_size;
	image = malloc(image_size);
	if (read(fd, image, image_size) != (ssize_t)image_size)
		tap_bail("hello: short read");
	close(fd);
}

static void bad_write(const void *bytes, size_t size, mode_t mode)
{
	int fd;

	unlink(BAD);
	fd = open(BAD, O_WRONLY | O_CREAT | O_EXCL, 0700);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fchmod(fd, mode))
		tap_bail(BAD ": %s", strerror(errno));
	close(fd);
}

/* Replaces the first header of @type; the spoiled copy goes to BAD. */
static void bad_header(uint32_t type, void (*spoil)(Elf64_Phdr *phdr, char *copy))
{
	char *copy = malloc(image_size);
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)copy;
	Elf64_Phdr *phdr;
	int i;

	if (!copy)
		tap_bail("malloc: %s", strerror(errno));
	memcpy(copy, image, image_size);
	phdr = (Elf64_Phdr *)(copy + ehdr->e_phoff);
	for (i = 0; i < ehdr->e_phnum && phdr->p_type != type; i++)
		phdr++;
	if (i == ehdr->e_phnum)
		tap_bail("hello has no program header of type 0x%x", type);
	spoil(phdr, copy);
	bad_write(copy, image_size, 0700);
	free(copy);
}

static void spoil_address(Elf64_Phdr *phdr, char *copy)
{
	(void)copy;
	phdr->p_vaddr = 0x7ffffffffffff000UL;
}

/* PT_NOTE becomes an interpreter; its name takes the end of the file. */
static void spoil_interpreter(Elf64_Phdr *phdr, char *copy)
{
	static const char name[] = "/no/such/interpreter";

	phdr->p_type = PT_INTERP;
	phdr->p_offset = image_size - sizeof(name);
	phdr->p_filesz = sizeof(name);
	memcpy(copy + phdr->p_offset, name, sizeof(name));
}

static int exec_errno(const char *path, char *const argv[])
{
	execv(path, argv);
	return errno;
}

/* Executes what fails with @want; 0 if it does, and the caller is as before. */
static int exec_fails(const char *path, char *const argv[], int want)
{
	struct proc before, after;
	int error;

	if (proc_read(getpid(), &before) || before.guarded != guarded ||
	    (!guarded && prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0)))
		return 1;
	error = exec_errno(path, argv);
	if (error != want) {
		tap_note("exec: %s", strerror(error));
		return OTHER_ERROR;
	}
	if (is_guarded() != guarded || proc_read(getpid(), &after) ||
	    after.guarded != guarded || after.space != before.space ||
	    after.root != before.root)
		return 3;
	if (!guarded && !(status_bits() & NACC_STATUS_GUARD_EXEC))
		return 5;
	if (pattern_check(data, PAGES, 1))
		return 6;
	pattern_fill(data, PAGES, 2);
	return pattern_check(data, PAGES, 2) ? 7 : 0;
}

static int try_bad(void *want)
{
	char *argv[] = { BAD, NULL };

	return exec_fails(BAD, argv, *(int *)want);
}

static int try_bad_then_status(void *want)
{
	int ret = try_bad(want);

	if (ret)
		return ret;
	execl(companion("inherit"), "inherit", "status", (char *)NULL);
	return EXIT_NOT_FOUND;
}

static int too_long(void *unused)
{
	static char *argv[64];
	static char word[120 * 1024];
	size_t i;

	(void)unused;
	memset(word, 'x', sizeof(word) - 1);
	for (i = 0; i < ARRAY_SIZE(argv) - 1; i++)
		argv[i] = word;
	return exec_fails(companion("hello"), argv, E2BIG);
}

static void fails(int want, const char *what)
{
	struct balance before;

	balance_take(&before);
	tap_is(in_child(try_bad, &want), 0, "%s: %s, and the caller is as before", what,
	       strerror(want));
	tap_ok(exited_with(in_child(try_bad_then_status, &want), 0),
	       "%s: what it executes instead is guarded", what);
	balance_check(&before, what);
}

/* Past the point of no return there is nobody to return to. */
static void dies(const char *what)
{
	struct balance before;
	int status, want = 0;

	balance_take(&before);
	status = in_child(try_bad, &want);
	tap_ok(killed_by(status, SIGSEGV) || killed_by(status, SIGKILL),
	       "%s: killed (wait status 0x%x)", what, (unsigned int)status);
	balance_check(&before, what);
}

static void address_space_limit(void)
{
	struct rlimit old, tiny = { 64 * 1024, RLIM_INFINITY };
	struct balance before;
	int status, want = 0;

	bad_write(image, image_size, 0700);
	balance_take(&before);
	getrlimit(RLIMIT_AS, &old);
	tiny.rlim_max = old.rlim_max;
	fflush(stdout);
	setrlimit(RLIMIT_AS, &tiny);
	status = in_child(try_bad, &want);
	setrlimit(RLIMIT_AS, &old);
	tap_ok(exited_with(status, OTHER_ERROR) || killed_by(status, SIGSEGV) ||
	       killed_by(status, SIGKILL),
	       "no room to map the program: it does not run (0x%x)",
	       (unsigned int)status);
	balance_check(&before, "no room to map the program");
}

int main(int argc, char **argv)
{
	struct balance before;

	mm_begin(argc, argv);
	guarded = is_guarded();
	data = mm_anon(PAGES * PAGE);
	pattern_fill(data, PAGES, 1);
	image_load();
	unlink(BAD);
	fails(ENOENT, "no such file");
	bad_write("x", 1, 0600);
	fails(EACCES, "not executable");
	bad_write("", 0, 0700);
	fails(ENOEXEC, "empty file");
	bad_write("not a program at all\n", 21, 0700);
	fails(ENOEXEC, "text");
	bad_write(image, 80, 0700);
	fails(ENOEXEC, "ELF cut off in its headers");
	bad_write("#!/no/such/shell\n", 17, 0700);
	fails(ENOENT, "script without its shell");
	bad_header(PT_NOTE, spoil_interpreter);
	fails(ENOENT, "ELF without its interpreter");
	bad_header(PT_LOAD, spoil_address);
	dies("ELF segment beyond user space");
	address_space_limit();
	balance_take(&before);
	tap_is(in_child(too_long, NULL), 0,
	       "arguments too long: %s, and the caller is as before", strerror(E2BIG));
	balance_check(&before, "arguments too long");
	unlink(BAD);
	return tap_done();
}
