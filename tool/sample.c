// SPDX-License-Identifier: BSD-2-Clause
/* What `nacc top` finds each time that it looks, and what changed since. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nacc.h"

const char *const sort_names[] = {
	[SORT_FRAMES] = "frames",
	[SORT_OLD] = "old",
	[SORT_NEW] = "new",
	[SORT_PID] = "pid",
};

_Static_assert(sizeof(sort_names) / sizeof(sort_names[0]) == SORT_KEYS,
	       "each key has a name");

double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void seconds_sleep(double seconds)
{
	struct timespec nap = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	nanosleep(&nap, NULL);
}

int sample_take(struct sample *sample)
{
	int ret;

	memset(sample, 0, sizeof(*sample));
	ret = counters_read(&sample->counters);
	if (ret) {
		kernel_missing(ret);
		return ret;
	}
	sample->when = seconds_now();
	ret = guarded_list(&sample->list, &sample->n);
	if (ret)
		fprintf(stderr, "nacc: cannot list /proc: %s\n", strerror(-ret));
	return ret;
}

void sample_free(struct sample *sample)
{
	free(sample->list);
	memset(sample, 0, sizeof(*sample));
}

enum sort_key sort_parse(const char *name)
{
	int key;

	for (key = 0; key < SORT_KEYS; key++)
		if (!strcmp(name, sort_names[key]))
			break;
	return (enum sort_key)key;
}

static unsigned long sort_value(const struct guarded *guarded, enum sort_key key)
{
	struct level sum = proc_sum(&guarded->proc);

	switch (key) {
	case SORT_FRAMES:
		return sum.frames;
	case SORT_OLD:
		return sum.old;
	case SORT_NEW:
		return sum.new;
	default:
		return 0;
	}
}

static int sort_order(const struct guarded *a, const struct guarded *b,
		      enum sort_key key)
{
	unsigned long x = sort_value(a, key), y = sort_value(b, key);

	if (x != y)
		return x < y ? 1 : -1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

#define SORT_BY(name, key)						\
static int by_##name(const void *a, const void *b)			\
{									\
	return sort_order(a, b, key);					\
}

SORT_BY(frames, SORT_FRAMES)
SORT_BY(old, SORT_OLD)
SORT_BY(new, SORT_NEW)
SORT_BY(pid, SORT_PID)

void sample_sort(struct sample *sample, enum sort_key key)
{
	static int (*const order[SORT_KEYS])(const void *, const void *) = {
		by_frames, by_old, by_new, by_pid
	};

	if (sample->n)
		qsort(sample->list, sample->n, sizeof(*sample->list), order[key]);
}

struct rates rates_between(const struct sample *old, const struct sample *new)
{
	double seconds = new->when - old->when, delta[COUNTERS];
	struct rates rates = { .known = old->when > 0 && seconds > 0 };
	int i;

	if (!rates.known)
		return rates;
	for (i = 0; i < COUNTERS; i++)
		delta[i] = (double)(new->counters.value[i] -
				    old->counters.value[i]);
	rates.traps = delta[COUNTER_TRAPS] / seconds;
	rates.ops = delta[COUNTER_OPS] / seconds;
	rates.refusals = delta[COUNTER_REFUSALS] / seconds;
	rates.ops_per_trap = delta[COUNTER_TRAPS] > 0 ?
		delta[COUNTER_OPS] / delta[COUNTER_TRAPS] : -1;
	return rates;
}
