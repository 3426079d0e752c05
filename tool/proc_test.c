// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of the parsers, on the build host. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nacc.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define HEAD	"guarded:\tyes\nspace:\t1000a\norigin:\tborn\nstate:\tlive\n"
#define LOWER	"level1:\tframes 3 old 1 new 4\nlevel0:\tframes 5 old 0 new 61\n"
#define SV39	HEAD "root:\t0xbc003000 level 2\n" \
		"level2:\tframes 1 old 0 new 2\n" LOWER

static void proc_parse__sv39__all_fields(void **state)
{
	struct proc proc;
	struct level sum;

	(void)state;
	assert_int_equal(proc_parse(SV39, &proc), 0);
	assert_true(proc.guarded);
	assert_int_equal(proc.space, 0x1000a);
	assert_string_equal(proc.origin, "born");
	assert_string_equal(proc.state, "live");
	assert_int_equal(proc.root, 0xbc003000);
	assert_int_equal(proc.root_level, 2);
	assert_true(proc.level[2].present);
	assert_false(proc.level[3].present);
	assert_int_equal(proc.level[1].old, 1);
	assert_int_equal(proc.level[0].new, 61);
	sum = proc_sum(&proc);
	assert_int_equal(sum.frames, 9);
	assert_int_equal(sum.old, 1);
	assert_int_equal(sum.new, 67);
}

static void proc_parse__sv57__five_levels(void **state)
{
	struct proc proc;

	(void)state;
	assert_int_equal(proc_parse(HEAD "root:\t0x1bc003000 level 4\n"
				    "level4:\tframes 1 old 0 new 1\n"
				    "level3:\tframes 1 old 0 new 2\n"
				    "level2:\tframes 2 old 0 new 2\n" LOWER,
				    &proc), 0);
	assert_int_equal(proc.root, 0x1bc003000);
	assert_int_equal(proc_sum(&proc).frames, 12);
}

static void proc_parse__not_guarded__nothing_else(void **state)
{
	struct proc proc;

	(void)state;
	assert_int_equal(proc_parse("guarded:\tno\n", &proc), 0);
	assert_false(proc.guarded);
	assert_int_equal(proc.space, 0);
}

static void proc_parse__unknown_key__skipped(void **state)
{
	struct proc proc;

	(void)state;
	assert_int_equal(proc_parse(SV39 "colour:\tblue\nlevel9:\tx\n", &proc), 0);
	assert_int_equal(proc.space, 0x1000a);
}

static void proc_parse__malformed__refused(void **state)
{
	static const char *const bad[] = {
		"",
		"guarded:\tyes\n",			/* keys are missing */
		"guarded:\tmaybe\n",
		"guarded: no\n",			/* no tab */
		"guarded:\tno",				/* cut off */
		":\tno\n",
		"space:\t1\n",				/* no guarded line */
		SV39 "space:\t-1\n",
		SV39 "space:\t1x\n",
		SV39 "space:\t\n",
		SV39 "root:\tbc003000 level 2\n",	/* no 0x */
		SV39 "root:\t0xbc003000 level 5\n",	/* no such level */
		SV39 "root:\t0xbc003000 level 3\n",	/* level3 line missing */
		SV39 "level3:\tframes 1 old 0 new 1\n",	/* above the root */
		SV39 "level0:\tframes 5 old 0\n",
		SV39 "level0:\tframes 5 old 0 new 61 and more\n",
		SV39 "state:\ttwo words\n",
		SV39 "state:\tmuch-too-long-to-be-true\n",
		HEAD "root:\t0xbc003000 level 2\nlevel2:\tframes 1 old 0 new 2\n",
	};
	struct proc proc;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (proc_parse(bad[i], &proc) != -EINVAL)
			fail_msg("case %zu was taken: %s", i, bad[i]);
}

static void number_parse__forms(void **state)
{
	unsigned long value;

	(void)state;
	assert_int_equal(number_parse("0\n", &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(number_parse("18446744073709551615\n", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(number_parse("18446744073709551616\n", &value), -ERANGE);
	assert_int_equal(number_parse("", &value), -EINVAL);
	assert_int_equal(number_parse("-1", &value), -EINVAL);
	assert_int_equal(number_parse(" 1", &value), -EINVAL);
	assert_int_equal(number_parse("1 2", &value), -EINVAL);
	assert_int_equal(number_parse("0x10", &value), -EINVAL);
}

static void pid_parse__no_more_than_a_pid_holds(void **state)
{
	pid_t pid;

	(void)state;
	assert_int_equal(pid_parse("2147483647", &pid), 0);
	assert_int_equal(pid, 2147483647);
	assert_int_equal(pid_parse("2147483648", &pid), -ERANGE);
	assert_int_equal(pid_parse("4294967297", &pid), -ERANGE);
	assert_int_equal(pid_parse("1x", &pid), -EINVAL);
}

static void isa_has__whole_names_only(void **state)
{
	static const char isa[] = "isa\t\t: rv64imafdc_zicsr_svade_svinval\n";

	(void)state;
	assert_true(isa_has(isa, "svade"));
	assert_true(isa_has(isa, "zicsr"));
	assert_true(isa_has(isa, "svinval"));
	assert_false(isa_has(isa, "svadu"));
	assert_false(isa_has(isa, "sva"));
	assert_false(isa_has(isa, "svades"));
	assert_false(isa_has("isa\t\t: rv64imac\n", "svade"));
}

static void list_has__whole_strings_only(void **state)
{
	static const char list[] = "i\0m\0zicsr\0svade";

	(void)state;
	assert_true(list_has(list, sizeof(list), "i"));
	assert_true(list_has(list, sizeof(list), "svade"));
	assert_true(list_has(list, sizeof(list) - 1, "svade"));
	assert_false(list_has(list, sizeof(list), "sva"));
	assert_false(list_has(list, sizeof(list), "svadu"));
	assert_false(list_has(list, 0, "i"));
}

static void file_read__whole_file_and_errors(void **state)
{
	char path[] = "/tmp/nacc-tool-XXXXXX", text[8];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1234567890", 10), 10);
	close(fd);
	assert_int_equal(file_read(path, text, sizeof(text)), 7);
	assert_string_equal(text, "1234567");
	unlink(path);
	assert_int_equal(file_read(path, text, sizeof(text)), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proc_parse__sv39__all_fields),
		cmocka_unit_test(proc_parse__sv57__five_levels),
		cmocka_unit_test(proc_parse__not_guarded__nothing_else),
		cmocka_unit_test(proc_parse__unknown_key__skipped),
		cmocka_unit_test(proc_parse__malformed__refused),
		cmocka_unit_test(number_parse__forms),
		cmocka_unit_test(pid_parse__no_more_than_a_pid_holds),
		cmocka_unit_test(isa_has__whole_names_only),
		cmocka_unit_test(list_has__whole_strings_only),
		cmocka_unit_test(file_read__whole_file_and_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
