// SPDX-License-Identifier: BSD-2-Clause
/*
 * `nacc top`: what is guarded and what it costs, again and again. On a
 * terminal a live screen, elsewhere plain text or JSON.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nacc.h"

static const char top_help[] =
	"Usage: nacc top [-j] [-i SECONDS] [-c COUNT] [-s KEY]\n"
	"Show what is guarded and what the monitor does for it, live.\n"
	"\n"
	"  -i, --interval=SECONDS  look every SECONDS (2)\n"
	"  -c, --count=COUNT       end after COUNT looks\n"
	"  -s, --sort=KEY          frames, old, new or pid (frames)\n"
	"  -j, --json              one JSON object for each look, a line each\n"
	"\n"
	"Keys: f, o, n, p sort by frames, old, new, pid; space looks now; q ends.\n"
	"When the output is no terminal, it is plain text. traps are calls to the\n"
	"monitor, entries the page-table entries that they wrote; for each process\n"
	"see `nacc ps --help`.\n";

static const struct option options[] = {
	{ "interval", required_argument, NULL, 'i' },
	{ "count", required_argument, NULL, 'c' },
	{ "sort", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

struct top {
	double seconds;
	unsigned long count;
	enum sort_key sort;
	bool json;
	bool screen;
};

static void view_text(const struct view *view)
{
	const unsigned long *value = view->sample->counters.value;
	const struct rates *rates = &view->rates;

	printf("frames %lu in use, %lu in quarantine, %lu in all; spaces %lu; refusals %lu\n",
	       value[COUNTER_FRAMES_IN_USE], value[COUNTER_FRAMES_QUARANTINED],
	       value[COUNTER_FRAMES_TOTAL], value[COUNTER_SPACES],
	       value[COUNTER_REFUSALS]);
	printf("traps %.1f/s, entries %.1f/s, refusals %.1f/s, entries/trap ",
	       rates->traps, rates->ops, rates->refusals);
	if (rates->ops_per_trap < 0)
		puts("-");
	else
		printf("%.2f\n", rates->ops_per_trap);
	guarded_lines(stdout, view->sample->list, view->sample->n);
	putchar('\n');
}

static void view_json(const struct view *view)
{
	const struct rates *rates = &view->rates;

	fputs("{\"counters\": ", stdout);
	json_counters(stdout, &view->sample->counters);
	printf(", \"rates\": {\"traps\": %.1f, \"ops\": %.1f, \"refusals\": %.1f, \"ops_per_trap\": ",
	       rates->traps, rates->ops, rates->refusals);
	if (rates->ops_per_trap < 0)
		fputs("null", stdout);
	else
		printf("%.2f", rates->ops_per_trap);
	fputs("}, \"processes\": ", stdout);
	guarded_json(stdout, view->sample->list, view->sample->n, "");
	puts("}");
}

/* Text and JSON come with the rates known, so one interval late. */
static void view_print(const struct view *view, bool json)
{
	if (json)
		view_json(view);
	else
		view_text(view);
	fflush(stdout);
}

/* Whether to go on; waits until the next look is due. */
static bool screen_keys(struct view *view, struct sample *sample)
{
	double due = seconds_now() + view->seconds, left;
	int key;

	while ((left = due - seconds_now()) > 0) {
		sample_sort(sample, view->sort);
		screen_draw(view);
		key = screen_key(left);
		switch (key) {
		case 'f':
			view->sort = SORT_FRAMES;
			break;
		case 'o':
			view->sort = SORT_OLD;
			break;
		case 'n':
			view->sort = SORT_NEW;
			break;
		case 'p':
			view->sort = SORT_PID;
			break;
		case 'q':
			return false;
		case ' ':
			return true;
		default:
			break;
		}
	}
	return true;
}

static int top_loop(const struct top *top)
{
	struct sample old = { 0 }, new = { 0 };
	struct view view = { &new, { 0 }, top->sort, top->seconds };
	unsigned long look = 0;
	bool more = true;
	int ret = 0;

	while (more) {
		sample_free(&old);
		old = new;
		ret = sample_take(&new);
		if (ret)
			break;
		view.rates = rates_between(&old, &new);
		if (top->screen) {
			more = screen_keys(&view, &new);
			look++;
		} else if (view.rates.known) {
			sample_sort(&new, view.sort);
			view_print(&view, top->json);
			look++;
		}
		if (top->count && look >= top->count)
			more = false;
		if (more && !top->screen)
			seconds_sleep(top->seconds);
		if (ferror(stdout))
			more = false;
	}
	sample_free(&old);
	sample_free(&new);
	return ret ? 1 : 0;
}

/* Exit status, or -1 to go on. */
static int top_options(int argc, char **argv, struct top *top)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "i:c:s:jh", options, NULL)) != -1) {
		switch (opt) {
		case 'i':
			if (interval_parse("top", optarg, &top->seconds))
				return 2;
			break;
		case 'c':
			if (count_parse("top", optarg, &top->count))
				return 2;
			break;
		case 's':
			top->sort = sort_parse(optarg);
			if (top->sort != SORT_KEYS)
				break;
			fprintf(stderr, "nacc: top: cannot sort by %s, only by frames, old, new or pid\n",
				optarg);
			return 2;
		case 'j':
			top->json = true;
			break;
		case 'h':
			fputs(top_help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fputs("nacc: see `nacc top --help`\n", stderr);
	return 2;
}

int command_top(int argc, char **argv)
{
	struct top top = { .seconds = 2 };
	struct sample first;
	int ret;

	ret = top_options(argc, argv, &top);
	if (ret >= 0)
		return ret;
	/* What is wrong is told before the terminal is taken over. */
	if (sample_take(&first))
		return 1;
	sample_free(&first);
	top.screen = !top.json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (top.screen && !screen_open()) {
		const char *term = getenv("TERM");

		fprintf(stderr, "nacc: the terminal type `%s` is not known here\n"
			"nacc: set TERM, to vt100 if in doubt, or run `nacc top | cat`\n",
			term ? term : "");
		return 1;
	}
	ret = top_loop(&top);
	if (top.screen)
		screen_close();
	return ret;
}
