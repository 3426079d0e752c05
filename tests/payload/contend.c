/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who waits for whom: harts write entries at the same time, first each in a
 * space of its own, then all of them in one table. The monitor counts how
 * often one of its locks was found taken.
 */
#include "payload.h"

#define ROUNDS		20000UL
#define PAGE_BITS	0x53UL		/* V, R, U, A */
#define DATA		0x81000000UL
#define WAIT_TICKS	100000000UL	/* 10 s on QEMU's virt machine */

static unsigned long roots[MAX_HARTS], tables[MAX_HARTS], spaces[MAX_HARTS];
static volatile unsigned long target[MAX_HARTS];
static volatile unsigned long refusals;

void contend_hammer(unsigned long hartid)
{
	const unsigned long value = DATA >> 12 << 10 | PAGE_BITS;
	unsigned long slot = target[hartid], i;

	for (i = 0; i < ROUNDS; i++)
		if (nacc_call(NACC_CALL_SET, slot, i & 1 ? value : 0, 0).error)
			refusals++;
}

/* A space with a table of level 0 for each hart. No paging: addresses are physical. */
static bool space_for(unsigned long hartid)
{
	volatile unsigned long *page = (void *)nacc_info(NACC_INFO_OP_PAGE);
	volatile unsigned long *list = page + NACC_LIST_OFFSET / 8;
	struct sbi_ret ret;

	if (nacc_call(NACC_CALL_FRAMES_TAKE, 2, 0, 0).value != 2)
		return false;
	roots[hartid] = list[0];
	tables[hartid] = list[1];
	ret = nacc_call(NACC_CALL_SPACE_CREATE, list[0], 1 + hartid, 0);
	spaces[hartid] = ret.value;
	page[0] = NACC_OP_BIND_WORD(tables[hartid], 0);
	page[1] = ret.value;
	return !ret.error && !nacc_call(NACC_CALL_COMMIT, 1, 0, 0).error;
}

static bool space_end(unsigned long hartid)
{
	volatile unsigned long *page = (void *)nacc_info(NACC_INFO_OP_PAGE);

	page[NACC_LIST_OFFSET / 8] = tables[hartid];
	return !nacc_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0).error &&
	       !nacc_call(NACC_CALL_SPACE_DESTROY, spaces[hartid], 0, 0).error;
}

static unsigned long live(unsigned long table)
{
	return nacc_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, table, 0).value >> 16 & 0xffff;
}

void test_contention(unsigned long mine, const bool *started,
		     bool (*all_hammer)(unsigned long mine))
{
	unsigned long waits, hartid, begin, n = 0, count = 0;
	bool good = true;

	for (hartid = 0; hartid < MAX_HARTS; hartid++) {
		if (!started[hartid] && hartid != mine)
			continue;
		good &= space_for(hartid);
		target[hartid] = tables[hartid];
		count++;
	}
	ok(good, "each hart has a space and a table");
	waits = nacc_info(NACC_INFO_LOCK_WAITS);
	ok(all_hammer(mine) && !refusals, "all harts write, each in its own space");
	ok(nacc_info(NACC_INFO_LOCK_WAITS) == waits, "none of them has waited for a lock");

	for (hartid = 0; hartid < MAX_HARTS; hartid++)
		target[hartid] = tables[mine] + 8 * hartid;
	begin = read_time();
	do {
		good = all_hammer(mine);
		n++;
	} while (good && nacc_info(NACC_INFO_LOCK_WAITS) == waits &&
		 read_time() - begin < WAIT_TICKS);
	ok(good && !refusals, "all harts write, in one table");
	ok(nacc_info(NACC_INFO_LOCK_WAITS) != waits || count == 1, "there they have waited");
	ok(live(tables[mine]) == count, "and no entry was lost or counted twice");
	print("# lock waits in one table: ");
	print_hex(nacc_info(NACC_INFO_LOCK_WAITS) - waits);
	print(" for calls: ");
	print_hex(n * count * ROUNDS);
	print("\n");

	good = true;
	for (hartid = 0; hartid < MAX_HARTS; hartid++)
		if (started[hartid] || hartid == mine)
			good &= space_end(hartid);
	ok(good, "the spaces go");
}
