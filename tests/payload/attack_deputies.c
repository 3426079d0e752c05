/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of the firmware, pointed at the pool: M-mode may write there, so
 * whoever has it write where S-mode says has written to a table. The console
 * has something to read: the script types on it.
 */
#include "attack.h"

#define EVENT		2UL		/* instructions retired; an entry with V=0 */
#define SLOT		0x100UL
#define TICKS		20000000UL	/* 2 s on QEMU's virt machine */

static unsigned long watched;
static volatile bool stop;

/* A range that ends at address 8. DBCN does not wait for input: ask for it. */
static const char *dbcn_wraps(void)
{
	struct victim v = victim_make();
	unsigned long slot = v.low + SLOT, begin = read_time();
	bool refused = false;

	while (!*high(slot) && !refused && read_time() - begin < TICKS)
		refused = sbi_call(SBI_DBCN, SBI_DBCN_READ, 8 - slot, slot, 0, 0, 0,
				   0).error;
	if (*high(slot))
		return "works";
	return refused ? "refused" : "no input";
}

/* The hart that makes the call does not come back where it works. */
static void watch(void)
{
	while (!stop) {
		if (*(volatile unsigned long *)watched == EVENT)
			continue;
		print("attack deputy-pmu-wraps | works\n");
		sbi_call(SBI_SRST, 0, 0, 0, 0, 0, 0, 0);
	}
}

static const char *pmu_wraps(void)
{
	struct victim v = victim_make();
	unsigned long hartid = other_hart();
	struct sbi_ret ret;

	watched = v.low + SLOT;
	must_set(watched, EVENT);
	stop = false;
	must(hart_start(hartid) && hart_run(hartid, watch), "a second hart");
	ret = sbi_call(SBI_PMU, SBI_PMU_EVENT_GET_INFO, watched, 0,
		       -watched / 16 + 1, 0, 0, 0);
	stop = true;
	must(hart_stop(hartid), "it stops");
	return ret.error ? "refused" : "accepted, without the effect";
}

#define DBTR_SETUP	1
#define DBTR_READ	2

/*
 * The last word before what only M-mode may write; the answer is longer. Its
 * last word comes to lie on the descriptor of the second frame.
 */
static const char *dbtr(void)
{
	unsigned long meta = metadata(), before, frame;

	frame = nacc_info(NACC_INFO_POOL_BASE) + NACC_FRAME_SIZE;
	before = frame_state(frame);
	must(before != NACC_FRAME_KEPT, "the second frame is not the monitor's");
	if (sbi_call(SBI_DBTR, DBTR_SETUP, meta - 8, 0, 0, 0, 0, 0).error)
		return "refused";
	sbi_call(SBI_DBTR, DBTR_READ, 0, 1, 0, 0, 0, 0);
	return frame_state(frame) == before ? "accepted, without the effect" : "works";
}

#define LEGACY_SEND_IPI		4UL
#define LEGACY_FENCE_I		5UL
#define LEGACY_SFENCE		6UL
#define SIP_SSIP		2UL
#define DESCRIPTOR_BYTES	16UL
#define DESCRIPTOR_STATE	4UL

static volatile bool interrupted;

/* Another hart: is it interrupted? */
static void listen(void)
{
	unsigned long sip;

	while (!stop) {
		__asm__ __volatile__("csrrc %0, sip, %1"
				     : "=r"(sip) : "r"(SIP_SSIP) : "memory");
		if (sip & SIP_SSIP)
			interrupted = true;
	}
}

/* Where the 8 bytes that begin with a frame's state are 1 << @hartid. */
static unsigned long state_mask(unsigned long hartid)
{
	unsigned long frame = frame_take();

	must(hartid < 2, "the second hart is hart 0 or 1");
	if (!hartid)
		must(frame_return(frame), "FRAMES_RETURN");
	must(frame_state(frame) == 1UL << hartid, "the frame's state");
	return metadata() + DESCRIPTOR_STATE + DESCRIPTOR_BYTES *
	       ((frame - nacc_info(NACC_INFO_POOL_BASE)) / NACC_FRAME_SIZE);
}

/*
 * Legacy calls take the address of a mask of harts. What lies there shows in who
 * is interrupted: whether a frame, whose state the metadata hold, is free.
 */
static const char *legacy_mask(void)
{
	unsigned long hartid = other_hart(), at = state_mask(hartid);
	unsigned long begin = read_time();
	long ret;

	interrupted = false;
	stop = false;
	must(hart_start(hartid) && hart_run(hartid, listen), "a second hart");
	ret = probe_call(LEGACY_SEND_IPI, 0, at, 0, 0);
	while (!ret && !interrupted && read_time() - begin < TICKS)
		;
	stop = true;
	must(hart_stop(hartid), "it stops");
	if (interrupted)
		return "works";
	if (ret != CAUSE_LOAD_ACCESS ||
	    probe_call(LEGACY_FENCE_I, 0, at, 0, 0) != CAUSE_LOAD_ACCESS ||
	    probe_call(LEGACY_SFENCE, 0, at, 0, 0) != CAUSE_LOAD_ACCESS)
		return "accepted, without the effect";
	return "faults";
}

const struct attack attacks_deputies[] = {
	{ "deputy-dbcn-wraps", dbcn_wraps },
	{ "deputy-pmu-wraps", pmu_wraps },
	{ "deputy-dbtr", dbtr },
	{ "deputy-legacy-mask", legacy_mask },
	{ NULL, NULL },
};
