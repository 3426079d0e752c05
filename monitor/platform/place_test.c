/* SPDX-License-Identifier: BSD-2-Clause */
/* Placement of the pool among what is taken, and the syntax of nacc.pool=. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "place.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define M		(1UL << 20)
#define RAM		0x80000000UL

static struct nacc_map map;

static int setup(void **state)
{
	(void)state;
	memset(&map, 0, sizeof(map));
	nacc_map_ram(&map, RAM, 1024 * M);
	return 0;
}

static void find__empty_ram__as_high_as_possible(void **state)
{
	struct nacc_span span;

	(void)state;
	assert_true(nacc_map_find(&map, 64 * M, ~0UL, &span));
	assert_int_equal(span.base, RAM + 960 * M);
	assert_int_equal(span.size, 64 * M);
	assert_true(nacc_map_find(&map, 1024 * M, ~0UL, &span));
	assert_int_equal(span.base, RAM);
	assert_false(nacc_map_find(&map, 2048 * M, ~0UL, &span));
}

static void find__taken_on_top__naturally_aligned_below_it(void **state)
{
	struct nacc_span span;

	(void)state;
	nacc_map_take(&map, RAM + 1023 * M, 4096);
	assert_true(nacc_map_find(&map, 64 * M, ~0UL, &span));
	assert_int_equal(span.base, RAM + 896 * M);
	nacc_map_take(&map, RAM + 896 * M + 4096, 1);
	assert_true(nacc_map_find(&map, 64 * M, ~0UL, &span));
	assert_int_equal(span.base, RAM + 832 * M);
}

static void find__limit__wholly_below_it(void **state)
{
	struct nacc_span span;

	(void)state;
	assert_true(nacc_map_find(&map, 64 * M, RAM + 200 * M, &span));
	assert_int_equal(span.base, RAM + 128 * M);
	assert_false(nacc_map_find(&map, 64 * M, RAM + 63 * M, &span));
}

static void find__several_ranges__the_highest_that_fits(void **state)
{
	struct nacc_span span;

	(void)state;
	nacc_map_ram(&map, 0x200000000, 32 * M);
	nacc_map_ram(&map, 0x100000000, 256 * M);
	assert_true(nacc_map_find(&map, 32 * M, ~0UL, &span));
	assert_int_equal(span.base, 0x200000000);
	assert_true(nacc_map_find(&map, 64 * M, ~0UL, &span));
	assert_int_equal(span.base, 0x100000000 + 192 * M);
	assert_true(nacc_map_find(&map, 512 * M, ~0UL, &span));
	assert_int_equal(span.base, RAM + 512 * M);
}

static void find__unaligned_ram__no_part_outside(void **state)
{
	struct nacc_span span;

	(void)state;
	memset(&map, 0, sizeof(map));
	nacc_map_ram(&map, RAM + 4096, 128 * M);
	assert_true(nacc_map_find(&map, 32 * M, ~0UL, &span));
	assert_int_equal(span.base, RAM + 96 * M);
	assert_false(nacc_map_find(&map, 128 * M, ~0UL, &span));
}

static void find__everything_taken__nothing(void **state)
{
	struct nacc_span span;

	(void)state;
	nacc_map_take(&map, 0, ~0UL);
	assert_false(nacc_map_find(&map, 4096, ~0UL, &span));
}

static void find__too_many_spans__nothing_is_placed(void **state)
{
	struct nacc_span span = { RAM, 4096 };
	unsigned int i;

	(void)state;
	for (i = 0; i < NACC_MAP_MAX; i++)
		nacc_map_take(&map, RAM, 4096);
	assert_false(map.overflow);
	nacc_map_take(&map, RAM + 512 * M, 4096);
	assert_true(map.overflow);
	assert_false(nacc_map_find(&map, 4096, ~0UL, &span));
	assert_false(nacc_map_fits(&map, &span));
}

static void fits__inside_and_free__only_then(void **state)
{
	static const struct {
		uint64_t base, size;
		bool good;
	} rows[] = {
		{ RAM, 64 * M, true },
		{ RAM + 960 * M, 64 * M, true },
		{ RAM - 64 * M, 64 * M, false },
		{ RAM + 961 * M, 64 * M, false },
		{ RAM + 512 * M, 64 * M, false },	/* taken in the middle */
		{ RAM + 448 * M, 64 * M, true },	/* ends where it begins */
		{ RAM + 544 * M, 64 * M, true },	/* begins where it ends */
		{ RAM, 0, false },
		{ ~0UL - 4095, 8192, false },
	};
	unsigned int i;

	(void)state;
	nacc_map_take(&map, RAM + 512 * M, 32 * M);
	for (i = 0; i < COUNT(rows); i++) {
		struct nacc_span span = { rows[i].base, rows[i].size };

		assert_int_equal(nacc_map_fits(&map, &span), rows[i].good);
	}
}

static void assert_span(const struct nacc_span *span, uint64_t base, uint64_t end)
{
	assert_int_equal(span->base, base);
	assert_int_equal(span->base + span->size, end);
}

static void free__overlapping_and_unaligned__sorted_whole_pages(void **state)
{
	struct nacc_span span[8];

	(void)state;
	nacc_map_ram(&map, 0x1000, 0x2000);
	nacc_map_take(&map, RAM + 16 * M + 1, 4096);
	nacc_map_take(&map, RAM + 16 * M, 8192);
	nacc_map_take(&map, RAM, 2 * M);
	nacc_map_take(&map, RAM + 1023 * M, 4 * M);
	assert_int_equal(nacc_map_free(&map, span, COUNT(span)), 3);
	assert_span(&span[0], 0x1000, 0x3000);
	assert_span(&span[1], RAM + 2 * M, RAM + 16 * M);
	assert_span(&span[2], RAM + 16 * M + 8192, RAM + 1023 * M);
}

static void free__adjacent_ram__one_span(void **state)
{
	struct nacc_span span[8];

	(void)state;
	nacc_map_ram(&map, RAM + 1024 * M, 64 * M);
	nacc_map_ram(&map, RAM - 64 * M, 64 * M);
	assert_int_equal(nacc_map_free(&map, span, COUNT(span)), 1);
	assert_span(&span[0], RAM - 64 * M, RAM + 1088 * M);
}

static void free__less_than_a_page__left_out(void **state)
{
	struct nacc_span span[8];

	(void)state;
	nacc_map_take(&map, RAM + 100, 1024 * M - 200);
	assert_int_equal(nacc_map_free(&map, span, COUNT(span)), 0);
}

static void free__more_than_fits__the_lowest(void **state)
{
	struct nacc_span span[2];

	(void)state;
	nacc_map_take(&map, RAM + 16 * M, M);
	nacc_map_take(&map, RAM + 32 * M, M);
	assert_int_equal(nacc_map_free(&map, span, COUNT(span)), 2);
	assert_span(&span[1], RAM + 17 * M, RAM + 32 * M);
}

static void parse__good__size_and_address(void **state)
{
	static const struct {
		const char *text;
		uint64_t size, base;
		bool fixed;
	} rows[] = {
		{ "64M", 64 * M, 0, false },
		{ "1048576", M, 0, false },
		{ "1024K", M, 0, false },
		{ "2g", 2048 * M, 0, false },
		{ "0x4000000", 64 * M, 0, false },
		{ "32M@0x90000000", 32 * M, 0x90000000, true },
		{ "32M@2304M", 32 * M, 0x90000000, true },
		{ "1M@0", M, 0, true },
	};
	struct nacc_want want;
	unsigned int i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_null(nacc_want_parse(rows[i].text, strlen(rows[i].text), &want));
		assert_int_equal(want.size, rows[i].size);
		assert_int_equal(want.base, rows[i].base);
		assert_int_equal(want.fixed, rows[i].fixed);
	}
}

static void parse__bad__says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *wrong;
	} rows[] = {
		{ "", "SIZE" }, { "banana", "SIZE" }, { "M", "SIZE" },
		{ "64MB", "SIZE" }, { "64M@", "SIZE" }, { "64M@x", "SIZE" },
		{ "64M@0x90000000,", "SIZE" }, { "-64M", "SIZE" }, { "0x", "SIZE" },
		{ "18446744073709551616", "SIZE" }, { "0x10000000000000000", "SIZE" },
		{ "17179869184G", "SIZE" },
		{ "0", "power" }, { "48M", "power" }, { "16777217", "power" },
		{ "512K", "small" }, { "1", "small" },
		{ "64M@0x90001000", "aligned" }, { "64M@0x92000000", "aligned" },
	};
	struct nacc_want want;
	const char *wrong;
	unsigned int i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		wrong = nacc_want_parse(rows[i].text, strlen(rows[i].text), &want);
		assert_non_null(wrong);
		assert_non_null(strstr(wrong, rows[i].wrong));
	}
}

static void find_word__command_lines__last_whole_word(void **state)
{
	static const struct {
		const char *line, *value;
	} rows[] = {
		{ "nacc.pool=64M", "64M" },
		{ "quiet nacc.pool=64M panic=1", "64M" },
		{ "nacc.pool=1M nacc.pool=2M", "2M" },
		{ "nacc.pool=", "" },
		{ "\tnacc.pool=8M\n", "8M" },
		{ "xnacc.pool=64M", NULL },
		{ "nacc.pools=64M", NULL },
		{ "nacc.pool", NULL },
		{ "nacc.poo=1", NULL },
		{ "", NULL },
	};
	size_t length = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *value = nacc_want_find(rows[i].line, strlen(rows[i].line) + 1,
						   "nacc.pool", &length);

		if (!rows[i].value) {
			assert_null(value);
			continue;
		}
		assert_non_null(value);
		assert_int_equal(length, strlen(rows[i].value));
		assert_memory_equal(value, rows[i].value, length);
	}
}

static void pow2__any_value__rounded_up(void **state)
{
	(void)state;
	assert_int_equal(nacc_pow2(0), 1);
	assert_int_equal(nacc_pow2(1), 1);
	assert_int_equal(nacc_pow2(4097), 8192);
	assert_int_equal(nacc_pow2(16 * M), 16 * M);
	assert_int_equal(nacc_pow2(~0UL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(find__empty_ram__as_high_as_possible, setup),
		cmocka_unit_test_setup(find__taken_on_top__naturally_aligned_below_it, setup),
		cmocka_unit_test_setup(find__limit__wholly_below_it, setup),
		cmocka_unit_test_setup(find__several_ranges__the_highest_that_fits, setup),
		cmocka_unit_test_setup(find__unaligned_ram__no_part_outside, setup),
		cmocka_unit_test_setup(find__everything_taken__nothing, setup),
		cmocka_unit_test_setup(find__too_many_spans__nothing_is_placed, setup),
		cmocka_unit_test_setup(fits__inside_and_free__only_then, setup),
		cmocka_unit_test_setup(free__overlapping_and_unaligned__sorted_whole_pages, setup),
		cmocka_unit_test_setup(free__adjacent_ram__one_span, setup),
		cmocka_unit_test_setup(free__less_than_a_page__left_out, setup),
		cmocka_unit_test_setup(free__more_than_fits__the_lowest, setup),
		cmocka_unit_test(parse__good__size_and_address),
		cmocka_unit_test(parse__bad__says_what_is_wrong),
		cmocka_unit_test(find_word__command_lines__last_whole_word),
		cmocka_unit_test(pow2__any_value__rounded_up),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
