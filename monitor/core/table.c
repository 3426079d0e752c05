// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checked writes. The order of checks is that of the abi: slot, state of the
 * frame, kernel half, level of a run, retired space, link over link, value.
 */
#include "state.h"
#include "table.h"

#define KERNEL_HALF_SLOT	(NACC_SLOTS - NACC_TEMPLATE_SLOTS)

/* May entries of this frame be written at all? */
static inline unsigned int state_check_locked(const struct nacc_slot *slot)
{
	unsigned int state = slot->frame->state;

	if (nacc_likely(state == NACC_FRAME_LINKED ||
			state == NACC_FRAME_DETACHED))
		return NACC_CAUSE_NONE;
	if (state == NACC_FRAME_ROOT)
		return slot->index < KERNEL_HALF_SLOT ? NACC_CAUSE_NONE :
							NACC_CAUSE_KERNEL_HALF;
	return state == NACC_FRAME_FRESH ? NACC_CAUSE_UNBOUND :
					   NACC_CAUSE_FRAME_STATE;
}

/* All that a link needs, except for its child. */
static unsigned int link_check_locked(const struct nacc_slot *slot, uint64_t value)
{
	unsigned int cause = state_check_locked(slot);

	if (cause)
		return cause;
	if (!nacc_space_live(nacc_frame_space(slot->frame)))
		return NACC_CAUSE_RETIRED;
	if (nacc_pte_is_link(*slot->entry))
		return NACC_CAUSE_RELINK;
	return nacc_link_check(value, slot->frame->level);
}

/* The child is claimed: store the entry, if the slot still allows it. */
static unsigned int link_store(const struct nacc_slot *slot, uint64_t value,
			       unsigned int level, unsigned int space)
{
	struct nacc_frame *frame = slot->frame;
	unsigned int cause;

	nacc_arch_lock(&frame->lock);
	cause = link_check_locked(slot, value);
	if (!cause && (frame->level != level || frame->space != space))
		cause = NACC_CAUSE_FRAME_STATE;
	if (!cause) {
		uint64_t old = *slot->entry;

		value = nacc_pte_new(old, value,
				     nacc_read_once(nacc_frame_space(frame)->policy));
		frame->links++;
		nacc_entry_store(frame, slot->entry, old, value);
	}
	nacc_arch_unlock(&frame->lock);
	return cause;
}

static unsigned int table_link(const struct nacc_slot *slot, uint64_t value)
{
	struct nacc_frame *frame = slot->frame;
	struct nacc_frame *child = nacc_frame_at(nacc_pte_pa(value));
	unsigned int level, space, cause;
	struct nacc_claim claim;

	nacc_arch_lock(&frame->lock);
	cause = link_check_locked(slot, value);
	if (!cause && !child)
		cause = NACC_CAUSE_CHILD_STATE;
	level = frame->level;
	space = frame->space;
	if (!cause)
		nacc_space_pin(space);
	nacc_arch_unlock(&frame->lock);
	if (cause)
		return cause;

	cause = nacc_frame_claim(child, level - 1, space,
				 nacc_frame_index(frame) << 9 | slot->index,
				 &claim);
	if (!cause) {
		cause = link_store(slot, value, level, space);
		if (cause)
			nacc_frame_unclaim(&claim);
	}
	nacc_space_unpin(space);
	return cause;
}

/* Store a leaf or a V=0 value. *@child is the table that is unlinked, or NULL. */
static unsigned int entry_set_locked(const struct nacc_slot *slot, uint64_t value,
				     struct nacc_frame **child)
{
	struct nacc_frame *frame = slot->frame;
	unsigned int cause = state_check_locked(slot);
	uint64_t old;

	if (cause)
		return cause;
	old = *slot->entry;
	if (value & NACC_PTE_V) {
		const struct nacc_space *space = nacc_frame_space(frame);
		unsigned int policy = nacc_read_once(space->policy);

		if (!nacc_space_live(space))
			return NACC_CAUSE_RETIRED;
		cause = nacc_leaf_check(&nacc_monitor.limits, value,
					frame->level, policy);
		if (cause)
			return cause;
		value = nacc_pte_new(old, value, policy);
	}
	if (nacc_pte_is_link(old)) {
		frame->links--;
		*child = nacc_frame_at(nacc_pte_pa(old));
	}
	nacc_entry_store(frame, slot->entry, old, value);
	return NACC_CAUSE_NONE;
}

/* All that SET can be; also the reason for every refusal. */
unsigned int nacc_table_set_slow(uint64_t slot_pa, uint64_t value)
{
	struct nacc_frame *child = NULL;
	struct nacc_slot slot;
	unsigned int cause;

	if (!nacc_slot_find(slot_pa, &slot))
		return NACC_CAUSE_SLOT;
	if (nacc_pte_is_link(value))
		return table_link(&slot, value);

	nacc_arch_lock(&slot.frame->lock);
	cause = entry_set_locked(&slot, value, &child);
	nacc_arch_unlock(&slot.frame->lock);
	if (child)
		nacc_frame_unlink(child);
	return cause;
}

/* Find and lock the table of a run. *@cause is set when it returns false. */
static bool run_lock(uint64_t slot_pa, unsigned int count, struct nacc_slot *slot,
		     unsigned int *cause)
{
	if (!nacc_slot_find(slot_pa, slot)) {
		*cause = NACC_CAUSE_SLOT;
		return false;
	}
	if (slot->index + count > NACC_SLOTS) {
		*cause = NACC_CAUSE_RUN;
		return false;
	}
	nacc_arch_lock(&slot->frame->lock);
	*cause = state_check_locked(slot);
	if (!*cause && slot->frame->level)
		*cause = NACC_CAUSE_LEVEL;
	if (!*cause)
		return true;
	nacc_arch_unlock(&slot->frame->lock);
	return false;
}

unsigned int nacc_table_setn(uint64_t slot_pa, unsigned int count, uint64_t value)
{
	const struct nacc_space *space;
	unsigned int cause, policy, i;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	space = nacc_frame_space(slot.frame);
	policy = nacc_read_once(space->policy);
	if (value & NACC_PTE_V) {
		cause = NACC_CAUSE_RETIRED;
		if (nacc_space_live(space))
			cause = nacc_run_check(&nacc_monitor.limits, value,
					       count, policy);
	}
	for (i = 0; i < count && !cause; i++) {
		uint64_t old = slot.entry[i];

		nacc_entry_store(slot.frame, &slot.entry[i], old,
			    value & NACC_PTE_V ?
			    nacc_pte_new(old, value, policy) : value);
		value += 1UL << NACC_PTE_PPN_SHIFT;
	}
	nacc_arch_unlock(&slot.frame->lock);
	return cause;
}

static unsigned int values_check(const struct nacc_space *space,
				 unsigned int policy, unsigned int count,
				 const uint64_t *values)
{
	unsigned int cause = NACC_CAUSE_NONE;
	unsigned int i;

	for (i = 0; i < count && !cause; i++) {
		if (!(values[i] & NACC_PTE_V))
			continue;
		if (!nacc_space_live(space))
			cause = NACC_CAUSE_RETIRED;
		else if (nacc_pte_is_link(values[i]))
			cause = NACC_CAUSE_LEVEL;
		else
			cause = nacc_leaf_check(&nacc_monitor.limits, values[i],
						0, policy);
	}
	return cause;
}

unsigned int nacc_table_putn(uint64_t slot_pa, unsigned int count,
			     const uint64_t *values)
{
	const struct nacc_space *space;
	unsigned int cause, policy, i;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	space = nacc_frame_space(slot.frame);
	policy = nacc_read_once(space->policy);
	cause = values_check(space, policy, count, values);
	for (i = 0; i < count && !cause; i++) {
		uint64_t old = slot.entry[i];

		nacc_entry_store(slot.frame, &slot.entry[i], old,
			    values[i] & NACC_PTE_V ?
			    nacc_pte_new(old, values[i], policy) : values[i]);
	}
	nacc_arch_unlock(&slot.frame->lock);
	return cause;
}

unsigned int nacc_table_clearn(uint64_t slot_pa, unsigned int count)
{
	unsigned int cause, gone = 0, i;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	for (i = 0; i < count; i++) {
		gone += slot.entry[i] != 0;
		slot.entry[i] = 0;
	}
	slot.frame->live -= gone;
	nacc_arch_unlock(&slot.frame->lock);
	return NACC_CAUSE_NONE;
}

unsigned int nacc_table_wrprotectn(uint64_t slot_pa, unsigned int count)
{
	unsigned int cause, i;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	if (!nacc_space_live(nacc_frame_space(slot.frame)))
		for (i = 0; i < count && !cause; i++)
			if (slot.entry[i] & NACC_PTE_V)
				cause = NACC_CAUSE_RETIRED;
	for (i = 0; i < count && !cause; i++) {
		uint64_t old = slot.entry[i];

		nacc_entry_store(slot.frame, &slot.entry[i], old, old & ~NACC_PTE_W);
	}
	nacc_arch_unlock(&slot.frame->lock);
	return cause;
}
