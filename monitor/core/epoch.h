/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When may a frame be used again? When every running hart has fenced after the
 * last entry that pointed to it was gone. docs/design/tlb-and-epochs.md has
 * the argument.
 */
#ifndef NACC_EPOCH_H
#define NACC_EPOCH_H

#include <nacc/types.h>

void nacc_epoch_init(void);

/*
 * nacc_epoch_now - the epoch to note for an entry that is gone.
 * A full barrier stands between the stores before the call and the load.
 */
uint32_t nacc_epoch_now(void);

/* nacc_epoch_oldest - the least epoch that a running hart has seen. */
uint32_t nacc_epoch_oldest(void);

/* nacc_epoch_past - has every running hart fenced since @epoch was noted? */
static inline bool nacc_epoch_past(uint32_t oldest, uint32_t epoch)
{
	return (int32_t)(oldest - epoch) > 0;
}

/* nacc_epoch_root_idle - did no running hart's last fence find this root? */
bool nacc_epoch_root_idle(uint64_t root_pa);

/* nacc_epoch_advance - begin a new epoch unless one is still under way. */
void nacc_epoch_advance(void);

/* nacc_reclaim - see RECLAIM in the abi. Returns frames in quarantine. */
uint64_t nacc_reclaim(unsigned int hart);

#endif /* NACC_EPOCH_H */
