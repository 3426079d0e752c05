// SPDX-License-Identifier: BSD-2-Clause
/* Random calls. See script.h. */
#include "script.h"

#include <string.h>

#include "machine.h"
#include "../core/state.h"

uint64_t script_xorshift(void *state)
{
	uint64_t *x = state;

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static uint64_t below(struct script *s, uint64_t limit)
{
	return s->next(s->arg) % limit;
}

static bool once_in(struct script *s, uint64_t n)
{
	return !below(s, n);
}

/* Looks at descriptors without their locks, to guess what may be plausible. */
#define PEEKS		__attribute__((no_sanitize("thread")))

#define FRESH		(1U << NACC_FRAME_FRESH)
#define DETACHED	(1U << NACC_FRAME_DETACHED)
#define LINKED		(1U << NACC_FRAME_LINKED)
#define TABLE		(DETACHED | LINKED | 1U << NACC_FRAME_ROOT)

/* Mostly a frame in one of the states of the mask. */
static PEEKS uint64_t any_frame(struct script *s, unsigned int states)
{
	uint64_t index = below(s, s->frames);
	uint64_t frame;
	unsigned int tries;

	for (tries = below(s, 16); tries; tries--) {
		if (states >> nacc_read_once(nacc_monitor.frames[index].state) & 1)
			break;
		index = (index + 1) % s->frames;
	}
	frame = MACHINE_POOL_BASE + index * NACC_FRAME_SIZE;
	if (once_in(s, 200))
		frame += below(s, NACC_FRAME_SIZE);
	if (once_in(s, 200))
		frame = s->next(s->arg);
	return frame;
}

/* Few slots of a table, so that the same ones are met again. */
static PEEKS uint64_t any_slot(struct script *s, bool run)
{
	static const unsigned int slots[] = {
		0, 0, 0, 1, 1, 2, 3, 4, 100, 200, 254, 255, 256, 511,
	};
	unsigned int tries;
	uint64_t slot = 0;

	/* A run wants a table of level 0. */
	for (tries = 0; tries < 4; tries++) {
		const struct nacc_frame *frame;

		slot = any_frame(s, TABLE) + 8 * slots[below(s, ARRAY_SIZE(slots))];
		frame = nacc_frame_at(slot);
		if (!run || !frame || !nacc_read_once(frame->level))
			break;
	}
	return once_in(s, 300) ? slot + below(s, 16) : slot;
}

static uint64_t any_id(struct script *s)
{
	if (once_in(s, 50))
		return s->next(s->arg) >> below(s, 64);
	return nacc_read_once(s->ids[below(s, SCRIPT_IDS)]);
}

static uint64_t any_leaf(struct script *s)
{
	static const uint64_t pages[] = {
		MACHINE_PAGE, MACHINE_PAGE + 0x1000, MACHINE_PAGE + 0x8000,
		MACHINE_PAGE + 0x200000, 0, 0x40000000, MACHINE_RAM1_BASE,
		MACHINE_RAM0_BASE, MACHINE_RO_BASE, MACHINE_INIT_BASE,
		MACHINE_TAIL_BASE, MACHINE_RAM1_BASE + MACHINE_RAM1_SIZE - 0x2000,
		MACHINE_POOL_BASE, MACHINE_META_BASE, MACHINE_OPS_BASE,
	};
	uint64_t page = once_in(s, 3) ? pages[below(s, ARRAY_SIZE(pages))] :
					MACHINE_PAGE + below(s, 4) * 0x1000;
	uint64_t bits = MACHINE_BITS;

	if (once_in(s, 3))
		bits ^= 1UL << below(s, 10);
	if (once_in(s, 20))
		bits ^= 1UL << (54 + below(s, 10));
	return machine_pte(page, bits);
}

static uint64_t any_value(struct script *s, bool run)
{
	switch (run && !once_in(s, 30) ? 5 * below(s, 2) : below(s, 8)) {
	case 0:
	case 1:
		return 0;
	case 2:
		return s->next(s->arg) & ~1UL;
	case 3:
	case 4:
		return machine_link(any_frame(s, FRESH | DETACHED) & ~0xfffUL);
	case 5:
		return once_in(s, 20) ? s->next(s->arg) : any_leaf(s);
	default:
		return any_leaf(s);
	}
}

static unsigned int any_count(struct script *s)
{
	return once_in(s, 16) ? 1 + below(s, 1024) : 1 + below(s, 8);
}

static void any_op(struct script *s, uint64_t *page, unsigned int *next)
{
	unsigned int code = once_in(s, 50) ? below(s, 8) : below(s, NACC_OPCODES);
	unsigned int count = code == NACC_OP_SET && !once_in(s, 50) ? 1 : any_count(s);
	uint64_t slot = any_slot(s, code != NACC_OP_SET) & NACC_OP_SLOT_MASK;
	unsigned int i;

	if (code == NACC_OP_BIND) {
		page[(*next)++] = NACC_OP_BIND_WORD(any_frame(s, FRESH) &
						    NACC_OP_SLOT_MASK,
						    below(s, s->levels));
		page[(*next)++] = any_id(s);
		return;
	}
	page[(*next)++] = NACC_OP_WORD(code, slot, count);
	if (code == NACC_OP_CLEARN || code == NACC_OP_WRPROTECTN)
		page[(*next)++] = once_in(s, 50);
	else
		page[(*next)++] = any_value(s, code != NACC_OP_SET);
	if (code != NACC_OP_PUTN || count > NACC_MAX_VALUES)
		return;
	for (i = 1; i < count && *next < 382; i++)
		page[(*next)++] = any_value(s, code != NACC_OP_SET);
	*next += *next & 1;
}

static void any_single(struct script *s, uint64_t *args)
{
	uint64_t list[NACC_SLOTS];
	unsigned int next = 0;

	any_op(s, list, &next);
	args[0] = list[0];
	args[1] = list[1];
}

static uint64_t any_commit(struct script *s)
{
	uint64_t *page = machine_ops();
	unsigned int count = 1 + below(s, 6);
	unsigned int i, next = 0;

	for (i = 0; i < count && next < 382; i++)
		any_op(s, page, &next);
	return once_in(s, 100) ? s->next(s->arg) : count;
}

static uint64_t any_list(struct script *s, unsigned int states)
{
	uint64_t *list = machine_list();
	unsigned int count = 1 + below(s, 4);
	unsigned int i;

	for (i = 0; i < count; i++)
		list[i] = any_frame(s, states);
	return once_in(s, 100) ? below(s, 100) : count;
}

static uint64_t any_call(struct script *s)
{
	static const uint8_t calls[] = {
		NACC_CALL_SET, NACC_CALL_SET, NACC_CALL_SET, NACC_CALL_SET,
		NACC_CALL_SET, NACC_CALL_SET, NACC_CALL_COMMIT, NACC_CALL_COMMIT,
		NACC_CALL_COMMIT, NACC_CALL_COMMIT, NACC_CALL_OP, NACC_CALL_OP,
		NACC_CALL_FRAMES_TAKE, NACC_CALL_FRAMES_RETURN, NACC_CALL_RECLAIM,
		NACC_CALL_RECLAIM, NACC_CALL_SPACE_CREATE,
	};

	if (once_in(s, 60))
		return once_in(s, 3) ? NACC_CALL_SPACE_RETIRE :
				       NACC_CALL_SPACE_DESTROY;
	if (once_in(s, 12))
		return below(s, NACC_CALL_COUNT + 1);
	return calls[below(s, ARRAY_SIZE(calls))];
}

static void any_args(struct script *s, struct script_call *c)
{
	uint64_t *a = c->args;

	switch (c->call) {
	case NACC_CALL_SET:
		a[0] = any_slot(s, false);
		a[1] = any_value(s, false);
		a[2] = once_in(s, 10) ? below(s, 4) << 12 | below(s, 3) : 0;
		break;
	case NACC_CALL_COMMIT:
		a[0] = any_commit(s);
		a[1] = below(s, 2);
		break;
	case NACC_CALL_OP:
		any_single(s, a);
		a[2] = below(s, 2);
		break;
	case NACC_CALL_INFO:
		a[0] = below(s, NACC_INFO_COUNT + 1);
		break;
	case NACC_CALL_SPACE_CREATE:
		a[0] = any_frame(s, FRESH);
		a[1] = below(s, 20);
		a[2] = below(s, 10) ? below(s, 4) : below(s, 8);
		break;
	case NACC_CALL_SPACE_SET:
		a[0] = any_id(s);
		a[1] = below(s, 5);
		break;
	case NACC_CALL_SPACE_RETIRE:
		a[0] = any_id(s);
		a[1] = once_in(s, 2) ? 0 : any_list(s, LINKED);
		break;
	case NACC_CALL_SPACE_DESTROY:
		a[0] = any_id(s);
		break;
	case NACC_CALL_FRAMES_TAKE:
		a[0] = once_in(s, 30) ? below(s, 100) : 1 + below(s, 4);
		break;
	case NACC_CALL_FRAMES_RETURN:
		a[0] = any_list(s, FRESH | DETACHED);
		break;
	case NACC_CALL_QUERY:
		a[0] = below(s, 3);
		a[1] = a[0] ? any_id(s) : any_frame(s, ~0U);
		break;
	}
	if (once_in(s, 300))
		a[below(s, 6)] ^= 1UL << below(s, 64);
}

void script_step(struct script *s, struct script_call *c)
{
	memset(c->args, 0, sizeof(c->args));
	c->call = any_call(s);
	any_args(s, c);
	memcpy(c->page, machine_ops(), sizeof(c->page));
}

struct nacc_ret script_perform(struct script *s, unsigned int hart,
			       const struct script_call *c)
{
	const uint64_t *a = c->args;
	struct nacc_ret ret;

	do {
		ret = nacc_call(hart, c->call, a);
	} while (c->call == NACC_CALL_SPACE_RETIRE && !ret.error && ret.value);
	if (c->call == NACC_CALL_SPACE_CREATE && !ret.error)
		nacc_write_once(s->ids[below(s, SCRIPT_IDS)], ret.value);
	return ret;
}
