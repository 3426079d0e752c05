/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long do calls keep a hart in M-mode? Those whose work is bounded by a
 * budget and not by their arguments, with more to do than the budget allows.
 */
#include "payload.h"

#define TABLES		320UL
#define DIRTY		64UL		/* of them hold an entry when they are given back */
#define LEAF_BITS	0x53UL		/* V, R, U, A */
#define DATA		0x81000000UL

static unsigned long frames[TABLES];

static volatile unsigned long *list_of(void)
{
	return (volatile unsigned long *)nacc_info(NACC_INFO_OP_PAGE) + NACC_LIST_OFFSET / 8;
}

static unsigned long link_to(unsigned long frame)
{
	return frame >> 12 << 10 | 1;
}

static void take_all(void)
{
	volatile unsigned long *list = list_of();
	unsigned long i, j;

	for (i = 0; i < TABLES; i += NACC_MAX_FRAMES) {
		report_cost("FRAMES_TAKE of 64", NACC_SBI_EXT, NACC_CALL_FRAMES_TAKE,
			    NACC_MAX_FRAMES, 0, 0, 0);
		for (j = 0; j < NACC_MAX_FRAMES; j++)
			frames[i + j] = list[j];
	}
}

/* A root, a table in its slot 0, and all others below that one. */
static unsigned long tree_make(void)
{
	struct sbi_ret ret;
	unsigned long i;

	ret = nacc_call(NACC_CALL_SPACE_CREATE, frames[0], 0x7a6, 0);
	report_cost("SET of a link", NACC_SBI_EXT, NACC_CALL_SET, frames[0],
		    link_to(frames[1]), 0, 0);
	for (i = 2; i < TABLES; i++) {
		nacc_call(NACC_CALL_SET, frames[1] + 8 * i, link_to(frames[i]), 0);
		if (i < 2 + DIRTY)
			nacc_call(NACC_CALL_SET, frames[i],
				  DATA >> 12 << 10 | LEAF_BITS, 0);
	}
	return ret.value;
}

/* Values of all kinds, as many as each may be, and the longest runs of the others. */
static void report_commits(unsigned long table)
{
	volatile unsigned long *op = (volatile unsigned long *)nacc_info(NACC_INFO_OP_PAGE);
	const unsigned long known = ZERO_PAGE >> 12 << 10 | LEAF_BITS;
	const unsigned long other = READ_PAGE >> 12 << 10 | LEAF_BITS;
	unsigned long i;

	op[0] = NACC_OP_WORD(NACC_OP_PUTN, table, NACC_MAX_VALUES);
	for (i = 0; i < NACC_MAX_VALUES; i++)
		op[1 + i] = i < NACC_MAX_LONG ? other : known;
	report_cost("COMMIT of 256 odd values", NACC_SBI_EXT, NACC_CALL_COMMIT, 1, 0, 0, 0);
	ok(*(volatile unsigned long *)(table + 8 * 255) == known, "which are all stored");
	op[0] = NACC_OP_WORD(NACC_OP_SETN, table, NACC_SLOTS);
	op[1] = DATA >> 12 << 10 | LEAF_BITS;
	report_cost("COMMIT of 512 by SETN over pages", NACC_SBI_EXT, NACC_CALL_COMMIT,
		    1, 0, 0, 0);
	op[0] = NACC_OP_WORD(NACC_OP_CLEARN, table, NACC_SLOTS);
	op[1] = 0;
	report_cost("COMMIT of 512 by CLEARN", NACC_SBI_EXT, NACC_CALL_COMMIT, 1, 0, 0, 0);
}

/* 64 tables are taken out of one, and put back. */
static void report_links(void)
{
	volatile unsigned long *op = (volatile unsigned long *)nacc_info(NACC_INFO_OP_PAGE);
	unsigned long i, back;

	for (back = 0; back < 2; back++) {
		for (i = 0; i < NACC_MAX_OPS; i++) {
			op[2 * i] = NACC_OP_WORD(NACC_OP_SET,
						 frames[1] + 8 * (2 + DIRTY + i), 1);
			op[2 * i + 1] = back ? link_to(frames[2 + DIRTY + i]) : 0;
		}
		report_cost(back ? "COMMIT of 64 links" : "COMMIT of 64 unlinks",
			    NACC_SBI_EXT, NACC_CALL_COMMIT, NACC_MAX_OPS, 0, 0, 0);
	}
}

void test_longest(void)
{
	unsigned long free = nacc_info(NACC_INFO_FRAMES_FREE), space, calls = 0, i;

	take_all();
	space = tree_make();
	ok(nacc_info(NACC_INFO_FRAMES_FREE) == free - TABLES, "a tree of 320 tables");
	report_commits(frames[2]);
	report_links();
	for (i = 0; i < NACC_MAX_FRAMES; i++)
		list_of()[i] = frames[2 + i];
	report_cost("SPACE_RETIRE with a list of 64", NACC_SBI_EXT,
		    NACC_CALL_SPACE_RETIRE, space, NACC_MAX_FRAMES, 0, 0);
	do {
		report_cost("SPACE_RETIRE", NACC_SBI_EXT, NACC_CALL_SPACE_RETIRE,
			    space, 0, 0, 0);
		calls++;
	} while (nacc_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, space, 0).value >> 32 != 1 &&
		 calls < 100);
	report_cost("SPACE_DESTROY", NACC_SBI_EXT, NACC_CALL_SPACE_DESTROY, space, 0, 0, 0);
	for (calls = 0; nacc_info(NACC_INFO_FRAMES_QUARANTINED) && calls < 100; calls++)
		report_cost("RECLAIM", NACC_SBI_EXT, NACC_CALL_RECLAIM, 0, 0, 0, 0);
	ok(nacc_info(NACC_INFO_FRAMES_FREE) == free, "comes back in bounded calls");
	report_longest();
}
