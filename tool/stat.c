// SPDX-License-Identifier: BSD-2-Clause
/* `nacc stat`: the numbers of /sys/kernel/nacc, once or as rates. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
		json_counters(stdout, &counters);
	for (i = 0; !json && i < COUNTERS; i++)
		printf("%-20s %12lu  %s\n", counter_info[i].name,
		       counters.value[i], counter_info[i].text);
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
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
	struct timespec nap = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};
	struct counters old, new;
	unsigned long line;
	double before, after;
	int ret;

	ret = counters_read(&old);
	before = now();
	if (!ret && !json)
		interval_head();
	for (line = 0; !ret && (!count || line < count); line++) {
		nanosleep(&nap, NULL);
		ret = counters_read(&new);
		if (ret)
			break;
		after = now();
		if (json)
			json_counters(stdout, &new);
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
	char *end;
	int opt;

	while ((opt = getopt_long(argc, argv, "i:c:jh", options, NULL)) != -1) {
		switch (opt) {
		case 'i':
			seconds = strtod(optarg, &end);
			if (*end || !(seconds >= 0.01 && seconds <= 86400)) {
				fprintf(stderr, "nacc: stat: interval %s is not 0.01 to 86400 seconds\n",
					optarg);
				return 2;
			}
			break;
		case 'c':
			if (number_parse(optarg, &count) || !count) {
				fprintf(stderr, "nacc: stat: count %s is not a number above 0\n",
					optarg);
				return 2;
			}
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
		fputs("nacc: see `nacc stat --help`\n", stderr);
		return 2;
	}
	return seconds == 0 ? stat_once(json) :
			      stat_interval(seconds, count, json);
}
