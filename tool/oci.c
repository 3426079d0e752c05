// SPDX-License-Identifier: BSD-2-Clause
/*
 * As much of JSON and of crun's command line as nacc-crun has to understand.
 * It decides only whether to guard; crun reads and checks everything itself.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci.h"

#define MAX_DEPTH	64

static const char *space_skip(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Behind the string that begins at @at, or NULL. */
static const char *string_skip(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (!*at)
			return NULL;
	}
	return at + 1;
}

/* At the value behind the colon that follows @at, NULL for a malformed key. */
static const char *colon_skip(const char *at)
{
	if (!at)
		return NULL;
	at = space_skip(at);
	return *at == ':' ? space_skip(at + 1) : NULL;
}

/* Behind the value that begins at @at, or NULL. */
static const char *value_skip(const char *at, int depth)
{
	char close = *at == '{' ? '}' : ']';
	size_t len;

	if (*at == '"')
		return string_skip(at);
	if (*at != '{' && *at != '[') {
		len = strcspn(at, ",]} \t\r\n");
		return len ? at + len : NULL;
	}
	if (depth >= MAX_DEPTH)
		return NULL;
	at = space_skip(at + 1);
	while (*at != close) {
		if (close == '}') {
			at = colon_skip(string_skip(at));
			if (!at)
				return NULL;
		}
		at = value_skip(at, depth + 1);
		if (!at)
			return NULL;
		at = space_skip(at);
		if (*at == ',')
			at = space_skip(at + 1);
		else if (*at != close)
			return NULL;
	}
	return at + 1;
}

const char *json_member(const char *json, const char *key)
{
	const char *found = NULL;
	char name[256];

	json = space_skip(json);
	if (*json != '{')
		return NULL;
	json = space_skip(json + 1);
	while (*json == '"') {
		bool is_key = json_text(json, name, sizeof(name)) &&
			      !strcmp(name, key);

		json = colon_skip(string_skip(json));
		if (!json)
			return NULL;
		if (is_key)
			found = json;
		json = value_skip(json, 0);
		if (!json)
			return NULL;
		json = space_skip(json);
		if (*json == ',')
			json = space_skip(json + 1);
	}
	return *json == '}' ? found : NULL;
}

/* The character that the escape at *@at stands for, 0 if it is none of ASCII. */
static char escape_read(const char **at)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;
	char digits[5] = "";
	unsigned long value;

	if (**at != 'u') {
		which = **at ? strchr(from, **at) : NULL;
		return which ? to[which - from] : 0;
	}
	strncpy(digits, *at + 1, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return 0;
	*at += 4;
	value = strtoul(digits, NULL, 16);
	return value < 0x80 ? (char)value : 0;
}

bool json_text(const char *json, char *text, size_t size)
{
	size_t len = 0;
	char c;

	if (*json++ != '"')
		return false;
	for (; *json != '"'; json++) {
		c = *json;
		if (c == '\\') {
			json++;
			c = escape_read(&json);
		}
		if (!c || len + 1 >= size)
			return false;
		text[len++] = c;
	}
	text[len] = '\0';
	return true;
}

enum oci_guard oci_guard(const char *config)
{
	const char *annotations = json_member(config, "annotations");
	const char *value;
	char text[32];

	value = annotations ? json_member(annotations, "org.nacc.guard") : NULL;
	if (!value)
		return OCI_GUARD_REQUIRE;
	if (!json_text(value, text, sizeof(text)))
		return OCI_GUARD_UNKNOWN;
	if (!strcmp(text, "require"))
		return OCI_GUARD_REQUIRE;
	return !strcmp(text, "off") ? OCI_GUARD_OFF : OCI_GUARD_UNKNOWN;
}

/*
 * If the word at *@argv is option @name, or its one-letter form, its value:
 * behind a '=', glued on, or the next word, which is then taken too.
 */
static const char *option_value(char *const **argv, const char *name,
				char letter)
{
	const char *word = **argv;
	size_t len = strlen(name);

	if (word[0] == '-' && word[1] == '-' && !strncmp(word + 2, name, len)) {
		if (word[len + 2] == '=')
			return word + len + 3;
		if (word[len + 2])
			return NULL;
	} else if (letter && word[0] == '-' && word[1] == letter) {
		if (word[2])
			return word + 2;
	} else {
		return NULL;
	}
	if (!(*argv)[1])
		return "";
	return *++*argv;
}

/* Options of crun whose value may be the next word, and where it goes. */
static bool option_take(char *const **argv, struct oci_command *command)
{
	static const struct {
		const char *name;
		char letter;
	} plain[] = {
		{ "cgroup-manager", 0 }, { "log", 0 }, { "log-format", 0 },
		{ "rootless", 0 }, { "console-socket", 0 }, { "pid-file", 0 },
		{ "preserve-fds", 0 }, { "apparmor", 0 }, { "cap", 'c' },
		{ "cgroup", 0 }, { "cwd", 0 }, { "env", 'e' },
		{ "process-label", 0 }, { "process", 'p' }, { "user", 'u' },
	};
	const struct {
		const char *name;
		char letter;
		const char **at;
	} kept[] = {
		{ "bundle", 'b', &command->bundle },
		{ "config", 'f', &command->config },
		{ "root", 0, &command->root },
	};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		value = option_value(argv, kept[i].name, kept[i].letter);
		if (value) {
			*kept[i].at = value;
			return true;
		}
	}
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		value = option_value(argv, plain[i].name, plain[i].letter);
		if (value)
			return true;
	}
	return false;
}

void oci_command_parse(char *const *argv, struct oci_command *command)
{
	bool options = true;

	*command = (struct oci_command){ .bundle = ".", .root = "/run/crun" };
	for (; *argv; argv++) {
		if (options && !strcmp(*argv, "--")) {
			options = false;
		} else if (options && (*argv)[0] == '-') {
			option_take(&argv, command);
		} else if (!command->name) {
			command->name = *argv;
		} else {
			/* Behind it is the program of exec, not ours to read. */
			command->container = *argv;
			return;
		}
	}
}
