// SPDX-License-Identifier: BSD-2-Clause
/*
 * The slow half of the validator: superpages, Svnapot, Svpbmt, the kernel
 * image's surroundings, and the reason for every refusal.
 */
#include "validate.h"

/*
 * What leaves may do with the byte of RAM at @at. RO wins over NONE. *@end comes
 * down to where that may change.
 */
static enum nacc_area_kind kind_at(const struct nacc_limits *limits, uint64_t at,
				   uint64_t *end)
{
	enum nacc_area_kind kind = NACC_AREA_ANY;
	unsigned int i;

	for (i = 0; i < limits->image_count; i++) {
		const struct nacc_range *image = &limits->image[i];
		bool inside = at - image->base < image->size;
		uint64_t edge = inside ? image->base + image->size : image->base;

		if (edge > at && edge < *end)
			*end = edge;
		if (inside && image->kind == NACC_RANGE_RO)
			kind = NACC_AREA_READ_ONLY;
		else if (inside && kind == NACC_AREA_ANY)
			kind = NACC_AREA_IMAGE;
	}
	return kind;
}

static void areas_find(struct nacc_limits *limits)
{
	unsigned int i;

	limits->area_count = 0;
	for (i = 0; i < limits->ram_count; i++) {
		uint64_t at = limits->ram[i].base, end = at + limits->ram[i].size;

		while (at < end) {
			struct nacc_area *area = &limits->areas[limits->area_count++];

			*area = (struct nacc_area){ at, end, NACC_AREA_ANY };
			area->kind = kind_at(limits, at, &area->end);
			at = area->end;
		}
	}
}

/* The first area that ends behind @at; area_count: none does. */
static unsigned int area_behind(const struct nacc_limits *limits, uint64_t at)
{
	unsigned int low = 0, high = limits->area_count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (limits->areas[middle].end > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static struct nacc_piece piece_of(const struct nacc_area *area)
{
	return (struct nacc_piece){ area->base >> NACC_FRAME_SHIFT,
				    (area->end - area->base) >> NACC_FRAME_SHIFT };
}

/* Keep the largest ones, in falling order. */
static void piece_take(struct nacc_limits *limits, struct nacc_piece piece)
{
	unsigned int i;

	for (i = 0; i < NACC_PIECES; i++) {
		struct nacc_piece kept = limits->pieces[i];

		if (piece.count > kept.count) {
			limits->pieces[i] = piece;
			piece = kept;
		}
	}
}

static struct nacc_piece read_only_find(const struct nacc_limits *limits)
{
	struct nacc_piece none = { 0, 0 };
	unsigned int i = 0, area;

	while (i < limits->image_count && limits->image[i].kind != NACC_RANGE_RO)
		i++;
	if (i == limits->image_count)
		return none;
	area = area_behind(limits, limits->image[i].base);
	if (area == limits->area_count ||
	    limits->areas[area].kind != NACC_AREA_READ_ONLY)
		return none;
	return piece_of(&limits->areas[area]);
}

static void pieces_find(struct nacc_limits *limits)
{
	unsigned int i;

	for (i = 0; i < NACC_PIECES; i++)
		limits->pieces[i] = (struct nacc_piece){ 0, 0 };
	for (i = 0; i < limits->area_count; i++)
		if (limits->areas[i].kind == NACC_AREA_ANY)
			piece_take(limits, piece_of(&limits->areas[i]));
	limits->read_only = read_only_find(limits);
}

void nacc_limits_update(struct nacc_limits *limits)
{
	areas_find(limits);
	pieces_find(limits);
}

const struct nacc_piece *nacc_piece_of(const struct nacc_limits *limits,
				       uint64_t value, unsigned int policy)
{
	const uint64_t page = value >> NACC_PTE_PPN_SHIFT;
	unsigned int i;

	if (!nacc_bits_in(nacc_legal(policy), value))
		return NULL;
	if (page - limits->read_only.page < limits->read_only.count)
		return value & NACC_PTE_W ? NULL : &limits->read_only;
	for (i = 0; i < NACC_PIECES; i++)
		if (page - limits->pieces[i].page < limits->pieces[i].count)
			return &limits->pieces[i];
	return NULL;
}

/*
 * May each byte be mapped? Of one leaf @whole is true: what is no RAM comes first
 * among the reasons. Of a run of pages the first one that is refused has it.
 */
static unsigned int range_check(const struct nacc_limits *limits, uint64_t base,
				uint64_t size, bool write, bool whole)
{
	const uint64_t end = base + size;
	unsigned int cause = NACC_CAUSE_NONE, i = area_behind(limits, base);

	for (; base < end && (whole || !cause); i++) {
		const struct nacc_area *area = &limits->areas[i];

		if (i == limits->area_count || area->base > base)
			return NACC_CAUSE_TARGET;
		if (area->kind == NACC_AREA_IMAGE ||
		    (area->kind == NACC_AREA_READ_ONLY && write))
			cause = NACC_CAUSE_IMAGE;
		base = area->end;
	}
	return cause;
}

unsigned int nacc_link_check(uint64_t value, unsigned int level)
{
	if (!level)
		return NACC_CAUSE_LEVEL;
	if (value & ~(NACC_PTE_PPN | NACC_PTE_NEW | NACC_PTE_V))
		return NACC_CAUSE_BITS;
	return NACC_CAUSE_NONE;
}

/* Svnapot here is 64 KiB alone: its low four page number bits are 1000. */
static bool memtype_ok(const struct nacc_limits *limits, uint64_t value,
		       unsigned int level)
{
	if ((value & NACC_PTE_PBMT) &&
	    (!limits->svpbmt || (value & NACC_PTE_PBMT) == NACC_PTE_PBMT))
		return false;
	if ((value & NACC_PTE_N) &&
	    (!limits->svnapot || level ||
	     (value >> NACC_PTE_PPN_SHIFT & 0xf) != 0x8))
		return false;
	return true;
}

static unsigned int leaf_bits_check(const struct nacc_limits *limits,
				    uint64_t value, unsigned int level,
				    unsigned int policy)
{
	const uint64_t fixed = NACC_PTE_RESERVED | NACC_PTE_U | NACC_PTE_G;
	const uint64_t wx = NACC_PTE_W | NACC_PTE_X;

	if (level > NACC_LEAF_LEVEL_MAX)
		return NACC_CAUSE_LEVEL;
	if ((value & fixed) != NACC_PTE_U ||
	    (value & (NACC_PTE_R | NACC_PTE_W)) == NACC_PTE_W)
		return NACC_CAUSE_BITS;
	if (!memtype_ok(limits, value, level))
		return NACC_CAUSE_MEMTYPE;
	if ((value & wx) == wx && (policy & NACC_POLICY_WX_DENY))
		return NACC_CAUSE_WX;
	return NACC_CAUSE_NONE;
}

unsigned int nacc_leaf_check_long(const struct nacc_limits *limits,
				  uint64_t value, unsigned int level,
				  unsigned int policy)
{
	unsigned int cause = leaf_bits_check(limits, value, level, policy);
	uint64_t base = nacc_pte_pa(value), size;

	if (cause)
		return cause;
	size = NACC_FRAME_SIZE << (9 * level);
	if (value & NACC_PTE_N) {
		size = NACC_NAPOT_SIZE;
		base &= ~(size - 1);
	}
	if (base & (size - 1))
		return NACC_CAUSE_ALIGN;
	return range_check(limits, base, size, value & NACC_PTE_W, true);
}

unsigned int nacc_leaf_check_slow(const struct nacc_limits *limits,
				  uint64_t value, unsigned int level,
				  unsigned int policy)
{
	if (!level && nacc_piece_of(limits, value, policy))
		return NACC_CAUSE_NONE;
	return nacc_leaf_check_long(limits, value, level, policy);
}

unsigned int nacc_run_check(const struct nacc_limits *limits, uint64_t value,
			    unsigned int count, unsigned int policy)
{
	unsigned int cause;

	if (nacc_pte_is_link(value))
		return NACC_CAUSE_LEVEL;
	cause = nacc_leaf_check_long(limits, value, 0, policy);
	if (cause || count == 1)
		return cause;
	/* The next value would not be well-formed. */
	if (value & NACC_PTE_N)
		return NACC_CAUSE_MEMTYPE;
	return range_check(limits, nacc_pte_pa(value),
			   (uint64_t)count << NACC_FRAME_SHIFT,
			   value & NACC_PTE_W, false);
}
