// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of what nacc-crun reads, on the build host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oci.h"

static void oci_guard__values(void **state)
{
	static const struct {
		const char *config;
		enum oci_guard want;
	} rows[] = {
		{ "{\"annotations\": {\"org.nacc.guard\": \"require\"}}", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": {\"org.nacc.guard\": \"off\"}}", OCI_GUARD_OFF },
		{ "{\"a\":[1,{\"b\":\"}]\"}],\"annotations\":{\"x\":\"y\",\"org.nacc.guard\":\"off\"},\"z\":null}",
		  OCI_GUARD_OFF },
		{ "{\"annotations\": {\"org.nacc\\u002eguard\": \"o\\u0066f\"}}", OCI_GUARD_OFF },
		{ "{\"annotations\": {\"org.nacc.guard\": \"off\", \"org.nacc.guard\": \"require\"}}",
		  OCI_GUARD_REQUIRE },
		{ "{\"annotations\": {\"org.nacc.guard\": \"Off\"}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": \"\"}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": false}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": \"a value that is longer than any that is known\"}}",
		  OCI_GUARD_UNKNOWN },
		{ "{}", OCI_GUARD_REQUIRE },
		{ "", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": {}}", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": \"org.nacc.guard\"}", OCI_GUARD_REQUIRE },
		/* Only there, and nothing that merely looks like it. */
		{ "{\"org.nacc.guard\": \"off\"}", OCI_GUARD_REQUIRE },
		{ "{\"process\": {\"annotations\": {\"org.nacc.guard\": \"off\"}}}", OCI_GUARD_REQUIRE },
		{ "{\"x\": \"\\\"annotations\\\": {\\\"org.nacc.guard\\\": \\\"off\\\"}\"}",
		  OCI_GUARD_REQUIRE },
		{ "[{\"annotations\": {\"org.nacc.guard\": \"off\"}}]", OCI_GUARD_REQUIRE },
		/* Malformed: crun will refuse it, guarded. */
		{ "{\"annotations\": {\"org.nacc.guard\": \"off\"", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": {\"org.nacc.guard\": \"off\"}", OCI_GUARD_REQUIRE },
		{ "{\"annotations\" {\"org.nacc.guard\": \"off\"}}", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": {\"org.nacc.guard\": \"off", OCI_GUARD_REQUIRE },
		{ "{\"x\": [1, 2, \"annotations\": {\"org.nacc.guard\": \"off\"}}", OCI_GUARD_REQUIRE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (oci_guard(rows[i].config) != rows[i].want)
			fail_msg("%s", rows[i].config);
}

static void oci_guard__deep__refused_not_crashed(void **state)
{
	static char deep[100000];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	memcpy(deep, "{\"a\":", 5);
	assert_int_equal(oci_guard(deep), OCI_GUARD_REQUIRE);
}

static void command_is(char *const *argv, const char *name, const char *bundle,
		       const char *config, const char *root,
		       const char *container)
{
	struct oci_command command;

	oci_command_parse(argv, &command);
	assert_string_equal(command.name, name);
	assert_string_equal(command.bundle, bundle);
	if (config)
		assert_string_equal(command.config, config);
	else
		assert_null(command.config);
	assert_string_equal(command.root, root);
	if (container)
		assert_string_equal(command.container, container);
	else
		assert_null(command.container);
}

#define WORDS(...) ((char *const[]){ __VA_ARGS__, NULL })

static void oci_command_parse__forms(void **state)
{
	struct oci_command command;

	(void)state;
	command_is(WORDS("run", "id"), "run", ".", NULL, "/run/crun", "id");
	command_is(WORDS("--root", "/r", "--systemd-cgroup", "create", "-b", "/b", "id"),
		   "create", "/b", NULL, "/r", "id");
	command_is(WORDS("--root=/r", "--log=x", "create", "--bundle=/b", "-f", "c", "id"),
		   "create", "/b", "c", "/r", "id");
	command_is(WORDS("create", "--bundle", "/b", "--pid-file", "p", "id"),
		   "create", "/b", NULL, "/run/crun", "id");
	command_is(WORDS("run", "-b/b", "--no-pivot", "id"), "run", "/b", NULL,
		   "/run/crun", "id");
	command_is(WORDS("run", "id", "-b", "/b"), "run", ".", NULL, "/run/crun", "id");
	command_is(WORDS("--log", "run", "delete", "id"), "delete", ".", NULL,
		   "/run/crun", "id");
	command_is(WORDS("exec", "-t", "-e", "A=b", "--user", "1", "id", "sh", "-b", "/x"),
		   "exec", ".", NULL, "/run/crun", "id");
	command_is(WORDS("list"), "list", ".", NULL, "/run/crun", NULL);
	command_is(WORDS("run", "--", "--bundle"), "run", ".", NULL, "/run/crun",
		   "--bundle");
	command_is(WORDS("run", "--bundle"), "run", "", NULL, "/run/crun", NULL);
	oci_command_parse(WORDS("--version"), &command);
	assert_null(command.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oci_guard__values),
		cmocka_unit_test(oci_guard__deep__refused_not_crashed),
		cmocka_unit_test(oci_command_parse__forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
