// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of what `nacc top` computes and of option values, on the host. */
#include <fcntl.h>
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

static struct sample sample_at(double when, unsigned long traps,
			       unsigned long ops, unsigned long refusals)
{
	struct sample sample = { .when = when };

	sample.counters.value[COUNTER_TRAPS] = traps;
	sample.counters.value[COUNTER_OPS] = ops;
	sample.counters.value[COUNTER_REFUSALS] = refusals;
	return sample;
}

static void rates_between__per_second_and_per_trap(void **state)
{
	struct sample old = sample_at(10, 100, 1000, 3);
	struct sample new = sample_at(12, 140, 1100, 4);
	struct rates rates = rates_between(&old, &new);

	(void)state;
	assert_true(rates.known);
	assert_true(rates.traps == 20 && rates.ops == 50);
	assert_true(rates.refusals == 0.5 && rates.ops_per_trap == 2.5);
}

static void rates_between__no_trap__no_ratio(void **state)
{
	struct sample old = sample_at(10, 100, 1000, 3);
	struct sample new = sample_at(12, 100, 1000, 3);
	struct rates rates = rates_between(&old, &new);

	(void)state;
	assert_true(rates.known && rates.traps == 0 && rates.ops_per_trap < 0);
}

static void rates_between__first_sample_or_no_time__unknown(void **state)
{
	struct sample none = { 0 }, sample = sample_at(10, 100, 1000, 3);

	(void)state;
	assert_false(rates_between(&none, &sample).known);
	assert_false(rates_between(&sample, &sample).known);
}

static void guarded_fill(struct guarded *guarded, pid_t pid,
			 unsigned long frames, unsigned long old,
			 unsigned long new)
{
	memset(guarded, 0, sizeof(*guarded));
	guarded->pid = pid;
	guarded->proc.space = (unsigned long)pid;
	strcpy(guarded->command, "a \"b\"");
	strcpy(guarded->proc.origin, "born");
	strcpy(guarded->proc.state, "live");
	guarded->proc.level[0] = (struct level){ true, frames - 1, old, new };
	guarded->proc.level[1] = (struct level){ true, 1, 0, 0 };
}

static void sorted_is(struct sample *sample, enum sort_key key, pid_t first,
		      pid_t second, pid_t third)
{
	sample_sort(sample, key);
	assert_int_equal(sample->list[0].pid, first);
	assert_int_equal(sample->list[1].pid, second);
	assert_int_equal(sample->list[2].pid, third);
}

static void sample_sort__most_first_then_by_pid(void **state)
{
	struct guarded list[3];
	struct sample sample = { .list = list, .n = 3 }, empty = { 0 };

	(void)state;
	guarded_fill(&list[0], 30, 5, 1, 7);
	guarded_fill(&list[1], 10, 5, 2, 9);
	guarded_fill(&list[2], 20, 9, 2, 8);
	sorted_is(&sample, SORT_FRAMES, 20, 10, 30);
	sorted_is(&sample, SORT_OLD, 10, 20, 30);
	sorted_is(&sample, SORT_NEW, 10, 20, 30);
	sorted_is(&sample, SORT_PID, 10, 20, 30);
	sample_sort(&empty, SORT_FRAMES);
}

static void sort_parse__names(void **state)
{
	(void)state;
	assert_int_equal(sort_parse("frames"), SORT_FRAMES);
	assert_int_equal(sort_parse("pid"), SORT_PID);
	assert_int_equal(sort_parse(""), SORT_KEYS);
	assert_int_equal(sort_parse("frame"), SORT_KEYS);
	assert_int_equal(sort_parse("PID"), SORT_KEYS);
}

static void guarded_json__array(void **state)
{
	struct guarded list[2];
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	(void)state;
	guarded_fill(&list[0], 10, 5, 2, 9);
	guarded_fill(&list[1], 20, 6, 3, 8);
	guarded_json(out, list, 0, "\n");
	guarded_json(out, list, 2, "");
	fclose(out);
	assert_string_equal(got, "[][{\"pid\": 10, \"command\": \"a \\\"b\\\"\", "
		"\"space\": \"a\", \"origin\": \"born\", \"state\": \"live\", "
		"\"frames\": 5, \"old\": 2, \"new\": 9},{\"pid\": 20, "
		"\"command\": \"a \\\"b\\\"\", \"space\": \"14\", "
		"\"origin\": \"born\", \"state\": \"live\", "
		"\"frames\": 6, \"old\": 3, \"new\": 8}]");
	free(got);
}

static void interval_parse__bounds(void **state)
{
	static const char *const bad[] = {
		"", "x", "1x", "1 ", "0", "-1", "0.009", "86401", "nan", "inf",
		"1e99",
	};
	double seconds;
	size_t i;

	(void)state;
	assert_int_equal(interval_parse("top", "0.01", &seconds), 0);
	assert_int_equal(interval_parse("top", "86400", &seconds), 0);
	assert_int_equal(interval_parse("top", "2.5", &seconds), 0);
	assert_true(seconds == 2.5);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (interval_parse("top", bad[i], &seconds) != 2)
			fail_msg("taken: %s", bad[i]);
}

static void count_parse__bounds(void **state)
{
	unsigned long count;

	(void)state;
	assert_int_equal(count_parse("top", "7", &count), 0);
	assert_int_equal(count, 7);
	assert_int_equal(count_parse("top", "0", &count), 2);
	assert_int_equal(count_parse("top", "", &count), 2);
	assert_int_equal(count_parse("top", "-1", &count), 2);
	assert_int_equal(count_parse("top", "1.5", &count), 2);
	assert_int_equal(count_parse("top", "99999999999999999999", &count), 2);
}

/* Whoever reads a file gets no escape sequences in it. */
static void colour__not_a_terminal__empty(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_string_equal(colour(out, COLOUR_BAD), "");
	fclose(out);
}

/* On one: unless its user asked for none. */
static void colour__terminal__as_the_user_wants(void **state)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	(void)state;
	if (!out)
		skip();
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_string_equal(colour(out, COLOUR_BAD), "\033[1;31m");
	setenv("NO_COLOR", "", 1);
	assert_string_equal(colour(out, COLOUR_NONE), "\033[0m");
	setenv("NO_COLOR", "1", 1);
	assert_string_equal(colour(out, COLOUR_BAD), "");
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_string_equal(colour(out, COLOUR_BAD), "");
	unsetenv("TERM");
	assert_string_equal(colour(out, COLOUR_BAD), "");
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_between__per_second_and_per_trap),
		cmocka_unit_test(rates_between__no_trap__no_ratio),
		cmocka_unit_test(rates_between__first_sample_or_no_time__unknown),
		cmocka_unit_test(sample_sort__most_first_then_by_pid),
		cmocka_unit_test(sort_parse__names),
		cmocka_unit_test(guarded_json__array),
		cmocka_unit_test(interval_parse__bounds),
		cmocka_unit_test(count_parse__bounds),
		cmocka_unit_test(colour__not_a_terminal__empty),
		cmocka_unit_test(colour__terminal__as_the_user_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
