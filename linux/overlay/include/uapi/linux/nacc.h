/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * prctl(PR_NACC, op, arg, 0, 0): guard the page tables of a process.
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
 * NACC_PR_GUARD_NOW: guard this address space as it is: its page tables move
 * into the pool, for all threads and processes that share it. From then on as
 * after NACC_PR_GUARD_EXEC: what is forked and executed is guarded. All or
 * nothing: after an error it is as it was. Unprivileged. Returns 0.
 *   -EOPNOTSUPP  there is no monitor, or it was refused at boot (see dmesg)
 *   -EBUSY   it is guarded already
 *   -ENOMEM  no memory, or not enough frames in the pool
 *   -EAGAIN  its tables kept growing while frames were made ready: try again
 *   -EACCES  the monitor refuses something that it maps, such as the memory of
 *	      a device; the kernel's log says what
 *   -EINTR   a fatal signal
 *
 * NACC_PR_ATTACH: the same for the address space of another process, which
 * need not cooperate. arg = a pidfd (pidfd_open(2)) that names it; the caller
 * must be allowed to attach to it with ptrace(2).
 *   as NACC_PR_GUARD_NOW, and:
 *   -EBADF   arg is no pidfd
 *   -ESRCH   it has exited, is a zombie, or is a kernel thread
 *   -EPERM   ptrace(2) would not be allowed
 *
 * any other op: -EINVAL; an unnamed argument that is not zero: -EINVAL
 */
#define NACC_PR_STATUS		0
#define NACC_PR_GUARD_EXEC	1
#define NACC_PR_UNGUARD_EXEC	2
#define NACC_PR_SETTLE		3
#define NACC_PR_GUARD_NOW	4
#define NACC_PR_ATTACH		5

#define NACC_STATUS_MONITOR	(1 << 0)	/* a monitor answers */
#define NACC_STATUS_GUARDED	(1 << 1)	/* this address space is guarded */
#define NACC_STATUS_GUARD_EXEC	(1 << 2)	/* the next exec will be */
#define NACC_STATUS_ALL		(1 << 3)	/* nacc=all */

#endif /* _UAPI_LINUX_NACC_H */
