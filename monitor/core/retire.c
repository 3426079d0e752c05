// SPDX-License-Identifier: BSD-2-Clause
/*
 * SPACE_RETIRE: take the tables below a root, deepest first, a bounded number
 * for each call. Other hands may unlink tables of the same tree meanwhile;
 * they cannot link, so slots that the walk has passed stay without links.
 */
#include "state.h"

#define UNITS_CALL	2048	/* work of one call, give or take a table */
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
static bool table_ours_locked(const struct walk *walk, unsigned int level)
{
	const struct nacc_frame *frame = walk->table[level];

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
static void slot_advance(struct walk *walk, unsigned int level)
{
	walk->slot[level]++;
	while (level)
		walk->slot[--level] = 0;
}

/* Go to the next link of this table; NULL when none is left. */
static struct nacc_frame *next_child_locked(struct walk *walk)
{
	unsigned int level = walk->level;
	struct nacc_frame *frame = walk->table[level];
	volatile uint64_t *words = nacc_frame_words(frame);

	while (frame->links && table_ours_locked(walk, level) &&
	       walk->slot[level] < slots_at(walk, level)) {
		uint64_t entry;

		walk->units--;
		entry = words[walk->slot[level]];
		if (nacc_pte_is_link(entry))
			return nacc_frame_at(nacc_pte_pa(entry));
		slot_advance(walk, level);
	}
	return NULL;
}

/* Remove the link to @child, if it is still there, and take the child. */
static void child_take(struct walk *walk, unsigned int level,
		       struct nacc_frame *child)
{
	struct nacc_frame *frame = walk->table[level];
	volatile uint64_t *entry = nacc_frame_words(frame) + walk->slot[level];
	bool taken;

	nacc_arch_lock(&frame->lock);
	taken = table_ours_locked(walk, level) && nacc_pte_is_link(*entry) &&
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
	slot_advance(walk, level);
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

unsigned int nacc_space_retire(unsigned int hart, uint64_t id, uint64_t *left)
{
	struct nacc_space *space = nacc_space_find_locked(id);
	bool more = true;
	struct walk walk;

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
	cursor_load(&walk, space->cursor);
	while (more && walk.units > 0)
		more = walk_step(&walk);
	space->cursor = more ? cursor_store(&walk) : 0;
	*left = more;
	nacc_arch_unlock(&space->lock);
	return NACC_CAUSE_NONE;
}
