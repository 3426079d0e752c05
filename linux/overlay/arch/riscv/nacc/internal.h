/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside NaCC's kernel side.
 *
 * boot.c	finds the monitor and hands over what it has to know
 * call.c	the SBI calls, one wrapper each; trace.h has their tracepoint
 * frame.c	frames: per-CPU caches, their struct page between two lives
 * table.c	tables: allocation, accounting and the ways out
 * space.c	the root and the space of an mm, and the check of satp
 * hooks.S	the writers' hooks: no call, a write that waits, or a single SET
 * write.c	the slow path of every write to an entry
 * batch.c	the queue of writes of a lazy section; batch.h is hooks.S', too
 * broken.c	what happens when the monitor says no
 * adopt.c	an mm that lives becomes guarded: which one, and under which locks
 * adopt_copy.c	the frames for it, the copy of its tables, and their accounts
 * trap.c	a store of the kernel to the pool
 * prctl.c	what a process asks for; proc.c, sysfs.c: what is to be seen
 * check.c	the proofs of `nacc check` that need the kernel
 * adopt_hold.c, fail.c	for tests: wait in an adoption, make calls fail
 * offsets.c	what hooks.S knows of structs
 *
 * Lock order: only adopt.c takes locks of Linux mm, and says which. A per-CPU
 * cache is used with interrupts off.
 */
#ifndef _RISCV_NACC_INTERNAL_H
#define _RISCV_NACC_INTERNAL_H

#include <linux/mm.h>
#include <linux/nacc.h>
#include <linux/tracepoint-defs.h>
#include <asm/nacc.h>
#include <asm/nacc_abi.h>
#include <asm/sbi.h>

#define TIF_NACC_EXEC		24	/* the next exec of this thread is guarded */

enum nacc_mode { NACC_MODE_OFF, NACC_MODE_ON, NACC_MODE_ALL };

extern enum nacc_mode nacc_mode;
extern bool nacc_present;	/* the monitor has answered and is locked */
extern u64 *nacc_roots;		/* the monitor's registry, read-only */
extern unsigned int nacc_root_level;

/* Address of what lies in the pool; the pool is one piece in both maps. */
#define nacc_pool_pa(slot)	((unsigned long)(slot) - nacc_pool.va_pa)

static inline struct page *nacc_slot_page(const void *slot)
{
	return virt_to_page(slot);
}

static inline struct mm_struct *nacc_slot_mm(const void *slot)
{
	return page_ptdesc(nacc_slot_page(slot))->pt_mm;
}

/* An entry that points to a table: V=1 and R=W=X=0. */
static inline bool nacc_is_link(unsigned long val)
{
	return (val & (_PAGE_PRESENT | _PAGE_LEAF)) == _PAGE_PRESENT;
}

static inline bool nacc_is_leaf(unsigned long val)
{
	return (val & _PAGE_PRESENT) && (val & _PAGE_LEAF);
}

/*
 * call.c: wrappers of the calls of asm/nacc_abi.h, which has arguments and
 * errors. Those that use the op page disable interrupts themselves.
 */
void nacc_call_trace(enum nacc_call call, unsigned long a0, unsigned long a1,
		     unsigned long a2, struct sbiret ret);
DECLARE_TRACEPOINT(nacc_call);

/* While somebody traces the calls, or may make one fail, hooks.S makes none. */
extern atomic_t nacc_watched;
int nacc_watch(void);
void nacc_unwatch(void);

/*
 * __nacc_ecall - the bare call; nacc_ecall - for who traces it himself. The
 * monitor keeps all registers but a0 and a1; a3 to a5 are reserved.
 */
static __always_inline struct sbiret __nacc_ecall(enum nacc_call call,
						  unsigned long arg0,
						  unsigned long arg1,
						  unsigned long arg2)
{
	register unsigned long a0 asm("a0") = arg0;
	register unsigned long a1 asm("a1") = arg1;
	register unsigned long a2 asm("a2") = arg2;
	register unsigned long a3 asm("a3") = 0;
	register unsigned long a4 asm("a4") = 0;
	register unsigned long a5 asm("a5") = 0;
	register unsigned long a6 asm("a6") = call;
	register unsigned long a7 asm("a7") = NACC_SBI_EXT;
	struct sbiret ret;

	asm volatile("ecall" : "+r" (a0), "+r" (a1)
		     : "r" (a2), "r" (a3), "r" (a4), "r" (a5), "r" (a6), "r" (a7)
		     : "memory");
	ret.error = a0;
	ret.value = a1;
	return ret;
}

/*
 * fail.c: shall this call fail without being made? Then *@ret is its answer.
 * Are frames to be taken one at a time, so that each of them can be the last?
 */
#ifdef CONFIG_NACC_FAIL
bool nacc_call_fails(enum nacc_call call, struct sbiret *ret);
bool nacc_takes_singly(void);
#else
static inline bool nacc_call_fails(enum nacc_call call, struct sbiret *ret)
{
	return false;
}

static inline bool nacc_takes_singly(void)
{
	return false;
}
#endif

/* A call of C between the registers' assignment and the ecall would spoil them. */
static __always_inline struct sbiret nacc_ecall(enum nacc_call call,
						unsigned long arg0,
						unsigned long arg1,
						unsigned long arg2)
{
	struct sbiret ret;

	if (nacc_call_fails(call, &ret))
		return ret;
	return __nacc_ecall(call, arg0, arg1, arg2);
}

static __always_inline struct sbiret nacc_call(enum nacc_call call,
					       unsigned long arg0,
					       unsigned long arg1,
					       unsigned long arg2)
{
	struct sbiret ret = nacc_ecall(call, arg0, arg1, arg2);

	if (tracepoint_enabled(nacc_call))
		nacc_call_trace(call, arg0, arg1, arg2, ret);
	return ret;
}

unsigned long nacc_info(enum nacc_info item);
static __always_inline struct sbiret nacc_set(unsigned long slot, unsigned long val)
{
	return nacc_call(NACC_CALL_SET, slot, val, 0);
}
/* One op; the fence is the caller's, as after a plain store. */
static __always_inline struct sbiret nacc_op(u64 word, u64 value)
{
	return nacc_call(NACC_CALL_OP, word, value, 0);
}
struct sbiret nacc_commit(unsigned int nr, unsigned long flags);
struct sbiret nacc_boot_lock(const void *template, const struct nacc_range *ranges,
			     unsigned int nr);
struct sbiret nacc_space_create(phys_addr_t root, unsigned long tag);
struct sbiret nacc_space_set(unsigned long space, unsigned long policy);
struct sbiret nacc_space_retire(unsigned long space, const u64 *list, unsigned int nr);
struct sbiret nacc_space_destroy(unsigned long space);
struct sbiret nacc_reclaim(void);
struct sbiret nacc_query(enum nacc_query item, unsigned long which);
/* Both return how many of @list[0..@nr) were taken or returned. */
unsigned int nacc_frames_take(u64 *list, unsigned int nr);
unsigned int nacc_frames_return(const u64 *list, unsigned int nr);
/* The name of the cause in an answer of the monitor, for messages. */
const char *nacc_cause_name(struct sbiret ret);

/*
 * frame.c. nacc_frame_take() may sleep; NULL when the pool is exhausted.
 * nacc_frame_reset() makes the struct page as it was before the frame's first
 * use; nacc_frame_put() does that and gives the frame back, in any context.
 */
struct page *nacc_frame_take(void);
void nacc_frame_reset(struct page *page);
void nacc_frame_put(struct page *page);
unsigned int nacc_frames_cached(void);
int nacc_settle(void);

/* The op page of this hart; interrupts or preemption are off. */
void *nacc_op_page(void);

/*
 * write.c: write @val to @slot at once, and deal with a refusal; the others are
 * where hooks.S ends. All but the first return the entry's old value.
 */
void nacc_slot_set(unsigned long *slot, unsigned long val);
unsigned long nacc_slot_write(unsigned long *slot, unsigned long val);
unsigned long nacc_pte_write(unsigned long *slot, unsigned long val);
unsigned long nacc_pte_wrprotect(unsigned long *slot);
unsigned long nacc_set_end(unsigned long *slot, unsigned long val,
			   unsigned long old, long error, long value);
bool nacc_slot_set_ptes(unsigned long *slot, unsigned long val, unsigned int nr);

/* boot.c */
void nacc_switch_on(void);

/* batch.c: more empty entries than this are not worth to be reached over. */
#define NACC_MAX_GAP	32

/*
 * Queue the write of @val to @slot, in a lazy section. *@old is the entry's value
 * before. False: it has to be made at once.
 */
bool nacc_batch_write(unsigned long *slot, unsigned long val, unsigned long *old);
unsigned long nacc_batch_read(unsigned long *slot);
void nacc_batch_put_end(void);
void nacc_batch_commit(void);

/* space.c: does the monitor's registry name this table in the pool as a root? */
bool nacc_is_root(const void *table);
/*
 * Give back the root of @mm, and with it the space. The same, with all that hangs
 * below it, for a space that no mm has got yet.
 */
void nacc_root_put(struct mm_struct *mm, struct page *page);
void nacc_space_free(unsigned long space, struct page *root);

/* adopt.c: guard the address space of the caller, or of the process of a pidfd. */
int nacc_guard_now(void);
int nacc_attach(int pidfd);
/* The same for @mm, nobody's yet: the caller holds its mmap lock for write. */
int nacc_adopt_child(struct mm_struct *mm);
unsigned long nacc_adoption_locked_ns(struct mm_struct *mm);

/*
 * adopt_copy.c: the tables of @mm on their way into the pool. prepare() may be
 * called again to have more frames; abandon() gives everything back, whatever
 * has happened before; either switch() or abandon() ends it. free() is for
 * after switch(), when no hart can reach the old tables.
 */
struct nacc_moved {
	struct page *frame;
	struct page *old;		/* NULL: the frame is not used yet */
	unsigned char level;
	bool linked;			/* no: it is deposited below @pmd */
	void *pmd;			/* the table of the deposit, in the pool */
};

struct nacc_adoption {
	struct mm_struct *mm;
	struct page *root;
	struct page *old_root;
	unsigned long space;
	unsigned int nr, used;
	struct nacc_moved *tables;
};

unsigned int nacc_adoption_needs(struct mm_struct *mm);
int nacc_adoption_prepare(struct nacc_adoption *a, unsigned int nr);
int nacc_adoption_copy(struct nacc_adoption *a);
void nacc_adoption_switch(struct nacc_adoption *a);
void nacc_adoption_free(struct nacc_adoption *a);
void nacc_adoption_abandon(struct nacc_adoption *a);

/* adopt_hold.c: for tests, wait here if they have asked for it. */
#ifdef CONFIG_DEBUG_FS
void nacc_adoption_hold(void);
#else
static inline void nacc_adoption_hold(void)
{
}
#endif

/* broken.c */
extern atomic_long_t nacc_refusals;
void nacc_refused(struct mm_struct *mm, const char *what, phys_addr_t where,
		  unsigned long val, const char *why);
void nacc_kill(struct mm_struct *mm);

#endif /* _RISCV_NACC_INTERNAL_H */
