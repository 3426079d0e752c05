// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of how trace events are read and shown, on the build host. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nacc_abi.h>

#include "decode.h"

#define HEAD "              sh-77      [001] d..1.     3.123456: nacc_call: "

static void shows(const char *line, void (*show)(FILE *, const struct call_event *),
		  const char *want)
{
	struct call_event event;
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	assert_int_equal(call_event_parse(line, &event), 0);
	show(out, &event);
	fclose(out);
	assert_string_equal(got, want);
	free(got);
}

static void call_event_parse__all_fields(void **state)
{
	struct call_event event;

	(void)state;
	assert_int_equal(call_event_parse(HEAD "SET(87654320, 21f8a8d7, 1) = -4, 30018\n",
					  &event), 0);
	assert_true(event.time > 3.1234559 && event.time < 3.1234561);
	assert_int_equal(event.pid, 77);
	assert_int_equal(event.hart, 1);
	assert_string_equal(event.comm, "sh");
	assert_string_equal(event.call, "SET");
	assert_int_equal(event.argument[0], 0x87654320);
	assert_int_equal(event.argument[1], 0x21f8a8d7);
	assert_int_equal(event.argument[2], 1);
	assert_int_equal(event.error, -4);
	assert_int_equal(event.value, 0x30018);
}

/* A process chooses its name: it must not pass for an event of another. */
static void call_event_parse__names_that_lie(void **state)
{
	static const char *const lines[] = {
		" a nacc_call: b-77  [001] d..1. 3.5: nacc_call: INFO(1, 0, 0) = 0, 2",
		" [3] 9-9 [7-77  [001] d..1. 3.5: nacc_call: INFO(1, 0, 0) = 0, 2",
		" -1 - x]-77  [001] d..1. 3.5: nacc_call: INFO(1, 0, 0) = 0, 2",
	};
	struct call_event event;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(call_event_parse(lines[i], &event), 0);
		assert_int_equal(event.pid, 77);
		assert_int_equal(event.hart, 1);
		assert_string_equal(event.call, "INFO");
	}
}

static void call_event_parse__other_lines(void **state)
{
	struct call_event event;

	(void)state;
	assert_int_equal(call_event_parse("", &event), -ENOENT);
	assert_int_equal(call_event_parse("CPU:1 [LOST 12 EVENTS]", &event), -ENOENT);
	assert_int_equal(call_event_parse(" sh-77 [001] d..1. 3.1: sys_enter: NR 1",
					  &event), -ENOENT);
}

static void call_event_parse__malformed__refused(void **state)
{
	static const char *const lines[] = {
		" nacc_call: SET(1, 2, 3) = 0, 0",
		" x nacc_call: SET(1, 2, 3) = 0, 0",
		" sh-77 [001 d..1. 3.1: nacc_call: SET(1, 2, 3) = 0, 0",
		" sh-77 [0x1] d..1. 3.1: nacc_call: SET(1, 2, 3) = 0, 0",
		" sh-77 001] d..1. 3.1: nacc_call: SET(1, 2, 3) = 0, 0",
		" sh-77 [001] nacc_call: SET(1, 2, 3) = 0, 0",
		" sh-77 [001] d..1. then: nacc_call: SET(1, 2, 3) = 0, 0",
		" sh-77 [001] d..1. 3.1 nacc_call: SET(1, 2, 3) = 0, 0",
		" sh77 [001] d..1. 3.1: nacc_call: SET(1, 2, 3) = 0, 0",
		" sh- [001] d..1. 3.1: nacc_call: SET(1, 2, 3) = 0, 0",
		HEAD,
		HEAD "SET",
		HEAD "SET()",
		HEAD "SET(1, 2) = 0, 0",
		HEAD "SET(1, 2, 3) = 0",
		HEAD "SET(1, 2, 3) = , 0",
		HEAD "SET(1, 2, 3) = 0, 0 and more",
		HEAD "(1, 2, 3) = 0, 0",
		HEAD "A_NAME_LONGER_THAN_ANY_CALL(1, 2, 3) = 0, 0",
		HEAD "SE T(1, 2, 3) = 0, 0",
	};
	struct call_event event;
	char line[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (call_event_parse(lines[i], &event) != -EINVAL)
			fail_msg("taken: %s", lines[i]);
	memset(line, 'x', sizeof(line));
	snprintf(line + 600, sizeof(line) - 600,
		 "-7 [001] d..1. 3.1: nacc_call: SET(1, 2, 3) = 0, 0");
	assert_int_equal(call_event_parse(line, &event), -EINVAL);
}

static void call_event_text__each_kind_of_result(void **state)
{
	(void)state;
	shows(HEAD "SET(87654320, 21f8a8d7, 0) = 0, 0", call_event_text,
	      "      3.123456      77/1  SET slot=0x87654320 value=0x21f8a8d7 fence=0x0 (page 0x87e2a000 rw-u-ad) = ok\n");
	shows(HEAD "COMMIT(5, 1, 0) = 0, 5", call_event_text,
	      "      3.123456      77/1  COMMIT ops=5 fence=0x1 = done=5\n");
	shows(HEAD "RECLAIM(0, 0, 0) = 0, c", call_event_text,
	      "      3.123456      77/1  RECLAIM = left=12\n");
	shows(HEAD "0x63(1, 2, 3) = 0, 4", call_event_text,
	      "      3.123456      77/1  0x63 a0=0x1 a1=0x2 a2=0x3 = value=0x4\n");
}

static void call_event_text__refusals(void **state)
{
	char line[256], want[256];

	(void)state;
	snprintf(line, sizeof(line), HEAD "COMMIT(5, 0, 0) = -4, %x",
		 3 << 16 | NACC_CAUSE_WX);
	shows(line, call_event_text,
	      "      3.123456      77/1  COMMIT ops=5 fence=0x0 = DENIED: WX (the space's policy refuses W with X) at index 3\n");
	snprintf(line, sizeof(line), HEAD "SPACE_DESTROY(10001, 0, 0) = -4, %x",
		 NACC_CAUSE_IN_USE);
	shows(line, call_event_text,
	      "      3.123456      77/1  SPACE_DESTROY space=0x10001 = DENIED: IN_USE (tables still hang below this one)\n");
	snprintf(line, sizeof(line), HEAD "RECLAIM(0, 0, 0) = -3, %x",
		 NACC_CAUSES_END);
	snprintf(want, sizeof(want),
		 "      3.123456      77/1  RECLAIM = INVALID_PARAM: cause %d\n",
		 NACC_CAUSES_END);
	shows(line, call_event_text, want);
}

static void call_event_json__each_kind_of_result(void **state)
{
	char line[256];

	(void)state;
	shows(HEAD "SET(87654320, 21f8a8d7, 0) = 0, 0", call_event_json,
	      "{\"time\": 3.123456, \"thread\": 77, \"hart\": 1, \"comm\": \"sh\", "
	      "\"call\": \"SET\", \"arguments\": {\"slot\": \"0x87654320\", "
	      "\"value\": \"0x21f8a8d7\", \"fence\": \"0x0\"}, \"error\": 0}\n");
	shows(HEAD "FRAMES_TAKE(40, 0, 0) = 0, 10", call_event_json,
	      "{\"time\": 3.123456, \"thread\": 77, \"hart\": 1, \"comm\": \"sh\", "
	      "\"call\": \"FRAMES_TAKE\", \"arguments\": {\"count\": 64}, "
	      "\"error\": 0, \"taken\": 16}\n");
	snprintf(line, sizeof(line), HEAD "RECLAIM(0, 0, 0) = -3, %x",
		 2 << 16 | NACC_CAUSE_RESERVED);
	shows(line, call_event_json,
	      "{\"time\": 3.123456, \"thread\": 77, \"hart\": 1, \"comm\": \"sh\", "
	      "\"call\": \"RECLAIM\", \"arguments\": {}, \"error\": -3, "
	      "\"cause\": \"RESERVED\", \"index\": 2}\n");
}

static void entry_is(unsigned long entry, const char *want)
{
	char text[80];

	entry_text(text, sizeof(text), entry);
	assert_string_equal(text, want);
}

static void entry_text__kinds(void **state)
{
	(void)state;
	entry_is(0, "empty");
	entry_is(0x1234000000000000, "not present");
	entry_is(0x21f8a801, "table 0x87e2a000");
	entry_is(0x21f8a8df, "page 0x87e2a000 rwxu-ad");
	entry_is(0x21f8a843, "page 0x87e2a000 r----a-");
	entry_is(0x21f8aad7, "page 0x87e2a000 rw-u-ad new");
	entry_is(0x21f8a8eb | 1UL << 63, "page 0x87e2a000 r-x-gad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_event_parse__all_fields),
		cmocka_unit_test(call_event_parse__names_that_lie),
		cmocka_unit_test(call_event_parse__other_lines),
		cmocka_unit_test(call_event_parse__malformed__refused),
		cmocka_unit_test(call_event_text__each_kind_of_result),
		cmocka_unit_test(call_event_text__refusals),
		cmocka_unit_test(call_event_json__each_kind_of_result),
		cmocka_unit_test(entry_text__kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
