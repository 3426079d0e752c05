/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes to frames that are no tables, and frames given back that are. */
#include "attack.h"

static const char *write_to(unsigned long frame)
{
	const unsigned long value = 0xbad0;	/* V=0: no rule on it but the state */

	try_set(frame + 8, value);
	return outcome(*high(frame + 8) == value);
}

static const char *registry(void)
{
	return write_to(nacc_info(NACC_INFO_ROOTS));
}

static const char *free_frame(void)
{
	unsigned long frame = frame_take();

	must(frame_return(frame) && frame_state(frame) == NACC_FRAME_FREE, "FREE");
	return write_to(frame);
}

static const char *fresh(void)
{
	return write_to(frame_take());
}

static const char *quarantine(void)
{
	struct victim v = victim_make();

	must_set(v.middle, 0);
	must(frame_return(v.low) && frame_state(v.low) == NACC_FRAME_QUARANTINE,
	     "QUARANTINE");
	return write_to(v.low);
}

static const char *unaligned(void)
{
	struct victim v = victim_make();

	try_call(NACC_CALL_SET, v.low + 12, 0xbad0, 0);
	return outcome((*high(v.low + 8) >> 32) == 0xbad0);
}

static const char *give_back(unsigned long frame, unsigned long before)
{
	op_page()[NACC_LIST_OFFSET / 8] = frame;
	try_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0);
	return outcome(frame_state(frame) != before);
}

static const char *return_linked(void)
{
	return give_back(victim_make().low, NACC_FRAME_LINKED);
}

static const char *return_root(void)
{
	return give_back(victim_make().root, NACC_FRAME_ROOT);
}

/* The child would be left with a parent that is gone. */
static const char *return_parent(void)
{
	struct victim v = victim_make();

	must_set(v.root, 0);
	return give_back(v.middle, NACC_FRAME_DETACHED);
}

static const char *return_twice(void)
{
	struct victim v = victim_make();

	must_set(v.middle, 0);
	must(frame_return(v.low), "FRAMES_RETURN");
	return give_back(v.low, NACC_FRAME_QUARANTINE);
}

/* What was a table must be zero when it is lent again. */
static const char *stale_words(void)
{
	struct victim v = victim_make();
	unsigned int tries;

	must_set(v.middle, 0);
	must(frame_return(v.low), "FRAMES_RETURN");
	for (tries = 0; tries < 1000 && frame_state(v.low) != NACC_FRAME_FREE; tries++)
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
	must(frame_state(v.low) == NACC_FRAME_FREE, "RECLAIM");
	return *high(v.low) ? "works" : "is zero";
}

static const char *inside(void)
{
	unsigned long frame = frame_take();

	try_call(NACC_CALL_SPACE_CREATE, frame + 8, 1, 0);
	return outcome(frame_state(frame) == NACC_FRAME_ROOT);
}

/* Three runs of half a table each, in one call: the first two do nothing. */
static const char *long_commit(void)
{
	struct victim v = victim_make();
	struct victim w = victim_make();
	volatile unsigned long *page = op_page();

	must_set(v.low, 0);
	page[0] = NACC_OP_WORD(NACC_OP_CLEARN, v.low, NACC_SLOTS / 2);
	page[1] = 0;
	page[2] = NACC_OP_WORD(NACC_OP_CLEARN, v.low + NACC_FRAME_SIZE / 2,
			       NACC_SLOTS / 2);
	page[3] = 0;
	page[4] = NACC_OP_WORD(NACC_OP_CLEARN, w.low, NACC_SLOTS / 2);
	page[5] = 0;
	try_call(NACC_CALL_COMMIT, 3, 0, 0);
	return outcome(!*high(w.low));
}

const struct attack attacks_frames[] = {
	{ "write-registry", registry },
	{ "write-FREE", free_frame },
	{ "write-FRESH", fresh },
	{ "write-QUARANTINE", quarantine },
	{ "write-unaligned", unaligned },
	{ "return-linked", return_linked },
	{ "return-root", return_root },
	{ "return-parent", return_parent },
	{ "return-twice", return_twice },
	{ "reuse-with-words", stale_words },
	{ "frame-inside", inside },
	{ "commit-too-long", long_commit },
	{ NULL, NULL },
};
