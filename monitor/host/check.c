// SPDX-License-Identifier: BSD-2-Clause
/*
 * The invariants. Nothing here shares code with what it checks: lists are
 * walked, entries are counted, targets are compared page by page.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "../core/epoch.h"
#include "../core/state.h"
#include "host.h"

struct check {
	const struct nacc_monitor *m;
	unsigned int *seen;		/* how many lists hold the frame */
	unsigned int *naming;		/* frames that name the space */
	unsigned int faults;
};

#define MAX_REPORTS	10

#define expect(c, condition, what, which) do {				\
	if (!(condition) && (c)->faults++ < MAX_REPORTS)		\
		fprintf(stderr, "check: %s: %lu: %s\n", what,		\
			(unsigned long)(which), #condition);		\
} while (0)

static uint64_t *words_of(uint32_t index)
{
	return host_memory(nacc_monitor.config.pool.base + 4096UL * index);
}

static bool is_link(uint64_t word)
{
	return (word & 0xf) == 1;
}

static uint32_t target_of(uint64_t word)
{
	uint64_t pa = (word << 10 >> 20) << 12;

	return (pa - nacc_monitor.config.pool.base) / 4096;
}

static bool is_table(unsigned int state)
{
	return state == NACC_FRAME_DETACHED || state == NACC_FRAME_LINKED ||
	       state == NACC_FRAME_ROOT;
}

static void check_list(struct check *c, uint32_t head, uint32_t tail,
		       uint32_t count, unsigned int state)
{
	uint32_t n = 0, last = NACC_NIL;

	while (head != NACC_NIL && n <= count) {
		expect(c, head < c->m->frame_count, "list leaves the pool", head);
		if (head >= c->m->frame_count)
			return;
		c->seen[head]++;
		expect(c, c->m->frames[head].state == state, "wrong list", head);
		last = head;
		head = c->m->frames[head].parent;
		n++;
	}
	expect(c, n == count, "list is as long as it says", n);
	if (count && state == NACC_FRAME_QUARANTINE)
		expect(c, last == tail, "tail of the list", tail);
}

static void check_lists(struct check *c)
{
	unsigned int i;

	for (i = 0; i < NACC_SHARDS; i++) {
		const struct nacc_shard *s = &c->m->shards[i];
		uint32_t at, next;

		expect(c, !s->lock, "shard lock", i);
		check_list(c, s->free, 0, s->free_count, NACC_FRAME_FREE);
		check_list(c, s->tables.head, s->tables.tail, s->tables.count,
			   NACC_FRAME_QUARANTINE);
		check_list(c, s->roots.head, s->roots.tail, s->roots.count,
			   NACC_FRAME_QUARANTINE);
		for (at = s->tables.head; at != NACC_NIL; at = next) {
			next = c->m->frames[at].parent;
			expect(c, next == NACC_NIL ||
			       !nacc_epoch_past(c->m->frames[at].epoch,
						c->m->frames[next].epoch),
			       "epochs in order", at);
		}
	}
}

bool check_page_is_ram(uint64_t pa)
{
	const struct nacc_config *config = &nacc_monitor.config;
	bool ram = false;
	unsigned int i;

	for (i = 0; i < config->ram_count; i++)
		ram |= pa >= config->ram[i].base &&
		       pa < config->ram[i].base + config->ram[i].size;
	return ram;
}

bool check_page(uint64_t pa, bool write)
{
	const struct nacc_limits *limits = &nacc_monitor.limits;
	bool none = false, ro = false;
	unsigned int i;

	for (i = 0; i < limits->image_count; i++) {
		const struct nacc_range *r = &limits->image[i];
		bool in = pa >= r->base && pa < r->base + r->size;

		none |= in && r->kind == NACC_RANGE_NONE;
		ro |= in && r->kind == NACC_RANGE_RO;
	}
	return check_page_is_ram(pa) && !(none && !ro) && !(ro && write);
}

static void check_leaf(struct check *c, uint64_t word, unsigned int level,
		       uint32_t index)
{
	uint64_t pa = (word << 10 >> 20) << 12;
	uint64_t pages = 1UL << (9 * level);
	uint64_t i;

	expect(c, level <= 2, "leaf above 1 GiB", index);
	expect(c, (word & 0x30) == 0x10, "leaf is U=1, G=0", index);
	expect(c, (word & 6) != 4, "leaf with W without R", index);
	expect(c, !(word >> 54 & 0x7f), "reserved bits", index);
	expect(c, !(word >> 61 & 3) || c->m->config.svpbmt, "memory type", index);
	if (word >> 63) {
		expect(c, c->m->config.svnapot && !level, "napot", index);
		pages = 16;
		pa &= ~0xffffUL;
	}
	for (i = 0; i < pages; i++) {
		bool allowed = check_page(pa + 4096 * i, word & 4);

		expect(c, allowed, "leaf outside of what may be mapped", index);
		if (!allowed)
			break;
	}
}

static void check_link(struct check *c, uint32_t index, unsigned int slot,
		       uint64_t word)
{
	const struct nacc_frame *f = &c->m->frames[index];
	uint32_t to = target_of(word);
	const struct nacc_frame *child;

	expect(c, to < c->m->frame_count, "link leaves the pool", index);
	if (to >= c->m->frame_count)
		return;
	child = &c->m->frames[to];
	expect(c, !(word & ~(NACC_PTE_PPN | NACC_PTE_NEW | 1)), "bits of a link",
	       index);
	expect(c, child->state == NACC_FRAME_LINKED, "child is linked", to);
	expect(c, child->parent == (index << 9 | slot), "child knows its slot", to);
	expect(c, child->space == f->space, "child is of this space", to);
	expect(c, child->level + 1 == f->level, "child's level", to);
}

static void check_table(struct check *c, uint32_t index)
{
	const struct nacc_frame *f = &c->m->frames[index];
	unsigned int slots = f->state == NACC_FRAME_ROOT ? 256 : 512;
	unsigned int i, live = 0, links = 0;
	const uint64_t *words = words_of(index);

	for (i = 0; i < slots; i++) {
		live += words[i] != 0;
		if (is_link(words[i])) {
			links++;
			check_link(c, index, i, words[i]);
		} else if (words[i] & 1) {
			check_leaf(c, words[i], f->level, index);
		}
	}
	expect(c, f->live == live, "count of live entries", index);
	expect(c, f->links == links, "count of links", index);
	expect(c, f->level || !links, "link in a last-level table", index);
	expect(c, f->space && f->space < c->m->space_count, "space", index);
	c->naming[f->space % c->m->space_count]++;
}

static void check_linked(struct check *c, uint32_t index)
{
	const struct nacc_frame *f = &c->m->frames[index];
	uint32_t parent = f->parent >> 9;
	uint64_t word;

	expect(c, parent < c->m->frame_count, "parent", index);
	if (parent >= c->m->frame_count)
		return;
	expect(c, is_table(c->m->frames[parent].state), "parent is a table", index);
	word = words_of(parent)[f->parent & 511];
	expect(c, is_link(word) && target_of(word) == index,
	       "parent's slot names the child", index);
}

static void check_root(struct check *c, uint32_t index)
{
	const struct nacc_frame *f = &c->m->frames[index];
	const struct nacc_space *s = &c->m->spaces[f->space];
	unsigned int i;

	expect(c, f->level == c->m->root_level, "level of a root", index);
	expect(c, s->root == index, "space knows its root", index);
	expect(c, s->state == NACC_SPACE_LIVE || s->state == NACC_SPACE_RETIRED,
	       "space of a root", index);
	expect(c, c->m->roots[index], "root is registered", index);
	for (i = 0; i < 256; i++)
		expect(c, words_of(index)[256 + i] == c->m->template[i],
		       "kernel half", index);
}

static void check_zero(struct check *c, uint32_t index)
{
	const uint64_t *words = words_of(index);
	uint64_t any = 0;
	unsigned int i;

	for (i = 0; i < 512; i++)
		any |= words[i];
	expect(c, !any, "all words zero", index);
}

static void check_frame(struct check *c, uint32_t index)
{
	const struct nacc_frame *f = &c->m->frames[index];
	bool listed = f->state == NACC_FRAME_FREE ||
		      f->state == NACC_FRAME_QUARANTINE;

	expect(c, !f->lock, "frame lock", index);
	expect(c, c->seen[index] == listed, "on one list, or on none", index);
	expect(c, (f->state == NACC_FRAME_KEPT) == (index < c->m->kept),
	       "the registry's own frames", index);
	if (f->state != NACC_FRAME_ROOT)
		expect(c, !c->m->roots[index], "registered without being a root",
		       index);

	switch (f->state) {
	case NACC_FRAME_FRESH:
		expect(c, f->parent == NACC_NIL, "fresh frame's parent", index);
		/* fall through */
	case NACC_FRAME_FREE:
		expect(c, !f->level && !f->live && !f->epoch, "no table", index);
		check_zero(c, index);
		break;
	case NACC_FRAME_QUARANTINE:
		if (!f->live)
			check_zero(c, index);
		break;
	case NACC_FRAME_ROOT:
		check_root(c, index);
		check_table(c, index);
		break;
	case NACC_FRAME_LINKED:
		check_linked(c, index);
		check_table(c, index);
		break;
	case NACC_FRAME_DETACHED:
		check_table(c, index);
		break;
	}
}

static void check_spaces(struct check *c)
{
	unsigned int i, gone = 0, listed = 0, live = 0;
	uint32_t at;

	for (i = 1; i < c->m->space_count; i++) {
		const struct nacc_space *s = &c->m->spaces[i];

		expect(c, !s->lock && !s->count_lock, "space locks", i);
		expect(c, s->frames == c->naming[i], "frames of the space", i);
		gone += s->state == NACC_SPACE_GONE;
		if (s->state == NACC_SPACE_GONE || s->state == NACC_SPACE_DEAD) {
			expect(c, !s->frames == (s->state == NACC_SPACE_GONE),
			       "a dead space is pinned by frames", i);
			continue;
		}
		live++;
		expect(c, c->m->frames[s->root].state == NACC_FRAME_ROOT &&
		       c->m->frames[s->root].space == i, "root of the space", i);
	}
	for (at = c->m->space_free; at != NACC_NIL && listed <= gone; listed++) {
		expect(c, c->m->spaces[at].state == NACC_SPACE_GONE,
		       "free space index", at);
		at = c->m->spaces[at].root;
	}
	expect(c, listed == gone, "every free space index is listed", listed);
	expect(c, live == c->m->space_live, "count of live spaces", live);
}

bool check_all(void)
{
	struct check c = { .m = &nacc_monitor };
	uint32_t i;

	c.seen = calloc(c.m->frame_count, sizeof(*c.seen));
	c.naming = calloc(c.m->space_count, sizeof(*c.naming));
	if (!c.seen || !c.naming)
		abort();
	check_lists(&c);
	for (i = 0; i < c.m->frame_count; i++)
		check_frame(&c, i);
	check_spaces(&c);
	expect(&c, !c.m->boot_lock && !c.m->space_list_lock && !c.m->epoch_lock,
	       "global locks", 0);
	free(c.seen);
	free(c.naming);
	return !c.faults;
}

static uint64_t digest_add(uint64_t digest, const void *data, size_t size)
{
	const uint64_t *word = data;
	size_t i;

	for (i = 0; i < size / sizeof(*word); i++)
		digest = (digest ^ word[i]) * 0x100000001b3UL;
	return digest;
}

uint64_t check_digest(void)
{
	const struct nacc_monitor *m = &nacc_monitor;
	uint64_t digest = 0xcbf29ce484222325UL;

	digest = digest_add(digest, words_of(0), m->config.pool.size);
	digest = digest_add(digest, m->frames,
			    m->frame_count * sizeof(*m->frames));
	digest = digest_add(digest, m->spaces,
			    m->space_count * sizeof(*m->spaces));
	return digest_add(digest, m, sizeof(*m));
}
