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
static inline bool run_lock(uint64_t slot_pa, unsigned int count,
			    struct nacc_slot *slot, unsigned int *cause)
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
	if (nacc_likely(!*cause))
		return true;
	nacc_arch_unlock(&slot->frame->lock);
	return false;
}

/*
 * STEP(entry) for @count entries from @entry on, four in a turn: in a run every
 * instruction counts. STEP may advance what it reads by itself.
 */
#define each_entry(entry, count, STEP)				\
	do {							\
		volatile uint64_t *at = (entry);		\
		volatile uint64_t *end = at + (count);		\
		volatile uint64_t *four = end - (count) % 4;	\
								\
		for (; at != four; at += 4) {			\
			STEP(at);				\
			STEP(at + 1);				\
			STEP(at + 2);				\
			STEP(at + 3);				\
		}						\
		for (; at != end; at++)				\
			STEP(at);				\
	} while (0)

/*
 * A page in place of whatever stands in a level-0 table. Its bit 9 is @fresh,
 * what the policy wants: nacc_pte_new() says otherwise only if the old entry
 * does. *@kept counts entries that were not zero before.
 */
static inline void page_store(volatile uint64_t *entry, uint64_t value,
			      uint64_t fresh, unsigned int *kept)
{
	uint64_t old = *entry;

	if (nacc_likely(old)) {
		++*kept;
		if (nacc_unlikely((old & NACC_PTE_NEW) != fresh))
			value = nacc_pte_new(old, value, fresh ? NACC_POLICY_NEW : 0);
	}
	*entry = value;
}

static inline uint64_t policy_fresh(unsigned int policy)
{
	return policy & NACC_POLICY_NEW ? NACC_PTE_NEW : 0;
}

static void setn_valid_locked(const struct nacc_slot *slot, unsigned int count,
			      uint64_t value, unsigned int policy)
{
	uint64_t fresh = policy_fresh(policy);
	unsigned int kept = 0;

	value = (value & ~NACC_PTE_NEW) | fresh;
#define step(entry)						\
	do {							\
		page_store((entry), value, fresh, &kept);	\
		value += 1UL << NACC_PTE_PPN_SHIFT;		\
	} while (0)
	each_entry(slot->entry, count, step);
#undef step
	slot->frame->live += count - kept;
}

/* Nothing to be checked: V=0. */
static void setn_zero_locked(const struct nacc_slot *slot, unsigned int count,
			     uint64_t value)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		nacc_entry_store(slot->frame, &slot->entry[i], slot->entry[i], value);
		value += 1UL << NACC_PTE_PPN_SHIFT;
	}
}

/* What is not a run of ordinary pages in a LIVE space. Unlocks. */
static nacc_cold unsigned int setn_other(const struct nacc_slot *slot,
					 unsigned int count, uint64_t value,
					 unsigned int policy)
{
	unsigned int cause = NACC_CAUSE_NONE;

	if (!(value & NACC_PTE_V))
		setn_zero_locked(slot, count, value);
	else if (!nacc_space_live(nacc_frame_space(slot->frame)))
		cause = NACC_CAUSE_RETIRED;
	else
		cause = nacc_run_check(&nacc_monitor.limits, value, count, policy);
	if (!cause && (value & NACC_PTE_V))
		setn_valid_locked(slot, count, value, policy);
	nacc_arch_unlock(&slot->frame->lock);
	return cause;
}

unsigned int nacc_table_setn(uint64_t slot_pa, unsigned int count, uint64_t value)
{
	uint64_t last = value + ((uint64_t)(count - 1) << NACC_PTE_PPN_SHIFT);
	const struct nacc_space *space;
	unsigned int cause, policy;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	space = nacc_frame_space(slot.frame);
	policy = nacc_read_once(space->policy);
	if (nacc_unlikely(!nacc_page_ok(&nacc_monitor.limits, value, policy) ||
			  !nacc_page_ok(&nacc_monitor.limits, last, policy) ||
			  !nacc_space_live(space)))
		return setn_other(&slot, count, value, policy);
	setn_valid_locked(&slot, count, value, policy);
	nacc_arch_unlock(&slot.frame->lock);
	return NACC_CAUSE_NONE;
}

/* One of a run of values that is no page of RAM as most are: V=0, for one. */
static nacc_cold unsigned int value_set_locked(const struct nacc_slot *slot,
					       volatile uint64_t *entry,
					       uint64_t value, unsigned int policy,
					       unsigned int *long_ways)
{
	uint64_t old = *entry;
	unsigned int cause;

	if (value & NACC_PTE_V) {
		if (!nacc_space_live(nacc_frame_space(slot->frame)))
			return NACC_CAUSE_RETIRED;
		if (nacc_pte_is_link(value))
			return NACC_CAUSE_LEVEL;
		if (++*long_ways > NACC_MAX_LONG)
			return NACC_CAUSE_COUNT;
		cause = nacc_leaf_check_long(&nacc_monitor.limits, value, 0, policy);
		if (cause)
			return cause;
		value = nacc_pte_new(old, value, policy);
	}
	nacc_entry_store(slot->frame, entry, old, value);
	return NACC_CAUSE_NONE;
}

/* A PUTN under way. */
struct put {
	const struct nacc_slot *slot;
	const volatile uint64_t *value;	/* the next one */
	struct nacc_piece piece;	/* where the last page was */
	uint64_t legal;			/* as nacc_legal(); 0: no leaf may be */
	uint64_t fresh;
	unsigned int policy;
	unsigned int kept;
	unsigned int others;		/* that have been counted in the table */
	unsigned int *long_ways;
	unsigned int cause;
};

/*
 * A page in another part of RAM than the last one: what follows will be there, too.
 * The zero page, where W may not be, stands alone.
 */
static inline bool page_elsewhere(struct put *put, uint64_t value)
{
	const struct nacc_piece *piece;

	if (!put->legal || !(value & NACC_PTE_V))
		return false;
	piece = nacc_piece_of(&nacc_monitor.limits, value, put->policy);
	if (piece && piece != &nacc_monitor.limits.read_only)
		put->piece = *piece;
	return piece;
}

/* What is checked and stored is in a register: the op page may change meanwhile. */
static inline __attribute__((always_inline)) bool
value_put(struct put *put, volatile uint64_t *entry)
{
	uint64_t value = nacc_read_once(*put->value);

	if (nacc_likely(nacc_page_in(put->piece.page, put->piece.count, value,
				     put->legal)) ||
	    page_elsewhere(put, value)) {
		page_store(entry, (value & ~NACC_PTE_NEW) | put->fresh, put->fresh,
			   &put->kept);
	} else {
		put->cause = value_set_locked(put->slot, entry, value, put->policy,
					      put->long_ways);
		if (put->cause)
			return false;
		put->others++;
	}
	put->value++;
	return true;
}

static unsigned int putn_locked(const struct nacc_slot *slot, unsigned int count,
				const volatile uint64_t *values, unsigned int *done,
				unsigned int *long_ways)
{
	const struct nacc_space *space = nacc_frame_space(slot->frame);
	const unsigned int policy = nacc_read_once(space->policy);
	volatile uint64_t *at = slot->entry, *end = at + count, *four = end - count % 4;
	struct put put = {
		.slot = slot,
		.value = values,
		.piece = nacc_monitor.limits.pieces[0],
		.legal = nacc_space_live(space) ? nacc_legal(policy) : 0,
		.fresh = policy_fresh(policy),
		.policy = policy,
		.long_ways = long_ways,
		.cause = NACC_CAUSE_NONE,
	};

	for (; at != four; at += 4)
		if (!value_put(&put, at) || !value_put(&put, at + 1) ||
		    !value_put(&put, at + 2) || !value_put(&put, at + 3))
			break;
	while (!put.cause && at != end && value_put(&put, at))
		at++;
	*done = put.value - values;
	slot->frame->live += *done - put.others - put.kept;
	return put.cause;
}

unsigned int nacc_table_putn(uint64_t slot_pa, unsigned int count,
			     const volatile uint64_t *values, unsigned int *done,
			     unsigned int *long_ways)
{
	struct nacc_slot slot;
	unsigned int cause;

	*done = 0;
	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	cause = putn_locked(&slot, count, values, done, long_ways);
	nacc_arch_unlock(&slot.frame->lock);
	return cause;
}

unsigned int nacc_table_clearn(uint64_t slot_pa, unsigned int count)
{
	unsigned int cause, gone = 0;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
#define step(entry)					\
	do {						\
		gone += *(entry) != 0;			\
		*(entry) = 0;				\
	} while (0)
	each_entry(slot.entry, count, step);
#undef step
	slot.frame->live -= gone;
	nacc_arch_unlock(&slot.frame->lock);
	return NACC_CAUSE_NONE;
}

/* A retired space may have V=0 entries that change by this, and no others. */
static bool any_valid(const struct nacc_slot *slot, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (slot->entry[i] & NACC_PTE_V)
			return true;
	return false;
}

unsigned int nacc_table_wrprotectn(uint64_t slot_pa, unsigned int count)
{
	unsigned int cause, gone = 0;
	struct nacc_slot slot;

	if (!run_lock(slot_pa, count, &slot, &cause))
		return cause;
	if (!nacc_space_live(nacc_frame_space(slot.frame)) && any_valid(&slot, count)) {
		nacc_arch_unlock(&slot.frame->lock);
		return NACC_CAUSE_RETIRED;
	}
#define step(entry)					\
	do {						\
		uint64_t old = *(entry);		\
		uint64_t value = old & ~NACC_PTE_W;	\
							\
		if (nacc_unlikely(!value))		\
			gone += old != 0;		\
		*(entry) = value;			\
	} while (0)
	each_entry(slot.entry, count, step);
#undef step
	slot.frame->live -= gone;
	nacc_arch_unlock(&slot.frame->lock);
	return NACC_CAUSE_NONE;
}
