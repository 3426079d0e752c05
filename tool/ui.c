// SPDX-License-Identifier: BSD-2-Clause
/* What all commands share towards their user: simple options and colours. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nacc.h"

int options_parse(int argc, char **argv, const char *help, bool *json)
{
	static const struct option with_json[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 }
	};
	static const struct option without[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int opt;

	if (json)
		*json = false;
	while ((opt = getopt_long(argc, argv, json ? "jh" : "h",
				  json ? with_json : without, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (opt != 'j' || !json)
			return 2;
		*json = true;
	}
	return -1;
}

int count_parse(const char *command, const char *text, unsigned long *count)
{
	if (!number_parse(text, count) && *count)
		return 0;
	fprintf(stderr, "nacc: %s: count %s is not a number above 0\n", command,
		text);
	return 2;
}

int interval_parse(const char *command, const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end != text && !*end && *seconds >= 0.01 && *seconds <= 86400)
		return 0;
	fprintf(stderr, "nacc: %s: interval %s is not 0.01 to 86400 seconds\n",
		command, text);
	return 2;
}

/* Whether @out is a terminal whose user did not ask for plain text. */
static bool colour_wanted(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (!no || !*no) && term && strcmp(term, "dumb") &&
	       isatty(fileno(out));
}

const char *colour(FILE *out, enum colour which)
{
	static const char *const escape[] = {
		[COLOUR_NONE] = "\033[0m",
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[1;31m",
		[COLOUR_HEAD] = "\033[1m",
	};

	return colour_wanted(out) ? escape[which] : "";
}
