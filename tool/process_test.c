// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of process.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "nacc.h"

static void stat_parse__hostile_names__right_parent(void **state)
{
	pid_t parent = 0;

	(void)state;
	assert_int_equal(stat_parse("7 (sh) S 3 7 7 0 -1\n", &parent), 0);
	assert_int_equal(parent, 3);
	assert_int_equal(stat_parse("7 (a) R 99 (b) S 4 7\n", &parent), 0);
	assert_int_equal(parent, 4);
	assert_int_equal(stat_parse("7 ()) Z 5 7\n", &parent), 0);
	assert_int_equal(parent, 5);
	assert_int_equal(stat_parse("1 (init) S 0 1\n", &parent), 0);
	assert_int_equal(parent, 0);
}

static void stat_parse__malformed__refused(void **state)
{
	static const char *const bad[] = {
		"", "\n", "7", "7 (sh", "7 (sh)", "7 (sh) S", "7 (sh) S x",
		"7 (sh) S -1 7", "7 sh S 3 7",
	};
	pid_t parent = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(stat_parse(bad[i], &parent), -EINVAL);
	assert_int_equal(parent, 42);
}

static unsigned int marks(struct process *list, size_t n, pid_t root)
{
	unsigned int bits = 0;
	size_t i;

	for (i = 0; i < n; i++)
		list[i].marked = false;
	processes_mark(list, n, root);
	for (i = 0; i < n; i++)
		bits |= (unsigned int)list[i].marked << i;
	return bits;
}

static void processes_mark__root_and_descendants_only(void **state)
{
	/* A child may have a smaller number than its parent. */
	struct process list[] = {
		{ 1, 0, false }, { 2, 0, false }, { 3, 9, false },
		{ 4, 1, false }, { 9, 4, false }, { 10, 2, false },
	};

	(void)state;
	assert_int_equal(marks(list, 6, 1), 0x1d);
	assert_int_equal(marks(list, 6, 4), 0x1c);
	assert_int_equal(marks(list, 6, 9), 0x14);
	assert_int_equal(marks(list, 6, 3), 0x04);
	assert_int_equal(marks(list, 6, 2), 0x22);
	assert_int_equal(marks(list, 6, 77), 0);
	assert_int_equal(marks(list, 0, 1), 0);
}

static void processes_read__finds_this_one(void **state)
{
	struct process *list;
	int i, n = processes_read(&list), found = 0;

	(void)state;
	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		found += list[i].pid == getpid() && list[i].parent == getppid();
		assert_true(!i || list[i].pid > list[i - 1].pid);
		assert_false(list[i].marked);
	}
	assert_int_equal(found, 1);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_parse__hostile_names__right_parent),
		cmocka_unit_test(stat_parse__malformed__refused),
		cmocka_unit_test(processes_mark__root_and_descendants_only),
		cmocka_unit_test(processes_read__finds_this_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
