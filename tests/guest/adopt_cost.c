// SPDX-License-Identifier: BSD-2-Clause
/*
 * adopt_cost MIB...: for how long an adoption keeps others from the tables of a
 * process, by the number of MiB that it maps in 4 KiB pages. In a guest that
 * was started with --icount one nanosecond is one instruction:
 *
 *   scripts/guest --icount -- /usr/lib/nacc/tests/adopt_cost 1 64 256
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define BAR_PER_64_MIB	1000000L

/* The role: maps and touches that much, and waits. */
static int role_map(unsigned long mib)
{
	char *at = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long i;

	if (mib && (at == MAP_FAILED || madvise(at, mib * MIB, MADV_NOHUGEPAGE)))
		return 2;
	for (i = 0; i < mib * MIB; i += PAGE)
		at[i] = 1;
	puts("ready");
	fflush(stdout);
	return getchar() == EOF ? 0 : 3;
}

static long locked_time(pid_t pid)
{
	char path[64], text[1024];
	const char *at;
	long value;

	snprintf(path, sizeof(path), "/proc/%d/nacc", (int)pid);
	if (file_read(path, text, sizeof(text)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	at = strstr(text, "locked_ns:\t");
	if (!at || sscanf(at, "locked_ns:\t%ld", &value) != 1)
		tap_bail("%s has no locked_ns", path);
	return value;
}

static long measure(const char *mib)
{
	const char *argv[] = { "/proc/self/exe", "map", mib, NULL };
	struct child child;
	char line[16];
	long ns;

	child_start(&child, false, argv);
	child_line(&child, line, sizeof(line));
	if (attach(child.pid))
		tap_bail("attach: %s", strerror(errno));
	ns = locked_time(child.pid);
	child_end(&child);
	return ns;
}

int main(int argc, char **argv)
{
	long base, ns, mib;
	int i;

	if (argc == 3 && !strcmp(argv[1], "map"))
		return role_map(strtoul(argv[2], NULL, 10));
	base = measure("0");
	tap_note("%ld ns for a process that maps nothing of its own", base);
	for (i = 1; i < argc; i++) {
		mib = atol(argv[i]);
		ns = measure(argv[i]);
		tap_note("%ld ns for %ld MiB more", ns - base, mib);
		tap_ok((ns - base) * 64 <= BAR_PER_64_MIB * mib,
		       "%ld MiB: %ld ns per 64 MiB, the bar is %ld", mib,
		       (ns - base) * 64 / mib, BAR_PER_64_MIB);
	}
	return tap_done();
}
