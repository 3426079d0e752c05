/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks on what the monitor has a limited amount of: frames, spaces, the time
 * of one call, locks. What was taken comes back, and nobody waits for long.
 */
#include "attack.h"

#define POOL_FRAMES	512		/* of the pool that scripts/attack asks for */
#define MANY		100UL		/* tables; one call takes some 64 of them */
#define DIRTY		40UL		/* frames; one call scrubs 16 of them */
#define RUN		256UL
#define TICKS		30000000UL	/* 3 s on QEMU's virt machine */
#define CALLS		20000

static unsigned long held[POOL_FRAMES];

static unsigned long not_lent(void)
{
	return nacc_info(NACC_INFO_FRAMES_FREE) +
	       nacc_info(NACC_INFO_FRAMES_QUARANTINED);
}

/* Takes all there is. Returns how many, or 0 when the end is not as it should be. */
static unsigned long take_all(void)
{
	unsigned long n = 0, i;
	struct sbi_ret ret;

	for (;;) {
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
		ret = nacc_call(NACC_CALL_FRAMES_TAKE, NACC_MAX_FRAMES, 0, 0);
		if (ret.error)
			break;
		for (i = 0; i < ret.value && n < POOL_FRAMES; i++)
			held[n++] = op_page()[NACC_LIST_OFFSET / 8 + i];
	}
	return NACC_CAUSE(ret.value) == NACC_CAUSE_NO_FRAME ? n : 0;
}

/* A pool that is taken whole, and given back: is it all there? */
static const char *exhaust_pool(void)
{
	unsigned long before = not_lent(), n = take_all(), i;

	must(n, "FRAMES_TAKE is refused: NO_FRAME");
	for (i = 0; i < n; i++)
		must(frame_return(held[i]), "FRAMES_RETURN");
	return not_lent() == before ? "comes back" : "works";
}

static unsigned long spaces[POOL_FRAMES], spaces_made;

/* Creates spaces until there is no more room for one. */
static unsigned long spaces_all(void)
{
	struct sbi_ret ret;

	for (spaces_made = 0; spaces_made < POOL_FRAMES; spaces_made++) {
		unsigned long root = frame_take();

		ret = nacc_call(NACC_CALL_SPACE_CREATE, root, 1, 0);
		if (ret.error) {
			must(NACC_CAUSE(ret.value) == NACC_CAUSE_NO_SPACE &&
			     frame_return(root), "SPACE_CREATE is refused: NO_SPACE");
			break;
		}
		spaces[spaces_made] = ret.value;
	}
	return spaces_made;
}

static void spaces_destroy(void)
{
	unsigned long i;

	for (i = 0; i < spaces_made; i++)
		must(!nacc_call(NACC_CALL_SPACE_DESTROY, spaces[i], 0, 0).error,
		     "SPACE_DESTROY");
	for (i = 0; i < spaces_made; i++)
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
}

static const char *exhaust_spaces(void)
{
	unsigned long first = spaces_all(), again;

	must(first, "there is room for a space");
	spaces_destroy();
	again = spaces_all();
	spaces_destroy();
	return again == first ? "come back" : "works";
}

/* A tree of many tables, retired: how many does one call take? */
static const char *long_retire(void)
{
	struct victim v = victim_make();
	unsigned long before, i;

	for (i = 1; i < MANY; i++)
		must_set(v.middle + 8 * i, entry(frame_take(), PTE_V));
	before = not_lent();
	must(!nacc_call(NACC_CALL_SPACE_RETIRE, v.id, 0, 0).error, "SPACE_RETIRE");
	before = not_lent() - before;
	while (nacc_call(NACC_CALL_SPACE_RETIRE, v.id, 0, 0).value)
		;
	for (i = 0; i < MANY; i++)
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
	return before >= MANY ? "works" : "is cut short";
}

/* Many frames to be scrubbed: how many does one call free? */
static const char *long_scrub(void)
{
	struct victim v = victim_make();
	unsigned long frames[DIRTY], before, i;

	while (nacc_call(NACC_CALL_RECLAIM, 0, 0, 0).value)
		;
	for (i = 0; i < DIRTY; i++) {
		frames[i] = frame_bound(&v, 0);
		must_set(frames[i], leaf(DATA, 0));
	}
	for (i = 0; i < DIRTY; i++)
		must(frame_return(frames[i]), "FRAMES_RETURN");
	before = nacc_info(NACC_INFO_FRAMES_FREE);
	nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
	before = nacc_info(NACC_INFO_FRAMES_FREE) - before;
	while (nacc_call(NACC_CALL_RECLAIM, 0, 0, 0).value)
		;
	return before >= DIRTY ? "works" : "is cut short";
}

static unsigned long hog_table;
static volatile bool stop;
static volatile unsigned long hog_calls;

/* Another hart, without paging: the longest call, in a space of its own. */
static void hog(void)
{
	volatile unsigned long *page = (volatile unsigned long *)nacc_info(NACC_INFO_OP_PAGE);

	while (!stop) {
		page[0] = NACC_OP_WORD(NACC_OP_SETN, hog_table, RUN);
		page[1] = leaf(DATA, 0);
		page[2] = NACC_OP_WORD(NACC_OP_CLEARN, hog_table, RUN);
		page[3] = 0;
		nacc_call(NACC_CALL_COMMIT, 2, 0, 0);
		hog_calls++;
	}
}

/* Does a hart in one space make a hart in another one wait? */
static const char *hold_lock(void)
{
	struct victim mine = victim_make(), other = victim_make();
	unsigned long hartid = other_hart(), waits, begin = read_time(), i;

	hog_table = other.low;
	hog_calls = 0;
	stop = false;
	must(hart_start(hartid) && hart_run(hartid, hog), "a second hart");
	waits = nacc_info(NACC_INFO_LOCK_WAITS);
	for (i = 0; (i < CALLS || hog_calls < CALLS) && read_time() - begin < TICKS; i++) {
		op_page()[0] = NACC_OP_WORD(NACC_OP_SET, mine.low, 1);
		op_page()[1] = i & 1 ? leaf(DATA, 0) : 0;
		must(!nacc_call(NACC_CALL_COMMIT, 1, 0, 0).error, "COMMIT");
	}
	waits = nacc_info(NACC_INFO_LOCK_WAITS) - waits;
	stop = true;
	must(hart_stop(hartid) && hog_calls, "it stops");
	return waits ? "works" : "nobody waits";
}

const struct attack attacks_limits[] = {
	{ "exhaust-spaces", exhaust_spaces },
	{ "retire-too-long", long_retire },
	{ "scrub-too-long", long_scrub },
	{ "hold-lock", hold_lock },
	{ "exhaust-pool", exhaust_pool },
	{ NULL, NULL },
};
