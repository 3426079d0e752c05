/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine as a Linux process: physical memory is an array, a hart is
 * whoever called host_run_as last on this thread. Misuse dies instead of
 * spinning: a lock taken twice, two frame locks at once, memory outside the
 * regions that core may touch.
 */
#ifndef NACC_HOST_ARCH_IMPL_H
#define NACC_HOST_ARCH_IMPL_H

#include "host.h"

static inline void *nacc_arch_ptr(nacc_pa_t pa)
{
	return host_ptr(pa.pa);
}

static inline void nacc_arch_lock(uint32_t *lock)
{
	host_lock(lock);
}

static inline void nacc_arch_unlock(uint32_t *lock)
{
	host_unlock(lock);
}

static inline void nacc_arch_mb(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void nacc_arch_fence_page(nacc_va_t va)
{
	host_fence_page(va.va);
}

static inline void nacc_arch_fence_all(void)
{
	host_fence_all();
}

static inline uint64_t nacc_arch_satp(void)
{
	return host_satp();
}

static inline void nacc_arch_zero_frame(void *frame)
{
	host_zero_frame(frame);
}

#endif /* NACC_HOST_ARCH_IMPL_H */
