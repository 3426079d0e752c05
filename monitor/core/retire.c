// SPDX-License-Identifier: BSD-2-Clause
/*
 * SPACE_RETIRE: take the tables below a root, deepest first, a bounded number
 * for each call: first those that the caller lists, then, by a walk through the
 * tree, what is left. Other hands may unlink tables of the same tree meanwhile;
 * they cannot link, so slots that the walk has passed stay without links.
 */
#include "state.h"

#define UNITS_CALL	1024	/* work of one call, give or take a table */
#define UNITS_TABLE	16	/* a table taken; a slot looked at is 1 */

#define LEVELS		5
#define CURSOR_BITS	10	/* a slot, 0..512, of one level */

/*
 * table[level] and the slot in it where the walk stands. Slots before it hold
 * no link; NACC_SLOTS is behind the last.
 */
struct walk {
	unsigned int hart;
	unsigned int space;
	unsigned int level;
	int units;
	struct nacc_frame *table[LEVELS];
	unsigned int slot[LEVELS];
};

/* The tables on the path may have been unlinked since they were found. */
static bool table_ours_locked(const struct walk *walk, unsigned int level,
			      const struct nacc_frame *frame)
{
	return (frame->state == NACC_FRAME_LINKED ||
		frame->state == NACC_FRAME_ROOT) &&
	       frame->space == walk->space && frame->level == level;
}

static unsigned int slots_at(const struct walk *walk, unsigned int level)
{
	return walk->table[level]->state == NACC_FRAME_ROOT ?
	       NACC_SLOTS - NACC_TEMPLATE_SLOTS : NACC_SLOTS;
}

/* What was known about the tables below belonged to the slot that is left. */
static void slot_advance(struct walk *walk, unsigned int level, unsigned int slot)
{
	if (slot == walk->slot[level])
		return;
	walk->slot[level] = slot;
	while (level)
		walk->slot[--level] = 0;
}

/* Go to the next link of this table; NULL when none is left. */
static struct nacc_frame *next_child_locked(struct walk *walk)
{
	unsigned int level = walk->level;
	struct nacc_frame *frame = walk->table[level];
	volatile uint64_t *words = nacc_frame_words(frame);

	unsigned int slot = walk->slot[level], end;

	if (!frame->links || !table_ours_locked(walk, level, frame))
		return NULL;
	for (end = slots_at(walk, level); slot < end; slot++)
		if (nacc_pte_is_link(words[slot]))
			break;
	walk->units -= slot - walk->slot[level] + 1;
	slot_advance(walk, level, slot);
	return slot < end ? nacc_frame_at(nacc_pte_pa(words[slot])) : NULL;
}

/*
 * Remove the link to @child in a slot of @frame, which is or was a table of
 * the space at @level, if it is still there, and take the child.
 */
static void link_take(struct walk *walk, unsigned int level,
		      struct nacc_frame *frame, unsigned int slot,
		      struct nacc_frame *child)
{
	volatile uint64_t *entry = nacc_frame_words(frame) + slot;
	bool taken;

	nacc_arch_lock(&frame->lock);
	taken = table_ours_locked(walk, level, frame) && nacc_pte_is_link(*entry) &&
		nacc_frame_at(nacc_pte_pa(*entry)) == child;
	if (taken) {
		*entry = 0;
		frame->live--;
		frame->links--;
	}
	nacc_arch_unlock(&frame->lock);

	if (taken)
		nacc_frame_retire(walk->hart, child);
	walk->units -= UNITS_TABLE;
}

static void child_take(struct walk *walk, unsigned int level,
		       struct nacc_frame *child)
{
	link_take(walk, level, walk->table[level], walk->slot[level], child);
	slot_advance(walk, level, walk->slot[level] + 1);
}

/* A table of the list: what is not as it should be is left to the walk. */
static void listed_take(struct walk *walk, uint64_t pa)
{
	struct nacc_frame *frame = nacc_frame_at(pa);
	uint32_t parent = NACC_NIL;
	unsigned int level = 0;

	if (!frame || (pa & (NACC_FRAME_SIZE - 1)))
		return;
	nacc_arch_lock(&frame->lock);
	if (frame->state == NACC_FRAME_LINKED && !frame->links) {
		parent = frame->parent;
		level = frame->level + 1;
	}
	nacc_arch_unlock(&frame->lock);
	/* If it is ours, it gains no links any more: the space is RETIRED. */
	if (level)
		link_take(walk, level, &nacc_monitor.frames[parent >> 9],
			  parent % NACC_SLOTS, frame);
}

/* One step: down to a table, or one table taken. False: the tree is done. */
static bool walk_step(struct walk *walk)
{
	unsigned int level = walk->level;
	struct nacc_frame *frame = walk->table[level];
	struct nacc_frame *child;

	nacc_arch_lock(&frame->lock);
	child = next_child_locked(walk);
	nacc_arch_unlock(&frame->lock);

	if (child && level == 1) {
		child_take(walk, level, child);
	} else if (child) {
		walk->level = level - 1;
		walk->table[level - 1] = child;
	} else if (level < nacc_monitor.root_level) {
		walk->level = level + 1;
		child_take(walk, level + 1, frame);
	} else {
		return false;
	}
	return true;
}

static void cursor_load(struct walk *walk, uint64_t cursor)
{
	unsigned int level;

	for (level = 0; level < LEVELS; level++)
		walk->slot[level] = cursor >> (CURSOR_BITS * level) &
				    ((1U << CURSOR_BITS) - 1);
}

static uint64_t cursor_store(const struct walk *walk)
{
	uint64_t cursor = 0;
	unsigned int level;

	for (level = 0; level < LEVELS; level++)
		cursor |= (uint64_t)walk->slot[level] << (CURSOR_BITS * level);
	return cursor;
}

unsigned int nacc_space_retire(unsigned int hart, uint64_t id,
			       const volatile uint64_t *list, unsigned int count,
			       uint64_t *left)
{
	struct nacc_space *space = nacc_space_find_locked(id);
	bool more = true;
	struct walk walk;
	unsigned int i;

	if (!space)
		return NACC_CAUSE_SPACE;
	nacc_write_once(space->state, NACC_SPACE_RETIRED);
	/* A writer that saw LIVE holds a frame lock that the walk waits for. */
	nacc_arch_mb();

	walk.hart = hart;
	walk.space = NACC_SPACE_INDEX(id);
	walk.units = UNITS_CALL;
	walk.level = nacc_monitor.root_level;
	walk.table[walk.level] = &nacc_monitor.frames[space->root];
	for (i = 0; i < count; i++)
		listed_take(&walk, list[i]);
	cursor_load(&walk, space->cursor);
	while (more && walk.units > 0)
		more = walk_step(&walk);
	space->cursor = more ? cursor_store(&walk) : 0;
	*left = more;
	nacc_arch_unlock(&space->lock);
	return NACC_CAUSE_NONE;
}
