// SPDX-License-Identifier: BSD-2-Clause
/* The processes of this machine, and which of them descend from which. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

int stat_parse(const char *text, pid_t *parent)
{
	/* The command stands in parentheses and may hold some itself. */
	const char *end = strrchr(text, ')');
	char state;
	int value;

	if (!end || sscanf(end, ") %c %d", &state, &value) != 2 || value < 0)
		return -EINVAL;
	*parent = value;
	return 0;
}

static int pid_filter(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

static int pid_order(const struct dirent **a, const struct dirent **b)
{
	int x = atoi((*a)->d_name), y = atoi((*b)->d_name);

	return (x > y) - (x < y);
}

/* False when it has ended meanwhile. */
static bool process_read(const char *name, struct process *process)
{
	char path[300], text[512];

	process->pid = atoi(name);
	process->marked = false;
	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	return file_read(path, text, sizeof(text)) > 0 &&
	       !stat_parse(text, &process->parent);
}

int processes_read(struct process **list)
{
	struct dirent **entries;
	int i, n, found = 0;

	n = scandir("/proc", &entries, pid_filter, pid_order);
	if (n < 0)
		return -errno;
	*list = calloc((size_t)n + 1, sizeof(**list));
	for (i = 0; i < n; i++) {
		if (*list && process_read(entries[i]->d_name, *list + found))
			found++;
		free(entries[i]);
	}
	free(entries);
	return *list ? found : -ENOMEM;
}

static bool is_marked(const struct process *list, size_t n, pid_t pid)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i].pid == pid)
			return list[i].marked;
	return false;
}

void processes_mark(struct process *list, size_t n, pid_t root)
{
	bool more = true;
	size_t i;

	while (more) {
		more = false;
		for (i = 0; i < n; i++) {
			if (list[i].marked || (list[i].pid != root &&
			    !is_marked(list, n, list[i].parent)))
				continue;
			list[i].marked = true;
			more = true;
		}
	}
}
