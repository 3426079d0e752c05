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

int poke(pid_t pid, unsigned long va, const char *kind, uint64_t value,
	 struct poke *poke)
{
	char text[2048];
	ssize_t ret;

	snprintf(text, sizeof(text), "%d 0x%lx %s 0x%llx", (int)pid, va, kind,
		 (unsigned long long)value);
	ret = file_write(POKE_FILE, text);
	if (ret < 0)
		return (int)ret;
	ret = file_read(POKE_FILE, text, sizeof(text));
	return ret < 0 ? (int)ret : report_parse(text, poke);
}
