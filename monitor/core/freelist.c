// SPDX-License-Identifier: BSD-2-Clause
/*
 * Free lists and quarantine. A hart uses the shard of its index first and
 * visits the others when that one is empty. One shard lock at a time.
 */
#include "epoch.h"
#include "state.h"

static struct nacc_shard *shard_at(unsigned int i)
{
	return &nacc_monitor.shards[i % NACC_SHARDS];
}

static void fifo_push(struct nacc_fifo *fifo, struct nacc_frame *frame)
{
	uint32_t index = nacc_frame_index(frame);

	frame->parent = NACC_NIL;
	if (fifo->head == NACC_NIL)
		fifo->head = index;
	else
		nacc_monitor.frames[fifo->tail].parent = index;
	fifo->tail = index;
	nacc_write_once(fifo->count, fifo->count + 1);
}

static struct nacc_frame *fifo_pop(struct nacc_fifo *fifo)
{
	struct nacc_frame *frame = &nacc_monitor.frames[fifo->head];

	fifo->head = frame->parent;
	nacc_write_once(fifo->count, fifo->count - 1);
	return frame;
}

void nacc_freelist_init(uint32_t first, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < NACC_SHARDS; i++) {
		struct nacc_shard *shard = shard_at(i);

		shard->free = NACC_NIL;
		shard->tables.head = NACC_NIL;
		shard->roots.head = NACC_NIL;
	}
	for (i = first + count; i > first; i--) {
		struct nacc_frame *frame = &nacc_monitor.frames[i - 1];

		nacc_arch_lock(&frame->lock);
		nacc_freelist_push_locked(i - 1, frame);
		nacc_arch_unlock(&frame->lock);
	}
}

struct nacc_frame *nacc_freelist_pop(unsigned int hart)
{
	struct nacc_frame *frame = NULL;
	unsigned int i;

	for (i = 0; i < NACC_SHARDS && !frame; i++) {
		struct nacc_shard *shard = shard_at(hart + i);

		if (nacc_read_once(shard->free) == NACC_NIL)
			continue;
		nacc_arch_lock(&shard->lock);
		if (shard->free != NACC_NIL) {
			frame = &nacc_monitor.frames[shard->free];
			nacc_write_once(shard->free, frame->parent);
			nacc_write_once(shard->free_count, shard->free_count - 1);
		}
		nacc_arch_unlock(&shard->lock);
	}
	return frame;
}

void nacc_freelist_push_locked(unsigned int hart, struct nacc_frame *frame)
{
	struct nacc_shard *shard = shard_at(hart);

	frame->state = NACC_FRAME_FREE;
	frame->level = 0;
	frame->live = 0;
	frame->epoch = 0;
	nacc_arch_lock(&shard->lock);
	frame->parent = shard->free;
	nacc_write_once(shard->free, nacc_frame_index(frame));
	nacc_write_once(shard->free_count, shard->free_count + 1);
	nacc_arch_unlock(&shard->lock);
}

void nacc_quarantine_push_locked(unsigned int hart, struct nacc_frame *frame,
				 bool root, bool dirty)
{
	struct nacc_shard *shard = shard_at(hart);

	frame->state = NACC_FRAME_QUARANTINE;
	frame->live = dirty;
	nacc_arch_lock(&shard->lock);
	frame->epoch = nacc_epoch_now();
	fifo_push(root ? &shard->roots : &shard->tables, frame);
	nacc_arch_unlock(&shard->lock);
}

/* May this frame leave now, and does the budget allow what it needs? */
static bool frame_ripe(const struct nacc_frame *frame, uint32_t oldest,
		       const struct nacc_budget *budget)
{
	return nacc_epoch_past(oldest, frame->epoch) &&
	       (!frame->live || budget->scrubs);
}

/* The list is rotated past roots that are not ripe. */
static struct nacc_frame *pop_root(struct nacc_fifo *fifo, uint32_t oldest,
				   struct nacc_budget *budget)
{
	uint32_t left = fifo->count;

	while (left-- && budget->roots) {
		struct nacc_frame *frame = fifo_pop(fifo);

		budget->roots--;
		if (frame_ripe(frame, oldest, budget) &&
		    nacc_epoch_root_idle(nacc_frame_pa(frame)))
			return frame;
		fifo_push(fifo, frame);
	}
	return NULL;
}

/* A frame that has left quarantine and is on no list, or NULL. */
static struct nacc_frame *quarantine_pop(struct nacc_shard *shard,
					 uint32_t oldest,
					 struct nacc_budget *budget)
{
	struct nacc_frame *frame = NULL;
	struct nacc_fifo *fifo = &shard->tables;

	nacc_arch_lock(&shard->lock);
	if (fifo->head != NACC_NIL &&
	    frame_ripe(&nacc_monitor.frames[fifo->head], oldest, budget)) {
		frame = fifo_pop(fifo);
	} else {
		frame = pop_root(&shard->roots, oldest, budget);
	}
	nacc_arch_unlock(&shard->lock);
	return frame;
}

void nacc_quarantine_drain(unsigned int hart, struct nacc_budget *budget)
{
	uint32_t oldest = nacc_epoch_oldest();
	unsigned int i;

	for (i = 0; i < NACC_SHARDS; i++) {
		struct nacc_shard *shard = shard_at(hart + i);
		struct nacc_frame *frame;

		if (!nacc_read_once(shard->tables.count) &&
		    !nacc_read_once(shard->roots.count))
			continue;
		budget->roots = NACC_MAX_ROOT_LOOKS;
		while (budget->moves &&
		       (frame = quarantine_pop(shard, oldest, budget))) {
			budget->moves--;
			nacc_arch_lock(&frame->lock);
			if (frame->live) {
				nacc_arch_zero_frame((void *)nacc_frame_words(frame));
				budget->scrubs--;
			}
			nacc_freelist_push_locked(hart, frame);
			nacc_arch_unlock(&frame->lock);
		}
	}
}

uint64_t nacc_freelist_count(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NACC_SHARDS; i++)
		sum += nacc_read_once(shard_at(i)->free_count);
	return sum;
}

uint64_t nacc_quarantine_count(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NACC_SHARDS; i++)
		sum += nacc_read_once(shard_at(i)->tables.count) +
		       nacc_read_once(shard_at(i)->roots.count);
	return sum;
}
