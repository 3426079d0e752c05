/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake machine, and what tests steer and watch on it.
 *
 * A thread is one hart at a time (host_run_as); a test may be several harts
 * in turn on one thread, or use one thread for each.
 */
#ifndef NACC_HOST_H
#define NACC_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_RAM_BASE	0x80000000UL
#define HOST_RAM_SIZE	0x40000000UL	/* reserved; touched pages cost memory */

struct host_hart {
	uint64_t satp;
	uint64_t flags;			/* NACC_HART_* */
	unsigned int fences;		/* fence_all */
	unsigned int page_fences;
	uint64_t page_va;		/* of the last fence_page */
	bool ipi;			/* asked to fence, has not yet */
	unsigned int held;		/* locks */
	bool frame_held;
};

/* host_reset - forget all harts; memory keeps what it held. */
void host_reset(unsigned int harts);

/* host_poison - fill memory with rubbish, as power-on does. */
void host_poison(uint64_t base, uint64_t size);

/* Core may touch [base, base + size); at most HOST_REGIONS of them. */
#define HOST_REGIONS	4
void host_allow(uint64_t base, uint64_t size);

/* Locks at these addresses are frame locks: one at a time. */
void host_frame_locks(uint64_t base, uint64_t size);

void host_run_as(unsigned int hart);
unsigned int host_self(void);
struct host_hart *host_hart(unsigned int hart);

/* host_memory - memory as a test sees it: all of it. */
void *host_memory(uint64_t pa);

/*
 * host_on_lock - call @hook(@arg) each time that a hart which holds no frame
 * lock is about to take a lock: where another hart may come in between. What
 * the hook does as another hart must not need the locks that are held, which
 * host_hart()->held counts. NULL: never.
 */
void host_on_lock(void (*hook)(void *arg), void *arg);

/*
 * host_on_read - call @hook(@arg) before each nacc_read_once, whatever is held.
 * NULL: never.
 */
void host_on_read(void (*hook)(void *arg), void *arg);

/* host_read_point - what nacc_read_once calls. */
void host_read_point(void);

/* host_on_fence - call @hook in each fence_all, before it fences. NULL: never. */
void host_on_fence(void (*hook)(void));

/* How often host_zero_frame ran since host_reset. */
unsigned int host_zeroed(void);

/* The arch interface. */
void *host_ptr(uint64_t pa);
void host_lock(uint32_t *lock);
void host_unlock(uint32_t *lock);
void host_fence_page(uint64_t va);
void host_fence_all(void);
uint64_t host_satp(void);
void host_zero_frame(void *frame);

#endif /* NACC_HOST_H */
