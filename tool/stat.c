// SPDX-License-Identifier: BSD-2-Clause
/* `nacc stat`: the numbers of /sys/kernel/nacc, once or as rates. */
#include <getopt.h>
#include <stdio.h>

#include "nacc.h"

static const char stat_help[] =
	"Usage: nacc stat [-j] [-i SECONDS [-c COUNT]]\n"
	"Show what the monitor counts.\n"
	"\n"
	"  -i, --interval=SECONDS  a line every SECONDS; traps, ops and refusals\n"
	"                          then are rates for each second\n"
	"  -c, --count=COUNT       end after COUNT lines\n"
	"  -j, --json              one JSON object a line; no rates, but the counts\n"
	"\n"
	"Idle harts and caches still hold frames: `nacc settle` makes counts exact.\n";

static const struct option options[] = {
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static void counters_object(const struct counters *counters)
{
	json_counters(stdout, counters);
	putchar('\n');
}

static int stat_once(bool json)
{
	struct counters counters;
	int i, ret;

	ret = counters_read(&counters);
	if (ret) {
		kernel_missing(ret);
		return 1;
	}
	if (json)
		counters_object(&counters);
	for (i = 0; !json && i < COUNTERS; i++)
		printf("%-20s %12lu  %s\n", counter_info[i].name,
		       counters.value[i], counter_info[i].text);
	return 0;
}

static void interval_line(const struct counters *old,
			  const struct counters *new, double elapsed)
{
	int i;

	for (i = 0; i < COUNTERS; i++)
		if (counter_info[i].grows)
			printf(" %18.1f", (double)(new->value[i] - old->value[i]) /
					  elapsed);
		else
			printf(" %18lu", new->value[i]);
	putchar('\n');
}

static void interval_head(void)
{
	char head[32];
	int i;

	for (i = 0; i < COUNTERS; i++) {
		snprintf(head, sizeof(head), "%s%s", counter_info[i].name,
			 counter_info[i].grows ? "/s" : "");
		printf(" %18s", head);
	}
	putchar('\n');
}

static int stat_interval(double seconds, unsigned long count, bool json)
{
	struct counters old, new;
	unsigned long line;
	double before, after;
	int ret;

	ret = counters_read(&old);
	before = seconds_now();
	if (!ret && !json)
		interval_head();
	for (line = 0; !ret && (!count || line < count); line++) {
		seconds_sleep(seconds);
		ret = counters_read(&new);
		if (ret)
			break;
		after = seconds_now();
		if (json)
			counters_object(&new);
		else
			interval_line(&old, &new, after - before);
		fflush(stdout);
		old = new;
		before = after;
	}
	if (ret)
		kernel_missing(ret);
	return ret ? 1 : 0;
}

int command_stat(int argc, char **argv)
{
	unsigned long count = 0;
	double seconds = 0;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "i:c:jh", options, NULL)) != -1) {
		switch (opt) {
		case 'i':
			if (interval_parse("stat", optarg, &seconds))
				return 2;
			break;
		case 'c':
			if (count_parse("stat", optarg, &count))
				return 2;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			fputs(stat_help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind != argc || (count && seconds == 0)) {
		fputs(optind != argc ? "nacc: stat takes no argument; see `nacc stat --help`\n" :
		      "nacc: --count needs --interval; see `nacc stat --help`\n", stderr);
		return 2;
	}
	return seconds == 0 ? stat_once(json) :
			      stat_interval(seconds, count, json);
}
