// SPDX-License-Identifier: BSD-2-Clause
/* Frames that are lent. */
#include "prove.h"

/* What leaves quarantine while frames are lent is not looked at here. */
static void drain_nothing(unsigned int hart, struct nacc_budget *budget)
{
	(void)hart;
	(void)budget;
}

#define nacc_quarantine_drain	drain_nothing
#include "../core/frame.c"
#undef nacc_quarantine_drain

/* Two frames at most, to the first hart: the others' lists come after its own. */
void prove_take(void)
{
	uint64_t list[2];
	unsigned int i, n;

	machine_any();
	assume(lists_hold());
	seen_begin();
	n = nacc_frame_take(0, 2, list);
	frames_done();
	prove(lists_hold(), "each frame that waits is on one list");
	for (i = 0; i < 2; i++) {
		if (i >= n)
			continue;
		prove(!(list[i] & (NACC_FRAME_SIZE - 1)) && list[i] - POOL >= NACC_FRAME_SIZE &&
		      list[i] - POOL < FRAMES * NACC_FRAME_SIZE &&
		      nacc_monitor.frames[(list[i] - POOL) >> 12].state == NACC_FRAME_FRESH,
		      "what is lent is a frame, FRESH");
	}
	prove(n < 2 || list[0] != list[1], "nothing is lent twice");
}
