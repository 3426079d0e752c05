// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of what nacc-crun reads, on the build host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "oci.h"

/* What a file that holds @config asks for. */
static enum oci_guard guard_of(const char *config)
{
	char path[] = "/tmp/nacc-oci.XXXXXX";
	size_t len = strlen(config);
	enum oci_guard guard;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, config, len), len);
	close(fd);
	guard = oci_guard(path);
	unlink(path);
	return guard;
}

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
		{ "{\"annotations\": {\"org.nacc.guard\": null}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": 0}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": [\"off\"]}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": {\"off\": \"off\"}}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": \"off\\u0000\"}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": \"of\"}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": \"\u043eff\"}}", OCI_GUARD_UNKNOWN },
		{ "{\"annotations\": {\"org.nacc.guard\": \"a value that is longer than any that is known\"}}",
		  OCI_GUARD_UNKNOWN },
		{ "{}", OCI_GUARD_REQUIRE },
		{ "", OCI_GUARD_REQUIRE },
		{ "null", OCI_GUARD_REQUIRE },
		{ "off", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": null}", OCI_GUARD_REQUIRE },
		{ "{\"annotations\": [\"org.nacc.guard\", \"off\"]}", OCI_GUARD_REQUIRE },
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
		if (guard_of(rows[i].config) != rows[i].want)
			fail_msg("%s", rows[i].config);
}

static void oci_guard__deep__require(void **state)
{
	static char deep[100000];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	memcpy(deep, "{\"a\":", 5);
	assert_int_equal(guard_of(deep), OCI_GUARD_REQUIRE);
}

static void oci_guard__unreadable__require(void **state)
{
	(void)state;
	assert_int_equal(oci_guard(""), OCI_GUARD_REQUIRE);
	assert_int_equal(oci_guard("/no/such/config.json"), OCI_GUARD_REQUIRE);
	assert_int_equal(oci_guard("/tmp"), OCI_GUARD_REQUIRE);
	assert_int_equal(oci_guard("/dev/null"), OCI_GUARD_REQUIRE);
}

static void parse(char *const *argv, struct oci_command *command)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	oci_command_parse(argc, argv, command);
}

/* The configuration that the words name; NULL: they start nothing. */
static void config_is(char *const *argv, const char *want)
{
	struct oci_command command;
	char path[64];

	parse(argv, &command);
	assert_int_equal(oci_config_path(&command, path, sizeof(path)), want != NULL);
	if (want)
		assert_string_equal(path, want);
}

#define WORDS(...) ((char *const[]){ "crun", __VA_ARGS__, NULL })

static void oci_config_path__create_run_restore(void **state)
{
	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	config_is(WORDS("run", "id"), "./config.json");
	config_is(WORDS("--root", "/r", "--systemd-cgroup", "create", "-b", "/b", "id"),
		  "/b/config.json");
	config_is(WORDS("--root=/r", "--log=x", "create", "--bundle=/b", "-f", "c", "id"), "c");
	config_is(WORDS("create", "-f", "config.json", "-b", "/b", "id"), "/b/config.json");
	config_is(WORDS("create", "--bundle", "/b", "--pid-file", "p", "id"), "/b/config.json");
	config_is(WORDS("run", "-b/b", "--no-pivot", "id"), "/b/config.json");
	config_is(WORDS("run", "id", "-b", "/b"), "./config.json");
	config_is(WORDS("restore", "--image-path", "i", "--bundle", "/b", "id"),
		  "/b/config.json");
	config_is(WORDS("run", "--", "--bundle"), "./config.json");
	config_is(WORDS("run", "--bundle"), "./config.json");
	config_is(WORDS("run"), "./config.json");
	/* crun takes any beginning that is clear. */
	config_is(WORDS("--root", "/r", "run", "--bund", "/b", "id"), "/b/config.json");
	config_is(WORDS("--log-f", "json", "create", "--bun=/b", "id"), "/b/config.json");
}

static void oci_config_path__exec__as_it_was_made(void **state)
{
	(void)state;
	unsetenv("XDG_RUNTIME_DIR");
	config_is(WORDS("exec", "-t", "-e", "A=b", "--user", "1", "id", "sh", "-b", "/x"),
		  "/run/crun/id/config.json");
	config_is(WORDS("--root", "/r", "exec", "--process", "p", "-d", "id"),
		  "/r/id/config.json");
	config_is(WORDS("exec", "--bundle", "/b", "id"), "/run/crun/id/config.json");
	config_is(WORDS("exec"), "");
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	config_is(WORDS("exec", "id"), "/run/user/7/crun/id/config.json");
	config_is(WORDS("--root", "/r", "exec", "id"), "/r/id/config.json");
	setenv("XDG_RUNTIME_DIR", "", 1);
	config_is(WORDS("exec", "id"), "/run/crun/id/config.json");
}

static void oci_config_path__starts_nothing(void **state)
{
	(void)state;
	config_is(WORDS("--log", "run", "delete", "id"), NULL);
	config_is(WORDS("list"), NULL);
	config_is(WORDS("start", "id"), NULL);
	config_is(WORDS("--version"), NULL);
	config_is(WORDS("--root", "exec"), NULL);
	config_is((char *const[]){ "crun", NULL }, NULL);
}

/* A command that is not known may start something, and so may one misread. */
static void oci_config_path__unknown__read(void **state)
{
	(void)state;
	config_is(WORDS("sprout", "id"), "./config.json");
	config_is(WORDS("--new-option", "value", "run", "id"), "./config.json");
	config_is(WORDS("--ro", "/r", "list"), "./config.json");
}

static void oci_config_path__long__empty(void **state)
{
	static char name[100];
	char whole[64];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	config_is(WORDS("run", "-b", name, "id"), "");
	config_is(WORDS("exec", name), "");
	config_is(WORDS("run", "-f", name, "id"), "");
	/* With its end the longest that fits. */
	name[51] = '\0';
	snprintf(whole, sizeof(whole), "%.51s/config.json", name);
	config_is(WORDS("run", "-b", name, "id"), whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oci_guard__values),
		cmocka_unit_test(oci_guard__deep__require),
		cmocka_unit_test(oci_guard__unreadable__require),
		cmocka_unit_test(oci_config_path__create_run_restore),
		cmocka_unit_test(oci_config_path__exec__as_it_was_made),
		cmocka_unit_test(oci_config_path__starts_nothing),
		cmocka_unit_test(oci_config_path__unknown__read),
		cmocka_unit_test(oci_config_path__long__empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
