// SPDX-License-Identifier: BSD-2-Clause
/* The validator: what it lets through maps RAM, and nothing that it must not. */
#include <nacc_abi.h>
#include <nacc/types.h>

#define SPANS	2
#define IMAGES	2
#define AREAS	4

/* No more room than is looked at: of arrays that are larger CBMC finds no end. */
#undef NACC_MAX_RAM
#undef NACC_MAX_RANGES
#define NACC_MAX_RAM	SPANS
#define NACC_MAX_RANGES	IMAGES

#include "prove.h"

#include "../core/validate.c"

#define PA_END	(1UL << 56)	/* physical addresses have 56 bits */
#define FEW_PAGES	(16UL << NACC_FRAME_SHIFT)
#define PAGES_END	(PA_END >> NACC_FRAME_SHIFT)

/* Spans as nacc_init takes them: not empty, page aligned, in order, disjoint. */
static bool spans_sane(const struct nacc_span *span, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!span[i].size || (span[i].base | span[i].size) & (NACC_FRAME_SIZE - 1) ||
		    span[i].size > PA_END || span[i].base > PA_END - span[i].size ||
		    (i && span[i - 1].base + span[i - 1].size > span[i].base))
			return false;
	return true;
}

/* Ranges as BOOT_LOCK takes them: these may overlap. */
static bool ranges_sane(const struct nacc_range *range, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!range[i].size || (range[i].base | range[i].size) & (NACC_FRAME_SIZE - 1) ||
		    range[i].size > PA_END || range[i].base > PA_END - range[i].size ||
		    range[i].kind >= NACC_RANGE_KINDS)
			return false;
	return true;
}

/* Areas as nacc_limits_update() makes them: sorted, disjoint, not empty. */
static bool areas_sane(const struct nacc_limits *limits)
{
	unsigned int i;

	for (i = 0; i < limits->area_count; i++)
		if (limits->areas[i].base >= limits->areas[i].end ||
		    (limits->areas[i].base | limits->areas[i].end) & (NACC_FRAME_SIZE - 1) ||
		    limits->areas[i].end > PA_END ||
		    (unsigned int)limits->areas[i].kind > NACC_AREA_ANY ||
		    (i && limits->areas[i - 1].end > limits->areas[i].base))
			return false;
	return true;
}

static bool piece_sane(const struct nacc_piece *piece)
{
	return piece->page < PAGES_END && piece->count <= PAGES_END - piece->page;
}

static bool pieces_sane(const struct nacc_limits *limits)
{
	unsigned int i;

	for (i = 0; i < NACC_PIECES; i++)
		if (!piece_sane(&limits->pieces[i]))
			return false;
	return piece_sane(&limits->read_only);
}

static struct nacc_limits limits_any(void)
{
	struct nacc_limits limits;

	assume(limits.ram_count <= SPANS && limits.image_count <= IMAGES);
	assume(spans_sane(limits.ram, limits.ram_count));
	assume(ranges_sane(limits.image, limits.image_count));
	assume(limits.area_count <= AREAS && areas_sane(&limits));
	assume(pieces_sane(&limits));
	return limits;
}

/* One byte, looked at alone: may user space have it, with these rights? */
static bool byte_allowed(const struct nacc_limits *limits, uint64_t at, bool write)
{
	bool ram = false, none = false, ro = false;
	unsigned int i;

	for (i = 0; i < limits->ram_count; i++)
		ram |= at - limits->ram[i].base < limits->ram[i].size;
	for (i = 0; i < limits->image_count; i++) {
		bool in = at - limits->image[i].base < limits->image[i].size;

		ro |= in && limits->image[i].kind == NACC_RANGE_RO;
		none |= in && limits->image[i].kind == NACC_RANGE_NONE;
	}
	return ram && !(ro && write) && !(none && !ro);
}

/* What a leaf maps, as the ISA says. */
static uint64_t leaf_bytes(uint64_t value, unsigned int level)
{
	return value >> 63 ? 1UL << 16 : NACC_FRAME_SIZE << (9 * level);
}

static uint64_t leaf_base(uint64_t value, unsigned int level)
{
	return (value << 10 >> 20 << 12) & ~(leaf_bytes(value, level) - 1);
}

static bool leaf_form(const struct nacc_limits *limits, uint64_t value,
		      unsigned int level, unsigned int policy)
{
	uint64_t bits = value & 0x3f, rwx = value >> 1 & 7;

	return (bits & 0x31) == 0x11 && rwx != 2 && rwx != 6 && rwx &&
	       !(value >> 54 & 0x7f) && level <= 2 &&
	       !(rwx == 7 && (policy & NACC_POLICY_WX_DENY)) &&
	       ((value >> 61 & 3) == 0 ||
		(limits->svpbmt && (value >> 61 & 3) != 3)) &&
	       (!(value >> 63) || (limits->svnapot && !level &&
				   (value >> 10 & 15) == 8));
}

/* May a byte of RAM be had, with these rights, by what image ranges say? */
static bool kind_allows(enum nacc_area_kind kind, bool write)
{
	return kind == NACC_AREA_ANY || (kind == NACC_AREA_READ_ONLY && !write);
}

/* What leaves may do with one byte, as the areas have it. */
static bool area_allows(const struct nacc_limits *limits, uint64_t at, bool write)
{
	unsigned int i;

	for (i = 0; i < limits->area_count; i++)
		if (at - limits->areas[i].base < limits->areas[i].end - limits->areas[i].base)
			return kind_allows(limits->areas[i].kind, write);
	return false;
}

static bool in_piece(const struct nacc_piece *piece, uint64_t at)
{
	return (at >> NACC_FRAME_SHIFT) - piece->page < piece->count;
}

/* Areas say of one byte what the ranges say. */
static bool areas_well(const struct nacc_limits *limits, uint64_t at)
{
	return area_allows(limits, at, true) == byte_allowed(limits, at, true) &&
	       area_allows(limits, at, false) == byte_allowed(limits, at, false);
}

/* Pieces say of one byte what the areas say. */
static bool pieces_well(const struct nacc_limits *limits, uint64_t at)
{
	unsigned int i;

	for (i = 0; i < NACC_PIECES; i++)
		if (in_piece(&limits->pieces[i], at) && !area_allows(limits, at, true))
			return false;
	return !in_piece(&limits->read_only, at) || area_allows(limits, at, false);
}

static bool derived_well(const struct nacc_limits *limits, uint64_t at)
{
	return areas_well(limits, at) && pieces_well(limits, at);
}

static void leaf_is_good(const struct nacc_limits *limits, uint64_t value,
			 unsigned int level, unsigned int policy)
{
	uint64_t at = nondet_u64();

	prove(leaf_form(limits, value, level, policy), "leaf: its form is legal");
	prove(!(leaf_base(value, level) & (leaf_bytes(value, level) - 1)) &&
	      (value >> 63 || leaf_base(value, level) == nacc_pte_pa(value)),
	      "leaf: it is aligned");
	assume(at - leaf_base(value, level) < leaf_bytes(value, level));
	assume(derived_well(limits, at));
	prove(byte_allowed(limits, at, value & NACC_PTE_W),
	      "leaf: each byte is RAM that user space may have");
}

static void leaf_slow(unsigned int level)
{
	struct nacc_limits limits = limits_any();
	uint64_t value = nondet_u64();
	unsigned int policy = nondet_u32();

	assume((value & NACC_PTE_V) && !nacc_pte_is_link(value));
	if (nacc_leaf_check_slow(&limits, value, level, policy)) {
		reached("refused");
		return;
	}
	reached("taken");
	leaf_is_good(&limits, value, level, policy);
}

/* Any leaf that the validator takes, at each level. */
void prove_leaf_4k(void)
{
	leaf_slow(0);
}

void prove_leaf_2m(void)
{
	leaf_slow(1);
}

void prove_leaf_1g(void)
{
	leaf_slow(2);
}

void prove_leaf_above(void)
{
	struct nacc_limits limits = limits_any();
	uint64_t value = nondet_u64();
	unsigned int level = nondet_u32();

	assume((value & NACC_PTE_V) && !nacc_pte_is_link(value) && level > 2);
	prove(nacc_leaf_check(&limits, value, level, nondet_u32()),
	      "leaf: none above 1 GiB");
	reached("refused");
}

/* What the short way takes: a leaf of legal form in the first piece. */
void prove_leaf_fast(void)
{
	struct nacc_limits limits = limits_any();
	uint64_t value = nondet_u64();
	unsigned int policy = nondet_u32();

	if (!nacc_page_ok(&limits, value, policy))
		return;
	prove(leaf_form(&limits, value, 0, policy), "leaf: its form is legal");
	prove((nacc_pte_pa(value) >> NACC_FRAME_SHIFT) - limits.pieces[0].page <
	      limits.pieces[0].count, "leaf: it maps a page of the first piece");
	reached("taken");
}

/* All bytes up to the end of an area are like its first. */
void prove_kind(void)
{
	struct nacc_limits limits;
	uint64_t at = nondet_u64(), end = nondet_u64(), byte = nondet_u64(), room = end;
	bool write = nondet_bool();
	enum nacc_area_kind kind;

	assume(limits.image_count <= IMAGES && at < end && end <= PA_END);
	assume(ranges_sane(limits.image, limits.image_count));
	limits.ram_count = 1;
	limits.ram[0] = (struct nacc_span){ at, end - at };
	kind = kind_at(&limits, at, &end);
	prove(at < end && end <= room, "kind: an area is not empty, and ends in time");
	assume(byte >= at && byte < end);
	prove(kind_allows(kind, write) == byte_allowed(&limits, byte, write),
	      "kind: of each byte as the ranges say");
	reached("taken");
}

/*
 * Areas made of any two spans with a range say of any byte what these say. The code
 * adds addresses, without wrap, and compares them: 16 pages have room for every order
 * of all ends.
 */
void prove_areas(void)
{
	struct nacc_limits limits;
	uint64_t at = nondet_u64();
	unsigned int i;

	assume(limits.ram_count <= SPANS && limits.image_count <= 1);
	for (i = 0; i < SPANS; i++)
		assume((limits.ram[i].base | limits.ram[i].size) < FEW_PAGES);
	assume((limits.image[0].base | limits.image[0].size) < FEW_PAGES);
	assume(spans_sane(limits.ram, limits.ram_count));
	assume(ranges_sane(limits.image, limits.image_count));
	areas_find(&limits);
	prove(limits.area_count <= SPANS + 2 && areas_sane(&limits),
	      "areas: sorted, disjoint, and there is room for them");
	assume(at < 2 * FEW_PAGES);
	prove(areas_well(&limits, at), "areas: as the ranges say");
	reached("taken");
}

/* Pieces of any areas are areas, and no more may be done with them. */
void prove_pieces(void)
{
	struct nacc_limits limits;
	uint64_t at = nondet_u64();

	assume(limits.image_count <= IMAGES &&
	       ranges_sane(limits.image, limits.image_count));
	assume(limits.area_count <= AREAS && areas_sane(&limits));
	pieces_find(&limits);
	prove(pieces_sane(&limits), "pieces: below the end of memory");
	prove(pieces_well(&limits, at), "pieces: as the areas say");
	reached("taken");
}

/* A 4 KiB page of ordinary RAM, far from the image, is not refused. */
void prove_leaf_taken(void)
{
	struct nacc_limits limits = limits_any();
	uint64_t value = nondet_u64();
	uint64_t base = nacc_pte_pa(value);

	assume(!limits.image_count && limits.ram_count);
	assume(base - limits.ram[0].base < limits.ram[0].size);
	assume(derived_well(&limits, base));
	assume((value >> 54) == 0 && leaf_form(&limits, value, 0, 0));
	prove(!nacc_leaf_check(&limits, value, 0, 0), "leaf: ordinary RAM is taken");
	reached("taken");
}

void prove_link(void)
{
	uint64_t value = nondet_u64();
	unsigned int level = nondet_u32();

	assume(nacc_pte_is_link(value));
	if (nacc_link_check(value, level))
		return;
	prove(level, "link: not in a table of pages");
	prove(!(value & 0xf0) && !(value >> 54) && !(value & 0x100),
	      "link: no bit is set that a link must not have");
	reached("taken");
}

/* Bit 9 is the monitor's, and nothing else is changed by it. */
void prove_new(void)
{
	uint64_t old = nondet_u64(), value = nondet_u64(), out;
	unsigned int policy = nondet_u32();
	bool want = policy & NACC_POLICY_NEW;

	assume(value & NACC_PTE_V);
	out = nacc_pte_new(old, value, policy);
	prove(!((out ^ value) & ~NACC_PTE_NEW), "NEW: the other bits are the caller's");
	prove(!!(out & NACC_PTE_NEW) == want || (old & NACC_PTE_V),
	      "NEW: over nothing it is as the policy says");
	prove(!!(out & NACC_PTE_NEW) == want || !((old ^ value) & NACC_PTE_PPN),
	      "NEW: another page is as the policy says");
	prove(!!(out & NACC_PTE_NEW) == want || !(value & ~old & 0x1e),
	      "NEW: more rights are as the policy says");
	prove(nacc_pte_is_link(out) == nacc_pte_is_link(value), "NEW: a link stays one");
	reached("written");
}
