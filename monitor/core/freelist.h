/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where frames wait: free lists and quarantine, in shards so that harts seldom
 * meet on one lock. Lists run through frame->parent.
 */
#ifndef NACC_FREELIST_H
#define NACC_FREELIST_H

#include <nacc/types.h>

struct nacc_frame;

#define NACC_SHARDS		8

/* First in, first out; epochs never fall from head to tail (but see roots). */
struct nacc_fifo {
	uint32_t head;
	uint32_t tail;
	uint32_t count;
};

/*
 * Roots wait apart: one that a hart still runs on must not hold up the frames
 * behind it. Their list is rotated, so its epochs are in no order.
 */
struct nacc_shard {
	uint32_t lock;
	uint32_t free;			/* first frame, or NACC_NIL */
	uint32_t free_count;
	struct nacc_fifo tables;
	struct nacc_fifo roots;
	uint32_t reserved[7];
};

_Static_assert(sizeof(struct nacc_shard) == 64, "shards share no cache line");

/* How much one call may do. */
struct nacc_budget {
	unsigned int scrubs;		/* dirty frames zeroed */
	unsigned int moves;		/* frames freed */
	unsigned int roots;		/* roots looked at, in each shard */
};

/* With as many scrubs as there may be, done word by word: less than 20,000 instructions. */
#define NACC_MAX_MOVES		120
#define NACC_MAX_ROOT_LOOKS	16
#define NACC_BUDGET_CALL	{ NACC_MAX_SCRUBS, NACC_MAX_MOVES, 0 }

void nacc_freelist_init(uint32_t first, uint32_t count);

/* nacc_freelist_pop - a FREE frame that is on no list any more, or NULL. */
struct nacc_frame *nacc_freelist_pop(unsigned int hart);

/*
 * nacc_freelist_push - the frame, all zero, becomes FREE.
 * The caller holds its lock.
 */
void nacc_freelist_push_locked(unsigned int hart, struct nacc_frame *frame);

/*
 * nacc_quarantine_push - the frame becomes QUARANTINE as of this epoch.
 * The caller holds its lock and has removed every entry that points to it.
 * @dirty: some word may not be zero.
 */
void nacc_quarantine_push_locked(unsigned int hart, struct nacc_frame *frame,
				 bool root, bool dirty);

/* nacc_quarantine_drain - free what is ripe, within the budget. */
void nacc_quarantine_drain(unsigned int hart, struct nacc_budget *budget);

/* Sums over all shards; exact when no call is under way. */
uint64_t nacc_freelist_count(void);
uint64_t nacc_quarantine_count(void);

#endif /* NACC_FREELIST_H */
