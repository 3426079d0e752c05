// SPDX-License-Identifier: BSD-2-Clause
/*
 * One entry, any one, before and after: what holds for it holds for each. And
 * how many entries a table has: those that are written or looked at, and others.
 */
#include "prove.h"

#define KERNEL_HALF	256U

unsigned int seen_frame, seen_slot;
uint64_t seen_word;

/* Entries that are not zero, of the table that is written to: all others. */
static unsigned int others;

static bool is_counted(unsigned int frame, unsigned int slot)
{
	return nacc_monitor.frames[frame].state != NACC_FRAME_ROOT ||
	       slot < KERNEL_HALF;
}

/* Is the count of live entries right in the table of @slot? */
static bool live_holds(uint64_t slot)
{
	unsigned int frame = (slot - POOL) >> 12, index = slot >> 3 & 511;
	unsigned int live = others + !!word_of(frame, index);

	if (seen_frame == frame && seen_slot != index && is_counted(frame, seen_slot))
		live += !!word_of(seen_frame, seen_slot);
	return nacc_monitor.frames[frame].live == live;
}

/* Is it an entry that the count of its table counts? */
static bool is_slot(uint64_t slot)
{
	unsigned int state;

	if (slot - POOL >= FRAMES * NACC_FRAME_SIZE)
		return false;
	state = nacc_monitor.frames[(slot - POOL) >> 12].state;
	return state >= NACC_FRAME_DETACHED && state <= NACC_FRAME_ROOT &&
	       is_counted((slot - POOL) >> 12, slot >> 3 & 511);
}

void seen_begin(void)
{
	seen_frame = nondet_u32();
	seen_slot = nondet_u32();
	assume(seen_frame < FRAMES && seen_slot < NACC_SLOTS);
	assume(slot_holds(seen_frame, seen_slot));
	seen_word = word_of(seen_frame, seen_slot);
	state_note();
}

void slot_begin(uint64_t slot)
{
	unsigned int frame = (slot - POOL) >> 12;

	seen_begin();
	if (slot - POOL < FRAMES * NACC_FRAME_SIZE)
		assume(slot_holds(frame, slot >> 3 & 511));
	if (is_slot(slot)) {
		others = nondet_u32();
		assume(others <= (is_counted(frame, NACC_SLOTS - 1) ? NACC_SLOTS :
								      KERNEL_HALF) - 2);
		assume(live_holds(slot));
	}
}

static void refused_end(void)
{
	prove(state_is_noted(), "refused: frames and spaces are what they were");
	prove(word_of(seen_frame, seen_slot) == seen_word,
	      "refused: each entry is what it was");
	reached("refused");
}

void frames_done(void)
{
	prove(frames_hold(), "done: frames and spaces keep the invariants");
	prove(slot_holds(seen_frame, seen_slot), "done: each entry keeps them");
	reached("done");
}

void frames_end(unsigned int cause)
{
	if (cause)
		refused_end();
	else
		frames_done();
}

void slot_done(uint64_t slot)
{
	frames_done();
	if (is_slot(slot))
		prove(live_holds(slot), "done: the table counts its entries that are not zero");
	prove(word_of(seen_frame, seen_slot) == seen_word ||
	      slot == POOL + seen_frame * NACC_FRAME_SIZE + 8 * seen_slot,
	      "done: no other entry has changed");
}

void slot_end(unsigned int cause, uint64_t slot)
{
	if (cause)
		refused_end();
	else
		slot_done(slot);
}
