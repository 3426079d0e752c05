/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the arch implementation that the platform glue drives. */
#ifndef NACC_RISCV_ARCH_H
#define NACC_RISCV_ARCH_H

#include <nacc/monitor.h>

/* nacc_arch_init - cold boot, before nacc_init. Returns 0 or an SBI error. */
int nacc_arch_init(const struct nacc_config *config, uint32_t cbo_bytes);

/*
 * nacc_arch_unfit - look at this hart before it enters S-mode. Writes to its op
 * page, and satp is 0 afterwards. Returns NULL, or what is wrong with it: "the
 * hart ...".
 */
const char *nacc_arch_unfit(void);

/* nacc_arch_trap_install - put our trap entry in front of OpenSBI's. */
void nacc_arch_trap_install(void);

/* entry.S */
void nacc_trap_entry(void);
void nacc_trap_entry_hyp(void);

#endif /* NACC_RISCV_ARCH_H */
