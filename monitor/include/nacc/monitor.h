/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor as its glue sees it: start it, tell it about harts, hand it
 * calls. "hart" is a dense index below nacc_config.harts, not a hart id.
 */
#ifndef NACC_MONITOR_H
#define NACC_MONITOR_H

#include <nacc/types.h>

/* Facts that the glue finds out at boot. All spans are page aligned. */
struct nacc_config {
	struct nacc_span pool;		/* naturally aligned power of two */
	struct nacc_span meta;		/* M-only, at least nacc_meta_size() */
	struct nacc_span ops;		/* S-writable, one page a hart */
	struct nacc_span ram[NACC_MAX_RAM];	/* what user leaves may map: RAM
						 * without firmware, pool, meta
						 * and ops; sorted, disjoint */
	unsigned int ram_count;
	unsigned int harts;
	bool svpbmt;			/* every hart has it */
	bool svnapot;
};

/*
 * nacc_meta_size - bytes of M-only metadata for a pool.
 * @pool_size: bytes, power of two.
 */
size_t nacc_meta_size(uint64_t pool_size);

/*
 * nacc_init - scrub the pool, lay out the metadata, build the free lists.
 * Called once, on the boot hart, before any other function here. @config is
 * copied. Returns 0, or -1 when a span is unaligned, overlaps another or is
 * too small.
 */
int nacc_init(const struct nacc_config *config);

/*
 * nacc_call - perform one SBI call of the extension.
 * @hart: the calling hart. @call: a6, raw. @args: a0..a5, raw.
 * Takes and drops all locks itself; any hart, any time after nacc_init.
 * Returns what the abi header says for the call.
 */
struct nacc_ret nacc_call(unsigned int hart, uint64_t call,
			  const uint64_t args[6]);

/*
 * nacc_hart_start - this hart comes up (cold boot, HSM start, resume): fence,
 * and count it in every epoch from now on.
 * nacc_hart_stop - this hart is about to stop: epochs no longer wait for it.
 * nacc_hart_fence - fence, publish epoch and satp (the handler of
 * nacc_arch_fence_others). All three run on the hart itself, without locks.
 */
void nacc_hart_start(unsigned int hart);
void nacc_hart_stop(unsigned int hart);
void nacc_hart_fence(unsigned int hart);

/* nacc_cause_name - "TARGET" for NACC_CAUSE_TARGET; "?" when unknown. */
const char *nacc_cause_name(unsigned int cause);

#endif /* NACC_MONITOR_H */
