// SPDX-License-Identifier: BSD-2-Clause
/* Moves of frames and spaces from state to state, with the lists they wait on. */
#include "prove.h"

/* Whole words of frames are not modelled: SPACE_CREATE fills these. */
static uint64_t filled[NACC_SLOTS], template[NACC_TEMPLATE_SLOTS];
#define nacc_frame_words(frame)	((volatile uint64_t *)filled)
#include "../core/space.c"
#undef nacc_frame_words

static void begin(void)
{
	machine_any();
	assume(lists_hold());
	seen_begin();
}

static void end(unsigned int cause)
{
	frames_end(cause);
	prove(lists_hold(), "each frame that waits is on one list");
}

static unsigned int hart_any(void)
{
	unsigned int hart = nondet_u32();

	/* The shards that may hold frames here. */
	assume(hart < 2);
	return hart;
}

static struct nacc_frame *frame_any(void)
{
	unsigned int frame = nondet_u32();

	assume(frame < FRAMES);
	return &nacc_monitor.frames[frame];
}

void prove_return(void)
{
	begin();
	end(nacc_frame_return(hart_any(), frame_any()));
}

void prove_bind(void)
{
	begin();
	end(nacc_space_bind(nondet_u64(), frame_any(), nondet_u32()));
}

void prove_create(void)
{
	struct nacc_frame *frame;
	unsigned int i = nondet_u32(), cause;
	uint64_t tag = nondet_u64(), id = 0;

	begin();
	nacc_monitor.template = template;
	nacc_monitor.locked = nondet_bool();
	nacc_monitor.space_free = nondet_bool() ? 1 : NACC_NIL;
	assume(nacc_monitor.space_free == NACC_NIL ||
	       nacc_monitor.spaces[1].state == NACC_SPACE_GONE);
	/* What the words of a root hold is looked at below, and by nobody else. */
	assume(tag && i < NACC_TEMPLATE_SLOTS && seen_slot < NACC_TEMPLATE_SLOTS);
	frame = frame_any();
	cause = nacc_space_create(frame, tag, nondet_u32(), &id);
	if (cause) {
		prove(nacc_monitor.frames[seen_frame].state != NACC_FRAME_ROOT ||
		      frame != &nacc_monitor.frames[seen_frame] ||
		      cause == NACC_CAUSE_FRAME_STATE || cause == NACC_CAUSE_NO_SPACE ||
		      cause == NACC_CAUSE_UNLOCKED, "refused: the frame is what it was");
		reached("refused");
		return;
	}
	frames_done();
	prove(lists_hold(), "each frame that waits is on one list");
	prove(filled[NACC_TEMPLATE_SLOTS + i] == template[i],
	      "done: the kernel half is the template");
	prove(nacc_monitor.roots[frame - nacc_monitor.frames] == tag && id >> 16,
	      "done: the root is registered");
}

void prove_destroy(void)
{
	begin();
	end(nacc_space_destroy(hart_any(), nondet_u64()));
}

/* RETIRE's step: a link is removed, and the table below it taken. */
static unsigned int walked;
#define nacc_frame_words(frame) \
	((volatile uint64_t *)host_ptr(nacc_frame_pa(frame) + 8 * walked) - walked)
#include "../core/retire.c"

void prove_link_take(void)
{
	struct walk walk = { .hart = hart_any(), .space = nondet_u32(), .units = 0 };
	unsigned int slot = nondet_u32(), level = nondet_u32();
	struct nacc_frame *frame, *child;
	uint64_t pa;

	machine_any();
	assume(lists_hold());
	frame = frame_any();
	child = frame_any();
	assume(slot < NACC_SLOTS && level >= 1 && level < LEVELS);
	walked = slot;
	pa = nacc_frame_pa(frame) + 8 * slot;
	slot_begin(pa);
	/* The walk takes children first, and the space takes no links any more. */
	assume(!child->links);
	link_take(&walk, level, frame, slot, child);
	slot_done(pa);
	prove(lists_hold(), "each frame that waits is on one list");
}
