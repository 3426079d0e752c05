// SPDX-License-Identifier: BSD-2-Clause
/*
 * COMMIT: ops from the op page; OP: one from registers. Another hart may rewrite the
 * page at any time: each word counts as it is read once, into a decoded op or, of
 * PUTN's values and of SETs in a row, into a register. The op that ends such a row is
 * read anew.
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
	unsigned int left;		/* ops after this one */
	unsigned int slots;		/* so far */
	unsigned int values;
	unsigned int long_ways;
	unsigned int stored;		/* of a PUTN that was refused */
};

/* The values begin in the op's own value word. */
static unsigned int putn(struct ops *ops, const struct op *op)
{
	const volatile uint64_t *values = ops->next - 1;
	unsigned int cause, done;

	if (op->count > NACC_MAX_VALUES - ops->values)
		return NACC_CAUSE_COUNT;
	ops->values += op->count;
	ops->next += op->count & ~1U;
	cause = nacc_table_putn(op->address, op->count, values, &done,
				&ops->long_ways);
	if (nacc_unlikely(cause))
		ops->stored = done;
	return cause;
}

static unsigned int bind(uint64_t frame_pa, unsigned int level, uint64_t space)
{
	struct nacc_frame *frame = nacc_frame_at(frame_pa);

	if (!frame || (frame_pa & (NACC_FRAME_SIZE - 1)))
		return NACC_CAUSE_FRAME;
	return nacc_space_bind(space, frame, level);
}

/* What is the same for each slot of a run. */
static inline unsigned int run(unsigned int code, uint64_t slot, unsigned int count,
			       uint64_t value)
{
	if (code == NACC_OP_SETN)
		return nacc_table_setn(slot, count, value);
	if (value)
		return NACC_CAUSE_RESERVED;
	if (code == NACC_OP_CLEARN)
		return nacc_table_clearn(slot, count);
	return nacc_table_wrprotectn(slot, count);
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

/* After a SET of the common kind, all those that follow it. */
static __attribute__((noinline)) void sets_perform(struct ops *ops)
{
	const volatile uint64_t *next = ops->next;
	unsigned int most = NACC_MAX_SLOTS - ops->slots, done;

	if (most > ops->left)
		most = ops->left;
	for (done = 0; done < most; done++) {
		uint64_t word = nacc_read_once(next[0]);

		if (word & ~NACC_OP_SLOT_MASK ||
		    !nacc_table_set_fast(word, nacc_read_once(next[1])))
			break;
		next += 2;
	}
	ops->next = next;
	ops->slots += done;
	ops->left -= done;
}

static unsigned int set(struct ops *ops, const struct op *op)
{
	if (!nacc_table_set_fast(op->address, op->value))
		return nacc_table_set_slow(op->address, op->value);
	if (ops->left)
		sets_perform(ops);
	return NACC_CAUSE_NONE;
}

static inline unsigned int op_perform(struct ops *ops, struct op *op)
{
	unsigned int cause;

	if (op->code >= NACC_OPCODES)
		return NACC_CAUSE_OPCODE;
	if (op->code == NACC_OP_BIND)
		return bind(op->address, op->count, op->value);
	cause = slots_take(ops, op);
	if (cause)
		return cause;

	if (op->code == NACC_OP_SET)
		return set(ops, op);
	if (op->code == NACC_OP_PUTN)
		return putn(ops, op);
	return run(op->code, op->address, op->count, op->value);
}

/* Count the entries, fence if it is asked for, and answer. */
static inline struct nacc_ret end(unsigned int hart, unsigned int written,
				  uint64_t flags, unsigned int cause, uint64_t index,
				  uint64_t value)
{
	struct nacc_hart *me = &nacc_monitor.harts[hart];

	nacc_write_once(me->ops, me->ops + written);
	if (flags)
		nacc_arch_fence_all();
	if (nacc_unlikely(cause))
		return nacc_refuse(hart, cause, index);
	return (struct nacc_ret){ NACC_SBI_SUCCESS, value };
}

struct nacc_ret nacc_commit(unsigned int hart, uint64_t count, uint64_t flags)
{
	struct ops ops = {
		.next = nacc_op_page(hart) + NACC_OPS_OFFSET / 8,
	};
	unsigned int cause = NACC_CAUSE_NONE, written = 0;

	if (nacc_unlikely(flags & ~NACC_COMMIT_FENCE))
		return nacc_refuse(hart, NACC_CAUSE_RESERVED, 0);
	if (nacc_unlikely(!count || count > NACC_MAX_OPS))
		return nacc_refuse(hart, NACC_CAUSE_COUNT, 0);
	for (ops.left = count; ops.left;) {
		uint64_t word = *ops.next++;
		struct op op = {
			.code = word & 7,
			.count = word >> NACC_OP_COUNT_SHIFT,
			.address = word & NACC_OP_SLOT_MASK,
			.value = *ops.next++,
		};

		ops.left--;
		cause = op_perform(&ops, &op);
		if (nacc_unlikely(cause))
			break;
		written = ops.slots;
	}
	return end(hart, written + ops.stored, flags, cause, count - ops.left - 1,
		   count);
}

/* An op that stands alone needs no totals. *@written is the number of its slots. */
static inline unsigned int single(uint64_t word, uint64_t value, unsigned int *written)
{
	const unsigned int code = word & 7, field = word >> NACC_OP_COUNT_SHIFT;
	const uint64_t address = word & NACC_OP_SLOT_MASK;

	if (code >= NACC_OPCODES || code == NACC_OP_PUTN)
		return NACC_CAUSE_OPCODE;
	if (code == NACC_OP_BIND)
		return bind(address, field, value);
	if (field >= NACC_MAX_SLOTS || (code == NACC_OP_SET && field))
		return NACC_CAUSE_COUNT;
	*written = field + 1;
	if (code == NACC_OP_SET)
		return nacc_table_set_slow(address, value);
	return run(code, address, field + 1, value);
}

struct nacc_ret nacc_op(unsigned int hart, uint64_t word, uint64_t value,
			uint64_t flags)
{
	unsigned int written = 0, cause;

	if (nacc_unlikely(flags & ~NACC_COMMIT_FENCE))
		return nacc_refuse(hart, NACC_CAUSE_RESERVED, 0);
	cause = single(word, value, &written);
	return end(hart, cause ? 0 : written, flags, cause, 0, 0);
}
