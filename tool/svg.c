// SPDX-License-Identifier: BSD-2-Clause
/*
 * The drawing of `nacc map --svg`: one row for each level, the root on top; in
 * it the tables in the order of their addresses, the old share of each in one
 * colour and the new share in another. A browser shows each one's range.
 */
#include <inttypes.h>
#include <stdio.h>

#include "nacc.h"

#define WIDTH	960
#define LEFT	150		/* of the tables */
#define TOP	60
#define ROW	56
#define BAR	36
#define CELLS	200		/* of one row, at most */

#define COLOUR_OLD	"#4a6fa5"
#define COLOUR_NEW	"#e08a3c"
#define COLOUR_NONE	"#d8d8d8"

static void text_write(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if ((unsigned char)*text >= 0x20)
			putc(*text, out);
	}
}

static void cell_write(FILE *out, const struct table *cell, double x, double w,
		       int y)
{
	unsigned long all = cell->old + cell->new;
	double old = all ? BAR * (double)cell->old / (double)all : 0;

	fprintf(out, "<g><title>0x%" PRIx64 "-0x%" PRIx64
		": %lu frames, %lu old, %lu new</title>\n",
		cell->start, cell->end, cell->frames, cell->old, cell->new);
	fprintf(out, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>\n",
		x, y, w, BAR, all ? COLOUR_NEW : COLOUR_NONE);
	if (old > 0)
		fprintf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"" COLOUR_OLD "\"/>\n",
			x, y + BAR - old, w, old);
	fputs("</g>\n", out);
}

static void row_write(FILE *out, const struct table *list, size_t n,
		      unsigned int level, const struct level *sum, int y)
{
	size_t i, cells = n < CELLS ? n : CELLS;
	double step = cells ? (double)(WIDTH - LEFT - 20) / (double)cells : 0;
	struct table cell;

	fprintf(out, "<text x=\"12\" y=\"%d\">level %u</text>\n", y + 15, level);
	fprintf(out, "<text x=\"12\" y=\"%d\" font-size=\"11\">%lu frames, %lu + %lu</text>\n",
		y + 31, sum->frames, sum->old, sum->new);
	for (i = 0; i < cells; i++) {
		tables_cell(list, n, i, cells, &cell);
		cell_write(out, &cell, LEFT + step * (double)i,
			   step > 4 ? step - 1 : step, y);
	}
}

void svg_write(FILE *out, const struct map *map)
{
	int rows = (int)map->proc.root_level + 1, level, y = TOP;
	struct table *list = map->tables;
	size_t n = map->count, here;

	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">\n",
		WIDTH, TOP + rows * ROW + 10);
	fputs("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", out);
	fprintf(out, "<text x=\"12\" y=\"22\" font-size=\"15\">pid %d  ", (int)map->pid);
	text_write(out, map->command);
	fprintf(out, "</text>\n<text x=\"12\" y=\"42\">space %lx, ", map->proc.space);
	text_write(out, map->proc.origin);
	fputs("; entries: <tspan fill=\"" COLOUR_OLD "\">old</tspan> + <tspan fill=\""
	      COLOUR_NEW "\">new</tspan></text>\n", out);
	for (level = rows - 1; level >= 0; level--, y += ROW) {
		here = tables_select(list, n, (unsigned int)level);
		row_write(out, list, here, (unsigned int)level,
			  &map->proc.level[level], y);
		list += here;
		n -= here;
	}
	fputs("</svg>\n", out);
}
