/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which values an entry may take. Pure functions of the value, the level, the
 * policy and the limits of this machine: no locks, no stores.
 *
 * Entry format: RISC-V privileged specification, Sv39/Sv48/Sv57, with Svpbmt
 * and Svnapot.
 */
#ifndef NACC_VALIDATE_H
#define NACC_VALIDATE_H

#include <nacc_abi.h>
#include <nacc/types.h>

#define NACC_PTE_V		(1UL << 0)
#define NACC_PTE_R		(1UL << 1)
#define NACC_PTE_W		(1UL << 2)
#define NACC_PTE_X		(1UL << 3)
#define NACC_PTE_U		(1UL << 4)
#define NACC_PTE_G		(1UL << 5)
#define NACC_PTE_A		(1UL << 6)
#define NACC_PTE_D		(1UL << 7)
#define NACC_PTE_RWX		(NACC_PTE_R | NACC_PTE_W | NACC_PTE_X)
#define NACC_PTE_PPN		0x003ffffffffffc00UL
#define NACC_PTE_RESERVED	(0x7fUL << 54)
#define NACC_PTE_PBMT		(3UL << 61)
#define NACC_PTE_N		(1UL << 63)
#define NACC_PTE_HIGH		(NACC_PTE_RESERVED | NACC_PTE_PBMT | NACC_PTE_N)
#define NACC_PTE_PPN_SHIFT	10

/*
 * Bits 5:0 of an ordinary leaf, as a set: bit 63 - N stands for the value N, so that
 * a shift by them leaves it in the sign. V=1, U=1, G=0, and R, W, X legal; W with X
 * only by NACC_LEAF_WX.
 */
#define NACC_LEAF(rwx)		(1UL << (63 - (NACC_PTE_V | NACC_PTE_U | (rwx))))
#define NACC_LEAF_WX		NACC_LEAF(NACC_PTE_RWX)
#define NACC_LEAF_SET		(NACC_LEAF(NACC_PTE_R) | NACC_LEAF(NACC_PTE_X) | \
				 NACC_LEAF(NACC_PTE_R | NACC_PTE_W) | \
				 NACC_LEAF(NACC_PTE_R | NACC_PTE_X))

#define NACC_LEAF_LEVEL_MAX	2	/* 1 GiB */
#define NACC_NAPOT_SIZE		(1UL << 16)

enum nacc_area_kind {
	NACC_AREA_IMAGE,	/* no leaf may cover any of it */
	NACC_AREA_READ_ONLY,	/* leaves without W only */
	NACC_AREA_ANY,
};

/* A part of RAM, bytes. */
struct nacc_area {
	uint64_t base;
	uint64_t end;
	enum nacc_area_kind kind;
};

/* Each image range cuts RAM at two places at most. */
#define NACC_MAX_AREAS		(NACC_MAX_RAM + 2 * NACC_MAX_RANGES)

/*
 * The largest areas of kind ANY, in pages: behind the image, on top of the pool,
 * in front of the image, and the init memory inside it that the kernel has freed.
 */
#define NACC_PIECES		4

struct nacc_piece {
	uint64_t page;
	uint64_t count;
};

/* What leaves may map. Page aligned; @ram sorted and disjoint. */
struct nacc_limits {
	/* Derived from what follows, and first, where code reaches it best. */
	struct nacc_piece pieces[NACC_PIECES];
	/* Of the first RO range, if it is RAM: the kernel's zero page. */
	struct nacc_piece read_only;
	/* Derived, too: all of RAM, sorted. */
	struct nacc_area areas[NACC_MAX_AREAS];
	unsigned int area_count;

	struct nacc_span ram[NACC_MAX_RAM];
	struct nacc_range image[NACC_MAX_RANGES];
	unsigned int ram_count;
	unsigned int image_count;
	bool svpbmt;
	bool svnapot;
};

static inline bool nacc_pte_is_link(uint64_t value)
{
	return (value & (NACC_PTE_V | NACC_PTE_RWX)) == NACC_PTE_V;
}

static inline uint64_t nacc_pte_pa(uint64_t value)
{
	return (value & NACC_PTE_PPN) << (NACC_FRAME_SHIFT - NACC_PTE_PPN_SHIFT);
}

static inline uint64_t nacc_pte_link(uint64_t pa)
{
	return pa >> (NACC_FRAME_SHIFT - NACC_PTE_PPN_SHIFT) | NACC_PTE_V;
}

/*
 * nacc_pte_new - @value, V=1, with bit 9 by the rule of the abi: as it was if
 * the old entry is valid, has the same frame and gains no permission; else the
 * policy's. A leaf whose permissions are a subset of the old ones can only
 * replace a leaf, a link never replaces a link.
 */
static inline uint64_t nacc_pte_new(uint64_t old, uint64_t value,
				    unsigned int policy)
{
	uint64_t mine = policy & NACC_POLICY_NEW ? NACC_PTE_NEW : 0;

	/* Where the old entry has the same bit there is nothing to decide. */
	if (nacc_unlikely((old & NACC_PTE_NEW) != mine) && (old & NACC_PTE_V) &&
	    !nacc_pte_is_link(value) &&
	    !((old ^ value) & (NACC_PTE_PPN | NACC_PTE_N)) &&
	    !(value & ~old & (NACC_PTE_RWX | NACC_PTE_U)))
		mine = old & NACC_PTE_NEW;
	return (value & ~NACC_PTE_NEW) | mine;
}

/*
 * nacc_limits_update - derive areas and pieces. To be called again when the image
 * ranges change.
 */
void nacc_limits_update(struct nacc_limits *limits);

/* Each returns a cause. */
unsigned int nacc_link_check(uint64_t value, unsigned int level);
unsigned int nacc_leaf_check_slow(const struct nacc_limits *limits,
				  uint64_t value, unsigned int level,
				  unsigned int policy);
/* The same without a look at the pieces: the long way. */
unsigned int nacc_leaf_check_long(const struct nacc_limits *limits,
				  uint64_t value, unsigned int level,
				  unsigned int policy);

/*
 * nacc_piece_of - the piece that holds the page of this leaf of level 0, or the zero
 * page's if it has no W. NULL says nothing.
 */
const struct nacc_piece *nacc_piece_of(const struct nacc_limits *limits,
				       uint64_t value, unsigned int policy);

/* nacc_run_check - @value and the @count - 1 next pages, leaves of level 0. */
unsigned int nacc_run_check(const struct nacc_limits *limits, uint64_t value,
			    unsigned int count, unsigned int policy);

/* Are bits 5:0 of @value in the set @legal, of NACC_LEAF()s? */
static inline bool nacc_bits_in(uint64_t legal, uint64_t value)
{
	return (int64_t)(legal << (value & 63)) < 0;
}

/*
 * Is this a leaf with bits 5:0 in the set @legal that maps one of @count pages
 * from @page on? A bit above the page number makes a number that is too large.
 */
static inline bool nacc_page_in(uint64_t page, uint64_t count, uint64_t value,
				uint64_t legal)
{
	return nacc_bits_in(legal, value) &&
	       (value >> NACC_PTE_PPN_SHIFT) - page < count;
}

/* nacc_legal - the set of bits 5:0 that a policy allows to an ordinary leaf. */
static inline uint64_t nacc_legal(unsigned int policy)
{
	return policy & NACC_POLICY_WX_DENY ? NACC_LEAF_SET :
					      NACC_LEAF_SET | NACC_LEAF_WX;
}

/*
 * nacc_page_ok - is this a leaf that maps an ordinary 4 KiB page in RAM far
 * from the kernel image? False says nothing: ask nacc_leaf_check.
 */
static inline bool nacc_page_ok(const struct nacc_limits *limits,
				uint64_t value, unsigned int policy)
{
	return nacc_page_in(limits->pieces[0].page, limits->pieces[0].count,
			    value, nacc_legal(policy));
}

/* nacc_leaf_check - may this V=1 leaf stand at @level? Returns a cause. */
static inline unsigned int nacc_leaf_check(const struct nacc_limits *limits,
					   uint64_t value, unsigned int level,
					   unsigned int policy)
{
	if (!level && nacc_likely(nacc_page_ok(limits, value, policy)))
		return NACC_CAUSE_NONE;
	return nacc_leaf_check_slow(limits, value, level, policy);
}

#endif /* NACC_VALIDATE_H */
