// SPDX-License-Identifier: BSD-2-Clause
/*
 * The calls: raw registers in, checked arguments to the functions that do the
 * work, SBI results out. A refusal is counted here and nowhere else.
 */
#include "call.h"
#include "epoch.h"
#include "state.h"
#include "table.h"

/* SET's third argument beside the virtual address. */
#define FENCE_BITS	(NACC_FRAME_SIZE - 1)

static struct nacc_hart *hart_at(unsigned int hart)
{
	return &nacc_monitor.harts[hart];
}

/* Only this hart writes its counters, so no atomic add is needed. */
static inline void count(uint64_t *counter, unsigned int n)
{
	nacc_write_once(*counter, *counter + n);
}

static struct nacc_ret done(uint64_t value)
{
	return (struct nacc_ret){ NACC_SBI_SUCCESS, value };
}

nacc_cold struct nacc_ret nacc_refuse(unsigned int hart, unsigned int cause,
				      uint64_t index)
{
	count(&hart_at(hart)->refusals, 1);
	return (struct nacc_ret){ nacc_cause_error(cause), cause | index << 16 };
}

static struct nacc_ret result(unsigned int hart, unsigned int cause,
			      uint64_t value)
{
	return cause ? nacc_refuse(hart, cause, 0) : done(value);
}

/* The frame that begins at @pa, or NULL. */
static struct nacc_frame *frame_exact(uint64_t pa)
{
	return pa & (NACC_FRAME_SIZE - 1) ? NULL : nacc_frame_at(pa);
}

/* Complete without the short way in front of it: riscv/entry.S. */
static __attribute__((noinline)) struct nacc_ret
call_set(unsigned int hart, uint64_t slot, uint64_t value, uint64_t fence)
{
	unsigned int cause;

	if (fence && (fence & FENCE_BITS) != NACC_SET_FENCE)
		return nacc_refuse(hart, NACC_CAUSE_RESERVED, 0);
	cause = nacc_table_set_slow(slot, value);
	if (cause)
		return nacc_refuse(hart, cause, 0);
	count(&hart_at(hart)->ops, 1);
	if (fence)
		nacc_arch_fence_page((nacc_va_t){ fence & ~FENCE_BITS });
	return done(0);
}

static uint64_t hart_sum(size_t offset)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < nacc_monitor.config.harts; i++) {
		const char *hart = (const char *)hart_at(i);

		sum += nacc_read_once(*(const uint64_t *)(hart + offset));
	}
	return sum;
}

static struct nacc_ret call_info(unsigned int hart, uint64_t item)
{
	const struct nacc_config *config = &nacc_monitor.config;

	switch (item) {
	case NACC_INFO_MAGIC:
		return done(NACC_MAGIC);
	case NACC_INFO_VERSION:
		return done(NACC_VERSION);
	case NACC_INFO_POOL_BASE:
		return done(config->pool.base);
	case NACC_INFO_POOL_SIZE:
		return done(config->pool.size);
	case NACC_INFO_OP_PAGE:
		return done(config->ops.base + (uint64_t)hart * NACC_FRAME_SIZE);
	case NACC_INFO_ROOTS:
		return done(config->pool.base);
	case NACC_INFO_FRAMES_TOTAL:
		return done(nacc_monitor.frame_count - nacc_monitor.kept);
	case NACC_INFO_FRAMES_FREE:
		return done(nacc_freelist_count());
	case NACC_INFO_FRAMES_QUARANTINED:
		return done(nacc_quarantine_count());
	case NACC_INFO_SPACES:
		return done(nacc_read_once(nacc_monitor.space_live));
	case NACC_INFO_TRAPS:
		return done(hart_sum(offsetof(struct nacc_hart, sets)) +
			    hart_sum(offsetof(struct nacc_hart, traps)));
	case NACC_INFO_OPS:
		return done(hart_sum(offsetof(struct nacc_hart, sets)) +
			    hart_sum(offsetof(struct nacc_hart, ops)));
	case NACC_INFO_REFUSALS:
		return done(hart_sum(offsetof(struct nacc_hart, refusals)));
	case NACC_INFO_LOCK_WAITS:
		return done(nacc_arch_lock_waits());
	case NACC_INFO_HART:
		return done(nacc_arch_hart_flags());
	}
	return nacc_refuse(hart, NACC_CAUSE_ITEM, 0);
}

static struct nacc_ret call_boot_lock(unsigned int hart, uint64_t count)
{
	unsigned int index, cause;

	if (count > NACC_MAX_RANGES)
		return nacc_refuse(hart, NACC_CAUSE_COUNT, 0);
	cause = nacc_boot_lock(hart, count, &index);
	return cause ? nacc_refuse(hart, cause, index) : done(0);
}

static struct nacc_ret call_space_create(unsigned int hart, uint64_t frame_pa,
					 uint64_t tag, uint64_t policy)
{
	struct nacc_frame *frame = frame_exact(frame_pa);
	uint64_t id = 0;
	unsigned int cause;

	if (!frame)
		return nacc_refuse(hart, NACC_CAUSE_FRAME, 0);
	if (policy & ~NACC_POLICY_MASK)
		return nacc_refuse(hart, NACC_CAUSE_POLICY, 0);
	if (!tag)
		return nacc_refuse(hart, NACC_CAUSE_TAG, 0);
	cause = nacc_space_create(frame, tag, policy, &id);
	return result(hart, cause, id);
}

static struct nacc_ret call_space_set(unsigned int hart, uint64_t id,
				      uint64_t policy)
{
	uint64_t all = 0;
	unsigned int cause;

	if (policy & ~NACC_POLICY_MASK)
		return nacc_refuse(hart, NACC_CAUSE_POLICY, 0);
	cause = nacc_space_set(id, policy, &all);
	return result(hart, cause, all);
}

static struct nacc_ret call_space_retire(unsigned int hart, uint64_t id,
					 uint64_t count)
{
	const volatile uint64_t *list = nacc_op_page(hart) + NACC_LIST_OFFSET / 8;
	uint64_t left = 0;
	unsigned int cause;

	if (count > NACC_MAX_FRAMES)
		return nacc_refuse(hart, NACC_CAUSE_COUNT, 0);
	cause = nacc_space_retire(hart, id, list, count, &left);
	return result(hart, cause, left);
}

static struct nacc_ret call_space_destroy(unsigned int hart, uint64_t id)
{
	return result(hart, nacc_space_destroy(hart, id), 0);
}

static struct nacc_ret call_frames_take(unsigned int hart, uint64_t want)
{
	unsigned int n;

	if (!want || want > NACC_MAX_FRAMES)
		return nacc_refuse(hart, NACC_CAUSE_COUNT, 0);
	n = nacc_frame_take(hart, want, nacc_op_page(hart) + NACC_LIST_OFFSET / 8);
	return n ? done(n) : nacc_refuse(hart, NACC_CAUSE_NO_FRAME, 0);
}

static struct nacc_ret call_frames_return(unsigned int hart, uint64_t count)
{
	const volatile uint64_t *list = nacc_op_page(hart) + NACC_LIST_OFFSET / 8;
	unsigned int i;

	if (!count || count > NACC_MAX_FRAMES)
		return nacc_refuse(hart, NACC_CAUSE_COUNT, 0);
	for (i = 0; i < count; i++) {
		struct nacc_frame *frame = frame_exact(list[i]);
		unsigned int cause = NACC_CAUSE_FRAME;

		if (frame)
			cause = nacc_frame_return(hart, frame);
		if (cause)
			return nacc_refuse(hart, cause, i);
	}
	return done(count);
}

static struct nacc_ret call_query(unsigned int hart, uint64_t item, uint64_t what)
{
	struct nacc_frame *frame;
	uint64_t answer = 0;
	unsigned int cause;

	switch (item) {
	case NACC_QUERY_FRAME:
		frame = frame_exact(what);
		if (!frame)
			return nacc_refuse(hart, NACC_CAUSE_FRAME, 0);
		return done(nacc_frame_query(frame));
	case NACC_QUERY_SPACE_OF:
		frame = frame_exact(what);
		if (!frame)
			return nacc_refuse(hart, NACC_CAUSE_FRAME, 0);
		return done(nacc_frame_query_space(frame));
	case NACC_QUERY_SPACE:
		cause = nacc_space_query(what, &answer);
		return result(hart, cause, answer);
	}
	return nacc_refuse(hart, NACC_CAUSE_ITEM, 0);
}

/* Arguments that each call names; the others must be zero. */
static const uint8_t call_args[] = {
	[NACC_CALL_SET] = 3,
	[NACC_CALL_COMMIT] = 2,
	[NACC_CALL_INFO] = 1,
	[NACC_CALL_BOOT_LOCK] = 1,
	[NACC_CALL_SPACE_CREATE] = 3,
	[NACC_CALL_SPACE_SET] = 2,
	[NACC_CALL_SPACE_RETIRE] = 2,
	[NACC_CALL_SPACE_DESTROY] = 1,
	[NACC_CALL_FRAMES_TAKE] = 1,
	[NACC_CALL_FRAMES_RETURN] = 1,
	[NACC_CALL_RECLAIM] = 0,
	[NACC_CALL_QUERY] = 2,
	[NACC_CALL_OP] = 3,
};

_Static_assert(sizeof(call_args) == NACC_CALL_COUNT, "a row for every call");

static inline bool reserved_clear(uint64_t call, const uint64_t args[6])
{
	uint64_t any = 0;

	switch (call_args[call]) {
	case 0:
		any |= args[0];
		__attribute__((fallthrough));
	case 1:
		any |= args[1];
		__attribute__((fallthrough));
	case 2:
		any |= args[2];
	}
	return !(any | args[3] | args[4] | args[5]);
}

/* SET, OP and COMMIT come here only to be refused for what is reserved. */
static __attribute__((noinline)) struct nacc_ret
call_other(unsigned int hart, uint64_t call, const uint64_t args[6])
{
	if (call >= NACC_CALL_COUNT)
		return nacc_refuse(hart, NACC_CAUSE_CALL, 0);
	if (!reserved_clear(call, args))
		return nacc_refuse(hart, NACC_CAUSE_RESERVED, 0);

	switch (call) {
	case NACC_CALL_INFO:
		return call_info(hart, args[0]);
	case NACC_CALL_BOOT_LOCK:
		return call_boot_lock(hart, args[0]);
	case NACC_CALL_SPACE_CREATE:
		return call_space_create(hart, args[0], args[1], args[2]);
	case NACC_CALL_SPACE_SET:
		return call_space_set(hart, args[0], args[1]);
	case NACC_CALL_SPACE_RETIRE:
		return call_space_retire(hart, args[0], args[1]);
	case NACC_CALL_SPACE_DESTROY:
		return call_space_destroy(hart, args[0]);
	case NACC_CALL_FRAMES_TAKE:
		return call_frames_take(hart, args[0]);
	case NACC_CALL_FRAMES_RETURN:
		return call_frames_return(hart, args[0]);
	case NACC_CALL_RECLAIM:
		return done(nacc_reclaim(hart));
	default:
		return call_query(hart, args[0], args[1]);
	}
}

/* What does most of the work goes first: most of its cost is the way here. */
struct nacc_ret nacc_call(unsigned int hart, uint64_t call,
			  const uint64_t args[6])
{
	count(&hart_at(hart)->traps, 1);
	if (call == NACC_CALL_COMMIT && !(args[2] | args[3] | args[4] | args[5]))
		return nacc_commit(hart, args[0], args[1]);
	if (call == NACC_CALL_OP && !(args[3] | args[4] | args[5]))
		return nacc_op(hart, args[0], args[1], args[2]);
	if (call == NACC_CALL_SET && !(args[3] | args[4] | args[5]))
		return call_set(hart, args[0], args[1], args[2]);
	return call_other(hart, call, args);
}
