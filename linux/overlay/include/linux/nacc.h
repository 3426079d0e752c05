/* SPDX-License-Identifier: GPL-2.0-only */
/* NaCC as the rest of the kernel sees it: the hooks outside arch/riscv. */
#ifndef _LINUX_NACC_H
#define _LINUX_NACC_H

#include <linux/types.h>
#include <uapi/linux/nacc.h>

struct mm_struct;

#ifdef CONFIG_NACC
#include <asm/nacc.h>

/* The hook of pagetable_free(): true if the table at @addr was a frame. */
#define nacc_pagetable_free(addr)	nacc_table_free(addr)

struct pid;
struct pid_namespace;
struct seq_file;
struct task_struct;

/*
 * nacc_exit_tables - exit_mmap() is about to free the page tables: all entries
 * are clear and no walker can find @mm any more. mmap lock held for write.
 * nacc_exit_done - they are freed as far as Linux is concerned, the TLB is
 * flushed. Called for every mm, also when there was nothing to free.
 */
void nacc_exit_tables(struct mm_struct *mm);
void nacc_exit_done(struct mm_struct *mm);

/* prctl(PR_NACC, @op, @arg3, @arg4, @arg5), see uapi/linux/nacc.h. */
int nacc_prctl(unsigned long op, unsigned long arg3, unsigned long arg4,
	       unsigned long arg5);

/* /proc/PID/nacc */
int nacc_proc_show(struct seq_file *m, struct pid_namespace *ns,
		   struct pid *pid, struct task_struct *task);
#define NACC_PROC_PID_ENTRY	ONE("nacc", 0444, nacc_proc_show),

#else /* !CONFIG_NACC */

static inline bool nacc_pagetable_free(void *addr)
{
	return false;
}

static inline void nacc_exit_tables(struct mm_struct *mm)
{
}

static inline void nacc_exit_done(struct mm_struct *mm)
{
}

static inline int nacc_prctl(unsigned long op, unsigned long arg3,
			     unsigned long arg4, unsigned long arg5)
{
	return -EINVAL;
}

#define NACC_PROC_PID_ENTRY

#endif /* CONFIG_NACC */
#endif /* _LINUX_NACC_H */
