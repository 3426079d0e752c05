/* SPDX-License-Identifier: BSD-2-Clause */
/* Spans of memory, and the syntax of nacc.pool=. See place.h. */
#include "place.h"

#define PAGE_BYTES	4096UL

static void span_add(struct nacc_span *list, unsigned int *count, bool *overflow,
		     uint64_t base, uint64_t size)
{
	if (!size)
		return;
	if (base + size < base)
		size = -base - 1;
	if (*count == NACC_MAP_MAX) {
		*overflow = true;
		return;
	}
	list[*count].base = base;
	list[*count].size = size;
	(*count)++;
}

void nacc_map_ram(struct nacc_map *map, uint64_t base, uint64_t size)
{
	span_add(map->ram, &map->ram_count, &map->overflow, base, size);
}

void nacc_map_take(struct nacc_map *map, uint64_t base, uint64_t size)
{
	span_add(map->taken, &map->taken_count, &map->overflow, base, size);
}

uint64_t nacc_map_ram_bytes(const struct nacc_map *map)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < map->ram_count; i++)
		sum += map->ram[i].size;
	return sum;
}

static bool overlaps(const struct nacc_span *a, const struct nacc_span *b)
{
	return a->base < b->base + b->size && b->base < a->base + a->size;
}

static const struct nacc_span *map_conflict(const struct nacc_map *map,
					    const struct nacc_span *span)
{
	unsigned int i;

	for (i = 0; i < map->taken_count; i++)
		if (overlaps(&map->taken[i], span))
			return &map->taken[i];
	return NULL;
}

bool nacc_map_fits(const struct nacc_map *map, const struct nacc_span *span)
{
	unsigned int i;

	if (map->overflow || !span->size || span->base + span->size < span->base)
		return false;
	for (i = 0; i < map->ram_count; i++)
		if (map->ram[i].base <= span->base &&
		    span->base + span->size <= map->ram[i].base + map->ram[i].size)
			return !map_conflict(map, span);
	return false;
}

/* The highest fit inside one RAM range, if it is above what @best holds. */
static void range_find(const struct nacc_map *map, const struct nacc_span *ram,
		       uint64_t size, uint64_t limit, struct nacc_span *best)
{
	uint64_t end = ram->base + ram->size;
	struct nacc_span at = { .size = size };
	const struct nacc_span *conflict;

	if (limit < end)
		end = limit;
	while (end >= size) {
		at.base = (end - size) & ~(size - 1);
		if (at.base < ram->base)
			return;
		conflict = map_conflict(map, &at);
		if (!conflict) {
			if (!best->size || best->base < at.base)
				*best = at;
			return;
		}
		end = conflict->base;
	}
}

bool nacc_map_find(const struct nacc_map *map, uint64_t size, uint64_t limit,
		   struct nacc_span *span)
{
	unsigned int i;

	span->size = 0;
	if (map->overflow)
		return false;
	for (i = 0; i < map->ram_count; i++)
		range_find(map, &map->ram[i], size, limit, span);
	return span->size;
}

static const struct nacc_span *covering(const struct nacc_span *list,
					unsigned int count, uint64_t at)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (list[i].base <= at && at < list[i].base + list[i].size)
			return &list[i];
	return NULL;
}

/* Where the free span that begins at or above @from begins; ~0: nowhere. */
static uint64_t free_begin(const struct nacc_map *map, uint64_t from)
{
	const struct nacc_span *taken;
	unsigned int i;
	uint64_t next;

	while (from != ~0UL) {
		taken = covering(map->taken, map->taken_count, from);
		if (taken) {
			from = taken->base + taken->size;
			continue;
		}
		if (covering(map->ram, map->ram_count, from))
			return from;
		next = ~0UL;
		for (i = 0; i < map->ram_count; i++)
			if (from < map->ram[i].base && map->ram[i].base < next)
				next = map->ram[i].base;
		from = next;
	}
	return from;
}

/* Where the free span that begins at @from ends. */
static uint64_t free_end(const struct nacc_map *map, uint64_t from)
{
	const struct nacc_span *ram = covering(map->ram, map->ram_count, from);
	uint64_t end = ram->base + ram->size;
	unsigned int i;

	for (i = 0; i < map->taken_count; i++)
		if (from < map->taken[i].base && map->taken[i].base < end)
			end = map->taken[i].base;
	return end;
}

unsigned int nacc_map_free(const struct nacc_map *map, struct nacc_span *span,
			   unsigned int max)
{
	uint64_t from = 0, begin, end;
	unsigned int count = 0;

	while (count < max) {
		from = free_begin(map, from);
		if (from == ~0UL)
			break;
		end = free_end(map, from);
		begin = (from + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
		from = end;
		end &= ~(PAGE_BYTES - 1);
		if (end <= begin)
			continue;
		if (count && span[count - 1].base + span[count - 1].size == begin) {
			span[count - 1].size += end - begin;
			continue;
		}
		span[count].base = begin;
		span[count].size = end - begin;
		count++;
	}
	return count;
}

uint64_t nacc_pow2(uint64_t value)
{
	uint64_t power = 1;

	while (power && power < value)
		power <<= 1;
	return power;
}

static int digit(char c, unsigned int base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static unsigned int suffix_shift(char c)
{
	switch (c) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return 0;
	}
}

/* Read one number with its suffix at *@at; false when there is none. */
static bool number_parse(const char **at, const char *end, uint64_t *value)
{
	unsigned int base = 10, shift;
	const char *c = *at, *begin;

	if (end - c > 2 && c[0] == '0' && (c[1] == 'x' || c[1] == 'X')) {
		base = 16;
		c += 2;
	}
	begin = c;
	for (*value = 0; c < end && digit(*c, base) >= 0; c++) {
		if (*value > (~0UL - digit(*c, base)) / base)
			return false;
		*value = *value * base + digit(*c, base);
	}
	if (c == begin)
		return false;
	shift = c < end ? suffix_shift(*c) : 0;
	if (shift) {
		if (*value > ~0UL >> shift)
			return false;
		*value <<= shift;
		c++;
	}
	*at = c;
	return true;
}

const char *nacc_want_parse(const char *text, size_t length, struct nacc_want *want)
{
	const char *at = text, *end = text + length;

	want->fixed = false;
	want->base = 0;
	if (!number_parse(&at, end, &want->size))
		return "is not SIZE[@ADDR]";
	if (at < end && *at == '@') {
		at++;
		if (!number_parse(&at, end, &want->base))
			return "is not SIZE[@ADDR]";
		want->fixed = true;
	}
	if (at != end)
		return "is not SIZE[@ADDR]";
	if (!want->size || want->size & (want->size - 1))
		return "is not a power of two";
	if (want->size < NACC_POOL_SIZE_MIN)
		return "is too small, 1M is the least";
	if (want->base & (want->size - 1))
		return "is not aligned to its own size";
	return NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

const char *nacc_want_find(const char *line, size_t line_length, const char *key,
			   size_t *length)
{
	const char *end = line + line_length, *found = NULL, *at, *word;
	const char *k;

	for (at = line; at < end && *at;) {
		if (is_space(*at)) {
			at++;
			continue;
		}
		word = at;
		while (at < end && *at && !is_space(*at))
			at++;
		for (k = key; *k && word < at && *word == *k; k++)
			word++;
		if (!*k && word < at && *word == '=') {
			found = word + 1;
			*length = at - found;
		}
	}
	return found;
}
