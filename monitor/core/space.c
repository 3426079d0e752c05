// SPDX-License-Identifier: BSD-2-Clause
/*
 * Life of a space, except for RETIRE's walk. The registry word of a root is
 * written last at birth and cleared first at death: whoever finds it finds a
 * whole root.
 */
#include "state.h"

static struct nacc_space *space_at(unsigned int index)
{
	return &nacc_monitor.spaces[index];
}

uint64_t nacc_space_id(unsigned int index)
{
	return index | (uint64_t)nacc_read_once(space_at(index)->gen) << 16;
}

static void list_push(unsigned int index)
{
	nacc_arch_lock(&nacc_monitor.space_list_lock);
	space_at(index)->root = nacc_monitor.space_free;
	nacc_monitor.space_free = index;
	nacc_arch_unlock(&nacc_monitor.space_list_lock);
}

static unsigned int list_pop(void)
{
	unsigned int index;

	nacc_arch_lock(&nacc_monitor.space_list_lock);
	index = nacc_monitor.space_free;
	if (index != NACC_NIL)
		nacc_monitor.space_free = space_at(index)->root;
	nacc_arch_unlock(&nacc_monitor.space_list_lock);
	return index;
}

static void live_add(int n)
{
	nacc_arch_lock(&nacc_monitor.space_list_lock);
	nacc_write_once(nacc_monitor.space_live, nacc_monitor.space_live + n);
	nacc_arch_unlock(&nacc_monitor.space_list_lock);
}

void nacc_space_init(uint32_t count)
{
	uint32_t i;

	nacc_monitor.space_free = NACC_NIL;
	for (i = count - 1; i > 0; i--)
		list_push(i);
}

nacc_cold void nacc_space_gone(unsigned int index)
{
	list_push(index);
}

/*
 * The space of this id, locked; NULL for a stale id. Its state is read once, into
 * @state: a DEAD space becomes GONE without this lock, at any moment.
 */
static struct nacc_space *find_any_locked(uint64_t id, unsigned int *state)
{
	uint64_t index = NACC_SPACE_INDEX(id);
	struct nacc_space *space;

	if (!index || index >= nacc_monitor.space_count)
		return NULL;
	space = space_at(index);
	nacc_arch_lock(&space->lock);
	*state = nacc_read_once(space->state);
	if (*state != NACC_SPACE_GONE && nacc_space_id((unsigned int)index) == id)
		return space;
	nacc_arch_unlock(&space->lock);
	return NULL;
}

struct nacc_space *nacc_space_find_locked(uint64_t id)
{
	unsigned int state;
	struct nacc_space *space = find_any_locked(id, &state);

	if (space && state == NACC_SPACE_DEAD) {
		nacc_arch_unlock(&space->lock);
		return NULL;
	}
	return space;
}

/* Fill the kernel half in and make the frame ROOT; false if it is not FRESH. */
static bool root_make(struct nacc_frame *frame, unsigned int index, uint64_t tag)
{
	volatile uint64_t *half = nacc_frame_words(frame) + NACC_SLOTS -
				  NACC_TEMPLATE_SLOTS;
	const uint64_t *template = nacc_monitor.template;
	bool fresh;
	unsigned int i;

	nacc_arch_lock(&frame->lock);
	fresh = frame->state == NACC_FRAME_FRESH;
	if (fresh) {
		for (i = 0; i < NACC_TEMPLATE_SLOTS; i += 4) {
			half[i] = template[i];
			half[i + 1] = template[i + 1];
			half[i + 2] = template[i + 2];
			half[i + 3] = template[i + 3];
		}
		frame->level = nacc_monitor.root_level;
		frame->space = index;
		frame->links = 0;
		frame->state = NACC_FRAME_ROOT;
		nacc_arch_mb();
		nacc_monitor.roots[nacc_frame_index(frame)] = tag;
	}
	nacc_arch_unlock(&frame->lock);
	return fresh;
}

unsigned int nacc_space_create(struct nacc_frame *frame, uint64_t tag,
			       unsigned int policy, uint64_t *id)
{
	struct nacc_space *space;
	unsigned int index;

	if (!nacc_read_once(nacc_monitor.locked))
		return NACC_CAUSE_UNLOCKED;
	nacc_arch_mb();
	index = list_pop();
	if (index == NACC_NIL)
		return NACC_CAUSE_NO_SPACE;

	space = space_at(index);
	nacc_arch_lock(&space->lock);
	nacc_write_once(space->policy, policy);
	if (!root_make(frame, index, tag)) {
		nacc_arch_unlock(&space->lock);
		list_push(index);
		return NACC_CAUSE_FRAME_STATE;
	}
	nacc_space_pin(index);
	if (!++space->gen)
		space->gen = 1;
	space->root = nacc_frame_index(frame);
	space->cursor = 0;
	nacc_write_once(space->state, NACC_SPACE_LIVE);
	*id = nacc_space_id(index);
	live_add(1);
	nacc_arch_unlock(&space->lock);
	return NACC_CAUSE_NONE;
}

unsigned int nacc_space_set(uint64_t id, unsigned int bits, uint64_t *policy)
{
	struct nacc_space *space = nacc_space_find_locked(id);

	if (!space)
		return NACC_CAUSE_SPACE;
	nacc_write_once(space->policy, space->policy | bits);
	*policy = space->policy;
	nacc_arch_unlock(&space->lock);
	return NACC_CAUSE_NONE;
}

unsigned int nacc_space_bind(uint64_t id, struct nacc_frame *frame,
			     unsigned int level)
{
	struct nacc_space *space = nacc_space_find_locked(id);
	unsigned int index = NACC_SPACE_INDEX(id);
	unsigned int cause;

	if (!space)
		return NACC_CAUSE_SPACE;
	if (level >= nacc_monitor.root_level) {
		cause = NACC_CAUSE_LEVEL;
	} else if (space->state != NACC_SPACE_LIVE) {
		cause = NACC_CAUSE_RETIRED;
	} else {
		nacc_space_pin(index);
		cause = nacc_frame_bind(frame, level, index);
		if (cause)
			nacc_space_unpin(index);
	}
	nacc_arch_unlock(&space->lock);
	return cause;
}

unsigned int nacc_space_destroy(unsigned int hart, uint64_t id)
{
	struct nacc_space *space = nacc_space_find_locked(id);
	struct nacc_frame *root;
	bool in_use;

	if (!space)
		return NACC_CAUSE_SPACE;
	root = &nacc_monitor.frames[space->root];
	nacc_arch_lock(&root->lock);
	in_use = root->links;
	if (!in_use) {
		nacc_monitor.roots[space->root] = 0;
		nacc_write_once(space->state, NACC_SPACE_DEAD);
		/* The kernel half is in there, so it is always dirty. */
		nacc_quarantine_push_locked(hart, root, true, true);
	}
	nacc_arch_unlock(&root->lock);
	nacc_arch_unlock(&space->lock);
	if (in_use)
		return NACC_CAUSE_IN_USE;

	live_add(-1);
	nacc_space_unpin(NACC_SPACE_INDEX(id));
	return NACC_CAUSE_NONE;
}

unsigned int nacc_space_query(uint64_t id, uint64_t *answer)
{
	unsigned int state;
	struct nacc_space *space = find_any_locked(id, &state);

	if (!space)
		return NACC_CAUSE_SPACE;
	*answer = state | (uint64_t)space->policy << 8 |
		  (uint64_t)nacc_read_once(space->frames) << 32;
	nacc_arch_unlock(&space->lock);
	return NACC_CAUSE_NONE;
}
