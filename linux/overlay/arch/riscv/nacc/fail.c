// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure injection, only where CONFIG_NACC_FAIL is on: a call of the monitor
 * is refused, or finds nothing left, without being made. Files in debugfs:
 *   nacc_fail       N: the N-th call from now on fails, of those that the writing
 *                   task makes; reads as the number of calls until then
 *   nacc_fail_call  CALL: of those with this number instead, whoever makes them;
 *                   INFO's: the task's again. For the next write to nacc_fail
 *   nacc_failed     the number of the call that failed last
 * tests/guest/fail.c and fail_call.c sweep N.
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "internal.h"

/* One of them is set while a failure is to come. INFO never fails. */
static struct task_struct *chosen;
static enum nacc_call chosen_call = NACC_CALL_INFO;
static atomic_long_t left;

static u32 fail_call = NACC_CALL_INFO, failed;

/* INFO has no refusal for what exists, and QUERY changes nothing. */
static const struct sbiret answers[NACC_CALL_COUNT] = {
	[NACC_CALL_SET] = { NACC_SBI_DENIED, NACC_CAUSE_TARGET },
	[NACC_CALL_COMMIT] = { NACC_SBI_DENIED, NACC_CAUSE_TARGET },
	[NACC_CALL_OP] = { NACC_SBI_DENIED, NACC_CAUSE_TARGET },
	[NACC_CALL_SPACE_CREATE] = { NACC_SBI_FAILED, NACC_CAUSE_NO_SPACE },
	[NACC_CALL_SPACE_SET] = { NACC_SBI_INVALID_PARAM, NACC_CAUSE_SPACE },
	[NACC_CALL_SPACE_RETIRE] = { NACC_SBI_INVALID_PARAM, NACC_CAUSE_SPACE },
	[NACC_CALL_SPACE_DESTROY] = { NACC_SBI_INVALID_PARAM, NACC_CAUSE_SPACE },
	[NACC_CALL_FRAMES_TAKE] = { NACC_SBI_FAILED, NACC_CAUSE_NO_FRAME },
	[NACC_CALL_FRAMES_RETURN] = { NACC_SBI_INVALID_STATE, NACC_CAUSE_FRAME_STATE },
	[NACC_CALL_RECLAIM] = { NACC_SBI_NOT_SUPPORTED, NACC_CAUSE_CALL },
};

static bool is_chosen(enum nacc_call call)
{
	return call < NACC_CALL_COUNT && answers[call].error &&
	       (READ_ONCE(chosen_call) == call ||
		(READ_ONCE(chosen) == current && in_task()));
}

bool nacc_call_fails(enum nacc_call call, struct sbiret *ret)
{
	if (likely(!is_chosen(call)) || atomic_long_dec_if_positive(&left))
		return false;
	WRITE_ONCE(chosen, NULL);
	WRITE_ONCE(chosen_call, NACC_CALL_INFO);
	WRITE_ONCE(failed, call);
	*ret = answers[call];
	return true;
}

static int fail_set(void *unused, u64 n)
{
	static bool used;

	if (!used)
		nacc_watch();
	used = true;
	WRITE_ONCE(chosen, NULL);
	WRITE_ONCE(chosen_call, NACC_CALL_INFO);
	atomic_long_set(&left, n);
	if (!n)
		return 0;
	if (fail_call != NACC_CALL_INFO)
		WRITE_ONCE(chosen_call, fail_call);
	else
		WRITE_ONCE(chosen, current);
	return 0;
}

static int fail_get(void *unused, u64 *n)
{
	*n = atomic_long_read(&left);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_fops, fail_get, fail_set, "%llu\n");

static int __init nacc_fail_init(void)
{
	debugfs_create_file("nacc_fail", 0600, NULL, NULL, &fail_fops);
	debugfs_create_u32("nacc_fail_call", 0600, NULL, &fail_call);
	debugfs_create_u32("nacc_failed", 0400, NULL, &failed);
	return 0;
}
late_initcall(nacc_fail_init);
