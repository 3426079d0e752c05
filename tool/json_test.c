// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of the JSON output, on the build host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nacc.h"

static void string_is(const char *text, const char *want)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	json_string(out, text);
	fclose(out);
	assert_string_equal(got, want);
	free(got);
}

static void json_string__escapes_what_json_forbids(void **state)
{
	(void)state;
	string_is("", "\"\"");
	string_is("sh -c true", "\"sh -c true\"");
	string_is("a\"b\\c", "\"a\\\"b\\\\c\"");
	string_is("a\nb\t", "\"a\\u000ab\\u0009\"");
}

static void json_counters__all_in_order(void **state)
{
	struct counters counters = { { 1, 2, 3, 4, 5, 6, 7 } };
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	(void)state;
	assert_non_null(out);
	json_counters(out, &counters);
	fclose(out);
	assert_string_equal(got,
			    "{\"frames_total\": 1, \"frames_in_use\": 2, "
			    "\"frames_quarantined\": 3, \"spaces\": 4, "
			    "\"traps\": 5, \"ops\": 6, \"refusals\": 7}");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_string__escapes_what_json_forbids),
		cmocka_unit_test(json_counters__all_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
