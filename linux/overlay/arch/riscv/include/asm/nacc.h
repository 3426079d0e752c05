/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NaCC as arch/riscv sees it: one inline for each kind of hook. Each that writes is
 * a static key in front of what asks whether the entry lies in the pool, for
 * most of them in nacc/hooks.S. No hook costs anything when CONFIG_NACC is off.
 * docs/design/teardown.md and HOOKS.md say which hook serves what.
 */
#ifndef _ASM_RISCV_NACC_H
#define _ASM_RISCV_NACC_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/jump_label.h>
#include <linux/linkage.h>
#include <linux/mmdebug.h>
#include <linux/stddef.h>
#include <linux/thread_info.h>
#include <linux/types.h>
#include <asm/page.h>
#include <asm/pgtable-bits.h>

struct mm_struct;
struct mmu_gather;
struct pt_regs;

#ifdef CONFIG_NACC

/* Software bit of a valid entry, see NACC_PTE_NEW in asm/nacc_abi.h. */
#define _PAGE_NACC_NEW		(1UL << 9)

/*
 * On from the first wish to be guarded on: until then no frame is a table, and
 * all that a hook that writes costs is one instruction. See nacc_switch_on().
 */
DECLARE_STATIC_KEY_FALSE(nacc_key);

/* The pool in the linear map; constant once nacc_key is on. */
struct nacc_pool {
	unsigned long va;
	unsigned long bytes;
	unsigned long va_pa;		/* what to take off for the physical address */
};

extern struct nacc_pool nacc_pool;

/* Does @p, an address in the linear map, lie in the pool? No lock needed. */
static __always_inline bool nacc_in_pool(const void *p)
{
	return static_branch_unlikely(&nacc_key) &&
	       (unsigned long)p - nacc_pool.va < nacc_pool.bytes;
}

/*
 * The lazy section that a task is in: what thread_info.nacc_lazy holds. A run
 * is a row of level-0 slots that a section writes one after the other. There
 * is at most one of each kind, and no two of them in the same table. NEXT is
 * the slot that continues it, 0 when none can. Written by the task alone;
 * interrupts on its CPU may read. docs/design/batches.md.
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
static_assert(sizeof(struct nacc_lazy) == sizeof_field(struct thread_info, nacc_lazy));

static __always_inline struct nacc_lazy *nacc_lazy(void)
{
	return (struct nacc_lazy *)current_thread_info()->nacc_lazy;
}

/*
 * NACC_HOOK - one of the hooks of nacc/hooks.S, which does all of the write: a
 * plain store, or the atomic, to a slot outside of the pool, else what continues
 * a run or, at last, a call. To the compiler it is one instruction that changes
 * a few registers: functions with a hook in them are inlined and use the stack
 * as without. Evaluates to what a0 holds after it, the old value if it has one.
 */
#define NACC_HOOK(name, slot)						\
({									\
	unsigned long __0 = (unsigned long)(slot);			\
	register unsigned long __a0 asm("a0") = __0;			\
									\
	asm volatile("call t0, nacc_hook_" #name			\
		     : "+r" (__a0) :					\
		     : "a1", "t0", "t1", "t2", "t3", "memory");		\
	__a0;								\
})

/* The same with a value, and more inputs if the hook has any. */
#define NACC_HOOK_VALUE(name, slot, val, inputs...)			\
({									\
	unsigned long __0 = (unsigned long)(slot), __1 = (val);		\
	register unsigned long __a0 asm("a0") = __0;			\
	register unsigned long __a1 asm("a1") = __1;			\
									\
	asm volatile("call t0, nacc_hook_" #name			\
		     : "+r" (__a0), "+r" (__a1) : inputs		\
		     : "t0", "t1", "t2", "t3", "memory");		\
	__a0;								\
})

/*
 * nacc_write - the hook of every plain store to an entry above level 0.
 * nacc_write_pte - the same for level 0, where a lazy section may queue it.
 * @slot: the entry; the lock that protects it is held, as for the store.
 * @val: its new value.
 * Returns true if the store was done here, false if it is the caller's.
 */
static __always_inline bool nacc_write(void *slot, unsigned long val)
{
	if (!static_branch_unlikely(&nacc_key))
		return false;
	NACC_HOOK_VALUE(set, slot, val);
	return true;
}

static __always_inline bool nacc_write_pte(void *slot, unsigned long val)
{
	if (!static_branch_unlikely(&nacc_key))
		return false;
	NACC_HOOK_VALUE(set_pte, slot, val);
	return true;
}

/*
 * nacc_xchg, nacc_clear_pte - the hooks of every exchange of an entry. Return
 * the old value. For a slot in the pool a read and a write do: the hardware
 * writes no A/D bits, and software writers hold the table's lock.
 */
static __always_inline unsigned long nacc_xchg(void *slot, unsigned long val)
{
	if (static_branch_unlikely(&nacc_key))
		return NACC_HOOK_VALUE(xchg, slot, val);
	return atomic_long_xchg((atomic_long_t *)slot, val);
}

static __always_inline unsigned long nacc_clear_pte(void *slot)
{
	if (static_branch_unlikely(&nacc_key))
		return NACC_HOOK(clear_pte, slot);
	return atomic_long_xchg((atomic_long_t *)slot, 0);
}

/*
 * An entry as this CPU's lazy section has left it: a write may still be in
 * the queue. Only level-0 entries ever are, and what a loop over a table reads are
 * not: those that come next in a run, and empty ones where no value waits. Nothing
 * is pending with the key off: it is not asked for.
 */
static __always_inline unsigned long nacc_read_pte(const void *slot)
{
	unsigned long val = READ_ONCE(*(unsigned long *)slot);
	struct nacc_lazy *lazy = nacc_lazy();

	if (likely(!READ_ONCE(lazy->pending)) || (!val && !lazy->put_end) ||
	    (unsigned long)slot == lazy->clear_next ||
	    (unsigned long)slot == lazy->protect_next ||
	    (unsigned long)slot == lazy->put_next)
		return val;
	return NACC_HOOK(read_pte, slot);
}

#define ptep_get ptep_get
static inline pte_t ptep_get(pte_t *ptep)
{
	return __pte(nacc_read_pte(ptep));
}

/* nacc_wrprotect - the hook of the atomic and that takes W away. */
static __always_inline void nacc_wrprotect(void *slot)
{
	if (static_branch_unlikely(&nacc_key))
		NACC_HOOK(wrprotect, slot);
	else
		atomic_long_and(~(unsigned long)_PAGE_WRITE, (atomic_long_t *)slot);
}

/* nacc_test_and_clear_bit - test_and_clear_bit() of one bit of an entry. */
static __always_inline bool nacc_test_and_clear_bit(int nr, unsigned long *slot)
{
	unsigned long old;

	if (!nacc_in_pool(slot))
		return test_and_clear_bit(nr, slot);
	old = nacc_read_pte(slot);
	if (!(old & BIT(nr)))
		return false;
	nacc_write_pte(slot, old & ~BIT(nr));
	return true;
}

/*
 * A change of protection keeps hardware from writing A/D bits meanwhile by
 * clearing the entry. With a monitor nothing writes them, guarded or not: one
 * write will do. A section changes the protection of an entry once, and before that
 * nothing else of it: the entry is not pending. The write that only takes W away needs
 * no more than that, if the entry is there still: the key may have come on meanwhile.
 * Page table check wants to see every write, and code the instruction cache's flush.
 */
#define __HAVE_ARCH_PTEP_MODIFY_PROT_TRANSACTION
#define ptep_modify_prot_start(vma, addr, ptep)				\
	(static_branch_unlikely(&nacc_key) ? __pte(nacc_protect_begin(ptep)) : \
			ptep_get_and_clear((vma)->vm_mm, addr, ptep))
#define ptep_modify_prot_commit(vma, addr, ptep, old, new)		\
	do {								\
		if (!nacc_protect(ptep, pte_val(old), pte_val(new)))	\
			set_pte_at((vma)->vm_mm, addr, ptep, new);	\
	} while (0)
static __always_inline unsigned long nacc_protect_begin(void *slot)
{
	unsigned long old = READ_ONCE(*(unsigned long *)slot);

	VM_WARN_ON_ONCE(nacc_read_pte(slot) != old);
	return old;
}

static __always_inline bool nacc_protect(void *slot, unsigned long old,
					 unsigned long val)
{
	if (IS_ENABLED(CONFIG_PAGE_TABLE_CHECK) ||
	    !static_branch_unlikely(&nacc_key) || val != (old & ~_PAGE_WRITE) ||
	    (val & _PAGE_EXEC) || READ_ONCE(*(unsigned long *)slot) != old)
		return false;
	NACC_HOOK(wrprotect, slot);
	return true;
}

/*
 * Counted with the key off, too: it may be switched on inside of a section, and
 * that does not happen at all places at once. The queue begins with the first
 * write to a slot in the pool.
 */
#define __HAVE_ARCH_ENTER_LAZY_MMU_MODE
static __always_inline void arch_enter_lazy_mmu_mode(void)
{
	nacc_lazy()->depth++;
}

/* Nothing may be flushed from a TLB before the entries have changed. */
static __always_inline void arch_flush_lazy_mmu_mode(void)
{
	if (static_branch_unlikely(&nacc_key) &&
	    unlikely(nacc_lazy()->pending))
		NACC_HOOK(commit, 0);
}

static __always_inline void arch_leave_lazy_mmu_mode(void)
{
	arch_flush_lazy_mmu_mode();
	nacc_lazy()->depth--;
}

/*
 * nacc_set_ptes - the hook of set_ptes(): @nr entries from @slot on, the first
 * is @val, each next one maps the next page. Returns true if done here.
 */
static __always_inline bool nacc_set_ptes(void *slot, unsigned long val,
					  unsigned int nr)
{
	/* One is left to the hook of set_pte(). */
	if (nr > 1 && static_branch_unlikely(&nacc_key)) {
		register unsigned long a2 asm("a2") = nr;

		return NACC_HOOK_VALUE(set_ptes, slot, val, "r" (a2));
	}
	return false;
}

/* Give back the table at @addr, or leave it to the caller (false). */
bool nacc_table_put(void *addr);
static __always_inline bool nacc_table_free(void *addr)
{
	return nacc_in_pool(addr) && nacc_table_put(addr);
}

/* The same for a table that leaves through @tlb; the caller has destructed it. */
bool nacc_table_remove(struct mmu_gather *tlb, void *addr);
static __always_inline bool nacc_tlb_remove_table(struct mmu_gather *tlb,
						  void *addr)
{
	return nacc_in_pool(addr) && nacc_table_remove(tlb, addr);
}

/*
 * nacc_mm_guards - shall the new @mm be guarded? Called once for each mm, by
 * pgd_alloc(), before it allocates anything. Resets what a fork copied.
 */
bool nacc_mm_guards(struct mm_struct *mm);
void *nacc_pgd_alloc(struct mm_struct *mm);
struct page *nacc_pte_alloc(struct mm_struct *mm);
void *nacc_pmd_alloc(struct mm_struct *mm);
void *nacc_pud_alloc(struct mm_struct *mm);
void *nacc_p4d_alloc(struct mm_struct *mm);

/*
 * In place of asm-generic/pgalloc.h's, which know the mm but not whether it is
 * guarded.
 */
#define __HAVE_ARCH_PTE_ALLOC_ONE
#define pte_alloc_one(mm)		nacc_pte_alloc(mm)
#define __HAVE_ARCH_PMD_ALLOC_ONE
#define pmd_alloc_one(mm, addr)		((pmd_t *)nacc_pmd_alloc(mm))

/*
 * Is @mm guarded? Once it is, it stays so; it becomes so in pgd_alloc(), or later
 * under its mmap lock, held for write (adopt.c).
 */
#define nacc_mm_guarded(mm)						\
	(static_branch_unlikely(&nacc_key) && (mm)->context.nacc.space)

/*
 * nacc_root_pfn - the page frame number of the root to load for @mm: read
 * once, checked against the monitor's registry. For a root that fails the
 * check it is the one that the registry has for @mm, or else the kernel's
 * own, and the tasks of @mm are killed.
 */
unsigned long nacc_checked_root_pfn(struct mm_struct *mm);
#define nacc_root_pfn(mm)						\
	(static_branch_unlikely(&nacc_key) ? nacc_checked_root_pfn(mm) :	\
					     virt_to_pfn((mm)->pgd))

/*
 * arch_vma_access_permitted(): asked for every page fault, of user and kernel
 * mode, and by GUP. No access to an mm that is broken, or by a task of one.
 */
extern bool nacc_any_broken;	/* since boot: from then on each fault is a call more */
bool nacc_access_refused(struct mm_struct *mm);
#define nacc_access_permitted(m, foreign)				\
	((void)(foreign), likely(!READ_ONCE(nacc_any_broken)) ||		\
	 !nacc_access_refused(m))

/*
 * The name of riscv's own handler of store access faults; ours, in
 * arch/riscv/nacc/trap.c, has taken its place and passes on what is not
 * about the pool.
 */
asmlinkage void nacc_other_store_fault(struct pt_regs *regs);
#define NACC_STORE_FAULT(name)	nacc_other_store_fault

/* The address space that the calling task executes is complete. */
void nacc_exec_done(void);

/* The fork of @mm is complete. Returns 0, or -ENOMEM if something of it was refused. */
int nacc_fork_done(struct mm_struct *mm);

#else /* !CONFIG_NACC */

static inline bool nacc_write(void *slot, unsigned long val)
{
	return false;
}

static inline bool nacc_write_pte(void *slot, unsigned long val)
{
	return false;
}

static inline unsigned long nacc_xchg(void *slot, unsigned long val)
{
	return atomic_long_xchg((atomic_long_t *)slot, val);
}

static inline unsigned long nacc_clear_pte(void *slot)
{
	return atomic_long_xchg((atomic_long_t *)slot, 0);
}

#define arch_flush_lazy_mmu_mode()	do { } while (0)

static inline void nacc_wrprotect(void *slot)
{
	atomic_long_and(~(unsigned long)_PAGE_WRITE, (atomic_long_t *)slot);
}

static inline bool nacc_test_and_clear_bit(int nr, unsigned long *slot)
{
	return test_and_clear_bit(nr, slot);
}

static inline bool nacc_set_ptes(void *slot, unsigned long val, unsigned int nr)
{
	return false;
}

static inline bool nacc_table_free(void *addr)
{
	return false;
}

static inline bool nacc_tlb_remove_table(struct mmu_gather *tlb, void *addr)
{
	return false;
}

static inline bool nacc_mm_guards(struct mm_struct *mm)
{
	return false;
}

static inline void *nacc_pgd_alloc(struct mm_struct *mm)
{
	return NULL;
}

static inline void *nacc_pud_alloc(struct mm_struct *mm)
{
	return NULL;
}

static inline void *nacc_p4d_alloc(struct mm_struct *mm)
{
	return NULL;
}

#define nacc_mm_guarded(mm)	false
#define nacc_root_pfn(mm)	virt_to_pfn((mm)->pgd)
#define nacc_access_permitted(m, foreign)	((void)(foreign), true)

#define NACC_STORE_FAULT(name)	name

static inline void nacc_exec_done(void)
{
}

static inline int nacc_fork_done(struct mm_struct *mm)
{
	return 0;
}

#endif /* CONFIG_NACC */
#endif /* _ASM_RISCV_NACC_H */
