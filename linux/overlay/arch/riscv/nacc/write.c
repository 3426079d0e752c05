// SPDX-License-Identifier: GPL-2.0-only
/* The slow path of every write to an entry that lies in the pool. */

#include <linux/pgtable.h>
#include <linux/thread_info.h>
#include "internal.h"

/*
 * @ret answers the SET of @val. A deposited table is filled before it is
 * linked, so the monitor does not know yet to which space it belongs: then say
 * so, and set it again. Only level-0 tables are deposited.
 */
static struct sbiret set_bound(struct mm_struct *mm, unsigned long *slot,
			       unsigned long val, struct sbiret ret)
{
	phys_addr_t frame = nacc_pool_pa(slot) & PAGE_MASK;

	if (!ret.error || !mm ||
	    NACC_CAUSE(ret.value) != NACC_CAUSE_UNBOUND)
		return ret;
	ret = nacc_op(NACC_OP_BIND_WORD(frame, 0), mm->context.nacc.space);
	return ret.error ? ret : nacc_set(nacc_pool_pa(slot), val);
}

/*
 * What Linux takes for the entry that it asked for, and the hardware for none:
 * with it, Linux finds the page or the table again, and takes it down as usual.
 * docs/design/refusals.md. A clear has nothing to leave behind.
 */
static unsigned long stand_in(unsigned long val)
{
	return val & _PAGE_PRESENT ? (val & ~_PAGE_PRESENT) | _PAGE_PROT_NONE : val;
}

/* The table that @val names stays unlinked, and takes writes at its level. */
static void bind_unlinked(struct mm_struct *mm, const unsigned long *slot,
			  unsigned long val)
{
	struct sbiret ret = nacc_query(NACC_QUERY_FRAME,
				       nacc_pool_pa(slot) & PAGE_MASK);
	unsigned int level = ret.value >> 8 & 0xff;

	if (!ret.error && level)
		nacc_op(NACC_OP_BIND_WORD(PFN_PHYS(__page_val_to_pfn(val)), level - 1),
			mm->context.nacc.space);
}

static void slot_refused(struct mm_struct *mm, unsigned long *slot,
			 unsigned long val, struct sbiret ret)
{
	nacc_refused(mm, "SET", nacc_pool_pa(slot), val, nacc_cause_name(ret));
	if (mm && nacc_is_link(val))
		bind_unlinked(mm, slot, val);
	val = stand_in(val);
	ret = set_bound(mm, slot, val, nacc_set(nacc_pool_pa(slot), val));
	if (ret.error)
		nacc_refused(mm, "SET", nacc_pool_pa(slot), val, nacc_cause_name(ret));
}

/* The rare end of a SET: traced, or refused, or not yet possible. Returns @old. */
noinline __cold unsigned long nacc_set_end(unsigned long *slot, unsigned long val,
					   unsigned long old, long error,
					   long value)
{
	struct sbiret ret = { .error = error, .value = value };
	struct mm_struct *mm = nacc_slot_mm(slot);

	if (tracepoint_enabled(nacc_call))
		nacc_call_trace(NACC_CALL_SET, nacc_pool_pa(slot), val, 0, ret);
	ret = set_bound(mm, slot, val, ret);
	if (ret.error)
		slot_refused(mm, slot, val, ret);
	return old;
}

/* Returns @old, so that nothing is left to do, or to keep, after the end. */
static __always_inline unsigned long slot_set(unsigned long *slot, unsigned long val,
					      unsigned long old)
{
	struct sbiret ret = nacc_ecall(NACC_CALL_SET, nacc_pool_pa(slot), val, 0);

	if (unlikely(ret.error) || tracepoint_enabled(nacc_call))
		return nacc_set_end(slot, val, old, ret.error, ret.value);
	return old;
}

void nacc_slot_set(unsigned long *slot, unsigned long val)
{
	slot_set(slot, val, 0);
}

/* The whole tree dies: SPACE_RETIRE takes the tables at the end of exit_mmap. */
static bool retiring(const unsigned long *slot)
{
	struct mm_struct *mm = nacc_slot_mm(slot);

	return mm && test_bit(NACC_MM_RETIRING, &mm->context.nacc.flags);
}

/*
 * nacc_slot_write - have the monitor write @val to @slot, at once.
 * The lock that protects the entry is held, so nobody else writes it.
 * Returns the entry's old value. A refused write never goes unnoticed: see
 * broken.c.
 */
unsigned long nacc_slot_write(unsigned long *slot, unsigned long val)
{
	unsigned long old;

	arch_flush_lazy_mmu_mode();
	old = READ_ONCE(*slot);
	if (old == val || (!val && nacc_is_link(old) && retiring(slot)))
		return old;
	return slot_set(slot, val, old);
}

static unsigned long pte_write_lazy(unsigned long *slot, unsigned long val)
{
	unsigned long old;

	if (nacc_batch_write(slot, val, &old))
		return old;
	return nacc_slot_write(slot, val);
}

/* nacc_pte_write - the same at level 0, where a lazy section queues the write. */
unsigned long nacc_pte_write(unsigned long *slot, unsigned long val)
{
	unsigned long old;

	if (nacc_lazy()->depth)
		return pte_write_lazy(slot, val);
	/* Nothing is pending outside of a section. */
	old = READ_ONCE(*slot);
	return old == val ? old : slot_set(slot, val, old);
}

unsigned long nacc_pte_wrprotect(unsigned long *slot)
{
	return nacc_pte_write(slot, nacc_read_pte(slot) & ~_PAGE_WRITE);
}

/*
 * nacc_slot_set_ptes - set_ptes() for slots in the pool: one op for a run.
 * All of the run lies in one table. Same lock as nacc_slot_write(). Returns true.
 */
bool nacc_slot_set_ptes(unsigned long *slot, unsigned long val, unsigned int nr)
{
	struct mm_struct *mm = nacc_slot_mm(slot);
	struct sbiret ret = { .error = -1 };
	unsigned int i;

	if (mm && pte_present(__pte(val)) && pte_exec(__pte(val)))
		for (i = 0; i < nr; i++)
			flush_icache_pte(mm, __pte(val + ((unsigned long)i << _PAGE_PFN_SHIFT)));
	if (nacc_is_leaf(val) && !nacc_lazy()->depth)
		ret = nacc_op(NACC_OP_WORD(NACC_OP_SETN, nacc_pool_pa(slot), nr), val);
	if (ret.error)
		for (i = 0; i < nr; i++, val += 1UL << _PAGE_PFN_SHIFT)
			nacc_write_pte(slot + i, val);
	return true;
}
