// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel itself asks for an entry that the monitor refuses: a guarded
 * process maps a device, kernel code or a table of its own through a
 * driver that asks no questions (tests/modules/nacc_map.c).
 * No write is lost in silence: the process is killed, the refusal is counted
 * and logged, everything comes back, and nobody else notices.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define UART	0x10000000UL
#define PAGES	3UL

enum {
	SAW_MAPPING = 40,	/* exit status: read through the mapping */
	NO_MAPPING,
};

struct target {
	unsigned long pa;
	bool guard;
};

/* The role: map @pa; wait for the kill, or read there. */
static int role_map(unsigned long pa)
{
	volatile unsigned char *at;
	int fd = open("/dev/nacc_map", O_RDONLY | O_CLOEXEC);

	at = fd < 0 ? MAP_FAILED : mmap(NULL, PAGES * PAGE, PROT_READ,
					MAP_SHARED, fd, (off_t)pa);
	if (at == MAP_FAILED)
		return NO_MAPPING;
	if (is_guarded())
		pause();
	(void)at[0];
	return SAW_MAPPING;
}

static int map_child(void *arg)
{
	const struct target *target = arg;
	char pa[24];

	snprintf(pa, sizeof(pa), "0x%lx", target->pa);
	if (target->guard && prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	execl("/proc/self/exe", "refused", pa, (char *)NULL);
	return EXIT_NOT_FOUND;
}

static unsigned long iomem(const char *name)
{
	unsigned long start;
	char line[128];
	FILE *file;

	file = fopen("/proc/iomem", "re");
	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, name) && sscanf(line, "%lx", &start) == 1) {
			fclose(file);
			return start & ~(PAGE - 1);
		}
	tap_bail("/proc/iomem has no %s", name);
}

static void try(unsigned long pa, const char *cause, const char *what)
{
	struct target plain = { pa, false }, guarded = { pa, true };
	struct balance before, after;
	struct hello hello;
	char line[32];
	int status;

	tap_ok(exited_with(in_child(map_child, &plain), SAW_MAPPING),
	       "%s: a plain process maps and reads it", what);
	balance_take(&before);
	hello_start(&hello, true);
	status = in_child(map_child, &guarded);
	tap_ok(killed_by(status, SIGKILL), "%s: the guarded one is killed (0x%x)",
	       what, (unsigned int)status);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple") && exited_with(child_end(&hello.child), 0),
	       "%s: another guarded process goes on", what);
	balance_take(&after);
	tap_ok(after.counters.value[COUNTER_REFUSALS] >
	       before.counters.value[COUNTER_REFUSALS],
	       "%s: the refusal is counted", what);
	tap_ok(log_has("refused", cause), "%s: the log names %s", what, cause);
	before.counters.value[COUNTER_REFUSALS] =
		after.counters.value[COUNTER_REFUSALS];
	balance_check(&before, what);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return role_map(strtoul(argv[1], NULL, 0));
	try(UART, "TARGET", "a device");
	try(iomem("Kernel code"), "IMAGE", "kernel code");
	return tap_done();
}
