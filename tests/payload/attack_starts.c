/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks that try to turn the protection off, or to find a hart on which it is
 * not on: hardware updating of A and D bits, harts that start, stop, are
 * suspended and come back.
 */
#include "attack.h"

#define SLOT		0x100UL
#define SLOT_VA		(SLOT / 8 * NACC_FRAME_SIZE)
#define SSTATUS_SUM	(1UL << 18)
#define TICKS		20000000UL	/* 2 s on QEMU's virt machine */

/* Reads user memory of a space, as the kernel does. */
static void user_load(unsigned long root, unsigned long va)
{
	unsigned long value;

	paging_switch(SATP_SV39 | root >> 12);
	__asm__ __volatile__("csrs sstatus, %0" : : "r"(SSTATUS_SUM) : "memory");
	probe_load(va, &value);
	__asm__ __volatile__("csrc sstatus, %0" : : "r"(SSTATUS_SUM) : "memory");
	paging_switch(paging_satp());
}

/* Then the walker would store to the pool, and on QEMU past the PMP. */
static const char *hardware_bits(void)
{
	struct victim v = victim_make();
	unsigned long slot = v.low + SLOT, value = leaf(DATA, 0) & ~PTE_A;
	struct sbi_ret ret;

	must_set(slot, value);
	ret = sbi_call(SBI_FWFT, SBI_FWFT_SET, SBI_FWFT_PTE_AD, 1, 0, 0, 0, 0);
	user_load(v.root, SLOT_VA);
	sbi_call(SBI_FWFT, SBI_FWFT_SET, SBI_FWFT_PTE_AD, 0, 0, 0, 0, 0);
	if (*high(slot) != value)
		return "works";
	return ret.error ? "refused" : "accepted, without the effect";
}

static unsigned long store_at;
static volatile long store_fault;
static volatile bool stored;

static void store_here(void)
{
	store_fault = probe_store(store_at, ~0UL);
	stored = true;
}

/* A store to a table by each hart but this one, after what @again does to it. */
static const char *store_after(bool (*again)(unsigned long hartid))
{
	struct victim v = victim_make();
	const char *result = "faults";
	unsigned long hartid, begin;
	unsigned int i;

	store_at = v.low + SLOT;
	for (i = 0; (hartid = other_harts(i)) < MAX_HARTS; i++) {
		/* Whether it finds itself protected is what is asked here. */
		hart_start(hartid);
		again(hartid);
		stored = false;
		must(hart_run(hartid, store_here), "the hart comes back");
		for (begin = read_time(); !stored && read_time() - begin < TICKS;)
			;
		must(stored && hart_stop(hartid), "it has tried, and stops");
		if (*high(store_at))
			return "works";
		if (store_fault != CAUSE_STORE_ACCESS)
			result = "no fault, and no effect";
	}
	must(i, "there is a second hart");
	return result;
}

static bool restart(unsigned long hartid)
{
	return hart_stop(hartid) && hart_start(hartid);
}

static const char *after_restart(void)
{
	return store_after(restart);
}

static const char *after_resume(void)
{
	return store_after(hart_resume);
}

/*
 * A V=0 entry may hold any bits but bit 0, and so may code: `c.jr a1`. A hart
 * that starts has its argument in a1.
 */
#define C_JR_A1		0x8582UL

static bool has_come(void)
{
	unsigned long begin = read_time();

	while (!came && read_time() - begin < TICKS)
		;
	return came;
}

static const char *start_in_pool(void)
{
	struct victim v = victim_make();
	unsigned long hartid = other_hart();
	struct sbi_ret ret;

	must_set(v.low + SLOT, C_JR_A1);
	came = 0;
	ret = sbi_call(SBI_HSM, SBI_HSM_START, hartid, v.low + SLOT,
		       (unsigned long)came_here & ~HIGH, 0, 0, 0);
	if (ret.error)
		return "refused";
	return has_come() ? "works" : "accepted, without the effect";
}

static unsigned long vector;

/* A trap of this hart goes where stvec says: to the pool. It does not return. */
static void trap_there(void)
{
	__asm__ __volatile__("csrw stvec, %0\n"
			     "mv a1, %1\n"
			     "sd zero, 0(%0)\n"
			     : : "r"(vector), "r"((unsigned long)came_here & ~HIGH)
			     : "a1", "memory");
}

/* It traps for ever; the others must get their frames back all the same. */
static const char *trap_to_pool(void)
{
	struct victim v = victim_make();
	unsigned long hartid = other_hart(), begin = read_time();

	vector = v.low + SLOT;
	must_set(vector, C_JR_A1);
	came = 0;
	must(hart_start(hartid) && hart_run(hartid, trap_there), "a second hart");
	if (has_come())
		return "works";
	must_set(v.middle, 0);
	must(frame_return(v.low), "FRAMES_RETURN");
	while (frame_state(v.low) == NACC_FRAME_QUARANTINE &&
	       read_time() - begin < 5 * TICKS)
		nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
	return frame_state(v.low) == NACC_FRAME_FREE ? "faults" :
						       "others wait for ever";
}

const struct attack attacks_starts[] = {
	{ "fwft-hardware-bits", hardware_bits },
	{ "store-after-restart", after_restart },
	{ "store-after-resume", after_resume },
	{ "start-in-pool", start_in_pool },
	/* The last one: that hart does not come back. */
	{ "trap-to-pool", trap_to_pool },
	{ NULL, NULL },
};
