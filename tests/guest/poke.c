// SPDX-License-Identifier: BSD-2-Clause
/* Talks to the hostile module nacc_poke. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define POKE_FILE	"/sys/kernel/debug/nacc_poke"

static int level_parse(const char *line, struct poke_level *level)
{
	unsigned long long table, entry;
	unsigned int index;
	char pool[4];

	if (sscanf(line, "level %d table 0x%llx index %u entry 0x%llx pool %3s %23s",
		   &level->level, &table, &index, &entry, pool,
		   level->result) != 6)
		return -EPROTO;
	level->table = table;
	level->slot = table + index * sizeof(uint64_t);
	level->entry = entry;
	level->in_pool = !strcmp(pool, "yes");
	return 0;
}

static int report_parse(const char *text, struct poke *poke)
{
	unsigned long long base, size;
	int ret;

	if (sscanf(text, "pool 0x%llx 0x%llx", &base, &size) != 2)
		return -EPROTO;
	poke->pool_base = base;
	poke->pool_size = size;
	poke->levels = 0;
	while ((text = strchr(text, '\n')) && *++text) {
		if (poke->levels == TABLE_LEVELS)
			return -EPROTO;
		ret = level_parse(text, &poke->level[poke->levels++]);
		if (ret)
			return ret;
	}
	return poke->levels ? 0 : -EPROTO;
}

/* Writes the request and reads the answer. */
static int ask(pid_t pid, unsigned long va, const char *kind, uint64_t value,
	       char *text, size_t size)
{
	ssize_t ret;

	snprintf(text, size, "%d 0x%lx %s 0x%llx", (int)pid, va, kind,
		 (unsigned long long)value);
	ret = file_write(POKE_FILE, text);
	if (ret < 0)
		return (int)ret;
	ret = file_read(POKE_FILE, text, size);
	return ret < 0 ? (int)ret : 0;
}

int poke(pid_t pid, unsigned long va, const char *kind, uint64_t value,
	 struct poke *poke)
{
	char text[2048];
	int ret = ask(pid, va, kind, value, text, sizeof(text));

	return ret ? ret : report_parse(text, poke);
}

int poke_tables(pid_t pid, struct poke_tables *tables)
{
	static char text[65536];
	unsigned int level, links, leaves;
	unsigned long long table;
	char *line = text, pool[4];
	int ret;

	memset(tables, 0, sizeof(*tables));
	ret = ask(pid, 0, "tables", 0, text, sizeof(text));
	if (ret)
		return ret;
	while ((line = strchr(line, '\n')) && *++line) {
		if (sscanf(line, "level %u table 0x%llx links %u leaves %u pool %3s",
			   &level, &table, &links, &leaves, pool) != 5 ||
		    level >= TABLE_LEVELS)
			return -EPROTO;
		tables->level[level].tables++;
		tables->level[level].entries += links + leaves;
		tables->level[level].in_pool += !strcmp(pool, "yes");
	}
	return tables->level[0].tables ? 0 : -EPROTO;
}
