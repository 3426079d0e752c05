// SPDX-License-Identifier: BSD-2-Clause
/*
 * One entry is written, at any level: SET, and what makes and removes links. The
 * validator of leaves is taken as given here: validate.c proves it.
 */
#define nacc_leaf_check_slow	leaf_check_any
#include "prove.h"

unsigned int leaf_check_any(const struct nacc_limits *limits, uint64_t value,
			    unsigned int level, unsigned int policy)
{
	(void)limits;
	(void)policy;
	/* The policy of a space may refuse what is a good leaf. */
	return __CPROVER_uninterpreted_leaf(value & ~NACC_PTE_NEW, level) &&
	       nondet_bool() ? NACC_CAUSE_NONE : NACC_CAUSE_BITS;
}

#include "../core/table.c"

void prove_set_leaf(void)
{
	uint64_t slot = nondet_u64(), value = nondet_u64();

	assume(!nacc_pte_is_link(value));
	machine_any();
	slot_begin(slot);
	slot_end(nacc_table_set_slow(slot, value), slot);
}

void prove_set_link(void)
{
	uint64_t slot = nondet_u64(), value = nondet_u64();

	assume(nacc_pte_is_link(value));
	machine_any();
	slot_begin(slot);
	slot_end(nacc_table_set_slow(slot, value), slot);
}

/* The short way: what it takes is a good leaf, as prove_leaf_fast() shows. */
void prove_set_fast(void)
{
	uint64_t slot = nondet_u64(), value = nondet_u64();

	machine_any();
	nacc_monitor.limits.pieces[0].page = nondet_u64();
	nacc_monitor.limits.pieces[0].count = nondet_u64();
	assume(!nacc_page_ok(&nacc_monitor.limits, value, 0) ||
	       __CPROVER_uninterpreted_leaf(value & ~NACC_PTE_NEW, 0));
	slot_begin(slot);
	slot_end(nacc_table_set_fast(slot, value) ? NACC_CAUSE_NONE : NACC_CAUSE_BITS,
		 slot);
}

/* What the invariants mean. */
void prove_one_parent(void)
{
	unsigned int frame = nondet_u32(), slot = nondet_u32();

	machine_any();
	seen_begin();
	assume(frame < FRAMES && slot < NACC_SLOTS);
	assume(slot_holds(frame, slot));
	assume(nacc_monitor.frames[frame].state >= NACC_FRAME_DETACHED &&
	       nacc_monitor.frames[frame].state <= NACC_FRAME_LINKED);
	assume(nacc_monitor.frames[seen_frame].state >= NACC_FRAME_DETACHED &&
	       nacc_monitor.frames[seen_frame].state <= NACC_FRAME_LINKED);
	assume(nacc_pte_is_link(seen_word) && nacc_pte_is_link(word_of(frame, slot)));
	assume(nacc_pte_pa(seen_word) == nacc_pte_pa(word_of(frame, slot)));
	prove(frame == seen_frame && slot == seen_slot, "no frame has two parents");
	reached("two links to a frame");
}
