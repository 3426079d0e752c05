/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * prctl(PR_NACC, op, arg, 0, 0): guard the page tables of a process that runs.
 * The ops beside those of linux/nacc.h. An argument that is not named must be
 * zero, else -EINVAL.
 */
#ifndef _UAPI_LINUX_NACC_ATTACH_H
#define _UAPI_LINUX_NACC_ATTACH_H

/*
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
 */
#define NACC_PR_GUARD_NOW	4
#define NACC_PR_ATTACH		5

#endif /* _UAPI_LINUX_NACC_ATTACH_H */
