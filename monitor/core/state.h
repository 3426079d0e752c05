/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's whole state: one struct, and the tables in the metadata region
 * that it points to. Written by nacc_init before any other function runs;
 * after that each field says what guards it.
 */
#ifndef NACC_STATE_H
#define NACC_STATE_H

#include <nacc/arch.h>
#include <nacc/monitor.h>

#include "frame.h"
#include "freelist.h"
#include "space.h"
#include "validate.h"

/* One hart's own part. Only that hart writes it, all may read. */
struct nacc_hart {
	uint64_t sets;			/* calls that the short way did: one entry each */
	uint64_t traps;			/* other calls */
	uint64_t ops;			/* entries written by them */
	uint64_t refusals;
	uint64_t satp_ppn;		/* root at its last fence, or ~0 */
	uint32_t seen;			/* epoch at its last fence */
	uint32_t running;
	uint64_t reserved[2];
};

_Static_assert(sizeof(struct nacc_hart) == 64, "harts share no cache line");

/*
 * What SET's short way in riscv/entry.S looks up, in one cache line up to the
 * first of nacc_limits' pieces. The file knows the offsets in this struct, in struct
 * nacc_frame and in nacc_space. Written by nacc_init and BOOT_LOCK.
 */
struct nacc_short {
	uint64_t pool_base;
	uint64_t pool_size;
	struct nacc_frame *frames;
	struct nacc_space *spaces;
	struct nacc_hart *harts;
	uint64_t legal;			/* NACC_LEAF_SET */
	struct nacc_piece pieces[NACC_PIECES];
	struct nacc_piece read_only;
};

struct nacc_monitor {
	struct nacc_limits limits;	/* constant after BOOT_LOCK */
	struct nacc_config config;	/* constant after nacc_init */
	struct nacc_frame *frames;
	struct nacc_space *spaces;
	struct nacc_hart *harts;
	uint64_t *template;		/* kernel half; constant after BOOT_LOCK */
	volatile uint64_t *roots;	/* registry, one word a frame */
	uint32_t frame_count;
	uint32_t kept;			/* first frames: the registry */
	uint32_t space_count;

	uint32_t boot_lock;
	uint32_t locked;		/* BOOT_LOCK was done */
	uint32_t root_level;		/* 2, 3 or 4; constant after BOOT_LOCK */

	uint32_t space_list_lock;
	uint32_t space_free;		/* first GONE index, or NACC_NIL */
	uint32_t space_live;		/* LIVE or RETIRED */

	uint32_t epoch_lock;
	uint32_t epoch;			/* written under epoch_lock */

	struct nacc_shard shards[NACC_SHARDS];
};

_Static_assert(sizeof(struct nacc_monitor) % sizeof(uint64_t) == 0,
	       "nacc_init zeroes it word by word");

/* Hidden: reached without a look into a table of addresses. */
extern struct nacc_monitor nacc_monitor __attribute__((visibility("hidden")));
extern struct nacc_short nacc_short __attribute__((visibility("hidden")));

/*
 * For what is read without the lock that guards it: one load, one store. On
 * the host these are atomics, for ThreadSanitizer, and points of interleaving;
 * on RISC-V gcc 12 would make an AMO of a relaxed atomic store.
 */
#ifdef NACC_HOST
#define nacc_read_once(x)	\
	(host_read_point(), __atomic_load_n(&(x), __ATOMIC_RELAXED))
#define nacc_write_once(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#else
#define nacc_read_once(x)	(*(const volatile __typeof__(x) *)&(x))
#define nacc_write_once(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#endif

/* nacc_op_page - the op page of a hart. */
static inline volatile uint64_t *nacc_op_page(unsigned int hart)
{
	return nacc_arch_ptr((nacc_pa_t){ nacc_monitor.config.ops.base +
					  (uint64_t)hart * NACC_FRAME_SIZE });
}

static inline uint32_t nacc_frame_index(const struct nacc_frame *frame)
{
	return (uint32_t)(frame - nacc_monitor.frames);
}

static inline uint64_t nacc_frame_pa(const struct nacc_frame *frame)
{
	return nacc_monitor.config.pool.base +
	       ((uint64_t)nacc_frame_index(frame) << NACC_FRAME_SHIFT);
}

static inline volatile uint64_t *nacc_frame_words(const struct nacc_frame *frame)
{
	return nacc_arch_ptr((nacc_pa_t){ nacc_frame_pa(frame) });
}

/* nacc_frame_find - *@frame is the frame that holds @pa. False outside the pool. */
static inline bool nacc_frame_find(uint64_t pa, struct nacc_frame **frame)
{
	uint64_t offset = pa - nacc_monitor.config.pool.base;

	if (nacc_unlikely(offset >= nacc_monitor.config.pool.size))
		return false;
	*frame = &nacc_monitor.frames[offset >> NACC_FRAME_SHIFT];
	return true;
}

/* nacc_frame_at - the same, or NULL. */
static inline struct nacc_frame *nacc_frame_at(uint64_t pa)
{
	struct nacc_frame *frame = NULL;

	nacc_frame_find(pa, &frame);
	return frame;
}

static inline void nacc_space_pin(unsigned int index)
{
	struct nacc_space *space = &nacc_monitor.spaces[index];

	nacc_arch_lock(&space->count_lock);
	nacc_write_once(space->frames, space->frames + 1);
	nacc_arch_unlock(&space->count_lock);
}

static inline void nacc_space_unpin(unsigned int index)
{
	struct nacc_space *space = &nacc_monitor.spaces[index];
	bool gone;

	nacc_arch_lock(&space->count_lock);
	nacc_write_once(space->frames, space->frames - 1);
	gone = !space->frames && space->state == NACC_SPACE_DEAD;
	if (gone)
		nacc_write_once(space->state, NACC_SPACE_GONE);
	nacc_arch_unlock(&space->count_lock);
	if (nacc_unlikely(gone))
		nacc_space_gone(index);
}

#endif /* NACC_STATE_H */
