/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replaces asm-generic's allocation of the two lowest levels, which know the
 * mm but not whether it is guarded. Included in front of asm-generic/pgalloc.h.
 */
#ifndef _ASM_RISCV_NACC_PGALLOC_H
#define _ASM_RISCV_NACC_PGALLOC_H

#ifdef CONFIG_NACC
#define __HAVE_ARCH_PTE_ALLOC_ONE
#define __HAVE_ARCH_PMD_ALLOC_ONE
pgtable_t pte_alloc_one(struct mm_struct *mm);
pmd_t *pmd_alloc_one(struct mm_struct *mm, unsigned long addr);
#endif

#endif /* _ASM_RISCV_NACC_PGALLOC_H */
