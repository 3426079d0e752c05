/* SPDX-License-Identifier: GPL-2.0-only */
/* What NaCC keeps in mm_context_t. */
#ifndef _ASM_RISCV_NACC_CONTEXT_H
#define _ASM_RISCV_NACC_CONTEXT_H

#include <linux/llist.h>
#include <linux/types.h>

/* Bits of nacc_context.flags. */
#define NACC_MM_BROKEN		0	/* a change was refused: no task may run on it */
#define NACC_MM_RETIRING	1	/* in exit_mmap: SPACE_RETIRE takes the tables */
#define NACC_MM_KILLING		2	/* on the list of the killer */

/*
 * Guardedness belongs to the mm: it is decided in pgd_alloc() and ends in
 * pgd_free(). space and flags are written there, by nacc_break() and by
 * exit_mmap; anybody who holds the mm may read them.
 */
struct nacc_context {
#ifdef CONFIG_NACC
	unsigned long space;		/* the monitor's id, 0: not guarded */
	unsigned long flags;
	struct list_head dead;		/* while NACC_MM_RETIRING: tables, deepest first */
	struct llist_node kill;		/* while NACC_MM_KILLING */
#endif
};

#endif /* _ASM_RISCV_NACC_CONTEXT_H */
