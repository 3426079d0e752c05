// SPDX-License-Identifier: BSD-2-Clause
/*
 * The abstract monitor against the real one: results of calls, the state and
 * words of every frame, and that no frame left quarantine too early.
 */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "model: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	return false;
}

/* What is asked of the machine to compare it counts as calls too. */
static void counters_note(struct model *m)
{
	m->ops = machine_info(NACC_INFO_OPS);
	m->refusals = machine_info(NACC_INFO_REFUSALS);
	m->written = 0;
}

void model_start(struct model *m, const struct machine *machine)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->machine = *machine;
	m->kept = (machine->frames * 8 + 4095) / 4096;
	for (i = m->kept; i < machine->frames; i++)
		m->frames[i].state = NACC_FRAME_FREE;
	for (i = 0; i < machine->harts; i++)
		model_fence(m, i);
	counters_note(m);
}

void model_fence(struct model *m, unsigned int hart)
{
	m->harts[hart].running = true;
	m->harts[hart].fenced = ++m->now;
	m->harts[hart].satp = host_hart(hart)->satp;
}

void model_stop(struct model *m, unsigned int hart)
{
	m->harts[hart].running = false;
}

/* Has every hart fenced, and left the root, since the frame was given back? */
static bool ripe(const struct model *m, unsigned int frame)
{
	const struct model_frame *f = &m->frames[frame];
	uint64_t ppn = (MACHINE_POOL_BASE >> 12) + frame;
	unsigned int i;

	for (i = 0; i < m->machine.harts; i++) {
		const struct model_hart *hart = &m->harts[i];

		if (!hart->running)
			continue;
		if (hart->fenced <= f->given_back)
			return false;
		if (f->root && hart->satp >> 60 && hart->satp << 20 >> 20 == ppn)
			return false;
	}
	return true;
}

static unsigned int count(const struct model *m, unsigned int state)
{
	unsigned int i, n = 0;

	for (i = 0; i < m->machine.frames; i++)
		n += m->frames[i].state == state;
	return n;
}

/* The frames that a TAKE has lent are FREE ones, or ripe ones. */
static bool check_take(struct model *m, const struct script_call *c,
		       struct nacc_ret ret, unsigned int *cause)
{
	unsigned int i, free = count(m, NACC_FRAME_FREE);
	uint64_t got = ret.error ? 0 : ret.value;

	*cause = NACC_CAUSE_NONE;
	if (!c->args[0] || c->args[0] > NACC_MAX_FRAMES) {
		*cause = NACC_CAUSE_COUNT;
		return true;
	}
	if (!got)
		*cause = NACC_CAUSE_NO_FRAME;
	if (got > c->args[0] || (got < c->args[0] && got < free))
		return wrong("took %lu of %lu, %u free", got, c->args[0], free);
	for (i = 0; i < got; i++) {
		unsigned int frame = model_frame(m, machine_list()[i]);
		struct model_frame *f;

		if (frame == MODEL_NONE)
			return wrong("took no frame");
		f = &m->frames[frame];
		if (f->state != NACC_FRAME_FREE &&
		    (f->state != NACC_FRAME_QUARANTINE || !ripe(m, frame)))
			return wrong("took frame %u in state %u", frame, f->state);
		model_clear(f, NACC_FRAME_FRESH);
	}
	return true;
}

static bool check_frame(struct model *m, unsigned int i)
{
	struct model_frame *f = &m->frames[i];
	const uint64_t pa = MACHINE_POOL_BASE + i * NACC_FRAME_SIZE;
	const uint64_t answer = machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, pa,
					     0).value;
	uint64_t want;

	if (f->state == NACC_FRAME_QUARANTINE &&
	    (answer & 0xff) == NACC_FRAME_FREE) {
		if (!ripe(m, i))
			return wrong("frame %u left quarantine too early", i);
		model_clear(f, NACC_FRAME_FREE);
	}
	want = f->state;
	if (model_is_table(f))
		want |= f->level << 8 | model_live(f) << 16 |
			NACC_SPACE_INDEX(m->spaces[f->space].id) << 32;
	if (want != (f->state == NACC_FRAME_QUARANTINE ? answer & 0xff : answer))
		return wrong("frame %u is %#lx, not %#lx", i, answer, want);
	if (memcmp(f->words, host_memory(pa), sizeof(f->words)))
		return wrong("words of frame %u, state %u", i, f->state);
	return true;
}

static bool check_spaces(const struct model *m)
{
	unsigned int i, live = 0;

	for (i = 0; i < m->spaces_used; i++) {
		const struct model_space *s = &m->spaces[i];
		struct nacc_ret ret = machine_call(NACC_CALL_QUERY,
						   NACC_QUERY_SPACE, s->id, 0);
		uint64_t want = s->state | s->policy << 8 |
				(uint64_t)model_names(m, i) << 32;

		live += s->state == NACC_SPACE_LIVE || s->state == NACC_SPACE_RETIRED;
		if (s->state == NACC_SPACE_GONE ?
		    machine_cause(ret) != NACC_CAUSE_SPACE :
		    ret.error || ret.value != want)
			return wrong("space %#lx is %#lx, not %#lx", s->id,
				     ret.value, want);
	}
	if (machine_info(NACC_INFO_SPACES) != live)
		return wrong("number of spaces");
	return true;
}

static bool reserved(const struct script_call *c)
{
	static const unsigned int named[] = { 3, 2, 1, 1, 3, 2, 2, 1, 1, 1, 0, 2, 3 };
	unsigned int i;

	for (i = named[c->call]; i < 6; i++)
		if (c->args[i])
			return true;
	return false;
}

/* Calls that only look. */
static unsigned int look(const struct model *m, const struct script_call *c)
{
	unsigned int frame = model_frame(m, c->args[1]);

	if (c->call == NACC_CALL_BOOT_LOCK)
		return c->args[0] > NACC_MAX_RANGES ? NACC_CAUSE_COUNT :
						      NACC_CAUSE_LOCKED;
	if (c->call == NACC_CALL_INFO)
		return c->args[0] < NACC_INFO_COUNT ? NACC_CAUSE_NONE :
						      NACC_CAUSE_ITEM;
	if (c->call != NACC_CALL_QUERY)
		return NACC_CAUSE_NONE;
	if (c->args[0] >= NACC_QUERY_COUNT)
		return NACC_CAUSE_ITEM;
	if (c->args[0] == NACC_QUERY_SPACE)
		return model_space(m, c->args[1]) == MODEL_NONE ?
		       NACC_CAUSE_SPACE : NACC_CAUSE_NONE;
	return frame == MODEL_NONE || c->args[1] % 4096 ? NACC_CAUSE_FRAME :
							  NACC_CAUSE_NONE;
}

/* The value of a call that was not refused, where it follows from the call. */
static bool check_value(const struct model *m, const struct script_call *c,
			uint64_t value)
{
	unsigned int space;

	switch (c->call) {
	case NACC_CALL_SET:
	case NACC_CALL_OP:
	case NACC_CALL_SPACE_RETIRE:
	case NACC_CALL_SPACE_DESTROY:
		return !value;
	case NACC_CALL_COMMIT:
	case NACC_CALL_FRAMES_RETURN:
		return value == c->args[0];
	case NACC_CALL_SPACE_SET:
		space = model_space(m, c->args[0]);
		return value == m->spaces[space].policy;
	case NACC_CALL_SPACE_CREATE:
		/* An id that never was. */
		for (space = 0; space + 1 < m->spaces_used; space++)
			if (m->spaces[space].id == value)
				return false;
		return value;
	case NACC_CALL_RECLAIM:
		return value == count(m, NACC_FRAME_QUARANTINE);
	}
	return true;
}

static bool check_counters(const struct model *m, bool refused)
{
	if (machine_info(NACC_INFO_OPS) != m->ops + m->written)
		return wrong("%lu entries written, not %lu",
			     machine_info(NACC_INFO_OPS) - m->ops, m->written);
	if (machine_info(NACC_INFO_REFUSALS) != m->refusals + refused)
		return wrong("number of refusals");
	return true;
}

/* After check_frame, which follows frames out of quarantine. */
static bool check_lists(const struct model *m)
{
	if (machine_info(NACC_INFO_FRAMES_FREE) != count(m, NACC_FRAME_FREE))
		return wrong("number of free frames");
	if (machine_info(NACC_INFO_FRAMES_QUARANTINED) !=
	    count(m, NACC_FRAME_QUARANTINE))
		return wrong("number of frames in quarantine");
	return true;
}

bool model_check(struct model *m, unsigned int hart, const struct script_call *c,
		 struct nacc_ret ret)
{
	unsigned int cause, i;
	uint64_t index = 0;

	if (c->call >= NACC_CALL_COUNT)
		cause = NACC_CAUSE_CALL;
	else if (reserved(c))
		cause = NACC_CAUSE_RESERVED;
	else if (c->call == NACC_CALL_FRAMES_TAKE) {
		if (!check_take(m, c, ret, &cause))
			return false;
	} else if (c->call == NACC_CALL_RECLAIM || c->call == NACC_CALL_INFO ||
		   c->call == NACC_CALL_BOOT_LOCK || c->call == NACC_CALL_QUERY) {
		cause = look(m, c);
	} else {
		m->now++;
		cause = model_change(m, c, ret, &index);
	}
	if (c->call == NACC_CALL_RECLAIM && !cause)
		model_fence(m, hart);

	if (machine_cause(ret) != cause ||
	    (cause && NACC_CAUSE_INDEX(ret.value) != index))
		return wrong("call %lu (%#lx %#lx %#lx): %s at %lu, not %s at %lu",
			     c->call, c->args[0], c->args[1], c->args[2],
			     nacc_cause_name(machine_cause(ret)),
			     ret.error ? NACC_CAUSE_INDEX(ret.value) : 0,
			     nacc_cause_name(cause), index);
	if (!check_counters(m, cause))
		return false;
	for (i = 0; i < m->machine.frames; i++)
		if (!check_frame(m, i))
			return false;
	if (!cause && !check_value(m, c, ret.value))
		return wrong("call %lu returned %#lx", c->call, ret.value);
	if (!check_lists(m) || !check_spaces(m))
		return false;
	counters_note(m);
	return true;
}
