/* SPDX-License-Identifier: BSD-2-Clause */
/* What decoding and performing of calls share. */
#ifndef NACC_CALL_H
#define NACC_CALL_H

#include <nacc_abi.h>
#include <nacc/types.h>

/* nacc_cause_error - the SBI error that goes with a cause. */
long nacc_cause_error(unsigned int cause);

/* nacc_refuse - count a refusal; the answer that says it. */
struct nacc_ret nacc_refuse(unsigned int hart, unsigned int cause, uint64_t index);

/*
 * nacc_commit - the call: perform the first @count ops of the hart's op page.
 * The arguments are raw.
 */
struct nacc_ret nacc_commit(unsigned int hart, uint64_t count, uint64_t flags);

/* nacc_op - the call: perform one op. The arguments are raw. */
struct nacc_ret nacc_op(unsigned int hart, uint64_t word, uint64_t value,
			uint64_t flags);

/*
 * nacc_boot_lock - take the template and @count ranges from the op page.
 * Returns a cause; *@index is the entry or range that was refused.
 */
unsigned int nacc_boot_lock(unsigned int hart, unsigned int count,
			    unsigned int *index);

#endif /* NACC_CALL_H */
