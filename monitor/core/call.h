/* SPDX-License-Identifier: BSD-2-Clause */
/* What decoding and performing of calls share. */
#ifndef NACC_CALL_H
#define NACC_CALL_H

#include <nacc_abi.h>
#include <nacc/types.h>

/* nacc_cause_error - the SBI error that goes with a cause. */
long nacc_cause_error(unsigned int cause);

/*
 * nacc_commit - perform the first @count ops of the hart's op page.
 * Returns a cause; *@done is the number of ops that are done, which is also
 * the index of the refused one.
 */
unsigned int nacc_commit(unsigned int hart, unsigned int count,
			 unsigned int *done);

/*
 * nacc_boot_lock - take the template and @count ranges from the op page.
 * Returns a cause; *@index is the entry or range that was refused.
 */
unsigned int nacc_boot_lock(unsigned int hart, unsigned int count,
			    unsigned int *index);

#endif /* NACC_CALL_H */
