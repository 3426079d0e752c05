// SPDX-License-Identifier: BSD-2-Clause
/* Which values the abstract monitor takes: page by page, without short cuts. */
#include "model.h"

#include "check.h"

unsigned int model_leaf(const struct model *m, uint64_t value,
			unsigned int level, unsigned int policy)
{
	uint64_t pa = model_pa(value), size = 4096UL << (9 * level), at;
	unsigned int cause = NACC_CAUSE_NONE;

	if (level > 2)
		return NACC_CAUSE_LEVEL;
	if (!(value & 0x10) || (value & 0x20) || (value & 6) == 4 ||
	    (value >> 54 & 0x7f))
		return NACC_CAUSE_BITS;
	if ((value >> 61 & 3) && (!m->machine.svpbmt || (value >> 61 & 3) == 3))
		return NACC_CAUSE_MEMTYPE;
	if (value >> 63) {
		if (!m->machine.svnapot || level || (value >> 10 & 15) != 8)
			return NACC_CAUSE_MEMTYPE;
		pa &= ~0xffffUL;
		size = 0x10000;
	}
	if ((value & 0xc) == 0xc && (policy & NACC_POLICY_WX_DENY))
		return NACC_CAUSE_WX;
	if (pa % size)
		return NACC_CAUSE_ALIGN;
	for (at = pa; at < pa + size; at += 4096) {
		if (!check_page_is_ram(at))
			return NACC_CAUSE_TARGET;
		if (!check_page(at, value & 4))
			cause = NACC_CAUSE_IMAGE;
	}
	return cause;
}

unsigned int model_link(const struct model *m, unsigned int table,
			uint64_t value)
{
	const struct model_frame *f = &m->frames[table], *child;
	unsigned int to = model_frame(m, model_pa(value));

	if (!f->level)
		return NACC_CAUSE_LEVEL;
	if (value & ~(((1UL << 54) - 1) & ~0x3ffUL) & ~(1UL | NACC_PTE_NEW))
		return NACC_CAUSE_BITS;
	if (to == MODEL_NONE)
		return NACC_CAUSE_CHILD_STATE;
	child = &m->frames[to];
	if (child->state == NACC_FRAME_FRESH)
		return NACC_CAUSE_NONE;
	if (child->state != NACC_FRAME_DETACHED)
		return NACC_CAUSE_CHILD_STATE;
	if (child->space != f->space)
		return NACC_CAUSE_CHILD_SPACE;
	return child->level + 1 == f->level ? NACC_CAUSE_NONE :
					      NACC_CAUSE_CHILD_LEVEL;
}
