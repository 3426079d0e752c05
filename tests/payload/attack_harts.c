/* SPDX-License-Identifier: BSD-2-Clause */
/* What a second hart makes possible: double fetch, and use after free of tables. */
#include "attack.h"

#define RUN		64
#define BOTH		3000		/* of each outcome, before it counts as a race */
#define TICKS		100000000UL	/* 10 s on QEMU's virt machine */

static unsigned long good, bad;
static unsigned long page_at;		/* the op page that is fought over */
static volatile bool stop;

/* Hart 1, without paging: the values change under the monitor's hands. */
static void rewrite(void)
{
	volatile unsigned long *value = (volatile unsigned long *)page_at + 1;
	unsigned int i;

	while (!stop) {
		for (i = 0; i < RUN; i++)
			value[i] = bad;
		for (i = 0; i < RUN; i++)
			value[i] = good;
	}
}

static bool is_forged(const struct victim *v)
{
	unsigned int i;

	for (i = 0; i < RUN; i++)
		if (*high(v->low + 8 * i) == bad)
			return true;
	return false;
}

/* Until both kinds of outcome have been seen often: else there was no race. */
static const char *race(const struct victim *v)
{
	unsigned int taken = 0, refused = 0;
	unsigned long begin = read_time();

	while (taken < BOTH || refused < BOTH) {
		if (nacc_call(NACC_CALL_COMMIT, 1, 0, 0).error)
			refused++;
		else
			taken++;
		if (is_forged(v))
			return "works";
		if (read_time() - begin > TICKS)
			return "no race";
	}
	return "never stored";
}

static const char *double_fetch(void)
{
	struct victim v = victim_make();
	unsigned long hartid = other_hart();
	const char *result;

	good = leaf(DATA, 0);
	bad = leaf(nacc_info(NACC_INFO_POOL_BASE), PTE_W | PTE_D);
	page_at = nacc_info(NACC_INFO_OP_PAGE);
	stop = false;
	op_page()[0] = NACC_OP_WORD(NACC_OP_PUTN, v.low, RUN);
	must(hart_start(hartid) && hart_run(hartid, rewrite), "a second hart");
	result = race(&v);
	stop = true;
	must(hart_stop(hartid), "it stops");
	return result;
}

/* Hart 1 holds no root of ours, but may hold the table in its walker. */
static void idle(void)
{
	while (!stop)
		;
}

static const char *reuse_of(const struct victim *v, const char *good_end)
{
	unsigned long hartid = other_hart(), state;

	stop = false;
	must(hart_start(hartid) && hart_run(hartid, idle), "a second hart");
	must(frame_return(v->low), "FRAMES_RETURN");
	state = frame_state(v->low);
	if (state == NACC_FRAME_QUARANTINE) {
		/* The other hart is asked to fence here, at the earliest. */
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
		state = frame_state(v->low);
	}
	stop = true;
	must(hart_stop(hartid), "it stops");
	return state == NACC_FRAME_QUARANTINE ? good_end : "works";
}

static const char *reuse_early(void)
{
	struct victim v = victim_make();

	must_set(v.middle, 0);
	return reuse_of(&v, "waits");
}

static const char *reuse_empty_early(void)
{
	struct victim v = victim_make();

	must_set(v.low, 0);
	must_set(v.middle, 0);
	return reuse_of(&v, "waits");
}

static const char *reuse_root(void)
{
	struct victim v = victim_make(), later = victim_make();
	unsigned long hartid = other_hart();
	struct sbi_ret ret;

	must(hart_start(hartid) && hart_hold(hartid, SATP_SV39 | v.root >> 12),
	     "a second hart on the root");
	do {
		ret = nacc_call(NACC_CALL_SPACE_RETIRE, v.id, 0, 0);
	} while (!ret.error && ret.value);
	must(!ret.error && !nacc_call(NACC_CALL_SPACE_DESTROY, v.id, 0, 0).error,
	     "SPACE_DESTROY");
	/* Every hart has fenced when a table that was given back later is free. */
	must_set(later.middle, 0);
	must(frame_return(later.low), "FRAMES_RETURN");
	do {
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
	} while (frame_state(later.low) == NACC_FRAME_QUARANTINE);
	nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
	/* A hart whose root was scrubbed does not come back. */
	if (frame_state(v.root) != NACC_FRAME_QUARANTINE)
		return "works";
	must(hart_leave(hartid) && hart_stop(hartid), "it stops");
	return "waits";
}

/* The registry must not name a root that is gone. */
static const char *dead_root(void)
{
	unsigned long pool = nacc_info(NACC_INFO_POOL_BASE);
	struct victim v = victim_make();
	unsigned long word = nacc_info(NACC_INFO_ROOTS) +
			     (v.root - pool) / NACC_FRAME_SIZE * 8;

	must(*high(word) == 0x7a6, "the registry");
	must_set(v.root, 0);
	must(!nacc_call(NACC_CALL_SPACE_DESTROY, v.id, 0, 0).error, "SPACE_DESTROY");
	return *high(word) ? "works" : "is gone";
}

const struct attack attacks_harts[] = {
	{ "double-fetch", double_fetch },
	{ "reuse-early", reuse_early },
	{ "reuse-empty-early", reuse_empty_early },
	{ "reuse-root", reuse_root },
	{ "dead-root", dead_root },
	{ NULL, NULL },
};
