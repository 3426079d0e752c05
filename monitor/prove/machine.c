// SPDX-License-Identifier: BSD-2-Clause
/* A monitor in any state, and the machine below it. One hart. */
#include "prove.h"

struct nacc_monitor nacc_monitor;

static struct nacc_frame frames[FRAMES], frames_then[FRAMES];
static struct nacc_space spaces[SPACES], spaces_then[SPACES];
static struct nacc_hart harts[1];
static uint64_t roots[FRAMES];
static unsigned int frame_locks_held;

/*
 * Words of the pool: each is what it was at first, which may be anything, until
 * somebody asks for a pointer to it. Few are asked for in one call.
 */
#define CELLS	3
static uint64_t cell_at[CELLS], cell_word[CELLS];
static unsigned int cells;
static bool zeroed[FRAMES];

uint64_t __CPROVER_uninterpreted_word(uint64_t pa);

uint64_t word_of(unsigned int frame, unsigned int slot)
{
	uint64_t pa = POOL + (uint64_t)frame * NACC_FRAME_SIZE + 8UL * slot;
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		if (i < cells && cell_at[i] == pa)
			return cell_word[i];
	return zeroed[frame] ? 0 : __CPROVER_uninterpreted_word(pa);
}

void *host_ptr(uint64_t pa)
{
	unsigned int i;

	prove(pa - POOL < FRAMES * NACC_FRAME_SIZE && !(pa & 7),
	      "memory: only words of the pool are touched");
	for (i = 0; i < CELLS; i++)
		if (i < cells && cell_at[i] == pa)
			return &cell_word[i];
	prove(cells < CELLS, "memory: the model has room");
	cell_at[cells] = pa;
	cell_word[cells] = zeroed[(pa - POOL) >> NACC_FRAME_SHIFT] ? 0 :
			   __CPROVER_uninterpreted_word(pa);
	return &cell_word[cells++];
}

static bool is_frame_lock(const uint32_t *lock)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		if (lock == &frames[i].lock)
			return true;
	return false;
}

void host_lock(uint32_t *lock)
{
	prove(!*lock, "locks: none is taken twice");
	if (is_frame_lock(lock)) {
		prove(!frame_locks_held, "locks: one frame at a time");
		frame_locks_held++;
	}
	*lock = 1;
}

void host_unlock(uint32_t *lock)
{
	prove(*lock, "locks: only what is held is let go");
	if (is_frame_lock(lock))
		frame_locks_held--;
	*lock = 0;
}

void host_read_point(void)
{
}

void host_fence_page(uint64_t va)
{
	(void)va;
}

void host_fence_all(void)
{
}

uint64_t host_satp(void)
{
	return nondet_u64();
}

/* @frame is what host_ptr() gave for its first word. */
void host_zero_frame(void *frame)
{
	unsigned int i, which = FRAMES;

	for (i = 0; i < CELLS; i++)
		if (frame == &cell_word[i])
			which = (cell_at[i] - POOL) >> NACC_FRAME_SHIFT;
	prove(which < FRAMES, "memory: a frame is zeroed");
	for (i = 0; i < CELLS; i++)
		if (i < cells && (cell_at[i] - POOL) >> NACC_FRAME_SHIFT == which)
			cell_word[i] = 0;
	zeroed[which] = true;
}

void nacc_arch_fence_others(void)
{
}

/* Lists in two of the shards; the others are empty. */
#define SHARDS	2U

static void shards_any(void)
{
	unsigned int i;

	for (i = 0; i < NACC_SHARDS; i++) {
		struct nacc_shard *shard = &nacc_monitor.shards[i];
		bool any = i < SHARDS;

		shard->lock = 0;
		shard->free = any ? nondet_u32() : NACC_NIL;
		shard->free_count = any ? nondet_u32() : 0;
		shard->tables.head = any ? nondet_u32() : NACC_NIL;
		shard->tables.tail = nondet_u32();
		shard->tables.count = any ? nondet_u32() : 0;
		shard->roots.head = any ? nondet_u32() : NACC_NIL;
		shard->roots.tail = nondet_u32();
		shard->roots.count = any ? nondet_u32() : 0;
	}
}

static unsigned int listed[FRAMES];

/* A list of so many frames in @state, and not more; its last one is @tail. */
static bool list_holds(uint32_t head, uint32_t tail, uint32_t count,
		       unsigned int state)
{
	uint32_t at = head, last = NACC_NIL;
	unsigned int n = 0, i;

	for (i = 0; i < FRAMES && at != NACC_NIL; i++) {
		if (at >= FRAMES || frames[at].state != state)
			return false;
		listed[at]++;
		last = at;
		at = frames[at].parent;
		n++;
	}
	return at == NACC_NIL && n == count &&
	       (state == NACC_FRAME_FREE || !n || last == tail);
}

bool lists_hold(void)
{
	unsigned int i;
	bool good = true;

	for (i = 0; i < FRAMES; i++)
		listed[i] = 0;
	for (i = 0; i < NACC_SHARDS; i++) {
		const struct nacc_shard *shard = &nacc_monitor.shards[i];

		/* What a list of another shard held would be missed below. */
		good = good && !shard->lock;
		if (i >= SHARDS)
			good = good && shard->free == NACC_NIL &&
			       shard->tables.head == NACC_NIL &&
			       shard->roots.head == NACC_NIL;
		else
			good = good && list_holds(shard->free, 0, shard->free_count,
						  NACC_FRAME_FREE) &&
			       list_holds(shard->tables.head, shard->tables.tail,
					  shard->tables.count, NACC_FRAME_QUARANTINE) &&
			       list_holds(shard->roots.head, shard->roots.tail,
					  shard->roots.count, NACC_FRAME_QUARANTINE);
	}
	for (i = 0; i < FRAMES; i++)
		good = good && listed[i] == (frames[i].state == NACC_FRAME_FREE ||
					     frames[i].state == NACC_FRAME_QUARANTINE);
	return good;
}

void machine_any(void)
{
	__CPROVER_havoc_object(frames);
	__CPROVER_havoc_object(spaces);
	__CPROVER_havoc_object(roots);
	nacc_monitor.frames = frames;
	nacc_monitor.spaces = spaces;
	nacc_monitor.harts = harts;
	nacc_monitor.roots = roots;
	nacc_monitor.frame_count = FRAMES;
	nacc_monitor.kept = 1;
	nacc_monitor.space_count = SPACES;
	nacc_monitor.config.pool.base = POOL;
	nacc_monitor.config.pool.size = FRAMES * NACC_FRAME_SIZE;
	nacc_monitor.config.harts = 1;
	nacc_monitor.root_level = nondet_u32();
	assume(nacc_monitor.root_level >= 2 && nacc_monitor.root_level <= 4);
	nacc_monitor.space_free = NACC_NIL;
	shards_any();
	assume(frames_hold());
}

static bool is_table(unsigned int state)
{
	return state == NACC_FRAME_DETACHED || state == NACC_FRAME_LINKED ||
	       state == NACC_FRAME_ROOT;
}

/* The frame that a link names, FRAMES if none of the pool. */
static unsigned int target_of(uint64_t word)
{
	uint64_t pa = word << 10 >> 20 << 12;

	return pa - POOL < FRAMES * NACC_FRAME_SIZE ? (pa - POOL) >> 12 : FRAMES;
}

static bool is_link(uint64_t word)
{
	return (word & 0xf) == 1;
}

static bool linked_holds(unsigned int frame)
{
	const struct nacc_frame *f = &frames[frame], *up;
	unsigned int parent = f->parent >> 9, slot = f->parent & 511;

	if (parent >= FRAMES)
		return false;
	up = &frames[parent];
	return is_table(up->state) && up->level == f->level + 1 &&
	       up->space == f->space &&
	       (up->state != NACC_FRAME_ROOT || slot < 256) &&
	       is_link(word_of(parent, slot)) &&
	       target_of(word_of(parent, slot)) == frame;
}

/* Links and linked frames are one to one: here those, there slot_holds(). */
static unsigned int children_of(unsigned int frame)
{
	unsigned int i, n = 0;

	for (i = 1; i < FRAMES; i++)
		n += frames[i].state == NACC_FRAME_LINKED &&
		     frames[i].parent >> 9 == frame;
	return n;
}

static bool table_holds(unsigned int frame)
{
	const struct nacc_frame *f = &frames[frame];
	const struct nacc_space *space;

	if (!f->space || f->space >= SPACES || f->level > nacc_monitor.root_level ||
	    f->live > NACC_SLOTS || f->links != children_of(frame))
		return false;
	space = &spaces[f->space];
	if (f->state == NACC_FRAME_ROOT)
		return f->level == nacc_monitor.root_level && space->root == frame &&
		       f->live <= 256 && roots[frame] &&
		       (space->state == NACC_SPACE_LIVE ||
			space->state == NACC_SPACE_RETIRED);
	return f->level < nacc_monitor.root_level &&
	       space->state != NACC_SPACE_GONE &&
	       (f->state == NACC_FRAME_DETACHED || linked_holds(frame));
}

static bool frame_holds(unsigned int frame)
{
	const struct nacc_frame *f = &frames[frame];

	if (f->lock || f->state >= NACC_FRAME_STATES ||
	    (f->state == NACC_FRAME_KEPT) != !frame ||
	    (frame && f->state != NACC_FRAME_ROOT && roots[frame]))
		return false;
	if (is_table(f->state))
		return table_holds(frame);
	if (f->state == NACC_FRAME_FREE || f->state == NACC_FRAME_FRESH)
		return !f->level && !f->live && !f->epoch &&
		       (f->state == NACC_FRAME_FREE || f->parent == NACC_NIL);
	return true;
}

static bool space_holds(unsigned int index)
{
	const struct nacc_space *space = &spaces[index];
	unsigned int i, naming = 0;

	for (i = 1; i < FRAMES; i++)
		naming += is_table(frames[i].state) && frames[i].space == index;
	if (space->lock || space->count_lock || space->frames != naming ||
	    space->state >= NACC_SPACE_STATES)
		return false;
	if (space->state == NACC_SPACE_LIVE || space->state == NACC_SPACE_RETIRED)
		return space->root && space->root < FRAMES &&
		       frames[space->root].state == NACC_FRAME_ROOT &&
		       frames[space->root].space == index;
	return !naming == (space->state == NACC_SPACE_GONE);
}

bool frames_hold(void)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		if (!frame_holds(i))
			return false;
	for (i = 1; i < SPACES; i++)
		if (!space_holds(i))
			return false;
	return true;
}

static bool link_holds(unsigned int frame, unsigned int slot)
{
	uint64_t word = word_of(frame, slot);
	const struct nacc_frame *f = &frames[frame], *child;
	unsigned int to = target_of(word);

	if (to >= FRAMES || word & ~(NACC_PTE_PPN | NACC_PTE_NEW | NACC_PTE_V))
		return false;
	child = &frames[to];
	return f->level && child->state == NACC_FRAME_LINKED &&
	       child->parent == (frame << 9 | slot) && child->space == f->space &&
	       child->level + 1 == f->level;
}

bool slot_holds(unsigned int frame, unsigned int slot)
{
	const struct nacc_frame *f = &frames[frame];
	uint64_t word = word_of(frame, slot);

	if (f->state == NACC_FRAME_FREE || f->state == NACC_FRAME_FRESH ||
	    (f->state == NACC_FRAME_QUARANTINE && !f->live))
		return !word;
	/* What the kernel half holds is BOOT_LOCK's. */
	if (f->state == NACC_FRAME_ROOT && slot >= 256)
		return !is_link(word) || target_of(word) == FRAMES;
	if (!is_table(f->state))
		return true;
	if (!f->live && word)
		return false;
	if (is_link(word))
		return link_holds(frame, slot);
	return !(word & NACC_PTE_V) ||
	       __CPROVER_uninterpreted_leaf(word & ~NACC_PTE_NEW, f->level);
}

void state_note(void)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		frames_then[i] = frames[i];
	for (i = 0; i < SPACES; i++)
		spaces_then[i] = spaces[i];
}

static bool frame_is_noted(unsigned int i)
{
	const struct nacc_frame *a = &frames[i], *b = &frames_then[i];

	return a->lock == b->lock && a->state == b->state && a->level == b->level &&
	       a->live == b->live && a->epoch == b->epoch && a->parent == b->parent;
}

static bool space_is_noted(unsigned int i)
{
	const struct nacc_space *a = &spaces[i], *b = &spaces_then[i];

	return a->lock == b->lock && a->count_lock == b->count_lock &&
	       a->gen == b->gen && a->frames == b->frames && a->root == b->root &&
	       a->state == b->state && a->policy == b->policy &&
	       a->cursor == b->cursor;
}

bool state_is_noted(void)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		if (!frame_is_noted(i))
			return false;
	for (i = 0; i < SPACES; i++)
		if (!space_is_noted(i))
			return false;
	return true;
}
