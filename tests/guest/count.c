// SPDX-License-Identifier: BSD-2-Clause
/* Frames and spaces, before and after. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "guest.h"

#define WAIT_MS	60000

bool settle(void)
{
	return !prctl(PR_NACC, NACC_PR_SETTLE, 0, 0, 0);
}

/*
 * With nacc=all this process counts, too. Where its stack and its heap may yet grow
 * to, and where the vDSO's data lie, there is a table before it looks: each of them
 * may lie across a border of tables, as luck has it.
 */
static void grow(void)
{
	volatile char stack[96 * 1024];
	volatile char *heap = malloc(sizeof(stack));

	if (!heap)
		tap_bail("malloc: %s", strerror(errno));
	stack[0] = heap[sizeof(stack) - 1] = 0;
	free((void *)heap);
	now_ms();
}

void balance_take(struct balance *balance)
{
	int ret;

	grow();
	if (!settle())
		tap_bail("settle: %s", strerror(errno));
	ret = counters_read(&balance->counters);
	if (ret)
		tap_bail("/sys/kernel/nacc: %s", strerror(-ret));
}

static bool counter_back(enum counter counter, const struct counters *was,
			 const struct counters *is, const char *what)
{
	if (is->value[counter] == was->value[counter])
		return true;
	if (what)
		tap_note("%s: %s was %lu, is %lu", what, counter_info[counter].name,
			 was->value[counter], is->value[counter]);
	return false;
}

bool counters_back(const struct counters *was, const struct counters *is, const char *what)
{
	bool same = counter_back(COUNTER_FRAMES_IN_USE, was, is, what);

	same &= counter_back(COUNTER_FRAMES_QUARANTINED, was, is, what);
	same &= counter_back(COUNTER_SPACES, was, is, what);
	return same;
}

bool balance_same(const struct balance *before, const char *what, long n)
{
	struct balance now;
	char text[64];

	balance_take(&now);
	snprintf(text, sizeof(text), "%s, %ld", what, n);
	return counters_back(&before->counters, &now.counters, text);
}

bool balance_check(const struct balance *before, const char *what)
{
	struct balance now;
	bool same;

	balance_take(&now);
	same = counters_back(&before->counters, &now.counters, what);
	same &= counter_back(COUNTER_REFUSALS, &before->counters, &now.counters, what);
	return tap_ok(same, "%s: frames and spaces are back exactly, nothing refused", what);
}

void spaces_wait(const struct balance *before)
{
	unsigned long end = now_ms() + WAIT_MS;
	struct balance now;

	do {
		balance_take(&now);
		if (now.counters.value[COUNTER_SPACES] ==
		    before->counters.value[COUNTER_SPACES])
			return;
		usleep(20000);
	} while (now_ms() < end);
}
