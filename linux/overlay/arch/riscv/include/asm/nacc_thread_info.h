/* SPDX-License-Identifier: GPL-2.0-only */
/* What NaCC keeps in struct thread_info: the lazy section that the task is in. */
#ifndef _ASM_RISCV_NACC_THREAD_INFO_H
#define _ASM_RISCV_NACC_THREAD_INFO_H

#if defined(CONFIG_NACC) && !defined(__ASSEMBLY__)
/*
 * A run is a row of level-0 slots that a section writes one after the other.
 * There is at most one of each kind, and no two of them in the same table.
 * NEXT is the slot that continues it, 0 when none can. Written by the task
 * alone; interrupts on its CPU may read. docs/design/batches.md.
 */
struct nacc_lazy {
	unsigned int depth;		/* sections are nested */
	unsigned int pending;		/* this CPU's queue is not empty */
	unsigned long clear_next;	/* entries that become 0 */
	unsigned long protect_next;	/* entries that lose W */
	unsigned long put_next;		/* any other values */
	unsigned long put_end;		/* where the run of values must stop */
	unsigned long put_bias;		/* slot + bias: where its value waits */
};

#define NACC_THREAD_INFO	struct nacc_lazy nacc;
#else
#define NACC_THREAD_INFO
#endif

#endif /* _ASM_RISCV_NACC_THREAD_INFO_H */
