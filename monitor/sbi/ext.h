/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NACC_SBI_EXT_H
#define NACC_SBI_EXT_H

#include <nacc/types.h>

/* nacc_ext_register - route NACC_SBI_EXT to core. Returns 0 or an SBI error. */
int nacc_ext_register(void);

/*
 * nacc_trap_call - one call with its raw registers a0..a5 and a6. Every call
 * ends here but those that the short way in riscv/entry.S has done.
 */
struct nacc_ret nacc_trap_call(const uint64_t args[6], uint64_t call);

#endif /* NACC_SBI_EXT_H */
