/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a set of PMP registers permits, by the rules of the privileged
 * specification (and Smepmp's). No CSR is read here.
 */
#ifndef NACC_RISCV_PMP_H
#define NACC_RISCV_PMP_H

#include <nacc/types.h>

#define NACC_PMP_MAX	64

#define NACC_PMP_R	0x01
#define NACC_PMP_W	0x02
#define NACC_PMP_X	0x04
#define NACC_PMP_RWX	0x07
#define NACC_PMP_A_MASK	0x18
#define NACC_PMP_TOR	0x08
#define NACC_PMP_NA4	0x10
#define NACC_PMP_NAPOT	0x18
#define NACC_PMP_L	0x80

/* A hart's PMP registers as they were read. */
struct nacc_pmp {
	unsigned int count;	/* entries that the hart has */
	bool mml;		/* mseccfg.MML: Smepmp's meaning of the bits */
	uint8_t cfg[NACC_PMP_MAX];
	uint64_t addr[NACC_PMP_MAX];
};

/*
 * nacc_pmp_permits - does one rule govern all of @span, with exactly these
 * permissions?
 * @su: NACC_PMP_R/W/X that S- and U-mode must have, no more and no less.
 * @m: those that M-mode must have at least.
 */
bool nacc_pmp_permits(const struct nacc_pmp *pmp, const struct nacc_span *span,
		      unsigned int su, unsigned int m);

#endif /* NACC_RISCV_PMP_H */
