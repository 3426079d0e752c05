/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decode PMP registers. OpenSBI stops without a word when it has more regions
 * than the hart has entries, and hardware may round an address; so what counts
 * is what is read back.
 */
#include "pmp.h"

struct rule {
	uint64_t first, last;	/* bytes, both included */
};

/* Returns false when entry @i matches nothing. */
static bool rule_decode(const struct nacc_pmp *pmp, unsigned int i, struct rule *rule)
{
	uint64_t addr = pmp->addr[i], ones;

	switch (pmp->cfg[i] & NACC_PMP_A_MASK) {
	case NACC_PMP_TOR:
		rule->first = i ? pmp->addr[i - 1] << 2 : 0;
		rule->last = (addr << 2) - 1;
		return rule->first < addr << 2;
	case NACC_PMP_NA4:
		rule->first = addr << 2;
		rule->last = rule->first + 3;
		return true;
	case NACC_PMP_NAPOT:
		/* The trailing ones and the zero above them are the size. */
		ones = addr ^ (addr + 1);
		rule->first = (addr & ~ones) << 2;
		rule->last = (addr | ones) << 2 | 3;
		return true;
	default:
		return false;
	}
}

static unsigned int su_permissions(uint8_t cfg, bool mml)
{
	unsigned int rwx = cfg & NACC_PMP_RWX;

	if (!mml)
		return rwx;
	switch (cfg & (NACC_PMP_L | NACC_PMP_RWX)) {
	case NACC_PMP_W:
		return NACC_PMP_R;
	case NACC_PMP_W | NACC_PMP_X:
		return NACC_PMP_R | NACC_PMP_W;
	case NACC_PMP_L | NACC_PMP_W:
	case NACC_PMP_L | NACC_PMP_W | NACC_PMP_X:
		return NACC_PMP_X;
	case NACC_PMP_L | NACC_PMP_RWX:
		return NACC_PMP_R;
	default:
		return cfg & NACC_PMP_L ? 0 : rwx;
	}
}

static unsigned int m_permissions(uint8_t cfg, bool mml)
{
	unsigned int rwx = cfg & NACC_PMP_RWX;

	if (!mml)
		return cfg & NACC_PMP_L ? rwx : NACC_PMP_RWX;
	switch (cfg & (NACC_PMP_L | NACC_PMP_RWX)) {
	case NACC_PMP_W:
	case NACC_PMP_W | NACC_PMP_X:
		return NACC_PMP_R | NACC_PMP_W;
	case NACC_PMP_L | NACC_PMP_W:
		return NACC_PMP_X;
	case NACC_PMP_L | NACC_PMP_W | NACC_PMP_X:
		return NACC_PMP_R | NACC_PMP_X;
	case NACC_PMP_L | NACC_PMP_RWX:
		return NACC_PMP_R;
	default:
		return cfg & NACC_PMP_L ? rwx : 0;
	}
}

bool nacc_pmp_permits(const struct nacc_pmp *pmp, const struct nacc_span *span,
		      unsigned int su, unsigned int m)
{
	uint64_t last = span->base + span->size - 1;
	struct rule rule;
	unsigned int i;

	if (!span->size || last < span->base)
		return false;
	for (i = 0; i < pmp->count && i < NACC_PMP_MAX; i++) {
		if (!rule_decode(pmp, i, &rule))
			continue;
		if (rule.last < span->base || last < rule.first)
			continue;
		/* The lowest entry that matches any byte decides. */
		if (span->base < rule.first || rule.last < last)
			return false;
		return su_permissions(pmp->cfg[i], pmp->mml) == su &&
		       (m_permissions(pmp->cfg[i], pmp->mml) & m) == m;
	}
	return false;
}
