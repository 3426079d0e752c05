// SPDX-License-Identifier: GPL-2.0-only
/* prctl(PR_NACC): the whole user interface that changes anything. */

#include <linux/capability.h>
#include <linux/nacc.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include "internal.h"

static int status(void)
{
	int bits = 0;

	if (nacc_present) {
		bits |= NACC_STATUS_MONITOR;
		if (nacc_mode == NACC_MODE_ALL)
			bits |= NACC_STATUS_ALL;
	}
	if (nacc_mm_guarded(current->mm))
		bits |= NACC_STATUS_GUARDED;
	if (test_thread_flag(TIF_NACC_EXEC))
		bits |= NACC_STATUS_GUARD_EXEC;
	return bits;
}

int nacc_prctl(unsigned long op, unsigned long arg3, unsigned long arg4,
	       unsigned long arg5)
{
	if ((arg3 && op != NACC_PR_ATTACH) || arg4 || arg5)
		return -EINVAL;
	switch (op) {
	case NACC_PR_STATUS:
		return status();
	case NACC_PR_GUARD_EXEC:
		if (!nacc_present)
			return -EOPNOTSUPP;
		nacc_switch_on();
		set_thread_flag(TIF_NACC_EXEC);
		return 0;
	case NACC_PR_UNGUARD_EXEC:
		clear_thread_flag(TIF_NACC_EXEC);
		return 0;
	case NACC_PR_SETTLE:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (!nacc_present)
			return -EOPNOTSUPP;
		return nacc_settle();
	case NACC_PR_GUARD_NOW:
		if (!nacc_present)
			return -EOPNOTSUPP;
		nacc_switch_on();
		return nacc_guard_now();
	case NACC_PR_ATTACH:
		if (!nacc_present)
			return -EOPNOTSUPP;
		nacc_switch_on();
		return arg3 > INT_MAX ? -EBADF : nacc_attach(arg3);
	}
	return -EINVAL;
}
