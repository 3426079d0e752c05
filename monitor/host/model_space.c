// SPDX-License-Identifier: BSD-2-Clause
/* The model's spaces and frames, from the first call to the last. See model.h. */
#include "model.h"

unsigned int model_create(struct model *m, const struct script_call *c,
			  struct nacc_ret ret)
{
	unsigned int frame = model_frame(m, c->args[0]), i, n = 0;
	struct model_space *s = &m->spaces[m->spaces_used];

	if (frame == MODEL_NONE || c->args[0] % 4096)
		return NACC_CAUSE_FRAME;
	if (c->args[2] > NACC_POLICY_MASK)
		return NACC_CAUSE_POLICY;
	if (!c->args[1])
		return NACC_CAUSE_TAG;
	for (i = 0; i < m->spaces_used; i++)
		n += m->spaces[i].state != NACC_SPACE_GONE;
	if (n == 63)
		return NACC_CAUSE_NO_SPACE;
	if (m->frames[frame].state != NACC_FRAME_FRESH)
		return NACC_CAUSE_FRAME_STATE;
	m->frames[frame].state = NACC_FRAME_ROOT;
	m->frames[frame].level = m->machine.levels - 1;
	m->frames[frame].space = m->spaces_used++;
	for (i = 0; i < MODEL_KERNEL_SLOT; i++)
		m->frames[frame].words[MODEL_KERNEL_SLOT + i] = machine_template(i);
	*s = (struct model_space){ ret.value, NACC_SPACE_LIVE, c->args[2], frame };
	m->frames[0].words[frame] = c->args[1];
	return NACC_CAUSE_NONE;
}

/* A table that RETIRE has taken: its entry and all that hung below are gone. */
static void take_tree(struct model *m, struct model_frame *f)
{
	unsigned int slots = f->state == NACC_FRAME_ROOT ? MODEL_KERNEL_SLOT : 512;
	unsigned int i;

	for (i = 0; i < slots; i++) {
		struct model_frame *child;

		if (!model_is_link(f->words[i]))
			continue;
		child = &m->frames[model_frame(m, model_pa(f->words[i]))];
		take_tree(m, child);
		model_give_back(m, child);
		f->words[i] = 0;
	}
}

/* A listed table without links that hangs below a table which is not DETACHED. */
static void take_listed(struct model *m, unsigned int space, uint64_t pa)
{
	unsigned int frame = model_frame(m, pa), i, slot;
	struct model_frame *f = &m->frames[frame == MODEL_NONE ? 0 : frame];

	if (frame == MODEL_NONE || pa % 4096 || f->state != NACC_FRAME_LINKED ||
	    f->space != space || model_links(f))
		return;
	for (i = 0; i < m->machine.frames; i++) {
		struct model_frame *up = &m->frames[i];

		if (up->state != NACC_FRAME_LINKED && up->state != NACC_FRAME_ROOT)
			continue;
		for (slot = 0; up->level && slot < 512; slot++) {
			if ((up->state == NACC_FRAME_ROOT && slot >= MODEL_KERNEL_SLOT) ||
			    !model_is_link(up->words[slot]) ||
			    model_frame(m, model_pa(up->words[slot])) != frame)
				continue;
			up->words[slot] = 0;
			model_give_back(m, f);
			return;
		}
	}
}

unsigned int model_retire(struct model *m, const struct script_call *c,
			  struct nacc_ret ret)
{
	unsigned int space = model_usable(m, c->args[0]), i;

	if (c->args[1] > NACC_MAX_FRAMES)
		return NACC_CAUSE_COUNT;
	if (space == MODEL_NONE)
		return NACC_CAUSE_SPACE;
	m->spaces[space].state = NACC_SPACE_RETIRED;
	for (i = 0; i < c->args[1]; i++)
		take_listed(m, space, c->page[NACC_LIST_OFFSET / 8 + i]);
	/* The caller repeats the call until nothing is left. */
	if (!ret.value)
		take_tree(m, &m->frames[m->spaces[space].root]);
	return NACC_CAUSE_NONE;
}

unsigned int model_destroy(struct model *m, uint64_t id)
{
	unsigned int space = model_usable(m, id);
	struct model_frame *root;

	if (space == MODEL_NONE)
		return NACC_CAUSE_SPACE;
	root = &m->frames[m->spaces[space].root];
	if (model_links(root))
		return NACC_CAUSE_IN_USE;
	m->spaces[space].state = NACC_SPACE_DEAD;
	m->frames[0].words[m->spaces[space].root] = 0;
	model_give_back(m, root);
	return NACC_CAUSE_NONE;
}

static unsigned int return_one(struct model *m, uint64_t pa)
{
	unsigned int frame = model_frame(m, pa);
	struct model_frame *f = &m->frames[frame == MODEL_NONE ? 0 : frame];

	if (frame == MODEL_NONE || pa % 4096)
		return NACC_CAUSE_FRAME;
	if (f->state == NACC_FRAME_FRESH) {
		model_clear(f, NACC_FRAME_FREE);
		return NACC_CAUSE_NONE;
	}
	if (f->state != NACC_FRAME_DETACHED)
		return NACC_CAUSE_FRAME_STATE;
	if (model_links(f))
		return NACC_CAUSE_IN_USE;
	if (f->linked_once || model_live(f))
		model_give_back(m, f);
	else
		model_clear(f, NACC_FRAME_FREE);
	return NACC_CAUSE_NONE;
}

unsigned int model_return(struct model *m, const struct script_call *c,
			  uint64_t *index)
{
	unsigned int cause = NACC_CAUSE_NONE;

	if (!c->args[0] || c->args[0] > NACC_MAX_FRAMES)
		return NACC_CAUSE_COUNT;
	for (*index = 0; *index < c->args[0]; (*index)++) {
		cause = return_one(m, c->page[NACC_LIST_OFFSET / 8 + *index]);
		if (cause)
			break;
	}
	return cause;
}

unsigned int model_policy(struct model *m, uint64_t id, uint64_t bits)
{
	unsigned int space = model_usable(m, id);

	if (bits > NACC_POLICY_MASK)
		return NACC_CAUSE_POLICY;
	if (space == MODEL_NONE)
		return NACC_CAUSE_SPACE;
	m->spaces[space].policy |= bits;
	return NACC_CAUSE_NONE;
}
