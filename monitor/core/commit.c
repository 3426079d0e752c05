// SPDX-License-Identifier: BSD-2-Clause
/*
 * COMMIT: ops from the op page. Another hart may rewrite the page at any time:
 * each word is read once, into a decoded op, and the op page is never looked
 * at again for it.
 */
#include "call.h"
#include "state.h"
#include "table.h"

_Static_assert(NACC_MAX_OPS * 16 + NACC_MAX_VALUES * 8 <= NACC_OPS_BYTES,
	       "any legal list fits");

struct op {
	unsigned int code;		/* enum nacc_opcode */
	unsigned int count;		/* BIND: level */
	uint64_t address;		/* slot; BIND: frame */
	uint64_t value;
};

/* Reader of the op page. */
struct ops {
	const volatile uint64_t *next;	/* word, even */
	uint64_t *copy;			/* a PUTN's values */
	unsigned int slots;		/* so far */
	unsigned int values;
};

/* A leaf for any LIVE space, though not one of the many ordinary pages? */
static nacc_cold bool value_other_ok(uint64_t value)
{
	return (value & NACC_PTE_V) && !nacc_pte_is_link(value) &&
	       !nacc_leaf_check_slow(&nacc_monitor.limits, value, 0,
				     NACC_POLICY_WX_DENY);
}

/* Copy one value, read once. Is it a leaf that any LIVE space takes? */
static inline __attribute__((always_inline)) bool
value_copy(uint64_t *to, const volatile uint64_t *from, uint64_t page,
	   uint64_t pages)
{
	uint64_t value = *from;

	*to = value;
	return nacc_likely(nacc_page_in(page, pages, value, NACC_LEAF_SET)) ||
	       value_other_ok(value);
}

/*
 * Copy values up to @end, each read once, until one is no leaf that any LIVE
 * space takes. Returns where that one was put, or @end.
 */
static uint64_t *values_copy(uint64_t *to, const volatile uint64_t *from,
			     uint64_t *end)
{
	const uint64_t page = nacc_monitor.limits.fast_page;
	const uint64_t pages = nacc_monitor.limits.fast_count;
	uint64_t *four = end - (end - to) % 4;

	for (; to != four; to += 4, from += 4) {
		if (!value_copy(to, from, page, pages))
			return to;
		if (!value_copy(to + 1, from + 1, page, pages))
			return to + 1;
		if (!value_copy(to + 2, from + 2, page, pages))
			return to + 2;
		if (!value_copy(to + 3, from + 3, page, pages))
			return to + 3;
	}
	for (; to != end; to++, from++)
		if (!value_copy(to, from, page, pages))
			return to;
	return end;
}

/* Take a PUTN's values; the first came with the op. *@plain: see table.h. */
static unsigned int values_take(struct ops *ops, const struct op *op, bool *plain)
{
	const volatile uint64_t *from = ops->next;
	uint64_t *to = ops->copy, *end = to + op->count, *stop = to;

	if (op->count > NACC_MAX_VALUES - ops->values)
		return NACC_CAUSE_COUNT;
	ops->values += op->count;
	ops->next += op->count & ~1U;
	*to = op->value;
	if (nacc_page_ok(&nacc_monitor.limits, op->value, NACC_POLICY_WX_DENY) ||
	    value_other_ok(op->value))
		stop = values_copy(to + 1, from, end);
	*plain = stop == end;
	/* What ended it has been read, and is not read again. */
	for (from += stop - to; !*plain && ++stop != end;)
		*stop = *from++;
	return NACC_CAUSE_NONE;
}

static unsigned int putn(struct ops *ops, const struct op *op)
{
	bool plain;
	unsigned int cause = values_take(ops, op, &plain);

	return cause ? cause : nacc_table_putn(op->address, op->count, ops->copy,
					       plain);
}

static unsigned int bind(const struct op *op)
{
	struct nacc_frame *frame = nacc_frame_at(op->address);

	if (!frame || (op->address & (NACC_FRAME_SIZE - 1)))
		return NACC_CAUSE_FRAME;
	return nacc_space_bind(op->value, frame, op->count);
}

/* Count the slots of a run against the call's limit. */
static inline unsigned int slots_take(struct ops *ops, struct op *op)
{
	op->count++;
	if (op->code == NACC_OP_SET && op->count != 1)
		return NACC_CAUSE_COUNT;
	if (op->count > NACC_MAX_SLOTS - ops->slots)
		return NACC_CAUSE_COUNT;
	ops->slots += op->count;
	return NACC_CAUSE_NONE;
}

static inline unsigned int op_perform(struct ops *ops, struct op *op)
{
	unsigned int cause;

	if (op->code >= NACC_OPCODES)
		return NACC_CAUSE_OPCODE;
	if (op->code == NACC_OP_BIND)
		return bind(op);
	cause = slots_take(ops, op);
	if (cause)
		return cause;

	switch (op->code) {
	case NACC_OP_SET:
		return nacc_table_set(op->address, op->value);
	case NACC_OP_SETN:
		return nacc_table_setn(op->address, op->count, op->value);
	case NACC_OP_PUTN:
		return putn(ops, op);
	}
	if (op->value)
		return NACC_CAUSE_RESERVED;
	if (op->code == NACC_OP_CLEARN)
		return nacc_table_clearn(op->address, op->count);
	return nacc_table_wrprotectn(op->address, op->count);
}

struct nacc_ret nacc_commit(unsigned int hart, uint64_t count, uint64_t flags)
{
	struct ops ops = {
		.next = nacc_op_page(hart) + NACC_OPS_OFFSET / 8,
		.copy = nacc_monitor.values + hart * NACC_MAX_VALUES,
	};
	struct nacc_hart *me = &nacc_monitor.harts[hart];
	unsigned int cause = NACC_CAUSE_NONE, written = 0;
	uint64_t done;

	if (nacc_unlikely(flags & ~NACC_COMMIT_FENCE))
		return nacc_refuse(hart, NACC_CAUSE_RESERVED, 0);
	if (nacc_unlikely(!count || count > NACC_MAX_OPS))
		return nacc_refuse(hart, NACC_CAUSE_COUNT, 0);
	for (done = 0; done < count; done++) {
		uint64_t word = *ops.next++;
		struct op op = {
			.code = word & 7,
			.count = word >> NACC_OP_COUNT_SHIFT,
			.address = word & NACC_OP_SLOT_MASK,
			.value = *ops.next++,
		};

		cause = op_perform(&ops, &op);
		if (nacc_unlikely(cause))
			break;
		written = ops.slots;
	}
	nacc_write_once(me->ops, me->ops + written);
	if (flags)
		nacc_arch_fence_all();
	if (nacc_unlikely(cause))
		return nacc_refuse(hart, cause, done);
	return (struct nacc_ret){ NACC_SBI_SUCCESS, done };
}
