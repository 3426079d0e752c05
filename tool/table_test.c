// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of table.c and svg.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nacc.h"

static const char text[] =
	"guarded:\tyes\n"
	"level0:\tframes 3 old 10 new 14\n"
	"table:\tlevel 2 0x0-0x8000000000 old 2 new 0\n"
	"table:\tlevel 1 0x0-0x40000000 old 1 new 1\n"
	"table:\tlevel 0 0x0-0x200000 old 3 new 0\n"
	"table:\tlevel 0 0x200000-0x400000 old 0 new 5\n"
	"table:\tlevel 1 0x3fc0000000-0x4000000000 old 1 new 0\n"
	"table:\tlevel 0 0x3fffe00000-0x4000000000 old 7 new 9\n";

static void tables_parse__all_fields(void **state)
{
	struct table *list;

	(void)state;
	assert_int_equal(tables_parse(text, &list), 6);
	assert_int_equal(list[1].level, 1);
	assert_int_equal(list[5].start, 0x3fffe00000);
	assert_int_equal(list[5].end, 0x4000000000);
	assert_int_equal(list[5].old, 7);
	assert_int_equal(list[5].new, 9);
	assert_int_equal(list[5].frames, 1);
	free(list);
	assert_int_equal(tables_parse("", &list), 0);
	free(list);
}

static void tables_parse__malformed__refused(void **state)
{
	static const char *const bad[] = {
		"table:\t\n", "table:\tlevel\n",
		"table:\tlevel 5 0x0-0x200000 old 3 new 0\n",
		"table:\tlevel 0 0x0-0x200000 old 3 new\n",
		"table:\tlevel 0 0x200000-0x200000 old 3 new 0\n",
		"table:\tlevel 0 0x400000-0x200000 old 3 new 0\n",
		"table:\tlevel 0 0x0-0x200000 old 3 new 0 more\n",
		"space:\t1\ntable:\tlevel 0\n",
	};
	struct table *list;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(tables_parse(bad[i], &list), -EINVAL);
}

static void tables_select__one_level_in_order(void **state)
{
	struct table *list, range;

	(void)state;
	assert_int_equal(tables_parse(text, &list), 6);
	assert_int_equal(tables_select(list, 6, 0), 3);
	assert_int_equal(list[0].old, 3);
	assert_int_equal(list[1].new, 5);
	assert_int_equal(list[2].old, 7);
	assert_int_equal(list[3].level, 2);

	/* Two that touch, and one apart. */
	assert_int_equal(tables_range(list, 3, &range), 2);
	assert_int_equal(range.start, 0);
	assert_int_equal(range.end, 0x400000);
	assert_int_equal(range.frames, 2);
	assert_int_equal(range.old, 3);
	assert_int_equal(range.new, 5);
	assert_int_equal(tables_range(list + 2, 1, &range), 1);
	assert_int_equal(range.frames, 1);
	assert_int_equal(tables_select(list, 6, 4), 0);
	free(list);
}

static void tables_cell__every_table_once(void **state)
{
	size_t n, cells, i, all;
	struct table list[40], sum;

	(void)state;
	for (i = 0; i < 40; i++)
		list[i] = (struct table){ 0, i, i + 1, 1, 1, 0 };
	for (n = 1; n <= 40; n++) {
		for (cells = 1; cells <= n; cells++) {
			for (all = i = 0; i < cells; i++) {
				all += tables_cell(list, n, i, cells, &sum);
				assert_true(sum.frames > 0);
				assert_int_equal(sum.old, sum.frames);
			}
			assert_int_equal(all, n);
		}
	}
}

static void svg_write__escapes_and_closes(void **state)
{
	struct map map = { .pid = 7, .command = "a<b>&c" };
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	(void)state;
	map.proc.root_level = 2;
	strcpy(map.proc.origin, "adopted");
	map.count = (size_t)tables_parse(text, &map.tables);
	svg_write(out, &map);
	fclose(out);
	assert_non_null(strstr(got, "a&lt;b>&amp;c"));
	assert_non_null(strstr(got, "0x3fffe00000-0x4000000000: 1 frames, 7 old, 9 new"));
	assert_string_equal(got + size - 7, "</svg>\n");
	free(map.tables);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_parse__all_fields),
		cmocka_unit_test(tables_parse__malformed__refused),
		cmocka_unit_test(tables_select__one_level_in_order),
		cmocka_unit_test(tables_cell__every_table_once),
		cmocka_unit_test(svg_write__escapes_and_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
