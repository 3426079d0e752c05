// SPDX-License-Identifier: BSD-2-Clause
/*
 * Moves of one frame from state to state. Each function tests and changes the
 * state in one step under the frame's lock; what else must hold before and
 * after stands in frame.h.
 */
#include "state.h"

unsigned int nacc_frame_take(unsigned int hart, unsigned int want,
			     volatile uint64_t *list)
{
	struct nacc_budget budget = NACC_BUDGET_CALL;
	bool drained = false;
	unsigned int n = 0;

	while (n < want) {
		struct nacc_frame *frame = nacc_freelist_pop(hart);

		if (!frame) {
			if (drained)
				break;
			nacc_quarantine_drain(hart, &budget);
			drained = true;
			continue;
		}
		nacc_arch_lock(&frame->lock);
		frame->state = NACC_FRAME_FRESH;
		frame->parent = NACC_NIL;
		nacc_arch_unlock(&frame->lock);
		list[n++] = nacc_frame_pa(frame);
	}
	return n;
}

unsigned int nacc_frame_return(unsigned int hart, struct nacc_frame *frame)
{
	unsigned int cause = NACC_CAUSE_NONE;
	unsigned int space = 0;
	bool pinned = false;

	nacc_arch_lock(&frame->lock);
	switch (frame->state) {
	case NACC_FRAME_FRESH:
		nacc_freelist_push_locked(hart, frame);
		break;
	case NACC_FRAME_DETACHED:
		if (frame->links) {
			cause = NACC_CAUSE_IN_USE;
			break;
		}
		space = frame->space;
		pinned = true;
		/* Never linked: no walker has seen it, so no fence is needed. */
		if (frame->parent == NACC_NIL && !frame->live)
			nacc_freelist_push_locked(hart, frame);
		else
			nacc_quarantine_push_locked(hart, frame, false,
						    frame->live);
		break;
	default:
		cause = NACC_CAUSE_FRAME_STATE;
	}
	nacc_arch_unlock(&frame->lock);

	if (pinned)
		nacc_space_unpin(space);
	return cause;
}

static void frame_bind_locked(struct nacc_frame *frame, unsigned int level,
			      unsigned int space)
{
	frame->level = level;
	frame->space = space;
	frame->links = 0;
}

unsigned int nacc_frame_bind(struct nacc_frame *frame, unsigned int level,
			     unsigned int space)
{
	unsigned int cause = NACC_CAUSE_FRAME_STATE;

	nacc_arch_lock(&frame->lock);
	if (frame->state == NACC_FRAME_FRESH) {
		frame_bind_locked(frame, level, space);
		frame->state = NACC_FRAME_DETACHED;
		cause = NACC_CAUSE_NONE;
	}
	nacc_arch_unlock(&frame->lock);
	return cause;
}

unsigned int nacc_frame_claim(struct nacc_frame *child, unsigned int level,
			      unsigned int space, uint32_t parent,
			      struct nacc_claim *claim)
{
	unsigned int cause = NACC_CAUSE_NONE;

	nacc_arch_lock(&child->lock);
	claim->child = child;
	claim->state = child->state;
	if (child->state == NACC_FRAME_FRESH) {
		nacc_space_pin(space);
		frame_bind_locked(child, level, space);
	} else if (child->state != NACC_FRAME_DETACHED) {
		cause = NACC_CAUSE_CHILD_STATE;
	} else if (child->space != space) {
		cause = NACC_CAUSE_CHILD_SPACE;
	} else if (child->level != level) {
		cause = NACC_CAUSE_CHILD_LEVEL;
	}

	if (!cause) {
		claim->parent = child->parent;
		child->parent = parent;
		child->state = NACC_FRAME_LINKED;
	}
	nacc_arch_unlock(&child->lock);
	return cause;
}

void nacc_frame_unclaim(const struct nacc_claim *claim)
{
	struct nacc_frame *child = claim->child;
	unsigned int space;
	bool fresh;

	nacc_arch_lock(&child->lock);
	space = child->space;
	/*
	 * Another hart may have written to the child while it was claimed. Then
	 * it is a table that was never linked: FRESH would promise zeroes.
	 */
	fresh = claim->state == NACC_FRAME_FRESH && !child->live;
	child->parent = claim->parent;
	child->state = fresh ? NACC_FRAME_FRESH : NACC_FRAME_DETACHED;
	if (fresh) {
		child->level = 0;
		child->epoch = 0;
	}
	nacc_arch_unlock(&child->lock);

	if (fresh)
		nacc_space_unpin(space);
}

void nacc_frame_unlink(struct nacc_frame *child)
{
	nacc_arch_lock(&child->lock);
	child->state = NACC_FRAME_DETACHED;
	nacc_arch_unlock(&child->lock);
}

void nacc_frame_retire(unsigned int hart, struct nacc_frame *child)
{
	unsigned int space;

	nacc_arch_lock(&child->lock);
	space = child->space;
	nacc_quarantine_push_locked(hart, child, false, child->live);
	nacc_arch_unlock(&child->lock);
	nacc_space_unpin(space);
}

static bool names_space_locked(const struct nacc_frame *frame)
{
	return frame->state == NACC_FRAME_DETACHED ||
	       frame->state == NACC_FRAME_LINKED ||
	       frame->state == NACC_FRAME_ROOT;
}

uint64_t nacc_frame_query(struct nacc_frame *frame)
{
	uint64_t answer;

	nacc_arch_lock(&frame->lock);
	answer = frame->state | (uint64_t)frame->level << 8 |
		 (uint64_t)frame->live << 16;
	if (names_space_locked(frame))
		answer |= (uint64_t)frame->space << 32;
	nacc_arch_unlock(&frame->lock);
	return answer;
}

/* The frame pins the index, so that its generation stays. */
uint64_t nacc_frame_query_space(struct nacc_frame *frame)
{
	uint64_t id = 0;

	nacc_arch_lock(&frame->lock);
	if (names_space_locked(frame))
		id = nacc_space_id(frame->space);
	nacc_arch_unlock(&frame->lock);
	return id;
}
