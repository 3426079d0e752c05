/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checked writes to tables: one entry, or a run inside a level-0 table. Each
 * function takes and drops the locks that it needs, returns a cause, and has
 * changed nothing when that is not NACC_CAUSE_NONE (but for nacc_table_putn).
 */
#ifndef NACC_TABLE_H
#define NACC_TABLE_H

#include "state.h"

/* One entry of a frame. */
struct nacc_slot {
	struct nacc_frame *frame;
	volatile uint64_t *entry;
	unsigned int index;
};

static inline bool nacc_slot_find(uint64_t pa, struct nacc_slot *slot)
{
	if (!nacc_frame_find(pa, &slot->frame) || nacc_unlikely(pa & 7))
		return false;
	slot->entry = nacc_arch_ptr((nacc_pa_t){ pa });
	slot->index = pa >> 3 & (NACC_SLOTS - 1);
	return true;
}

static inline struct nacc_space *nacc_frame_space(const struct nacc_frame *frame)
{
	return &nacc_monitor.spaces[frame->space];
}

/* Does the space take V=1 values? */
static inline bool nacc_space_live(const struct nacc_space *space)
{
	return nacc_likely(nacc_read_once(space->state) == NACC_SPACE_LIVE);
}

static inline void nacc_entry_store(struct nacc_frame *frame,
				    volatile uint64_t *entry, uint64_t old,
				    uint64_t value)
{
	frame->live += !!value - !!old;
	*entry = value;
}

_Static_assert(NACC_FRAME_LINKED == NACC_FRAME_DETACHED + 1, "one compare for both");

/*
 * The common case, which calls nothing and so saves no registers: a page that any
 * LIVE space takes or a V=0 value, which the caller has seen to, in a level-0 table,
 * none of whose entries is a link. False: nothing was changed. riscv/entry.S does
 * the same for SET.
 */
static inline bool nacc_entry_set_fast_locked(const struct nacc_slot *slot,
					      uint64_t value)
{
	struct nacc_frame *frame = slot->frame;
	uint64_t old;

	if (frame->state - (unsigned int)NACC_FRAME_DETACHED > 1 || frame->level)
		return false;
	old = *slot->entry;
	if (value & NACC_PTE_V) {
		const struct nacc_space *space = nacc_frame_space(frame);

		if (!nacc_space_live(space))
			return false;
		*slot->entry = nacc_pte_new(old, value, nacc_read_once(space->policy));
		frame->live += !old;
		return true;
	}
	nacc_entry_store(frame, slot->entry, old, value);
	return true;
}

/* nacc_table_set_slow - write one entry at any level; links and unlinks. */
unsigned int nacc_table_set_slow(uint64_t slot_pa, uint64_t value);

/* nacc_table_set_fast - the same for the common case; false: not done, and not refused. */
static inline __attribute__((always_inline)) bool
nacc_table_set_fast(uint64_t slot_pa, uint64_t value)
{
	struct nacc_slot slot;
	bool done;

	if ((value & NACC_PTE_V) &&
	    nacc_unlikely(!nacc_page_ok(&nacc_monitor.limits, value, NACC_POLICY_WX_DENY)))
		return false;
	if (nacc_unlikely(!nacc_slot_find(slot_pa, &slot)))
		return false;
	nacc_arch_lock(&slot.frame->lock);
	done = nacc_entry_set_fast_locked(&slot, value);
	nacc_arch_unlock(&slot.frame->lock);
	return nacc_likely(done);
}

/* The caller has checked that @count is 1..NACC_SLOTS. */
unsigned int nacc_table_setn(uint64_t slot, unsigned int count, uint64_t value);
/*
 * @values may lie where others write: each is read once. The first that is refused
 * ends it; *@done values before that one are stored. *@long_ways counts those that
 * only the validator's long way knows: more than NACC_MAX_LONG are refused.
 */
unsigned int nacc_table_putn(uint64_t slot, unsigned int count,
			     const volatile uint64_t *values, unsigned int *done,
			     unsigned int *long_ways);
unsigned int nacc_table_clearn(uint64_t slot, unsigned int count);
unsigned int nacc_table_wrprotectn(uint64_t slot, unsigned int count);

#endif /* NACC_TABLE_H */
