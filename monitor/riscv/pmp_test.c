/* SPDX-License-Identifier: BSD-2-Clause */
/* What PMP registers permit, against the tables of the specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pmp.h"

#define R	NACC_PMP_R
#define W	NACC_PMP_W
#define X	NACC_PMP_X
#define L	NACC_PMP_L
#define NAPOT	NACC_PMP_NAPOT
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct nacc_span pool = { .base = 0xb8000000, .size = 0x4000000 };

static uint64_t napot(uint64_t base, uint64_t size)
{
	return base >> 2 | (size / 8 - 1);
}

static struct nacc_pmp one_entry(uint8_t cfg, uint64_t addr)
{
	struct nacc_pmp pmp = { .count = 16 };

	pmp.cfg[0] = cfg;
	pmp.addr[0] = addr;
	return pmp;
}

static bool permits(const struct nacc_pmp *pmp, unsigned int su)
{
	return nacc_pmp_permits(pmp, &pool, su, R | W);
}

static void permits__one_napot_entry__only_if_it_covers_the_pool(void **state)
{
	static const struct {
		uint64_t base, size;
		bool good;
	} rows[] = {
		{ 0xb8000000, 0x4000000, true },	/* exactly */
		{ 0xb0000000, 0x10000000, true },	/* more than that */
		{ 0xb8000000, 0x2000000, false },	/* its lower half */
		{ 0xba000000, 0x2000000, false },	/* its upper half */
		{ 0xb8000000, 0x8, false },		/* a few bytes of it */
		{ 0xbc000000, 0x4000000, false },	/* the neighbour above */
		{ 0xb4000000, 0x4000000, false },	/* the neighbour below */
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct nacc_pmp pmp = one_entry(NAPOT | R,
						napot(rows[i].base, rows[i].size));

		assert_int_equal(permits(&pmp, R), rows[i].good);
	}
}

static void permits__all_ones__the_whole_address_space(void **state)
{
	struct nacc_pmp pmp = one_entry(NAPOT | R, (1UL << 54) - 1);

	(void)state;
	assert_true(permits(&pmp, R));
}

static void permits__several_entries__the_lowest_that_matches_decides(void **state)
{
	struct nacc_pmp pmp = { .count = 16 };

	(void)state;
	pmp.cfg[1] = NAPOT | R;
	pmp.addr[1] = napot(pool.base, pool.size);
	pmp.cfg[2] = NAPOT | R | W | X;
	pmp.addr[2] = (1UL << 54) - 1;
	assert_true(permits(&pmp, R));

	/* One byte pattern in front is enough to spoil it. */
	pmp.cfg[0] = NACC_PMP_NA4 | R | W;
	pmp.addr[0] = (pool.base + pool.size - 4) >> 2;
	assert_false(permits(&pmp, R));
	pmp.addr[0] = (pool.base + pool.size) >> 2;
	assert_true(permits(&pmp, R));
	pmp.addr[0] = (pool.base - 4) >> 2;
	assert_true(permits(&pmp, R));
}

static void permits__entries_ran_out__nothing_protects(void **state)
{
	struct nacc_pmp pmp = { .count = 1 };

	(void)state;
	pmp.cfg[1] = NAPOT | R;
	pmp.addr[1] = napot(pool.base, pool.size);
	assert_false(permits(&pmp, R));
	pmp.count = 2;
	assert_true(permits(&pmp, R));
	pmp.count = 0;
	assert_false(permits(&pmp, R));
}

static void permits__top_of_range__from_the_entry_before(void **state)
{
	struct nacc_pmp pmp = { .count = 16 };

	(void)state;
	pmp.addr[0] = pool.base >> 2;
	pmp.cfg[1] = NACC_PMP_TOR | R;
	pmp.addr[1] = (pool.base + pool.size) >> 2;
	assert_true(permits(&pmp, R));
	pmp.addr[0] += 1;
	assert_false(permits(&pmp, R));
	pmp.addr[0] -= 1;
	pmp.addr[1] -= 1;
	assert_false(permits(&pmp, R));
	/* Empty: matches nothing. */
	pmp.addr[1] = pmp.addr[0];
	assert_false(permits(&pmp, R));
	/* The first entry begins at 0. */
	pmp = one_entry(NACC_PMP_TOR | R, (pool.base + pool.size) >> 2);
	assert_true(permits(&pmp, R));
}

struct rights {
	uint8_t cfg;
	uint8_t su, m;
};

static void check_rights(const struct rights *rows, unsigned int count, bool mml)
{
	unsigned int i, su;

	for (i = 0; i < count; i++) {
		struct nacc_pmp pmp = one_entry(NAPOT | rows[i].cfg,
						napot(pool.base, pool.size));

		pmp.mml = mml;
		for (su = 0; su <= (R | W | X); su++)
			assert_int_equal(nacc_pmp_permits(&pmp, &pool, su, 0),
					 su == rows[i].su);
		assert_true(nacc_pmp_permits(&pmp, &pool, rows[i].su, rows[i].m));
		for (su = 1; su <= X; su <<= 1)
			if (!(rows[i].m & su))
				assert_false(nacc_pmp_permits(&pmp, &pool,
							      rows[i].su, su));
	}
}

static void permits__without_mml__bits_mean_what_they_say(void **state)
{
	static const struct rights rows[] = {
		{ 0, 0, R | W | X }, { R, R, R | W | X }, { X, X, R | W | X },
		{ R | W, R | W, R | W | X }, { R | X, R | X, R | W | X },
		{ R | W | X, R | W | X, R | W | X },
		/* Locked: M-mode has to keep to it too. */
		{ L, 0, 0 }, { L | R, R, R }, { L | R | W, R | W, R | W },
	};

	(void)state;
	check_rights(rows, COUNT(rows), false);
}

/* The truth table of Smepmp, mseccfg.MML = 1. */
static void permits__with_mml__the_table_of_smepmp(void **state)
{
	static const struct rights rows[] = {
		{ 0, 0, 0 }, { X, X, 0 }, { W, R, R | W }, { W | X, R | W, R | W },
		{ R, R, 0 }, { R | X, R | X, 0 }, { R | W, R | W, 0 },
		{ R | W | X, R | W | X, 0 },
		{ L, 0, 0 }, { L | X, 0, X }, { L | W, X, X }, { L | W | X, X, R | X },
		{ L | R, 0, R }, { L | R | X, 0, R | X }, { L | R | W, 0, R | W },
		{ L | R | W | X, R, R },
	};

	(void)state;
	check_rights(rows, COUNT(rows), true);
}

static void permits__empty_or_wrapping_span__no(void **state)
{
	struct nacc_pmp pmp = one_entry(NAPOT | R, (1UL << 54) - 1);
	const struct nacc_span empty = { .base = pool.base };
	const struct nacc_span wraps = { .base = ~0UL - 4095, .size = 8192 };

	(void)state;
	assert_false(nacc_pmp_permits(&pmp, &empty, R, 0));
	assert_false(nacc_pmp_permits(&pmp, &wraps, R, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permits__one_napot_entry__only_if_it_covers_the_pool),
		cmocka_unit_test(permits__all_ones__the_whole_address_space),
		cmocka_unit_test(permits__several_entries__the_lowest_that_matches_decides),
		cmocka_unit_test(permits__entries_ran_out__nothing_protects),
		cmocka_unit_test(permits__top_of_range__from_the_entry_before),
		cmocka_unit_test(permits__without_mml__bits_mean_what_they_say),
		cmocka_unit_test(permits__with_mml__the_table_of_smepmp),
		cmocka_unit_test(permits__empty_or_wrapping_span__no),
	};

	return cmocka_run_group_tests_name("pmp", tests, NULL, NULL);
}
