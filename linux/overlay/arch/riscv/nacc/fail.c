// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure injection, only where CONFIG_NACC_FAIL is on: calls of the monitor
 * are refused, or find nothing left, without being made. Files in debugfs:
 *   nacc_fail        N: from the N-th call from now on they fail; 0: none any
 *                    more. Reads as the number of calls until then
 *   nacc_fail_task   Y, at first: of those that the task makes which writes N;
 *                    N: whoever makes them
 *   nacc_fail_calls  only of these: bits of their numbers, all at first
 *   nacc_fail_count  how many in a row fail, 1 at first; 0: all that come
 *   nacc_failed      the number of the call that failed last
 * The three in between are for the next write to nacc_fail. When only frames are to
 * run out, each is taken by a call of its own.
 * nacc.fail=CALL on the command line: the first call of this number fails.
 * tests/guest/fail.c, fail_call.c and adopt_fail.c sweep N.
 */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "internal.h"

static u32 chosen_calls;		/* not 0 while failures are to come */
static struct task_struct *chosen;	/* NULL: anybody */
static atomic_long_t left;		/* calls until the first that fails */
static u32 in_a_row;

static bool fail_task = true;
static u32 fail_calls = U32_MAX, fail_count = 1, failed;

/* INFO has no refusal for what exists. */
static const struct sbiret answers[NACC_CALL_COUNT] = {
	[NACC_CALL_SET] = { NACC_SBI_DENIED, NACC_CAUSE_TARGET },
	[NACC_CALL_COMMIT] = { NACC_SBI_DENIED, NACC_CAUSE_TARGET },
	[NACC_CALL_OP] = { NACC_SBI_DENIED, NACC_CAUSE_TARGET },
	[NACC_CALL_BOOT_LOCK] = { NACC_SBI_INVALID_STATE, NACC_CAUSE_MODE },
	[NACC_CALL_SPACE_CREATE] = { NACC_SBI_FAILED, NACC_CAUSE_NO_SPACE },
	[NACC_CALL_SPACE_SET] = { NACC_SBI_INVALID_PARAM, NACC_CAUSE_SPACE },
	[NACC_CALL_SPACE_RETIRE] = { NACC_SBI_INVALID_PARAM, NACC_CAUSE_SPACE },
	[NACC_CALL_SPACE_DESTROY] = { NACC_SBI_INVALID_PARAM, NACC_CAUSE_SPACE },
	[NACC_CALL_FRAMES_TAKE] = { NACC_SBI_FAILED, NACC_CAUSE_NO_FRAME },
	[NACC_CALL_FRAMES_RETURN] = { NACC_SBI_INVALID_STATE, NACC_CAUSE_FRAME_STATE },
	[NACC_CALL_RECLAIM] = { NACC_SBI_NOT_SUPPORTED, NACC_CAUSE_CALL },
	[NACC_CALL_QUERY] = { NACC_SBI_INVALID_ADDRESS, NACC_CAUSE_FRAME },
};

static bool is_chosen(enum nacc_call call)
{
	struct task_struct *task;

	if (call >= NACC_CALL_COUNT || !answers[call].error ||
	    !(smp_load_acquire(&chosen_calls) & BIT(call)))
		return false;
	/* Written before the calls. */
	task = READ_ONCE(chosen);
	return !task || (task == current && in_task());
}

bool nacc_call_fails(enum nacc_call call, struct sbiret *ret)
{
	long nth;

	if (likely(!is_chosen(call)))
		return false;
	/* 0 is the first to fail. */
	nth = -atomic_long_dec_return(&left);
	if (nth < 0 || (in_a_row && nth >= in_a_row))
		return false;
	if (in_a_row && nth == in_a_row - 1)
		WRITE_ONCE(chosen_calls, 0);
	WRITE_ONCE(failed, call);
	*ret = answers[call];
	return true;
}

bool nacc_takes_singly(void)
{
	return READ_ONCE(chosen_calls) == BIT(NACC_CALL_FRAMES_TAKE);
}

static void fail_from(u64 n, struct task_struct *task, u32 calls, u32 count)
{
	static bool used;

	if (!used)
		nacc_watch();
	used = true;
	WRITE_ONCE(chosen_calls, 0);
	atomic_long_set(&left, n);
	in_a_row = count;
	WRITE_ONCE(chosen, task);
	smp_store_release(&chosen_calls, n ? calls : 0);
}

static int fail_set(void *unused, u64 n)
{
	fail_from(n, fail_task ? current : NULL, fail_calls, fail_count);
	return 0;
}

static int fail_get(void *unused, u64 *n)
{
	*n = max(atomic_long_read(&left), 0L);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_fops, fail_get, fail_set, "%llu\n");

static int __init fail_at_boot(char *arg)
{
	u32 call;

	if (!arg || kstrtou32(arg, 0, &call) || call >= NACC_CALL_COUNT)
		return -EINVAL;
	fail_from(1, NULL, BIT(call), 1);
	return 0;
}
early_param("nacc.fail", fail_at_boot);

static int __init nacc_fail_init(void)
{
	debugfs_create_file("nacc_fail", 0600, NULL, NULL, &fail_fops);
	debugfs_create_bool("nacc_fail_task", 0600, NULL, &fail_task);
	debugfs_create_u32("nacc_fail_calls", 0600, NULL, &fail_calls);
	debugfs_create_u32("nacc_fail_count", 0600, NULL, &fail_count);
	debugfs_create_u32("nacc_failed", 0400, NULL, &failed);
	return 0;
}
late_initcall(nacc_fail_init);
