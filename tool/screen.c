// SPDX-License-Identifier: BSD-2-Clause
/* The live screen of `nacc top`; the only user of ncurses. */
#include <curses.h>
#include <stdlib.h>

#include "nacc.h"

#define HEAD_LINES	5	/* above the first process */
#define BAR_COLUMNS	20

enum { PAIR_GOOD = 1, PAIR_BAD };

static SCREEN *screen;

bool screen_open(void)
{
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	curs_set(0);
	if (!getenv("NO_COLOR") && has_colors()) {
		start_color();
		use_default_colors();
		init_pair(PAIR_GOOD, COLOR_GREEN, -1);
		init_pair(PAIR_BAD, COLOR_RED, -1);
	}
	return true;
}

void screen_close(void)
{
	endwin();
	delscreen(screen);
}

int screen_key(double seconds)
{
	int key;

	/* One more, so that a rest below a millisecond does not spin. */
	timeout((int)(seconds * 1000) + 1);
	key = getch();
	return key == ERR ? 0 : key;
}

/* The pool as a bar: used, in quarantine, free. */
static void draw_pool(const struct counters *counters)
{
	unsigned long total = counters->value[COUNTER_FRAMES_TOTAL];
	unsigned long used = counters->value[COUNTER_FRAMES_IN_USE];
	unsigned long held = used + counters->value[COUNTER_FRAMES_QUARANTINED];
	unsigned long i;

	mvprintw(1, 0, "pool     [");
	for (i = 0; i < BAR_COLUMNS; i++)
		addch(i * total < used * BAR_COLUMNS ? '#' :
		      i * total < held * BAR_COLUMNS ? '~' : ' ');
	printw("] %lu of %lu frames in use, %lu in quarantine", used, total,
	       held - used);
}

static void draw_rates(const struct view *view)
{
	const struct rates *rates = &view->rates;
	const unsigned long *value = view->sample->counters.value;

	mvprintw(2, 0, "monitor  ");
	if (!rates->known)
		addstr("counting...");
	else if (rates->ops_per_trap < 0)
		addstr("no traps");
	else
		printw("%.1f traps/s, %.1f entries/s, %.2f entries per trap",
		       rates->traps, rates->ops, rates->ops_per_trap);
	mvprintw(3, 0, "refusals ");
	attron(COLOR_PAIR(value[COUNTER_REFUSALS] ? PAIR_BAD : PAIR_GOOD));
	printw("%lu", value[COUNTER_REFUSALS]);
	attroff(COLOR_PAIR(value[COUNTER_REFUSALS] ? PAIR_BAD : PAIR_GOOD));
	if (rates->known)
		printw(" (%.1f/s)", rates->refusals);
}

static void draw_processes(const struct sample *sample)
{
	char line[160];
	size_t i;
	int row;

	attron(A_REVERSE);
	mvprintw(HEAD_LINES - 1, 0, "%7s %10s %8s %8s %8s  %-*s", "PID",
		 "SPACE", "FRAMES", "OLD", "NEW", COLS > 47 ? COLS - 47 : 7,
		 "COMMAND");
	attroff(A_REVERSE);
	for (i = 0, row = HEAD_LINES; i < sample->n && row < LINES; i++, row++) {
		bool broken = guarded_broken(&sample->list[i]);

		guarded_text(line, sizeof(line), &sample->list[i]);
		if (broken)
			attron(COLOR_PAIR(PAIR_BAD));
		mvaddnstr(row, 0, line, COLS);
		if (broken)
			attroff(COLOR_PAIR(PAIR_BAD));
	}
}

void screen_draw(const struct view *view)
{
	erase();
	attron(A_BOLD);
	mvprintw(0, 0, "nacc top - %lu guarded spaces, %zu processes, by %s, every %g s",
		 view->sample->counters.value[COUNTER_SPACES], view->sample->n,
		 sort_names[view->sort], view->seconds);
	attroff(A_BOLD);
	draw_pool(&view->sample->counters);
	draw_rates(view);
	draw_processes(view->sample);
	refresh();
}
