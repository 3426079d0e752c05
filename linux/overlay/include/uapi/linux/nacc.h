/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * prctl(PR_NACC, op, 0, 0, 0): guard the page tables of this process.
 * An argument that is not named must be zero.
 */
#ifndef _UAPI_LINUX_NACC_H
#define _UAPI_LINUX_NACC_H

#define PR_NACC			0x4e614343

/*
 * NACC_PR_STATUS: returns NACC_STATUS_* bits. Never fails.
 *
 * NACC_PR_GUARD_EXEC: the next execve of this thread builds a guarded address
 * space; a fork before it hands the wish on. Unprivileged. Returns 0.
 *   -EOPNOTSUPP  there is no monitor, or it was refused at boot (see dmesg)
 *
 * NACC_PR_UNGUARD_EXEC: take that wish back. Returns 0. It never unguards:
 * what a guarded process executes stays guarded.
 *
 * NACC_PR_SETTLE: let go of every address space that an idle hart still holds,
 * return cached frames, and wait until nothing is in quarantine. CAP_SYS_ADMIN.
 *   -EPERM, -EOPNOTSUPP, -EAGAIN (frames still in quarantine after 1 s)
 *
 * any other op: -EINVAL; an unnamed argument that is not zero: -EINVAL
 */
#define NACC_PR_STATUS		0
#define NACC_PR_GUARD_EXEC	1
#define NACC_PR_UNGUARD_EXEC	2
#define NACC_PR_SETTLE		3

#define NACC_STATUS_MONITOR	(1 << 0)	/* a monitor answers */
#define NACC_STATUS_GUARDED	(1 << 1)	/* this address space is guarded */
#define NACC_STATUS_GUARD_EXEC	(1 << 2)	/* the next exec will be */
#define NACC_STATUS_ALL		(1 << 3)	/* nacc=all */

#endif /* _UAPI_LINUX_NACC_H */
