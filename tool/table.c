// SPDX-License-Identifier: BSD-2-Clause
/* The tables that /proc/PID/nacc lists one by one, and the ranges they form. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

#define KEY	"table:\t"

/* `level N 0xSTART-0xEND old O new N`, all of it. */
static int table_parse(const char *line, struct table *table)
{
	int end = 0;

	if (sscanf(line, "level %u 0x%" SCNx64 "-0x%" SCNx64 " old %lu new %lu%n",
		   &table->level, &table->start, &table->end, &table->old,
		   &table->new, &end) != 5 || line[end] != '\n')
		return -EINVAL;
	if (table->level >= TABLE_LEVELS || table->start >= table->end)
		return -EINVAL;
	table->frames = 1;
	return 0;
}

int tables_parse(const char *text, struct table **list)
{
	const char *at;
	int n = 0;

	for (at = text; *at; at++)
		n += *at == '\n';
	*list = calloc((size_t)n + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (n = 0; (at = strchr(text, '\n')); text = at + 1) {
		if (strncmp(text, KEY, strlen(KEY)))
			continue;
		if (table_parse(text + strlen(KEY), &(*list)[n++])) {
			free(*list);
			*list = NULL;
			return -EINVAL;
		}
	}
	return n;
}

size_t tables_select(struct table *list, size_t n, unsigned int level)
{
	size_t i, found = 0;
	struct table table;

	for (i = 0; i < n; i++) {
		if (list[i].level != level)
			continue;
		/* Those before it keep their order among themselves. */
		table = list[i];
		memmove(&list[found + 1], &list[found], (i - found) * sizeof(*list));
		list[found++] = table;
	}
	return found;
}

void table_add(struct table *sum, const struct table *table)
{
	if (!sum->frames) {
		*sum = *table;
		return;
	}
	sum->end = table->end;
	sum->frames += table->frames;
	sum->old += table->old;
	sum->new += table->new;
}

size_t tables_range(const struct table *list, size_t n, struct table *range)
{
	size_t i;

	range->frames = 0;
	for (i = 0; i < n && (!i || list[i].start == list[i - 1].end); i++)
		table_add(range, &list[i]);
	return i;
}

size_t tables_cell(const struct table *list, size_t n, size_t cell, size_t cells,
		   struct table *sum)
{
	size_t i, from = n * cell / cells, to = n * (cell + 1) / cells;

	sum->frames = 0;
	for (i = from; i < to; i++)
		table_add(sum, &list[i]);
	return to - from;
}
