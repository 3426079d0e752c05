// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure injection, only where CONFIG_NACC_FAIL is on: a call of the monitor
 * is refused, or finds nothing left, without being made. A task that writes N
 * to the debugfs file nacc_fail chooses its own N-th call from then on; the
 * file reads as the number of calls that are left until then. One task at a
 * time. tests/guest/fail.c sweeps N.
 */

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "internal.h"

/* Written by the chosen task, and while there is none. */
static struct task_struct *chosen;
static unsigned long left;

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

bool nacc_call_fails(enum nacc_call call, struct sbiret *ret)
{
	if (likely(READ_ONCE(chosen) != current) || !in_task() ||
	    call >= NACC_CALL_COUNT || !answers[call].error)
		return false;
	if (--left)
		return false;
	WRITE_ONCE(chosen, NULL);
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
	left = n;
	if (n)
		WRITE_ONCE(chosen, current);
	return 0;
}

static int fail_get(void *unused, u64 *n)
{
	*n = left;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_fops, fail_get, fail_set, "%llu\n");

static int __init nacc_fail_init(void)
{
	debugfs_create_file("nacc_fail", 0600, NULL, NULL, &fail_fops);
	return 0;
}
late_initcall(nacc_fail_init);
