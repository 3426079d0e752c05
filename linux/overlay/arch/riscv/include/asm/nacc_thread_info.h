/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What NaCC keeps in struct thread_info. nacc_lazy: depth of the lazy sections
 * that queue their writes. nacc_pending: this CPU's queue is not empty.
 */
#ifndef _ASM_RISCV_NACC_THREAD_INFO_H
#define _ASM_RISCV_NACC_THREAD_INFO_H

#ifdef CONFIG_NACC
#define NACC_THREAD_INFO	unsigned short nacc_lazy, nacc_pending;
#else
#define NACC_THREAD_INFO
#endif

#endif /* _ASM_RISCV_NACC_THREAD_INFO_H */
