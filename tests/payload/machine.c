/* SPDX-License-Identifier: BSD-2-Clause */
/* What one hart in S-mode may and may not do. */
#include "payload.h"

static unsigned long pool, pool_size, ops;

static void test_info(void)
{
	ok(nacc_info(NACC_INFO_MAGIC) == NACC_MAGIC, "INFO gives the magic");
	ok(nacc_info(NACC_INFO_VERSION) >> 16 == NACC_VERSION_MAJOR,
	   "the ABI has the major version of this test");
	ok(pool_size && !(pool_size & (pool_size - 1)) && !(pool & (pool_size - 1)),
	   "the pool is a naturally aligned power of two");
	ok(ops && !(ops & (NACC_FRAME_SIZE - 1)), "the op page is a page");
	ok(ops + NACC_FRAME_SIZE <= pool || pool + pool_size <= ops,
	   "the op page is outside the pool");
	ok(nacc_info(NACC_INFO_HART) == (NACC_HART_AD_OFF | NACC_HART_PMP_OK),
	   "this hart has hardware A/D off and its PMP as wanted");
}

static void test_pool(void)
{
	const unsigned long slots[] = { pool, pool + pool_size / 2, pool + pool_size - 8 };
	unsigned long before, after;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ok(!probe_load(slots[i], &before), "the pool can be read");
		ok(probe_store(slots[i], ~before) == CAUSE_STORE_ACCESS,
		   "a store to the pool is an access fault");
		ok(probe_amo(slots[i]) == CAUSE_STORE_ACCESS,
		   "an atomic on the pool is an access fault");
		ok(!probe_load(slots[i], &after) && before == after,
		   "the word is what it was");
	}
	ok(probe_fetch(pool) == CAUSE_FETCH_ACCESS, "the pool cannot be executed");
}

static void test_neighbours(void)
{
	unsigned long value;

	/* The metadata end where the pool begins if there was room below. */
	ok(probe_load(pool - 8, &value) == CAUSE_LOAD_ACCESS,
	   "the metadata cannot be read");
	ok(probe_store(pool - 8, 0) == CAUSE_STORE_ACCESS,
	   "the metadata cannot be written");
	ok(!probe_store(ops, 0x123456789abcdef0) && !probe_load(ops, &value) &&
	   value == 0x123456789abcdef0, "the op page can be written and read");
	ok(probe_fetch(ops) == CAUSE_FETCH_ACCESS, "the op page cannot be executed");
	ok(!probe_store(ops, 0), "the op page can be cleared");
}

static void test_refusals(void)
{
	unsigned long before = nacc_info(NACC_INFO_REFUSALS), call, i;
	bool in_range = true;

	ok(refused(nacc_call(NACC_CALL_SET, 0, 0, 0),
		   NACC_SBI_INVALID_ADDRESS, NACC_CAUSE_SLOT),
	   "SET of address 0 is refused: SLOT");
	ok(refused(nacc_call(NACC_CALL_SET, pool + 4, 0, 0),
		   NACC_SBI_INVALID_ADDRESS, NACC_CAUSE_SLOT),
	   "SET of an unaligned slot is refused: SLOT");
	ok(refused(nacc_call(NACC_CALL_SET, pool + pool_size, 0, 0),
		   NACC_SBI_INVALID_ADDRESS, NACC_CAUSE_SLOT),
	   "SET behind the pool is refused: SLOT");
	ok(refused(sbi_call(NACC_SBI_EXT, NACC_CALL_SET, pool, 0, 0, 0, 0, 1),
		   NACC_SBI_INVALID_PARAM, NACC_CAUSE_RESERVED),
	   "SET with a reserved argument is refused: RESERVED");
	ok(nacc_info(NACC_INFO_REFUSALS) == before + 4, "INFO counts four refusals");
	ok(refused(nacc_call(NACC_CALL_COUNT, 0, 0, 0),
		   NACC_SBI_NOT_SUPPORTED, NACC_CAUSE_CALL),
	   "an unknown call is refused: CALL");
	ok(refused(nacc_call(~0UL, 0, 0, 0), NACC_SBI_NOT_SUPPORTED, NACC_CAUSE_CALL),
	   "call -1 is refused: CALL");
	ok(refused(nacc_call(1UL << 32, 0, 0, 0), NACC_SBI_NOT_SUPPORTED, NACC_CAUSE_CALL),
	   "the call's upper half counts: CALL");
	for (call = 0; call < NACC_CALL_COUNT + 2; call++) {
		for (i = 0; i < 64; i++) {
			struct sbi_ret ret = nacc_call(call, ~0UL << i, pool ^ 1UL << i,
						       0x8000000000000000 >> i | 2);

			if (ret.error >= 0 || ret.error < -11 || !ret.value)
				in_range = false;
		}
	}
	ok(in_range, "nonsense gets an error in -1..-11 with a cause, from every call");
}

void test_machine(void)
{
	pool = nacc_info(NACC_INFO_POOL_BASE);
	pool_size = nacc_info(NACC_INFO_POOL_SIZE);
	ops = nacc_info(NACC_INFO_OP_PAGE);
	test_info();
	test_pool();
	test_neighbours();
	test_refusals();
	ok(!call_keeps(NACC_CALL_SET, 0, 0), "SET keeps all other registers");
	ok(!call_keeps(NACC_CALL_COUNT, 0, 0), "so does the generic path");
}

static bool contains(const char *bytes, unsigned long length, const char *word)
{
	unsigned long i, j;

	for (i = 0; i < length; i++) {
		for (j = 0; word[j] && i + j < length && bytes[i + j] == word[j]; j++)
			;
		if (!word[j])
			return true;
	}
	return false;
}

static unsigned long tree_bytes(const unsigned char *fdt)
{
	return (unsigned long)fdt[4] << 24 | fdt[5] << 16 | fdt[6] << 8 | fdt[7];
}

bool tree_contains(const unsigned char *fdt, const char *word)
{
	return contains((const char *)fdt, tree_bytes(fdt), word);
}

/* The device tree that the firmware hands over. */
void test_tree(const unsigned char *fdt)
{
	unsigned long length = tree_bytes(fdt);

	ok(fdt[0] == 0xd0 && fdt[1] == 0x0d, "there is a device tree");
	ok((unsigned long)fdt + length <= pool || pool + pool_size <= (unsigned long)fdt,
	   "the pool misses it");
	ok(!tree_contains(fdt, "svadu"), "it does not offer Svadu");
	ok(tree_contains(fdt, "nacc,pool") && tree_contains(fdt, "nacc,ops"),
	   "it reserves the pool and the op pages");
}

/* Services of the firmware that write memory at an address from S-mode. */
void test_deputies(void)
{
	const unsigned long wrap = -pool + 8;
	const unsigned long hart = nacc_info(NACC_INFO_HART);
	unsigned long before, after;

	probe_load(pool, &before);
	ok(sbi_call(SBI_DBCN, SBI_DBCN_READ, 8, pool, 0, 0, 0, 0).error < 0,
	   "DBCN does not read the console into the pool");
	ok(sbi_call(SBI_DBCN, SBI_DBCN_READ, wrap, pool, 0, 0, 0, 0).error < 0,
	   "nor into a range that begins there and wraps");
	ok(sbi_call(SBI_DBCN, SBI_DBCN_READ, ~0UL, pool, 0, 0, 0, 0).error < 0,
	   "nor into one that ends where it begins");
	ok(sbi_call(SBI_PMU, SBI_PMU_EVENT_GET_INFO, pool, 0, 1, 0, 0, 0).error < 0,
	   "PMU does not write event information into the pool");
	ok(sbi_call(SBI_PMU, SBI_PMU_EVENT_GET_INFO, pool, 0, wrap / 16, 0, 0, 0).error < 0,
	   "nor with a count whose range wraps");
	ok(sbi_call(SBI_PMU, SBI_PMU_EVENT_GET_INFO, ops, 0, (1UL << 60) + 1, 0, 0, 0).error < 0,
	   "nor from the op page up with a count whose size in bytes wraps");
	ok(!sbi_call(SBI_BASE, SBI_BASE_PROBE, SBI_DBTR, 0, 0, 0, 0, 0).value &&
	   !sbi_call(SBI_BASE, SBI_BASE_PROBE, SBI_MPXY, 0, 0, 0, 0, 0).value &&
	   !sbi_call(SBI_BASE, SBI_BASE_PROBE, SBI_SSE, 0, 0, 0, 0, 0).value,
	   "DBTR, MPXY and SSE are absent");
	ok(sbi_call(SBI_FWFT, SBI_FWFT_SET, SBI_FWFT_PTE_AD, 1, 0, 0, 0, 0).error < 0 &&
	   nacc_info(NACC_INFO_HART) == hart,
	   "FWFT does not turn hardware A/D updating on");
	ok(!probe_load(pool, &after) && before == after, "the pool is what it was");
}

static unsigned long root[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned long middle[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned long leaves[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned long page[NACC_SLOTS] __attribute__((aligned(4096)));

static void fence(void)
{
	__asm__ __volatile__("sfence.vma" : : : "memory");
}

/* Walk tables of our own, as the hardware does it for ordinary memory. */
void test_ad_bits(void)
{
	const unsigned long va = 0x100000000;	/* 4 GiB: root entry 4 */
	const unsigned long old = (unsigned long)page >> 12 << 10 | PTE_V | PTE_RWX;
	volatile unsigned long *entry = &leaves[0];
	unsigned long value;

	root[2] = 0x80000000UL >> 12 << 10 | PTE_V | PTE_RWX | PTE_A | PTE_D;
	root[4] = (unsigned long)middle >> 12 << 10 | PTE_V;
	middle[0] = (unsigned long)leaves >> 12 << 10 | PTE_V;
	*entry = old;
	fence();
	__asm__ __volatile__("csrw satp, %0" : : "r"(SATP_SV39 | (unsigned long)root >> 12));
	fence();
	ok(probe_load(va, &value) == CAUSE_LOAD_PAGE && *entry == old,
	   "a load with A=0 is a page fault and leaves the entry alone");
	*entry = old | PTE_A;
	fence();
	ok(!probe_load(va, &value), "with A=1 it works");
	ok(probe_store(va, 1) == CAUSE_STORE_PAGE && *entry == (old | PTE_A),
	   "a store with D=0 is a page fault and leaves the entry alone");
	*entry = old | PTE_A | PTE_D;
	fence();
	ok(!probe_store(va, 1), "with D=1 it works");
	__asm__ __volatile__("csrw satp, zero");
	fence();
}
