// SPDX-License-Identifier: BSD-2-Clause
/*
 * The validator as what it is: a function of value, level, policy and limits.
 * Each row is one value and the cause that it must get.
 */
#include <string.h>

#include "test.h"

#include "validate.h"

#define V	NACC_PTE_V
#define R	NACC_PTE_R
#define W	NACC_PTE_W
#define X	NACC_PTE_X
#define U	NACC_PTE_U
#define G	NACC_PTE_G
#define A	NACC_PTE_A
#define D	NACC_PTE_D
#define RO	(V | R | U)
#define RW	(V | R | W | U)
#define NAPOT	NACC_PTE_N
#define PBMT(n)	((uint64_t)(n) << 61)

#define MIB	0x100000UL
#define GIB	0x40000000UL

/* RAM 2..6 GiB and, adjacent, 6..7 GiB + 4 KiB; an image at 2 GiB + 16 MiB. */
#define RAM	(2 * GIB)
#define IMAGE	(RAM + 16 * MIB)

static struct nacc_limits limits;

static int setup(void **state)
{
	(void)state;
	limits = (struct nacc_limits){
		.ram = { { RAM, 4 * GIB }, { 6 * GIB, GIB + 4096 } },
		.ram_count = 2,
		.image = {
			/* NONE; RO inside it and over its end. */
			{ IMAGE, 4 * MIB, NACC_RANGE_NONE },
			{ IMAGE + 0x1000, 0x1000, NACC_RANGE_RO },
			{ IMAGE + 0x2000, 0x1000, NACC_RANGE_RO },
			{ IMAGE + 4 * MIB - 0x1000, 0x2000, NACC_RANGE_RO },
			/* Wholly covered by RO, by two pieces. */
			{ IMAGE + 8 * MIB, 4 * MIB, NACC_RANGE_NONE },
			{ IMAGE + 10 * MIB, 2 * MIB, NACC_RANGE_RO },
			{ IMAGE + 8 * MIB, 2 * MIB, NACC_RANGE_RO },
		},
		.image_count = 7,
		.svpbmt = true,
		.svnapot = true,
	};
	nacc_limits_update(&limits);
	return 0;
}

struct row {
	uint64_t pa;
	uint64_t bits;
	unsigned int level;
	unsigned int policy;
	enum nacc_cause cause;
};

static void run_rows(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		uint64_t value = machine_pte(r->pa, r->bits);
		unsigned int cause = nacc_leaf_check(&limits, value, r->level,
						     r->policy);

		if (cause != r->cause)
			fail_msg("row %zu: pa %#lx bits %#lx level %u: %s, not %s",
				 i, r->pa, r->bits, r->level,
				 nacc_cause_name(cause),
				 nacc_cause_name(r->cause));
		/* The slow function alone is complete. */
		assert_int_equal(nacc_leaf_check_slow(&limits, value, r->level,
						      r->policy), cause);
	}
}

#define RUN_ROWS(rows)	run_rows(rows, ARRAY_SIZE(rows))

static void leaf_check__permission_bits__all_combinations(void **state)
{
	static const struct row rows[] = {
		{ 3 * GIB, V | R | U,			0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, V | X | U,			0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, V | R | X | U | A,		0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, V | R | W | U | A | D,	0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, V | R | W | X | U,		0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, RW | 0x300,			0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, V | W | U,			0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, V | W | X | U,		0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, V | R,			0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, V | R | W | X,		0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, RW | G,			0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, V | R | G,			0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, RW | 1UL << 54,		0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, RW | 1UL << 57,		0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, RW | 1UL << 60,		0, 0, NACC_CAUSE_BITS },
		{ 3 * GIB, RW | 1UL << 60,		1, 0, NACC_CAUSE_BITS },
	};

	(void)state;
	RUN_ROWS(rows);
}

static void leaf_check__wx__is_the_policys(void **state)
{
	const unsigned int deny = NACC_POLICY_WX_DENY;
	const struct row rows[] = {
		{ 3 * GIB, RW | X,		0, 0,			NACC_CAUSE_NONE },
		{ 3 * GIB, RW | X,		0, NACC_POLICY_NEW,	NACC_CAUSE_NONE },
		{ 3 * GIB, RW | X,		0, deny,		NACC_CAUSE_WX },
		{ 3 * GIB, RW | X,		1, deny,		NACC_CAUSE_WX },
		{ 3 * GIB, RW | X,		2, deny | NACC_POLICY_NEW, NACC_CAUSE_WX },
		{ 3 * GIB, RW,			0, deny,		NACC_CAUSE_NONE },
		{ 3 * GIB, RO | X,		0, deny,		NACC_CAUSE_NONE },
	};

	(void)state;
	RUN_ROWS(rows);
}

static void leaf_check__levels_and_alignment__up_to_1_gib(void **state)
{
	static const struct row rows[] = {
		{ 3 * GIB + 2 * MIB, RW,	1, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, RW,			2, 0, NACC_CAUSE_NONE },
		{ 3 * GIB + 4096, RW,		1, 0, NACC_CAUSE_ALIGN },
		{ 3 * GIB + MIB, RW,		1, 0, NACC_CAUSE_ALIGN },
		{ 3 * GIB + 2 * MIB, RW,	2, 0, NACC_CAUSE_ALIGN },
		{ 0, RW,			3, 0, NACC_CAUSE_LEVEL },
		{ 3 * GIB, RW,			3, 0, NACC_CAUSE_LEVEL },
		{ 3 * GIB, RW,			4, 0, NACC_CAUSE_LEVEL },
	};

	(void)state;
	RUN_ROWS(rows);
}

static void leaf_check__target__wholly_inside_ram(void **state)
{
	static const struct row rows[] = {
		{ RAM, RW,				0, 0, NACC_CAUSE_NONE },
		{ RAM - 4096, RW,			0, 0, NACC_CAUSE_TARGET },
		{ 0, RW,				0, 0, NACC_CAUSE_TARGET },
		{ 6 * GIB - 4096, RW,			0, 0, NACC_CAUSE_NONE },
		{ 6 * GIB, RW,				0, 0, NACC_CAUSE_NONE },
		{ 7 * GIB, RW,				0, 0, NACC_CAUSE_NONE },
		{ 7 * GIB + 4096, RW,			0, 0, NACC_CAUSE_TARGET },
		{ 0xfffffffffff000UL, RW,		0, 0, NACC_CAUSE_TARGET },
		{ 5 * GIB, RW,				2, 0, NACC_CAUSE_NONE },
		{ 6 * GIB, RW,				2, 0, NACC_CAUSE_NONE },
		{ 7 * GIB, RW,				2, 0, NACC_CAUSE_TARGET },
		{ 7 * GIB, RW,				1, 0, NACC_CAUSE_TARGET },
		{ GIB, RW,				2, 0, NACC_CAUSE_TARGET },
	};

	(void)state;
	RUN_ROWS(rows);
}

static void leaf_check__image__none_and_its_read_only_exceptions(void **state)
{
	static const struct row rows[] = {
		{ IMAGE - 4096, RW,			0, 0, NACC_CAUSE_NONE },
		{ IMAGE, RW,				0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE, RO,				0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE, RO | X,			0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 0x1000, RO,			0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 0x1000, RO | X,		0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 0x1000, RW,			0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 0x2000, RO,			0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 0x3000, RO,			0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 4 * MIB - 0x1000, RO,		0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 4 * MIB, RO,			0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 4 * MIB, RW,			0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 4 * MIB + 0x1000, RW,		0, 0, NACC_CAUSE_NONE },
		/* Superpages that touch. */
		{ IMAGE - 2 * MIB, RW,			1, 0, NACC_CAUSE_NONE },
		{ IMAGE, RO,				1, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 2 * MIB, RO,			1, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 4 * MIB, RO,			1, 0, NACC_CAUSE_NONE },
		{ IMAGE + 4 * MIB, RW,			1, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 6 * MIB, RW,			1, 0, NACC_CAUSE_NONE },
		{ IMAGE + 8 * MIB, RO,			1, 0, NACC_CAUSE_NONE },
		{ IMAGE + 8 * MIB, RW,			1, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 10 * MIB, RO,			1, 0, NACC_CAUSE_NONE },
		{ IMAGE + 12 * MIB, RW,			1, 0, NACC_CAUSE_NONE },
		{ RAM, RO,				2, 0, NACC_CAUSE_IMAGE },
		{ 3 * GIB, RW,				2, 0, NACC_CAUSE_NONE },
	};

	(void)state;
	RUN_ROWS(rows);
}

static void leaf_check__memory_types__as_the_hart_has_them(void **state)
{
	static const struct row with[] = {
		{ 3 * GIB, RW | PBMT(1),		0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, RW | PBMT(2),		1, 0, NACC_CAUSE_NONE },
		{ 3 * GIB, RW | PBMT(3),		0, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB + 0x8000, RW | NAPOT,		0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB + 0x18000, RW | NAPOT | PBMT(1), 0, 0, NACC_CAUSE_NONE },
		{ 3 * GIB + 0x7000, RW | NAPOT,		0, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB + 0x9000, RW | NAPOT,		0, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB, RW | NAPOT,			0, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB + 0x8000, RW | NAPOT,		1, 0, NACC_CAUSE_MEMTYPE },
		/* The whole 64 KiB count. */
		{ IMAGE + 0x8000, RO | NAPOT,		0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE - 0x8000, RO | NAPOT,		0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 4 * MIB - 0x8000, RO | NAPOT,	0, 0, NACC_CAUSE_IMAGE },
		{ IMAGE + 4 * MIB + 0x8000, RO | NAPOT,	0, 0, NACC_CAUSE_NONE },
		{ IMAGE + 4 * MIB + 0x8000, RW | NAPOT,	0, 0, NACC_CAUSE_IMAGE },
		{ 7 * GIB + 0x8000, RW | NAPOT,		0, 0, NACC_CAUSE_TARGET },
		{ 7 * GIB - 0x8000, RW | NAPOT,		0, 0, NACC_CAUSE_NONE },
	};
	static const struct row without[] = {
		{ 3 * GIB, RW | PBMT(1),		0, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB, RW | PBMT(2),		1, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB + 0x8000, RW | NAPOT,		0, 0, NACC_CAUSE_MEMTYPE },
		{ 3 * GIB + 0x8000, RW,			0, 0, NACC_CAUSE_NONE },
	};

	(void)state;
	RUN_ROWS(with);
	limits.svpbmt = false;
	limits.svnapot = false;
	RUN_ROWS(without);
}

static void run_check__pages_of_a_run__each_must_be_allowed(void **state)
{
	static const struct {
		uint64_t pa;
		uint64_t bits;
		unsigned int count;
		enum nacc_cause cause;
	} rows[] = {
		{ 3 * GIB, RW, 512, NACC_CAUSE_NONE },
		{ 3 * GIB, V, 2, NACC_CAUSE_LEVEL },
		{ 3 * GIB, V | W | U, 2, NACC_CAUSE_BITS },
		{ IMAGE - 0x2000, RW, 2, NACC_CAUSE_NONE },
		{ IMAGE - 0x2000, RW, 3, NACC_CAUSE_IMAGE },
		{ IMAGE + 0x1000, RO, 2, NACC_CAUSE_NONE },
		{ IMAGE + 0x1000, RO, 3, NACC_CAUSE_IMAGE },
		{ 7 * GIB, RW, 1, NACC_CAUSE_NONE },
		{ 7 * GIB, RW, 2, NACC_CAUSE_TARGET },
		{ RAM - 4096, RW, 2, NACC_CAUSE_TARGET },
		/* Over the border of two spans that touch. */
		{ 6 * GIB - 4096, RW, 2, NACC_CAUSE_NONE },
		/* A second page of a napot pattern is none. */
		{ 3 * GIB + 0x8000, RW | NAPOT, 1, NACC_CAUSE_NONE },
		{ 3 * GIB + 0x8000, RW | NAPOT, 2, NACC_CAUSE_MEMTYPE },
		{ IMAGE + 0x8000, RO | NAPOT, 1, NACC_CAUSE_IMAGE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(
			nacc_cause_name(nacc_run_check(&limits,
					machine_pte(rows[i].pa, rows[i].bits),
					rows[i].count, 0)),
			nacc_cause_name(rows[i].cause));
}

static void link_check__any_other_bit__refused(void **state)
{
	uint64_t link = machine_link(3 * GIB);
	unsigned int bit;

	(void)state;
	assert_int_equal(nacc_link_check(link, 0), NACC_CAUSE_LEVEL);
	assert_int_equal(nacc_link_check(link | NACC_PTE_NEW, 1), NACC_CAUSE_NONE);
	assert_int_equal(nacc_link_check(link, 4), NACC_CAUSE_NONE);
	for (bit = 4; bit < 64; bit++) {
		if (bit >= 10 && bit < 54)
			continue;
		assert_int_equal(nacc_link_check(link | 1UL << bit, 2),
				 bit == 9 ? NACC_CAUSE_NONE : NACC_CAUSE_BITS);
	}
}

static void pte_new__same_page_and_no_gain__keeps_the_bit(void **state)
{
	const uint64_t page = machine_pte(3 * GIB, 0);
	const uint64_t other = machine_pte(3 * GIB + 4096, 0);
	const uint64_t new = NACC_PTE_NEW;
	const struct {
		uint64_t old;
		uint64_t value;
		unsigned int policy;
		uint64_t bit;
	} rows[] = {
		/* Nothing was there: the policy's. */
		{ 0,			page | RW,	0,		 0 },
		{ 0,			page | RW,	NACC_POLICY_NEW, new },
		{ (page | RW | new) & ~V, page | RW,	0,		 0 },
		{ (page | RW) & ~V,	page | RW,	NACC_POLICY_NEW, new },
		/* The caller's bit does not count. */
		{ 0,			page | RW | new, 0,		 0 },
		{ page | RW,		page | RW | new, NACC_POLICY_NEW, 0 },
		/* Same page: A, D and less permission change nothing. */
		{ page | RW,		page | RW | A | D, NACC_POLICY_NEW, 0 },
		{ page | RW | new,	page | RO,	NACC_POLICY_NEW, new },
		{ page | RW,		page | RO,	NACC_POLICY_NEW, 0 },
		{ page | RW | new,	page | RW,	0,		 new },
		/* A gain, or another page: the policy's. */
		{ page | RO,		page | RW,	NACC_POLICY_NEW, new },
		{ page | RO,		page | RO | X,	NACC_POLICY_NEW, new },
		{ page | RO | new,	page | RW,	0,		 0 },
		{ page | RW,		other | RW,	NACC_POLICY_NEW, new },
		{ page | RW | NAPOT,	page | RW,	NACC_POLICY_NEW, new },
		{ page | RW,		page | RW | NAPOT, NACC_POLICY_NEW, new },
		{ page | RW | NAPOT,	page | RO | NAPOT, NACC_POLICY_NEW, 0 },
		/* Leaf and link over each other, even of one frame. */
		{ page | V,		page | RW,	NACC_POLICY_NEW, new },
		{ page | V | new,	page | RW,	0,		 0 },
		{ page | RW,		page | V,	NACC_POLICY_NEW, new },
		{ page | RW | new,	page | V,	0,		 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t got = nacc_pte_new(rows[i].old, rows[i].value,
					    rows[i].policy);

		if (got != ((rows[i].value & ~new) | rows[i].bit))
			fail_msg("row %zu: %#lx over %#lx gave %#lx", i,
				 rows[i].value, rows[i].old, got);
	}
}

static void limits_update__fast_span__touches_no_image_range(void **state)
{
	(void)state;
	assert_int_equal(limits.pieces[0].page, (IMAGE + 12 * MIB) / 4096);
	assert_int_equal(limits.pieces[0].count,
			 (6 * GIB - (IMAGE + 12 * MIB)) / 4096);

	/* The image reaches to the end of the larger span: the other is used. */
	limits.image[0].size = 8 * GIB - IMAGE;
	limits.ram[1].base = 9 * GIB;
	nacc_limits_update(&limits);
	assert_int_equal(limits.pieces[0].page, 9 * GIB / 4096);
	assert_int_equal(limits.pieces[1].page, RAM / 4096);
	assert_int_equal(limits.pieces[1].count, (IMAGE - RAM) / 4096);

	limits.ram_count = 0;
	nacc_limits_update(&limits);
	assert_int_equal(limits.pieces[0].count, 0);
	assert_int_equal(nacc_leaf_check(&limits, machine_pte(0, RW), 0, 0),
			 NACC_CAUSE_TARGET);
	assert_int_equal(limits.pieces[1].count, 0);
}

/* Page by page, by what the ranges say, without areas or pieces. */
static unsigned int page_cause(uint64_t pa, bool write)
{
	bool ram = false, ro = false, none = false;
	unsigned int i;

	for (i = 0; i < limits.ram_count; i++)
		ram |= pa - limits.ram[i].base < limits.ram[i].size;
	for (i = 0; i < limits.image_count; i++) {
		bool inside = pa - limits.image[i].base < limits.image[i].size;

		ro |= inside && limits.image[i].kind == NACC_RANGE_RO;
		none |= inside && limits.image[i].kind == NACC_RANGE_NONE;
	}
	if (!ram)
		return NACC_CAUSE_TARGET;
	return (ro && write) || (none && !ro) ? NACC_CAUSE_IMAGE : NACC_CAUSE_NONE;
}

/* The first page that is refused says why. */
static unsigned int pages_cause(uint64_t pa, unsigned int count, bool write)
{
	unsigned int i, cause = NACC_CAUSE_NONE;

	for (i = 0; i < count && !cause; i++)
		cause = page_cause(pa + i * 4096UL, write);
	return cause;
}

static void same_answers(uint64_t round, uint64_t pa, unsigned int count)
{
	int write;

	for (write = 0; write < 2; write++) {
		uint64_t value = machine_pte(pa, write ? RW : RO);

		if (nacc_leaf_check(&limits, value, 0, 0) != page_cause(pa, write) ||
		    nacc_leaf_check_long(&limits, value, 0, 0) != page_cause(pa, write))
			fail_msg("round %lu, %#lx: page: %u, %u, wanted %u", round, value,
				 nacc_leaf_check(&limits, value, 0, 0),
				 nacc_leaf_check_long(&limits, value, 0, 0),
				 page_cause(pa, write));
		if (nacc_run_check(&limits, value, count, 0) !=
		    pages_cause(pa, count, write))
			fail_msg("round %lu, %#lx: run of %u", round, value, count);
	}
}

static uint64_t random_state;

/* The high bits of a linear congruence, below @n. */
static uint64_t below(uint64_t n)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (random_state >> 33) % n;
}

/* Every page of random spans and images in 64 pages of memory. */
static void limits_update__any_ranges__answers_are_theirs(void **state)
{
	unsigned int round, i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		random_state = round;
		limits.ram_count = 1 + below(2);
		limits.image_count = below(6);
		for (i = 0; i < limits.ram_count; i++)
			limits.ram[i] = (struct nacc_span){
				RAM + (32 * i + below(16)) * 4096UL,
				(1 + below(16)) * 4096UL };
		for (i = 0; i < limits.image_count; i++)
			limits.image[i] = (struct nacc_range){
				RAM + below(56) * 4096UL,
				(1 + below(8)) * 4096UL,
				below(2) ? NACC_RANGE_RO : NACC_RANGE_NONE };
		nacc_limits_update(&limits);
		for (i = 0; i < 66; i++)
			same_answers(round, RAM + (i - 1UL) * 4096, 1 + below(12));
	}
}

/* As many areas as ranges can make of RAM. */
static void limits_update__most_areas__fit(void **state)
{
	unsigned int i;

	(void)state;
	limits.ram_count = NACC_MAX_RAM;
	for (i = 0; i < NACC_MAX_RAM; i++)
		limits.ram[i] = (struct nacc_span){ RAM + i * MIB, MIB };
	limits.image_count = NACC_MAX_RANGES;
	for (i = 0; i < NACC_MAX_RANGES; i++)
		limits.image[i] = (struct nacc_range){ RAM + i * MIB + 4096, 4096,
						       NACC_RANGE_NONE };
	nacc_limits_update(&limits);
	assert_int_equal(limits.area_count, NACC_MAX_AREAS);
	for (i = 0; i < NACC_MAX_RAM * 256; i++)
		same_answers(0, RAM + i * 4096UL, 3);
}

#define pure(f)	cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pure(leaf_check__permission_bits__all_combinations),
		pure(leaf_check__wx__is_the_policys),
		pure(leaf_check__levels_and_alignment__up_to_1_gib),
		pure(leaf_check__target__wholly_inside_ram),
		pure(leaf_check__image__none_and_its_read_only_exceptions),
		pure(leaf_check__memory_types__as_the_hart_has_them),
		pure(run_check__pages_of_a_run__each_must_be_allowed),
		pure(link_check__any_other_bit__refused),
		pure(pte_new__same_page_and_no_gain__keeps_the_bit),
		pure(limits_update__fast_span__touches_no_image_range),
		pure(limits_update__any_ranges__answers_are_theirs),
		pure(limits_update__most_areas__fit),
	};

	return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
