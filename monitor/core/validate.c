// SPDX-License-Identifier: BSD-2-Clause
/*
 * The slow half of the validator: superpages, Svnapot, Svpbmt, the kernel
 * image's surroundings, and the reason for every refusal.
 */
#include "validate.h"

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The first piece at or behind @*base, up to @end, that touches no image range:
 * moves @*base to its begin and returns its end; both are @end if there is none.
 */
static uint64_t piece_next(const struct nacc_limits *limits, uint64_t *base,
			   uint64_t end)
{
	unsigned int i = 0;

	while (i < limits->image_count && *base < end) {
		const struct nacc_range *image = &limits->image[i++];

		if (*base - image->base >= image->size)
			continue;
		*base = min_u64(image->base + image->size, end);
		i = 0;
	}
	for (i = 0; i < limits->image_count; i++)
		if (limits->image[i].base > *base)
			end = min_u64(end, limits->image[i].base);
	return end;
}

/* Keep the largest ones, in falling order. */
static void piece_take(struct nacc_limits *limits, uint64_t base, uint64_t end)
{
	struct nacc_piece piece = {
		base >> NACC_FRAME_SHIFT, (end - base) >> NACC_FRAME_SHIFT
	};
	unsigned int i;

	for (i = 0; i < NACC_PIECES; i++) {
		struct nacc_piece kept = limits->pieces[i];

		if (piece.count > kept.count) {
			limits->pieces[i] = piece;
			piece = kept;
		}
	}
}

void nacc_limits_update(struct nacc_limits *limits)
{
	unsigned int i;

	for (i = 0; i < NACC_PIECES; i++)
		limits->pieces[i] = (struct nacc_piece){ 0, 0 };
	for (i = 0; i < limits->ram_count; i++) {
		uint64_t base = limits->ram[i].base, end;

		while (base < limits->ram[i].base + limits->ram[i].size) {
			end = piece_next(limits, &base, limits->ram[i].base +
							limits->ram[i].size);
			piece_take(limits, base, end);
			base = end;
		}
	}
	limits->fast_page = limits->pieces[0].page;
	limits->fast_count = limits->pieces[0].count;
}

/* A leaf of level 0 in one of the other pieces. */
static bool in_piece(const struct nacc_limits *limits, uint64_t value,
		     unsigned int policy)
{
	unsigned int i;

	for (i = 1; i < NACC_PIECES; i++)
		if (nacc_page_in(limits->pieces[i].page, limits->pieces[i].count,
				 value, nacc_legal(policy)))
			return true;
	return false;
}

static bool in_ram(const struct nacc_limits *limits, uint64_t base, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < limits->ram_count; i++) {
		uint64_t offset = base - limits->ram[i].base;

		if (offset < limits->ram[i].size &&
		    size <= limits->ram[i].size - offset)
			return true;
	}
	return false;
}

/* Is every byte of [base, end) in some RO range? */
static bool all_read_only(const struct nacc_limits *limits, uint64_t base,
			  uint64_t end)
{
	while (base < end) {
		uint64_t next = base;
		unsigned int i;

		for (i = 0; i < limits->image_count; i++) {
			const struct nacc_range *image = &limits->image[i];

			if (image->kind == NACC_RANGE_RO &&
			    base - image->base < image->size)
				next = max_u64(next, image->base + image->size);
		}
		if (next == base)
			return false;
		base = next;
	}
	return true;
}

static bool image_allows(const struct nacc_limits *limits, uint64_t base,
			 uint64_t size, bool write)
{
	unsigned int i;

	for (i = 0; i < limits->image_count; i++) {
		const struct nacc_range *image = &limits->image[i];
		uint64_t low = max_u64(base, image->base);
		uint64_t high = min_u64(base + size, image->base + image->size);

		if (low >= high)
			continue;
		if (image->kind == NACC_RANGE_RO ? write :
						   !all_read_only(limits, low, high))
			return false;
	}
	return true;
}

unsigned int nacc_range_check(const struct nacc_limits *limits, uint64_t base,
			      uint64_t size, bool write)
{
	if (!in_ram(limits, base, size))
		return NACC_CAUSE_TARGET;
	if (!image_allows(limits, base, size, write))
		return NACC_CAUSE_IMAGE;
	return NACC_CAUSE_NONE;
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

unsigned int nacc_leaf_check_slow(const struct nacc_limits *limits,
				  uint64_t value, unsigned int level,
				  unsigned int policy)
{
	uint64_t base = nacc_pte_pa(value), size;
	unsigned int cause;

	if (!level && in_piece(limits, value, policy))
		return NACC_CAUSE_NONE;
	cause = leaf_bits_check(limits, value, level, policy);
	if (cause)
		return cause;
	size = NACC_FRAME_SIZE << (9 * level);
	if (value & NACC_PTE_N) {
		size = NACC_NAPOT_SIZE;
		base &= ~(size - 1);
	}
	if (base & (size - 1))
		return NACC_CAUSE_ALIGN;
	return nacc_range_check(limits, base, size, value & NACC_PTE_W);
}

unsigned int nacc_run_check(const struct nacc_limits *limits, uint64_t value,
			    unsigned int count, unsigned int policy)
{
	unsigned int cause, i;

	if (nacc_pte_is_link(value))
		return NACC_CAUSE_LEVEL;
	cause = leaf_bits_check(limits, value, 0, policy);
	if (cause)
		return cause;
	if (!(value & NACC_PTE_N) &&
	    !nacc_range_check(limits, nacc_pte_pa(value),
			      (uint64_t)count << NACC_FRAME_SHIFT,
			      value & NACC_PTE_W))
		return NACC_CAUSE_NONE;

	/* Each page for itself: they may lie in adjacent spans. */
	for (i = 0; i < count && !cause; i++)
		cause = nacc_leaf_check_slow(limits,
					     value + ((uint64_t)i << NACC_PTE_PPN_SHIFT),
					     0, policy);
	return cause;
}
