/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A space: one guarded address space. LIVE takes checked writes, RETIRED takes
 * V=0 writes only, DEAD has no root any more but frames still name it, GONE
 * may be used again. The index in a frame is a pin: while it is there, the
 * index keeps its meaning.
 */
#ifndef NACC_SPACE_H
#define NACC_SPACE_H

#include <nacc/types.h>

struct nacc_frame;

struct nacc_space {
	uint32_t lock;			/* life; see frame.h for the order */
	uint32_t count_lock;		/* frames, and DEAD to GONE */
	uint32_t gen;			/* of the id; never 0 once created */
	uint32_t frames;		/* that name this index */
	uint32_t root;			/* frame; GONE: next on the free list */
	uint8_t state;			/* enum nacc_space_state */
	uint8_t policy;
	uint16_t reserved;
	uint64_t cursor;		/* RETIRE: slots before it hold no link */
};

_Static_assert(sizeof(struct nacc_space) == 32, "two spaces a cache line");

#define NACC_MIN_SPACES		64
#define NACC_MAX_SPACES		65535	/* index 0 is kept for the kernel's own */

void nacc_space_init(uint32_t count);

/*
 * nacc_space_create - make @frame the root of a new space with the registry
 * word @tag. Returns a cause; *@id is the new id.
 */
unsigned int nacc_space_create(struct nacc_frame *frame, uint64_t tag,
			       unsigned int policy, uint64_t *id);

/* nacc_space_set - add policy bits. Returns a cause; *@policy is all of them. */
unsigned int nacc_space_set(uint64_t id, unsigned int bits, uint64_t *policy);

/*
 * nacc_space_retire - see the abi. @list: @count addresses, read once each.
 * Returns a cause; *@left is 1 or 0.
 */
unsigned int nacc_space_retire(unsigned int hart, uint64_t id,
			       const volatile uint64_t *list, unsigned int count,
			       uint64_t *left);

/* nacc_space_destroy - see the abi. Returns a cause. */
unsigned int nacc_space_destroy(unsigned int hart, uint64_t id);

/* nacc_space_id - the id of an index that a frame pins. */
uint64_t nacc_space_id(unsigned int index);

/* nacc_space_query - the packed answer of NACC_QUERY_SPACE. Returns a cause. */
unsigned int nacc_space_query(uint64_t id, uint64_t *answer);

/* nacc_space_bind - FRESH to DETACHED(level, space). Returns a cause. */
unsigned int nacc_space_bind(uint64_t id, struct nacc_frame *frame,
			     unsigned int level);

/*
 * nacc_space_pin - count one more frame. The caller holds the lock of a frame
 * that names the space, or the space's.
 * nacc_space_unpin - count one less; the last one of a DEAD space frees the
 * index. The caller holds no lock below the frame's.
 */
static inline void nacc_space_pin(unsigned int index);
static inline void nacc_space_unpin(unsigned int index);

/* nacc_space_gone - the index may be used again. For nacc_space_unpin. */
void nacc_space_gone(unsigned int index);

/* nacc_space_find_locked - the LIVE or RETIRED space, locked; NULL if none. */
struct nacc_space *nacc_space_find_locked(uint64_t id);

#endif /* NACC_SPACE_H */
