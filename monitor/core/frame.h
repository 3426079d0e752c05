/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame: 4 KiB of the pool with its descriptor. This header is the design
 * of their life; docs/design/states.md and locking.md say it in prose.
 *
 * The states (enum nacc_frame_state in the abi header). "Words" are the 512
 * entries in the pool, "S" is the kernel, which can read all of them, always.
 *
 * KEPT		The monitor's own (registry of roots), or never set up: what
 *		zeroed metadata says. Words: the monitor's. Pinned for ever.
 *
 * FREE		On exactly one free list; all words are zero. No hart's walker
 *		and no link knows it. Leaves by FRAMES_TAKE.
 *
 * FRESH	Lent to the kernel, all words zero, of no space and no level.
 *		Nobody writes it. Pins nothing. Leaves by bind or link (then
 *		it has level and space), by SPACE_CREATE, or by FRAMES_RETURN.
 *
 * DETACHED	A table of level and space that no entry points to. Checked
 *		writes are taken. It pins the index of its space, which may be
 *		DEAD by now, and the children that it links. Leaves by a link,
 *		or by FRAMES_RETURN when it links nothing.
 *		parent == NACC_NIL: was never linked.
 *
 * LINKED	As DETACHED, and exactly one entry, @parent, points to it. That
 *		entry is the token: whoever removes it moves the frame on, to
 *		DETACHED (SET) or QUARANTINE (SPACE_RETIRE). FRAMES_RETURN is
 *		refused.
 *
 * ROOT		Top table of a space; no entry points to it. Slots of the user
 *		half take checked writes, the kernel half is the template's and
 *		is not in @live. It pins the index of its space. Leaves by
 *		SPACE_DESTROY when it links nothing.
 *
 * QUARANTINE	Given back, but a hart may still hold it in its walker. Nobody
 *		touches it; it names no space. @live is not 0 iff words must be
 *		zeroed. Leaves, scrubbed, to FREE when every running hart has
 *		fenced past @epoch, and for a root, runs on another one.
 *
 * Lock order, outermost first:
 *
 *	boot lock
 *	space lock		life of a space: CREATE, SET, RETIRE, DESTROY, BIND
 *	frame lock		state and words of one frame; NEVER two at a time
 *	shard lock		free list and quarantine of a shard
 *	space count lock	number of frames that name the space
 *	space list lock, epoch lock
 *
 * A link touches two frames with one lock held at a time: the child is claimed
 * (LINKED, no entry yet), then the entry is stored, or the claim undone. An
 * unlink removes the entry, then moves the child. In between the child is
 * LINKED without an entry, which allows nothing: the order is the safe one.
 */
#ifndef NACC_FRAME_H
#define NACC_FRAME_H

#include <nacc_abi.h>
#include <nacc/arch.h>
#include <nacc/types.h>

#define NACC_NIL		0xffffffffU

/* So that parent (frame << 9 | slot) fits in 32 bits and NACC_NIL is none. */
#define NACC_MAX_POOL_FRAMES	(1UL << 22)

struct nacc_frame {
	uint32_t lock;
	uint8_t state;			/* enum nacc_frame_state */
	uint8_t level;			/* 0 = its entries map 4 KiB */
	uint16_t live;			/* words that are not zero */
	union {
		struct {
			uint16_t space;	/* index */
			uint16_t links;	/* entries that point to a table */
		};
		uint32_t epoch;		/* QUARANTINE */
	};
	uint32_t parent;		/* LINKED: frame << 9 | slot; on a list:
					 * next frame or NACC_NIL */
};

_Static_assert(sizeof(struct nacc_frame) == 16, "one cache line, four frames");

/* What nacc_frame_claim changed, so that nacc_frame_unclaim can undo it. */
struct nacc_claim {
	struct nacc_frame *child;
	uint32_t parent;
	uint8_t state;
};

/* All functions below take and drop the frame's lock themselves. */

/*
 * nacc_frame_take - lend up to @want FREE frames, FRESH from now on.
 * Addresses go to @list. Returns how many. Scrubs at most NACC_MAX_SCRUBS
 * frames out of quarantine when the free lists are short.
 */
unsigned int nacc_frame_take(unsigned int hart, unsigned int want,
			     volatile uint64_t *list);

/* nacc_frame_return - FRESH or DETACHED, back to the monitor. Returns a cause. */
unsigned int nacc_frame_return(unsigned int hart, struct nacc_frame *frame);

/*
 * nacc_frame_bind - FRESH to DETACHED. Returns a cause. The caller has checked
 * @level, has pinned @space for the frame and unpins it on failure.
 */
unsigned int nacc_frame_bind(struct nacc_frame *frame, unsigned int level,
			     unsigned int space);

/*
 * nacc_frame_claim - make @child LINKED to the slot @parent, as part of @space
 * at @level. Returns a cause. The caller has pinned @space; a FRESH child takes
 * a pin of its own.
 * nacc_frame_unclaim - undo that.
 */
unsigned int nacc_frame_claim(struct nacc_frame *child, unsigned int level,
			      unsigned int space, uint32_t parent,
			      struct nacc_claim *claim);
void nacc_frame_unclaim(const struct nacc_claim *claim);

/* nacc_frame_unlink - the entry that pointed here is gone: DETACHED. */
void nacc_frame_unlink(struct nacc_frame *child);

/* nacc_frame_retire - the entry that pointed here is gone: QUARANTINE. */
void nacc_frame_retire(unsigned int hart, struct nacc_frame *child);

/* nacc_frame_query - the packed answer of NACC_QUERY_FRAME. */
uint64_t nacc_frame_query(struct nacc_frame *frame);

/* nacc_frame_query_space - the answer of NACC_QUERY_SPACE_OF. */
uint64_t nacc_frame_query_space(struct nacc_frame *frame);

#endif /* NACC_FRAME_H */
