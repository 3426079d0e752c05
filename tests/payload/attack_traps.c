/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps that OpenSBI completes in the place of the hart. It reads the
 * instruction anew, through the caller's page table, and carries out what it
 * finds: it must do so with the caller's rights, whatever was found. On QEMU
 * only an atomic that is not aligned traps as misaligned, which OpenSBI does
 * not complete; so the instruction that it reads is another one than the hart
 * has fetched: the page was exchanged, and the hart has not fenced.
 */
#include "attack.h"

#define CODE_VA		0x100000000UL	/* 4 GiB: root entry 4 */
#define SLOT		0x100UL
#define AMOADD_D	0x00b5302fU	/* amoadd.d zero, a1, (a0) */
#define SD		0x00b53023U	/* sd a1, 0(a0) */
#define VSE8_V		0x02050027U	/* vse8.v v0, (a0) */
#define JR_T5		0x000f0067U
#define TICKS		20000000UL	/* 2 s on QEMU's virt machine */
#define GIGABYTES	16

static unsigned long root[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned long middle[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned long low[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned int fetched[NACC_FRAME_SIZE / 4] __attribute__((aligned(4096)));
static unsigned int found[NACC_FRAME_SIZE / 4] __attribute__((aligned(4096)));
static unsigned long word;

static unsigned long pa(const volatile void *at)
{
	return (unsigned long)at & ~HIGH;
}

/* All physical memory, low and high, and a page that can only be executed. */
static void tables_make(unsigned int instruction)
{
	const unsigned long bits = PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D;
	unsigned long i;

	for (i = 0; i < GIGABYTES; i++) {
		root[NACC_SLOTS / 2 + i] = entry(i << 30, bits);
		if (i < 4)
			root[i] = root[NACC_SLOTS / 2 + i];
	}
	root[CODE_VA >> 30] = entry(pa(middle), PTE_V);
	middle[0] = entry(pa(low), PTE_V);
	low[0] = entry(pa(fetched), PTE_V | PTE_X | PTE_A);
	fetched[0] = AMOADD_D;
	fetched[1] = JR_T5;
	found[0] = instruction;
	found[1] = JR_T5;
	__asm__ __volatile__("fence.i" : : : "memory");
}

/* Has the hart trap at an atomic on @at, where @instruction is found. */
static long complete(unsigned int instruction, unsigned long at)
{
	long cause;

	tables_make(instruction);
	paging_switch(SATP_SV39 | pa(root) >> 12);
	word = 0;
	cause = probe_run(CODE_VA, pa(&word), 1);
	if (!cause && word) {
		low[0] = entry(pa(found), PTE_V | PTE_X | PTE_A);
		cause = probe_run(CODE_VA, at, ~0UL);
	}
	return cause;
}

static const char *misaligned(void)
{
	struct victim v = victim_make();
	unsigned long slot = v.low + SLOT, old = *high(slot);
	long cause = complete(SD, slot + 4);

	paging_switch(paging_satp());
	must(word, "the hart fetches the page");
	if (*high(slot) != old)
		return "works";
	return cause == CAUSE_STORE_ACCESS ? "faults" :
	       cause == CAUSE_STORE_MISALIGNED ? "is not completed" :
						 "completed, without the effect";
}

static volatile bool returned;

/* Another hart, without paging. The harts here have no vectors. */
static void vector_store(void)
{
	complete(VSE8_V, pa(&word) + 4);
	paging_switch(0);
	returned = true;
}

/*
 * A hart that stays in M-mode would keep frames in quarantine for ever, and what
 * is tried here user space can try as well.
 */
static const char *no_vectors(void)
{
	unsigned long hartid = other_harts(1), begin;

	must(hartid < MAX_HARTS, "there is a third hart");
	returned = false;
	must(hart_start(hartid) && hart_run(hartid, vector_store), "a third hart");
	for (begin = read_time(); !returned && read_time() - begin < TICKS;)
		;
	return returned && hart_stop(hartid) ? "comes back" : "works";
}

const struct attack attacks_traps[] = {
	{ "deputy-misaligned", misaligned },
	{ "deputy-vector", no_vectors },
	{ NULL, NULL },
};
