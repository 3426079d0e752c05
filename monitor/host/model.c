// SPDX-License-Identifier: BSD-2-Clause
/* The abstract monitor. See model.h. */
#include "model.h"

#include <string.h>

#define V		1UL
#define NONE		MODEL_NONE

/* Words that are not zero; of a root only those of the user half. */
unsigned int model_live(const struct model_frame *f)
{
	unsigned int slots = f->state == NACC_FRAME_ROOT ? MODEL_KERNEL_SLOT : 512;
	unsigned int i, n = 0;

	for (i = 0; i < slots; i++)
		n += f->words[i] != 0;
	return n;
}

unsigned int model_links(const struct model_frame *f)
{
	unsigned int slots = f->state == NACC_FRAME_ROOT ? MODEL_KERNEL_SLOT : 512;
	unsigned int i, n = 0;

	for (i = 0; i < slots; i++)
		n += model_is_link(f->words[i]);
	return n;
}

unsigned int model_names(const struct model *m, unsigned int space)
{
	unsigned int i, n = 0;

	for (i = 0; i < m->machine.frames; i++)
		n += model_is_table(&m->frames[i]) && m->frames[i].space == space;
	return n;
}

unsigned int model_space(const struct model *m, uint64_t id)
{
	unsigned int i;

	for (i = 0; i < m->spaces_used; i++)
		if (m->spaces[i].id == id && m->spaces[i].state != NACC_SPACE_GONE)
			return i;
	return NONE;
}

unsigned int model_usable(const struct model *m, uint64_t id)
{
	unsigned int space = model_space(m, id);

	return space != NONE && m->spaces[space].state == NACC_SPACE_DEAD ?
	       NONE : space;
}

void model_clear(struct model_frame *f, unsigned int state)
{
	memset(f, 0, sizeof(*f));
	f->state = state;
}

void model_give_back(struct model *m, struct model_frame *f)
{
	f->root = f->state == NACC_FRAME_ROOT;
	f->state = NACC_FRAME_QUARANTINE;
	f->given_back = m->now;
}

/* Spaces that no table names any more are gone. */
static void spaces_settle(struct model *m)
{
	unsigned int i;

	for (i = 0; i < m->spaces_used; i++)
		if (m->spaces[i].state == NACC_SPACE_DEAD && !model_names(m, i))
			m->spaces[i].state = NACC_SPACE_GONE;
}

static unsigned int table_cause(const struct model_frame *f, unsigned int slot)
{
	if (f->state == NACC_FRAME_FRESH)
		return NACC_CAUSE_UNBOUND;
	if (!model_is_table(f))
		return NACC_CAUSE_FRAME_STATE;
	return f->state == NACC_FRAME_ROOT && slot >= MODEL_KERNEL_SLOT ?
	       NACC_CAUSE_KERNEL_HALF : NACC_CAUSE_NONE;
}

/* May the slot of a table take the value? The table itself may be written. */
static unsigned int value_cause(const struct model *m, unsigned int table,
				unsigned int slot, uint64_t value, bool run)
{
	const struct model_frame *f = &m->frames[table];

	if (!(value & V))
		return NACC_CAUSE_NONE;
	if (m->spaces[f->space].state != NACC_SPACE_LIVE)
		return NACC_CAUSE_RETIRED;
	if (!model_is_link(value))
		return model_leaf(m, value, f->level,
				  m->spaces[f->space].policy);
	if (run)
		return NACC_CAUSE_LEVEL;
	if (model_is_link(f->words[slot]))
		return NACC_CAUSE_RELINK;
	return model_link(m, table, value);
}

static void store(struct model *m, unsigned int table, unsigned int slot,
		  uint64_t value)
{
	struct model_frame *f = &m->frames[table];
	uint64_t old = f->words[slot];
	bool same;

	if (model_is_link(old))
		m->frames[model_frame(m, model_pa(old))].state = NACC_FRAME_DETACHED;
	if (model_is_link(value)) {
		struct model_frame *child = &m->frames[model_frame(m, model_pa(value))];

		child->state = NACC_FRAME_LINKED;
		child->level = f->level - 1;
		child->space = f->space;
		child->linked_once = true;
	}
	if (value & V) {
		/* Same frame and size, and no permission more than before. */
		same = (old & V) && model_is_link(old) == model_is_link(value) &&
		       model_pa(old) == model_pa(value) && old >> 63 == value >> 63 &&
		       !(value & ~old & 0x1e);
		value &= ~NACC_PTE_NEW;
		if (same ? !!(old & NACC_PTE_NEW) :
			   !!(m->spaces[f->space].policy & NACC_POLICY_NEW))
			value |= NACC_PTE_NEW;
	}
	f->words[slot] = value;
}

static unsigned int set(struct model *m, uint64_t slot_pa, uint64_t value)
{
	unsigned int table = model_frame(m, slot_pa), slot = slot_pa / 8 % 512;
	unsigned int cause;

	if (table == NONE || slot_pa % 8)
		return NACC_CAUSE_SLOT;
	cause = table_cause(&m->frames[table], slot);
	if (!cause)
		cause = value_cause(m, table, slot, value, false);
	if (!cause)
		store(m, table, slot, value);
	return cause;
}

/*
 * A leaf that PUTN has to look at closely: here, where RAM has few parts, one that
 * is refused, or that has bits above its page number.
 */
static bool is_long(const struct model *m, unsigned int table, uint64_t value,
		    unsigned int cause)
{
	return (value & V) && (value & 0xe) &&
	       m->spaces[m->frames[table].space].state == NACC_SPACE_LIVE &&
	       (cause || value >> 54);
}

/* PUTN stores each value before it looks at the next one. */
static unsigned int run(struct model *m, uint64_t slot_pa, unsigned int code,
			unsigned int count, uint64_t *values, unsigned int *long_ways)
{
	unsigned int table = model_frame(m, slot_pa), slot = slot_pa / 8 % 512;
	unsigned int cause, i;

	if (table == NONE)
		return NACC_CAUSE_SLOT;
	if (slot + count > 512)
		return NACC_CAUSE_RUN;
	cause = table_cause(&m->frames[table], slot);
	if (!cause && m->frames[table].level)
		cause = NACC_CAUSE_LEVEL;
	for (i = 0; i < count && !cause; i++) {
		uint64_t old = m->frames[table].words[slot + i];

		if (code == NACC_OP_WRPROTECTN) {
			if ((old & V) && m->spaces[m->frames[table].space].state !=
					 NACC_SPACE_LIVE)
				cause = NACC_CAUSE_RETIRED;
			values[i] = old & ~4UL;
			continue;
		}
		cause = value_cause(m, table, slot + i, values[i], true);
		if (code == NACC_OP_PUTN && is_long(m, table, values[i], cause) &&
		    ++*long_ways > NACC_MAX_LONG)
			cause = NACC_CAUSE_COUNT;
		if (!cause && code == NACC_OP_PUTN)
			store(m, table, slot + i, values[i]);
	}
	if (cause && code == NACC_OP_PUTN && i)
		m->written += i - 1;
	for (i = 0; i < count && !cause && code != NACC_OP_PUTN; i++)
		store(m, table, slot + i, values[i]);
	return cause;
}

static unsigned int bind(struct model *m, uint64_t frame_pa, unsigned int level,
			 uint64_t id)
{
	unsigned int frame = model_frame(m, frame_pa);
	unsigned int space = model_usable(m, id);

	if (frame == NONE || frame_pa % 4096)
		return NACC_CAUSE_FRAME;
	if (space == NONE)
		return NACC_CAUSE_SPACE;
	if (level >= m->machine.levels - 1)
		return NACC_CAUSE_LEVEL;
	if (m->spaces[space].state != NACC_SPACE_LIVE)
		return NACC_CAUSE_RETIRED;
	if (m->frames[frame].state != NACC_FRAME_FRESH)
		return NACC_CAUSE_FRAME_STATE;
	m->frames[frame].state = NACC_FRAME_DETACHED;
	m->frames[frame].level = level;
	m->frames[frame].space = space;
	return NACC_CAUSE_NONE;
}

/* Totals of one COMMIT. */
struct list {
	const uint64_t *page;
	unsigned int next, slots, values, long_ways;
};

static unsigned int one_op(struct model *m, struct list *l)
{
	uint64_t word = l->page[l->next], value = l->page[l->next + 1];
	uint64_t at = word << 10 >> 13 << 3;
	unsigned int code = word & 7, count = (word >> 54) + 1, i;
	uint64_t values[1024];

	l->next += 2;
	if (code >= NACC_OPCODES)
		return NACC_CAUSE_OPCODE;
	if (code == NACC_OP_BIND)
		return bind(m, at, count - 1, value);
	if ((code == NACC_OP_SET && count != 1) || l->slots + count > NACC_MAX_SLOTS)
		return NACC_CAUSE_COUNT;
	l->slots += count;
	if (code == NACC_OP_SET)
		return set(m, at, value);
	if ((code == NACC_OP_CLEARN || code == NACC_OP_WRPROTECTN) && value)
		return NACC_CAUSE_RESERVED;
	if (code == NACC_OP_PUTN) {
		if (l->values + count > NACC_MAX_VALUES)
			return NACC_CAUSE_COUNT;
		l->values += count;
		memcpy(values, &l->page[l->next - 1], count * sizeof(*values));
		l->next += count / 2 * 2;
	} else {
		for (i = 0; i < count; i++)
			values[i] = code == NACC_OP_SETN ? value + i * 1024UL : 0;
	}
	return run(m, at, code, count, values, &l->long_ways);
}

static unsigned int commit(struct model *m, const struct script_call *c,
			   uint64_t *index)
{
	struct list l = { .page = c->page };
	unsigned int cause = NACC_CAUSE_NONE;

	if (c->args[1] > 1)
		return NACC_CAUSE_RESERVED;
	if (!c->args[0] || c->args[0] > NACC_MAX_OPS)
		return NACC_CAUSE_COUNT;
	for (*index = 0; *index < c->args[0]; (*index)++) {
		unsigned int slots = l.slots;

		cause = one_op(m, &l);
		if (cause)
			break;
		m->written += l.slots - slots;
	}
	return cause;
}

static unsigned int op_call(struct model *m, const uint64_t *args)
{
	const uint64_t list[2] = { args[0], args[1] };
	struct list l = { .page = list };
	unsigned int cause;

	if (args[2] > 1)
		return NACC_CAUSE_RESERVED;
	if (args[0] % 8 == NACC_OP_PUTN)
		return NACC_CAUSE_OPCODE;
	cause = one_op(m, &l);
	m->written = cause ? 0 : l.slots;
	return cause;
}

static unsigned int set_call(struct model *m, const uint64_t *args)
{
	unsigned int cause;

	if (args[2] && (args[2] & 0xfff) != NACC_SET_FENCE)
		return NACC_CAUSE_RESERVED;
	cause = set(m, args[0], args[1]);
	m->written = !cause;
	return cause;
}

unsigned int model_change(struct model *m, const struct script_call *c,
			  struct nacc_ret ret, uint64_t *index)
{
	unsigned int cause;

	switch (c->call) {
	case NACC_CALL_SET:
		cause = set_call(m, c->args);
		break;
	case NACC_CALL_COMMIT:
		cause = commit(m, c, index);
		break;
	case NACC_CALL_OP:
		cause = op_call(m, c->args);
		break;
	case NACC_CALL_SPACE_CREATE:
		cause = model_create(m, c, ret);
		break;
	case NACC_CALL_SPACE_SET:
		cause = model_policy(m, c->args[0], c->args[1]);
		break;
	case NACC_CALL_SPACE_RETIRE:
		cause = model_retire(m, c, ret);
		break;
	case NACC_CALL_SPACE_DESTROY:
		cause = model_destroy(m, c->args[0]);
		break;
	default:
		cause = model_return(m, c, index);
		break;
	}
	spaces_settle(m);
	return cause;
}
