/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core needs from the machine. Two implementations: riscv/ (M-mode,
 * inline where it counts) and host/ (a Linux process, for tests). Core calls
 * nothing else: no CSR, no OpenSBI.
 */
#ifndef NACC_ARCH_H
#define NACC_ARCH_H

#include <nacc/types.h>

/*
 * nacc_arch_ptr - where core reaches physical memory at @pa.
 * The caller has checked that @pa lies in the pool, the metadata or an op page.
 */
static inline void *nacc_arch_ptr(nacc_pa_t pa);

/* A lock is one zeroed 32-bit word. The host's dies if taken twice by one hart. */
static inline void nacc_arch_lock(uint32_t *lock);
static inline void nacc_arch_unlock(uint32_t *lock);

/* How often any hart has found a lock taken. */
uint64_t nacc_arch_lock_waits(void);

/* Full barrier: earlier stores are seen before later loads and stores. */
static inline void nacc_arch_mb(void);

/* sfence.vma of one page / of everything, on this hart only. */
static inline void nacc_arch_fence_page(nacc_va_t va);
static inline void nacc_arch_fence_all(void);

/* satp of S-mode on this hart, as the SBI trap finds it. */
static inline uint64_t nacc_arch_satp(void);

/* Zero one frame. */
static inline void nacc_arch_zero_frame(void *frame);

/* NACC_HART_* flags (abi) of this hart, read from the hardware now. */
uint64_t nacc_arch_hart_flags(void);

/*
 * Ask every other running hart to call nacc_hart_fence() soon. Does not wait.
 * No lock is held by the caller.
 */
void nacc_arch_fence_others(void);

#ifdef NACC_HOST
#include "../../host/arch_impl.h"
#else
#include "../../riscv/arch_impl.h"
#endif

#endif /* NACC_ARCH_H */
