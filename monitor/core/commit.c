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
	struct nacc_frame *frame;	/* BIND */
};

/* Reader of the op page. */
struct ops {
	const volatile uint64_t *page;
	struct nacc_hart *hart;
	unsigned int next;		/* word, even */
	unsigned int slots;		/* so far */
	unsigned int values;
};

static unsigned int decode_bind(struct op *op)
{
	op->frame = nacc_frame_at(op->address);
	if (!op->frame || (op->address & (NACC_FRAME_SIZE - 1)))
		return NACC_CAUSE_FRAME;
	return NACC_CAUSE_NONE;
}

/* Count the slots of a run against the call's limit. */
static unsigned int decode_run(struct ops *ops, struct op *op)
{
	op->count++;
	if (op->code == NACC_OP_SET && op->count != 1)
		return NACC_CAUSE_COUNT;
	if (op->count > NACC_MAX_SLOTS - ops->slots)
		return NACC_CAUSE_COUNT;
	ops->slots += op->count;
	if ((op->code == NACC_OP_CLEARN || op->code == NACC_OP_WRPROTECTN) &&
	    op->value)
		return NACC_CAUSE_RESERVED;
	return NACC_CAUSE_NONE;
}

/* The first value came with the op; take the others behind it. */
static unsigned int decode_values(struct ops *ops, const struct op *op)
{
	unsigned int i;

	if (op->count > NACC_MAX_VALUES - ops->values)
		return NACC_CAUSE_COUNT;
	ops->values += op->count;
	ops->hart->values[0] = op->value;
	for (i = 1; i < op->count; i++)
		ops->hart->values[i] = ops->page[ops->next++];
	ops->next += ops->next & 1;
	return NACC_CAUSE_NONE;
}

static unsigned int op_decode(struct ops *ops, struct op *op)
{
	uint64_t word = ops->page[ops->next++];
	unsigned int cause;

	op->value = ops->page[ops->next++];
	op->code = word & 7;
	op->count = word >> NACC_OP_COUNT_SHIFT;
	op->address = word & NACC_OP_SLOT_MASK;
	op->frame = NULL;
	if (op->code >= NACC_OPCODES)
		return NACC_CAUSE_OPCODE;
	if (op->code == NACC_OP_BIND)
		return decode_bind(op);
	cause = decode_run(ops, op);
	if (!cause && op->code == NACC_OP_PUTN)
		cause = decode_values(ops, op);
	return cause;
}

static unsigned int op_perform(const struct ops *ops, const struct op *op)
{
	switch (op->code) {
	case NACC_OP_SET:
		return nacc_table_set(op->address, op->value);
	case NACC_OP_SETN:
		return nacc_table_setn(op->address, op->count, op->value);
	case NACC_OP_PUTN:
		return nacc_table_putn(op->address, op->count,
				       ops->hart->values);
	case NACC_OP_CLEARN:
		return nacc_table_clearn(op->address, op->count);
	case NACC_OP_WRPROTECTN:
		return nacc_table_wrprotectn(op->address, op->count);
	default:
		return nacc_space_bind(op->value, op->frame, op->count);
	}
}

unsigned int nacc_commit(unsigned int hart, unsigned int count,
			 unsigned int *done)
{
	struct ops ops = {
		.page = nacc_op_page(hart) + NACC_OPS_OFFSET / 8,
		.hart = &nacc_monitor.harts[hart],
	};
	unsigned int cause = NACC_CAUSE_NONE;

	for (*done = 0; *done < count; (*done)++) {
		struct op op;

		cause = op_decode(&ops, &op);
		if (!cause)
			cause = op_perform(&ops, &op);
		if (cause)
			break;
		if (op.code != NACC_OP_BIND)
			nacc_write_once(ops.hart->ops, ops.hart->ops + op.count);
	}
	return cause;
}
