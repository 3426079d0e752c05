// SPDX-License-Identifier: BSD-2-Clause
/*
 * balance [SPACES FRAMES]: settles, and prints `spaces S frames F refusals R`. F are
 * the frames in use beside the tables of living processes: with nacc=all those that
 * look are guarded as well, and may have grown. With numbers it looks again, for a
 * while, until they are what it sees: Linux puts some of its work off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define LATE_MS	10000	/* as Linux' threads may hold a dead mm */

static long tables_of_processes(void)
{
	struct process *list;
	struct proc proc;
	long frames = 0;
	int n;

	n = processes_read(&list);
	if (n < 0)
		tap_bail("/proc: %s", strerror(-n));
	while (n--)
		if (!proc_read(list[n].pid, &proc) && proc.guarded)
			frames += (long)proc_sum(&proc).frames;
	free(list);
	return frames;
}

/* Spaces and frames, as text, into @is. Returns the refusals. */
static unsigned long look(char *is, size_t size)
{
	long processes = tables_of_processes();
	struct counters counters;

	if (counters_read(&counters))
		tap_bail("/sys/kernel/nacc cannot be read");
	snprintf(is, size, "spaces %lu frames %ld", counters.value[COUNTER_SPACES],
		 (long)counters.value[COUNTER_FRAMES_IN_USE] - processes);
	return counters.value[COUNTER_REFUSALS];
}

int main(int argc, char **argv)
{
	unsigned long refusals, end = now_ms() + LATE_MS;
	char is[64], want[64] = "";
	bool settled;

	if (argc == 3)
		snprintf(want, sizeof(want), "spaces %s frames %s", argv[1], argv[2]);
	/* What it needs for a first look, it has when it looks again. */
	look(is, sizeof(is));
	do {
		settled = settle();
		refusals = look(is, sizeof(is));
		if (settled && (!*want || !strcmp(is, want)))
			break;
	} while (now_ms() < end && !usleep(100000));
	printf("%s refusals %lu\n", is, refusals);
	return 0;
}
