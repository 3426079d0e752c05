// SPDX-License-Identifier: BSD-2-Clause
/*
 * Guarded processes that outgrow their memory cgroup: the OOM killer ends
 * them, the reaper helps, and every frame and page comes back.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/nacc-oom"
#define MIB	(1024UL * 1024)

static size_t step;

/* A page in every @step bytes: dense eats pages, sparse eats tables. */
static void *hog(void *unused)
{
	const size_t size = 16 * 1024 * MIB;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	if (at == MAP_FAILED)
		_exit(4);
	for (i = 0; i < size; i += step)
		at[i] = 1;
	_exit(5);
	return unused;
}

static int hog_threads(int threads)
{
	pthread_t thread;

	while (--threads > 0)
		if (pthread_create(&thread, NULL, hog, NULL))
			return 3;
	hog(NULL);
	return 0;
}

static int enter_and_hog(void *argv)
{
	if (file_write(GROUP "/cgroup.procs", "0") < 0)
		return 1;
	if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return EXIT_NOT_GUARDED;
	execv("/proc/self/exe", argv);
	return EXIT_NOT_FOUND;
}

static unsigned long oom_kills(void)
{
	unsigned long value;
	char text[512];
	char *at;

	if (file_read(GROUP "/memory.events", text, sizeof(text)) < 0)
		tap_bail("memory.events: %s", strerror(errno));
	at = strstr(text, "oom_kill ");
	if (!at || sscanf(at, "oom_kill %lu", &value) != 1)
		tap_bail("memory.events has no oom_kill");
	return value;
}

static void kill_one(const char *bytes, const char *threads, const char *what)
{
	const char *argv[] = { "oom", "hog", bytes, threads, NULL };
	unsigned long kills = oom_kills();
	struct balance before;
	int status;

	balance_take(&before);
	status = in_child(enter_and_hog, argv);
	tap_ok(killed_by(status, SIGKILL), "%s: killed (wait status 0x%x)", what,
	       (unsigned int)status);
	tap_ok(oom_kills() > kills, "%s: by the OOM killer", what);
	spaces_wait(&before);
	balance_check(&before, what);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "hog")) {
		step = strtoul(argv[2], NULL, 0);
		return is_guarded() ? hog_threads(atoi(argv[3])) : 2;
	}
	file_write(ROOT "/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0700) && errno != EEXIST)
		tap_bail(GROUP ": %s", strerror(errno));
	if (file_write(GROUP "/memory.max", "16777216") < 0)
		tap_bail("memory.max: %s", strerror(errno));
	file_write(GROUP "/memory.swap.max", "0");
	kill_one("4096", "1", "dense");
	kill_one("4096", "4", "dense, four threads");
	kill_one("65536", "1", "every 16th page");
	kill_one("2097152", "2", "one page for each table, two threads");
	rmdir(GROUP);
	return tap_done();
}
