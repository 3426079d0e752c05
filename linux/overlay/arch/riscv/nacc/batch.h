/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue of a CPU: batch.c's, and hooks.S begins runs in it. */
#ifndef _RISCV_NACC_BATCH_H
#define _RISCV_NACC_BATCH_H

#include <linux/percpu.h>
#include <asm/nacc_abi.h>

enum kind { CLEAR, PROTECT, PUT, NR_KINDS };

struct nacc_batch {
	/* First slot of the run of each kind, in the linear map; 0: no run. */
	unsigned long begin[NR_KINDS];
	u64 *values;			/* of a PUTN, in the op page; NULL until the first */
	u64 replay[NACC_MAX_VALUES];	/* the values of a refused COMMIT */
};

DECLARE_PER_CPU(struct nacc_batch, nacc_batches);
extern bool nacc_batching;

#endif /* _RISCV_NACC_BATCH_H */
