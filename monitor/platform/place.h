/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where to put the pool: arithmetic on spans and the syntax of its size. It
 * knows no device tree and no OpenSBI.
 */
#ifndef NACC_PLATFORM_PLACE_H
#define NACC_PLATFORM_PLACE_H

#include <nacc/types.h>

#define NACC_MAP_MAX	64

/* RAM, and what of it is spoken for. */
struct nacc_map {
	struct nacc_span ram[NACC_MAP_MAX];
	struct nacc_span taken[NACC_MAP_MAX];
	unsigned int ram_count, taken_count;
	bool overflow;		/* a list was too short: place nothing */
};

/* nacc.pool=SIZE[@ADDR]. size 0: not asked for. */
struct nacc_want {
	uint64_t size;
	uint64_t base;
	bool fixed;		/* @ADDR was given */
};

#define NACC_POOL_SIZE_MIN	(1UL << 20)	/* the least that may be asked for */
#define NACC_POOL_SIZE_DEFAULT	(16UL << 20)	/* the least that is chosen */

/* Add [base, base + size) to a list; what is empty or wraps is left out. */
void nacc_map_ram(struct nacc_map *map, uint64_t base, uint64_t size);
void nacc_map_take(struct nacc_map *map, uint64_t base, uint64_t size);

uint64_t nacc_map_ram_bytes(const struct nacc_map *map);

/* nacc_map_fits - is @span inside one RAM range and clear of what is taken? */
bool nacc_map_fits(const struct nacc_map *map, const struct nacc_span *span);

/*
 * nacc_map_find - the highest free span of @size bytes below @limit.
 * @size: power of two; the span is naturally aligned.
 * Returns false when there is none.
 */
bool nacc_map_find(const struct nacc_map *map, uint64_t size, uint64_t limit,
		   struct nacc_span *span);

/*
 * nacc_map_free - RAM that is not taken: sorted, disjoint, whole pages.
 * Returns the number of spans; what does not fit into @max is left out.
 */
unsigned int nacc_map_free(const struct nacc_map *map, struct nacc_span *span,
			   unsigned int max);

/* nacc_pow2 - the least power of two that is not below @value. */
uint64_t nacc_pow2(uint64_t value);

/*
 * nacc_want_parse - read SIZE[@ADDR], numbers as 64M or 0x4000000.
 * Returns NULL, or what is wrong with it, as the end of a sentence.
 */
const char *nacc_want_parse(const char *text, size_t length, struct nacc_want *want);

/*
 * nacc_want_find - the value of the last word @key=VALUE in a command line.
 * Returns NULL when there is none, else its begin, and its length in @length.
 */
const char *nacc_want_find(const char *line, size_t line_length, const char *key,
			   size_t *length);

#endif /* NACC_PLATFORM_PLACE_H */
