// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes between arch_enter_lazy_mmu_mode() and arch_leave_lazy_mmu_mode()
 * wait in a queue and go to the monitor in one call. docs/design/batches.md.
 *
 * The queue belongs to the CPU and is only used where nobody else can run on
 * it: a lazy section that is preemptible queues nothing. All of it is under
 * the table locks of the section, and it is empty before any of them is
 * dropped, before every TLB flush, and before a write above level 0.
 * Interrupts may read it (ptep_get()), and neither fill nor empty it.
 */

#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/thread_info.h>
#include "internal.h"

/* Two tables at most are written in turn: a fork's or a move's. */
#define NR_RUNS		2
/* Ops other than PUTN; those are built in the op page, behind each other. */
#define NR_FIXED	32

struct run {
	struct nacc_op *op;
	unsigned long *begin, *end;	/* slots, in the linear map */
	unsigned long next;		/* the value that would continue a SETN */
};

struct batch {
	unsigned int nr_fixed;
	unsigned int nr_puts;
	unsigned int slots;
	unsigned int values;
	unsigned int put_words;		/* used in the op page */
	unsigned int victim;		/* the run that is replaced next */
	unsigned long *lo, *hi;		/* all pending slots are in between */
	struct run runs[NR_RUNS];
	struct nacc_op fixed[NR_FIXED];
	u64 replay[NACC_OPS_BYTES / sizeof(u64)];	/* the PUTNs of a refused COMMIT */
};

static DEFINE_PER_CPU(struct batch, batches);

/* nacc.batch=0: one call for each write, to see what that costs. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"nacc."
static bool enabled = true;
module_param_named(batch, enabled, bool, 0644);

static unsigned int op_kind(const struct nacc_op *op)
{
	return op->word & 7;
}

static unsigned long *op_slot(const struct nacc_op *op)
{
	return __va(op->word & NACC_OP_SLOT_MASK);
}

static unsigned int op_count(const struct nacc_op *op)
{
	return (op->word >> NACC_OP_COUNT_SHIFT) + 1;
}

/* Words that a PUTN of @count values takes: a header, an even number in all. */
static unsigned int put_size(unsigned int count)
{
	return ALIGN(1 + count, 2);
}

static unsigned long op_value(const struct nacc_op *op, unsigned int i)
{
	switch (op_kind(op)) {
	case NACC_OP_SETN:
		return op->value + ((unsigned long)i << _PAGE_PFN_SHIFT);
	case NACC_OP_PUTN:
		return (&op->value)[i];
	case NACC_OP_WRPROTECTN:
		return READ_ONCE(op_slot(op)[i]) & ~_PAGE_WRITE;
	default:
		return 0;
	}
}

/* Call @fn for each op, the PUTNs at @op first, until it returns true. */
static bool each_op(struct batch *b, const struct nacc_op *op,
		    bool (*fn)(const struct nacc_op *op, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < b->nr_puts; i++) {
		if (fn(op, arg))
			return true;
		op = (void *)((u64 *)op + put_size(op_count(op)));
	}
	for (i = 0; i < b->nr_fixed; i++)
		if (fn(&b->fixed[i], arg))
			return true;
	return false;
}

static void reset(struct batch *b)
{
	b->nr_fixed = 0;
	b->nr_puts = 0;
	b->slots = 0;
	b->values = 0;
	b->put_words = 0;
	b->hi = NULL;
	memset(b->runs, 0, sizeof(b->runs));
}

/* One by one, each refused write is dealt with as without a queue. */
static bool replay_op(const struct nacc_op *op, void *arg)
{
	unsigned int *skip = arg;
	unsigned int i;

	if (*skip) {
		--*skip;
		return false;
	}
	for (i = 0; i < op_count(op); i++)
		nacc_slot_set(op_slot(op) + i, op_value(op, i));
	return false;
}

/*
 * nacc_batch_commit - empty this CPU's queue. Called with preemption off or
 * by the section that filled it.
 */
void nacc_batch_commit(void)
{
	struct batch *b = this_cpu_ptr(&batches);
	unsigned int skip;
	struct sbiret ret;
	u64 *page;

	if (!current_thread_info()->nacc_pending || in_interrupt())
		return;
	page = nacc_op_page();
	memcpy(page + b->put_words, b->fixed, b->nr_fixed * sizeof(*b->fixed));
	/* update_mmu_cache() may have run before this. */
	ret = nacc_commit(b->nr_puts + b->nr_fixed, NACC_COMMIT_FENCE);
	current_thread_info()->nacc_pending = 0;
	if (unlikely(ret.error)) {
		/* The replay has ops of its own. */
		memcpy(b->replay, page, b->put_words * sizeof(u64));
		skip = NACC_CAUSE_INDEX(ret.value);
		each_op(b, (void *)b->replay, replay_op, &skip);
	}
	reset(b);
}
EXPORT_SYMBOL_GPL(nacc_batch_commit);

struct lookup {
	unsigned long *slot;
	unsigned long val;
};

static bool lookup_op(const struct nacc_op *op, void *arg)
{
	struct lookup *l = arg;
	unsigned long i = l->slot - op_slot(op);

	if (l->slot < op_slot(op) || i >= op_count(op))
		return false;
	l->val = op_value(op, i);
	return true;
}

static bool is_pending(struct batch *b, unsigned long *slot, unsigned long *val)
{
	struct lookup l = { .slot = slot };

	if (slot < b->lo || slot >= b->hi || !each_op(b, nacc_op_page(), lookup_op, &l))
		return false;
	*val = l.val;
	return true;
}

/*
 * nacc_batch_read - the value of @slot as the section that runs on this CPU
 * has written it. Called while the current task has something pending, so
 * it, or what interrupts it, is the only reader.
 */
unsigned long nacc_batch_read(unsigned long *slot)
{
	unsigned long val;

	if (is_pending(this_cpu_ptr(&batches), slot, &val))
		return val;
	return READ_ONCE(*slot);
}
EXPORT_SYMBOL_GPL(nacc_batch_read);

static void grow(struct batch *b, struct run *run, unsigned int nr)
{
	run->op->word += (u64)nr << NACC_OP_COUNT_SHIFT;
	run->end += nr;
	b->slots += nr;
	b->lo = b->hi ? min(b->lo, run->begin) : run->begin;
	b->hi = max(b->hi, run->end);
	current_thread_info()->nacc_pending = 1;
}

/* Only the last PUTN in the op page can grow. */
static bool grow_put(struct batch *b, struct run *run, unsigned long val)
{
	unsigned int count = op_count(run->op);
	u64 *words = (u64 *)run->op;

	if (b->values == NACC_MAX_VALUES ||
	    words + put_size(count) != (u64 *)nacc_op_page() + b->put_words)
		return false;
	words[1 + count] = val;
	b->put_words += put_size(count + 1) - put_size(count);
	b->values++;
	grow(b, run, 1);
	return true;
}

/* Does the write of @val over @old at @slot continue one of the runs? */
static bool extend(struct batch *b, unsigned long *slot, unsigned long old,
		   unsigned long val)
{
	struct run *run;

	for (run = b->runs; run < b->runs + NR_RUNS; run++) {
		if (run->end != slot || !((unsigned long)slot & ~PAGE_MASK))
			continue;
		switch (op_kind(run->op)) {
		case NACC_OP_CLEARN:
			if (val)
				return false;
			break;
		case NACC_OP_WRPROTECTN:
			if (val != (old & ~_PAGE_WRITE))
				return false;
			break;
		case NACC_OP_SETN:
			if (val != run->next)
				return false;
			run->next += 1UL << _PAGE_PFN_SHIFT;
			break;
		default:
			return grow_put(b, run, val);
		}
		grow(b, run, 1);
		return true;
	}
	return false;
}

static struct run *new_run(struct batch *b, struct nacc_op *op,
			   unsigned int kind, unsigned long *slot,
			   unsigned long val, unsigned int nr)
{
	struct run *run = &b->runs[b->victim];

	b->victim = (b->victim + 1) % NR_RUNS;
	op->word = NACC_OP_WORD(kind, __pa(slot), 1);
	op->value = kind == NACC_OP_CLEARN || kind == NACC_OP_WRPROTECTN ? 0 : val;
	run->op = op;
	run->begin = slot;
	run->end = slot + 1;
	run->next = val + ((unsigned long)nr << _PAGE_PFN_SHIFT);
	b->slots++;
	grow(b, run, nr - 1);
	return run;
}

static void begin(struct batch *b, unsigned long *slot, unsigned long old,
		  unsigned long val)
{
	unsigned int kind = NACC_OP_PUTN;

	if (!val)
		kind = NACC_OP_CLEARN;
	else if (old && val == (old & ~_PAGE_WRITE))
		kind = NACC_OP_WRPROTECTN;
	if (kind != NACC_OP_PUTN) {
		new_run(b, &b->fixed[b->nr_fixed++], kind, slot, val, 1);
		return;
	}
	new_run(b, (void *)((u64 *)nacc_op_page() + b->put_words), kind, slot,
		val, 1);
	b->nr_puts++;
	b->values++;
	b->put_words += put_size(1);
}

/* Room for one more write, whatever it is? */
static bool full(struct batch *b, unsigned int nr)
{
	return b->slots + nr > NACC_MAX_SLOTS || b->nr_fixed == NR_FIXED ||
	       b->values == NACC_MAX_VALUES ||
	       b->nr_puts + b->nr_fixed >= NACC_MAX_OPS - 1 ||
	       (b->put_words + 4) * sizeof(u64) +
	       (b->nr_fixed + 1) * sizeof(struct nacc_op) > NACC_OPS_BYTES;
}

/*
 * nacc_batch_write - queue the write of @val to @slot.
 * @old: set to the entry's value before it.
 * Returns false, with the queue empty, if the write has to be made at once.
 */
bool nacc_batch_write(unsigned long *slot, unsigned long val, unsigned long *old)
{
	struct batch *b = this_cpu_ptr(&batches);

	if (is_pending(b, slot, old) || full(b, 1))
		nacc_batch_commit();
	*old = READ_ONCE(*slot);
	if (in_interrupt()) {
		nacc_batch_commit();
		return false;
	}
	if (*old != val && !extend(b, slot, *old, val))
		begin(b, slot, *old, val);
	return true;
}

/* The same for a run of leaves from @val on, all in one table. */
bool nacc_batch_set_ptes(unsigned long *slot, unsigned long val, unsigned int nr)
{
	struct batch *b = this_cpu_ptr(&batches);
	unsigned int i;
	unsigned long old;

	if (in_interrupt())
		return false;
	for (i = 0; i < nr; i++)
		if (is_pending(b, slot + i, &old))
			break;
	if (i < nr || full(b, nr))
		nacc_batch_commit();
	new_run(b, &b->fixed[b->nr_fixed++], NACC_OP_SETN, slot, val, nr);
	return true;
}

void nacc_lazy_enter(void)
{
	if (enabled && !preemptible() && !in_interrupt())
		current_thread_info()->nacc_lazy++;
}

void nacc_lazy_leave(void)
{
	struct thread_info *ti = current_thread_info();

	nacc_batch_commit();
	if (ti->nacc_lazy)
		ti->nacc_lazy--;
}
