/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nacc/arch.h for M-mode: what must be inline. The rest is in arch.c. Physical
 * memory is reached as it is, because M-mode does not translate.
 */
#ifndef NACC_RISCV_ARCH_IMPL_H
#define NACC_RISCV_ARCH_IMPL_H

#include <nacc_abi.h>

#include "offsets.h"

/* Bytes that one cbo.zero clears, the same on every hart; 0: not available. */
extern uint32_t nacc_cbo_bytes;

static inline void *nacc_arch_ptr(nacc_pa_t pa)
{
	return (void *)(uintptr_t)pa.pa;
}

/* Each hart counts for itself how often it has found a lock taken. */
extern uint64_t nacc_lock_waits[NACC_MAX_HARTS] __attribute__((visibility("hidden")));

/* Inline, since a call, however rare, would have its callers save registers. */
static inline void nacc_arch_lock_waited(void)
{
	const char *scratch;

	__asm__ __volatile__("csrr %0, mscratch" : "=r"(scratch));
	nacc_lock_waits[*(const uint32_t *)(scratch + SCRATCH_HARTINDEX)]++;
}

static inline bool nacc_arch_lock_try(uint32_t *lock)
{
	long taken;

	__asm__ __volatile__("amoswap.w.aq %0, %2, %1"
			     : "=r"(taken), "+A"(*lock)
			     : "r"(1L)
			     : "memory");
	return nacc_likely(!taken);
}

static inline void nacc_arch_lock(uint32_t *lock)
{
	if (nacc_arch_lock_try(lock))
		return;
	nacc_arch_lock_waited();
	do {
		/* Wait on a plain load, which leaves the line shared. */
		while (__atomic_load_n(lock, __ATOMIC_RELAXED))
			;
	} while (!nacc_arch_lock_try(lock));
}

static inline void nacc_arch_unlock(uint32_t *lock)
{
	__asm__ __volatile__("amoswap.w.rl zero, zero, %0"
			     : "+A"(*lock) : : "memory");
}

static inline void nacc_arch_mb(void)
{
	__asm__ __volatile__("fence rw, rw" : : : "memory");
}

static inline void nacc_arch_fence_page(nacc_va_t va)
{
	__asm__ __volatile__("sfence.vma %0, zero" : : "r"(va.va) : "memory");
}

static inline void nacc_arch_fence_all(void)
{
	__asm__ __volatile__("sfence.vma zero, zero" : : : "memory");
}

static inline uint64_t nacc_arch_satp(void)
{
	uint64_t satp;

	__asm__ __volatile__("csrr %0, satp" : "=r"(satp) : : "memory");
	return satp;
}

static inline void nacc_arch_zero_frame(void *frame)
{
	char *at = frame, *end = at + NACC_FRAME_SIZE;
	uint32_t step = nacc_cbo_bytes;

	if (step) {
		/* cbo.zero, encoded by hand for assemblers without Zicboz. */
		for (; at < end; at += step)
			__asm__ __volatile__(".insn i 0x0f, 2, x0, %0, 4"
					     : : "r"(at) : "memory");
		return;
	}
	/* Volatile, or the compiler makes a call to a bytewise memset of it. */
	for (; at < end; at += 64) {
		volatile uint64_t *word = (volatile uint64_t *)at;

		word[0] = 0;
		word[1] = 0;
		word[2] = 0;
		word[3] = 0;
		word[4] = 0;
		word[5] = 0;
		word[6] = 0;
		word[7] = 0;
	}
}

#endif /* NACC_RISCV_ARCH_IMPL_H */
