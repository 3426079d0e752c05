/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checked writes to tables: one entry, or a run inside a level-0 table. Each
 * function takes and drops the locks that it needs, returns a cause, and has
 * changed nothing when that is not NACC_CAUSE_NONE.
 */
#ifndef NACC_TABLE_H
#define NACC_TABLE_H

#include <nacc/types.h>

/* nacc_table_set - write one entry at any level; links and unlinks. */
unsigned int nacc_table_set(uint64_t slot, uint64_t value);

/* The caller has checked that @count is 1..NACC_SLOTS. */
unsigned int nacc_table_setn(uint64_t slot, unsigned int count, uint64_t value);
unsigned int nacc_table_putn(uint64_t slot, unsigned int count,
			     const uint64_t *values);
unsigned int nacc_table_clearn(uint64_t slot, unsigned int count);
unsigned int nacc_table_wrprotectn(uint64_t slot, unsigned int count);

#endif /* NACC_TABLE_H */
