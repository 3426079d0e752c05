// SPDX-License-Identifier: BSD-2-Clause
/*
 * Epochs: when has every hart fenced? At most one epoch is under way at a
 * time, so the distance between any two numbers that are compared stays small
 * and 32 bits may wrap.
 */
#include "epoch.h"
#include "state.h"

#define SATP_MODE_SHIFT		60
#define SATP_PPN_MASK		((1UL << 44) - 1)

void nacc_epoch_init(void)
{
	unsigned int i;

	nacc_monitor.epoch = 1;
	for (i = 0; i < NACC_MAX_HARTS; i++)
		nacc_monitor.harts[i].satp_ppn = ~0UL;
}

uint32_t nacc_epoch_now(void)
{
	nacc_arch_mb();
	return nacc_read_once(nacc_monitor.epoch);
}

uint32_t nacc_epoch_oldest(void)
{
	uint32_t oldest = nacc_read_once(nacc_monitor.epoch);
	unsigned int i;

	for (i = 0; i < nacc_monitor.config.harts; i++) {
		const struct nacc_hart *hart = &nacc_monitor.harts[i];
		uint32_t seen;

		if (!nacc_read_once(hart->running))
			continue;
		seen = nacc_read_once(hart->seen);
		if (nacc_epoch_past(oldest, seen))
			oldest = seen;
	}
	/* The fences come before what the caller does with the frames. */
	nacc_arch_mb();
	return oldest;
}

bool nacc_epoch_root_idle(uint64_t root_pa)
{
	unsigned int i;

	for (i = 0; i < nacc_monitor.config.harts; i++) {
		const struct nacc_hart *hart = &nacc_monitor.harts[i];

		if (nacc_read_once(hart->running) &&
		    nacc_read_once(hart->satp_ppn) == root_pa >> NACC_FRAME_SHIFT)
			return false;
	}
	return true;
}

void nacc_epoch_advance(void)
{
	nacc_arch_lock(&nacc_monitor.epoch_lock);
	if (nacc_epoch_oldest() == nacc_monitor.epoch)
		nacc_write_once(nacc_monitor.epoch, nacc_monitor.epoch + 1);
	nacc_arch_unlock(&nacc_monitor.epoch_lock);
}

void nacc_hart_fence(unsigned int hart)
{
	struct nacc_hart *me = &nacc_monitor.harts[hart];
	uint32_t epoch = nacc_read_once(nacc_monitor.epoch);
	uint64_t satp = nacc_arch_satp();

	/* What was unlinked before the epoch began is unlinked before the fence. */
	nacc_arch_mb();
	nacc_arch_fence_all();
	nacc_write_once(me->satp_ppn, satp >> SATP_MODE_SHIFT ?
				      satp & SATP_PPN_MASK : ~0UL);
	/* Who sees the epoch sees the root and the fence too. */
	nacc_arch_mb();
	nacc_write_once(me->seen, epoch);
}

void nacc_hart_start(unsigned int hart)
{
	struct nacc_hart *me = &nacc_monitor.harts[hart];

	/*
	 * A frame that was freed without waiting for this hart was freed before
	 * the store below was seen, hence before the fence that follows it.
	 */
	nacc_write_once(me->running, 1);
	nacc_arch_mb();
	nacc_hart_fence(hart);
}

void nacc_hart_stop(unsigned int hart)
{
	nacc_arch_mb();
	nacc_write_once(nacc_monitor.harts[hart].running, 0);
}

uint64_t nacc_reclaim(unsigned int hart)
{
	struct nacc_budget budget = NACC_BUDGET_CALL;

	nacc_quarantine_drain(hart, &budget);
	/* Out of budget: what is ripe already comes first, in the next call. */
	if (!nacc_quarantine_count() || !budget.scrubs || !budget.moves)
		return nacc_quarantine_count();

	nacc_epoch_advance();
	nacc_hart_fence(hart);
	if (nacc_epoch_oldest() == nacc_read_once(nacc_monitor.epoch))
		nacc_quarantine_drain(hart, &budget);
	else
		nacc_arch_fence_others();
	return nacc_quarantine_count();
}
