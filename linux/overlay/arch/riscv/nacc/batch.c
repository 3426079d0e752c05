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
 *
 * What begins a run in a table without one, continues it, or leaves a few empty
 * entries out of one of clears, is hooks.S' to queue. Here runs end, make room for
 * others, reach over other gaps and change their kind.
 */

#include <linux/moduleparam.h>
#include <linux/preempt.h>
#include <linux/thread_info.h>
#include <asm/cpufeature.h>
#include <asm/tlbflush.h>
#include "batch.h"
#include "internal.h"

DEFINE_PER_CPU(struct nacc_batch, nacc_batches);

/* nacc.batch=0: one call for each write, to see what that costs. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"nacc."
bool nacc_batching = true;
module_param_named(batch, nacc_batching, bool, 0644);

static unsigned long *next_of(enum kind kind)
{
	struct nacc_lazy *lazy = nacc_lazy();

	switch (kind) {
	case CLEAR:
		return &lazy->clear_next;
	case PROTECT:
		return &lazy->protect_next;
	default:
		return &lazy->put_next;
	}
}

/* A run that nothing can continue reaches to the end of its table. */
static unsigned long end_of(const struct nacc_batch *b, enum kind kind)
{
	return *next_of(kind) ?: (b->begin[kind] | ~PAGE_MASK) + 1;
}

static unsigned int count_of(const struct nacc_batch *b, enum kind kind)
{
	if (!b->begin[kind])
		return 0;
	return (end_of(b, kind) - b->begin[kind]) / sizeof(u64);
}

static bool covers(const struct nacc_batch *b, enum kind kind, unsigned long slot)
{
	return b->begin[kind] && slot >= b->begin[kind] && slot < end_of(b, kind);
}

/* Where the value of @slot waits, if the run of values covers it. */
static unsigned long *put_at(unsigned long slot)
{
	return (unsigned long *)(slot + nacc_lazy()->put_bias);
}

static unsigned long value_of(enum kind kind, unsigned long slot)
{
	switch (kind) {
	case CLEAR:
		return 0;
	case PROTECT:
		return READ_ONCE(*(unsigned long *)slot) & ~_PAGE_WRITE;
	default:
		return READ_ONCE(*put_at(slot));
	}
}

static __always_inline void reset(struct nacc_batch *b)
{
	struct nacc_lazy *lazy = nacc_lazy();

	/* An interrupt that reads an entry then asks for nothing else. */
	WRITE_ONCE(lazy->pending, 0);
	barrier();
	b->begin[CLEAR] = 0;
	b->begin[PROTECT] = 0;
	b->begin[PUT] = 0;
	lazy->clear_next = 0;
	lazy->protect_next = 0;
	lazy->put_next = 0;
	/* No run of values: what nacc_read_pte() asks. */
	lazy->put_end = 0;
}

struct span {
	unsigned long begin;
	unsigned int count;
};

/* One by one, each refused write is dealt with as without a queue. */
static void replay(const struct nacc_batch *b, const struct span *spans)
{
	unsigned long *slot;
	enum kind kind;
	unsigned int i;

	for (kind = 0; kind < NR_KINDS; kind++) {
		slot = (unsigned long *)spans[kind].begin;
		for (i = 0; i < spans[kind].count; i++, slot++)
			nacc_slot_set(slot, kind == PUT ? b->replay[i] :
							  value_of(kind, (unsigned long)slot));
	}
}

/* Ops that were done are done once more by this; the entries are the same. */
static noinline __cold void commit_refused(struct nacc_batch *b)
{
	struct span spans[NR_KINDS];
	enum kind kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		spans[kind].begin = b->begin[kind];
		spans[kind].count = count_of(b, kind);
	}
	/* The replay has ops of its own, and nothing may be pending under it. */
	if (spans[PUT].count)
		memcpy(b->replay, b->values, spans[PUT].count * sizeof(u64));
	reset(b);
	replay(b, spans);
}

/*
 * An entry may have become valid: update_mmu_cache(), which sees to it that
 * this hart does not remember it as invalid, ran before it was written.
 */
static bool fence_wanted(const struct nacc_batch *b)
{
	return b->begin[PUT] && !riscv_has_extension_unlikely(RISCV_ISA_EXT_SVVPTC);
}

/* Alone in the queue: the call for one entry is the cheaper one. */
static void commit_single(struct nacc_batch *b)
{
	enum kind kind = b->begin[CLEAR] ? CLEAR : b->begin[PUT] ? PUT : PROTECT;
	unsigned long slot = b->begin[kind], val = value_of(kind, slot);
	bool fence = fence_wanted(b);

	reset(b);
	nacc_slot_set((unsigned long *)slot, val);
	if (fence)
		local_flush_tlb_all();
}

static __always_inline struct nacc_op *run_op(struct nacc_op *op, enum nacc_opcode code,
					      unsigned long begin, unsigned int count)
{
	op->word = NACC_OP_WORD(code, nacc_pool_pa(begin), count);
	if (code == NACC_OP_PUTN)
		return op + (count + 2) / 2;
	op->value = 0;
	return op + 1;
}

/* Complete the ops in the op page; the values of a PUTN are there already. */
static __always_inline void commit_ops(struct nacc_batch *b, unsigned int put,
				       unsigned int clear, unsigned int protect)
{
	struct nacc_op *op = nacc_op_page() + NACC_OPS_OFFSET;
	struct sbiret ret;

	if (put)
		op = run_op(op, NACC_OP_PUTN, b->begin[PUT], put);
	if (clear)
		op = run_op(op, NACC_OP_CLEARN, b->begin[CLEAR], clear);
	if (protect)
		run_op(op, NACC_OP_WRPROTECTN, b->begin[PROTECT], protect);
	ret = nacc_commit(!!put + !!clear + !!protect,
			  fence_wanted(b) ? NACC_COMMIT_FENCE : 0);
	if (unlikely(ret.error))
		commit_refused(b);
	else
		reset(b);
}

/* A run that is no run of values, alone in the queue: its op needs no op page. */
static __always_inline void commit_run(struct nacc_batch *b, unsigned int clear,
				       unsigned int protect)
{
	u64 word = clear ? NACC_OP_WORD(NACC_OP_CLEARN, nacc_pool_pa(b->begin[CLEAR]),
					clear) :
			   NACC_OP_WORD(NACC_OP_WRPROTECTN,
					nacc_pool_pa(b->begin[PROTECT]), protect);

	if (unlikely(nacc_op(word, 0).error))
		commit_refused(b);
	else
		reset(b);
}

/*
 * nacc_batch_commit - empty this CPU's queue. Called with preemption off or
 * by the section that filled it.
 */
void nacc_batch_commit(void)
{
	struct nacc_batch *b = this_cpu_ptr(&nacc_batches);
	unsigned int put, clear, protect;

	if (!nacc_lazy()->pending || in_interrupt())
		return;
	put = count_of(b, PUT);
	clear = count_of(b, CLEAR);
	protect = count_of(b, PROTECT);
	if (put + clear + protect == 1)
		commit_single(b);
	else if (!put && !(clear && protect))
		commit_run(b, clear, protect);
	else
		commit_ops(b, put, clear, protect);
}

/* The run of values has reached the end of its table, or of the op page. */
void nacc_batch_put_end(void)
{
	struct nacc_lazy *lazy = nacc_lazy();

	if (lazy->put_next & ~PAGE_MASK)
		nacc_batch_commit();
	else
		lazy->put_next = 0;
}

/*
 * nacc_batch_read - the value of @slot as the section that runs on this CPU
 * has written it. Called while the current task has something pending, so
 * it, or what interrupts it, is the only reader.
 */
unsigned long nacc_batch_read(unsigned long *slot)
{
	struct nacc_batch *b = this_cpu_ptr(&nacc_batches);
	enum kind kind;

	for (kind = 0; kind < NR_KINDS; kind++)
		if (covers(b, kind, (unsigned long)slot))
			return value_of(kind, (unsigned long)slot);
	return READ_ONCE(*slot);
}

/* Continue the run of values at its next slot. */
static void put_next(unsigned long val)
{
	struct nacc_lazy *lazy = nacc_lazy();

	*put_at(lazy->put_next) = val;
	lazy->put_next += sizeof(val);
	if (lazy->put_next == lazy->put_end)
		nacc_batch_put_end();
}

/* Continue a run of another kind with @slot. */
static void run_next(enum kind kind, unsigned long slot)
{
	slot += sizeof(u64);
	*next_of(kind) = slot & ~PAGE_MASK ? slot : 0;
}

/* Begin the run of values at @slot, which is in no table with another run. */
static void put_begin(struct nacc_batch *b, unsigned long slot)
{
	struct nacc_lazy *lazy = nacc_lazy();

	b->values = nacc_op_page() + NACC_OPS_OFFSET + sizeof(u64);
	lazy->put_bias = (unsigned long)b->values - slot;
	lazy->put_end = min((slot | ~PAGE_MASK) + 1,
			    slot + NACC_MAX_VALUES * sizeof(u64));
	lazy->put_next = slot;
	/* An interrupt reads the run when it is whole. */
	barrier();
	WRITE_ONCE(b->begin[PUT], slot);
}

static void run_begin(struct nacc_batch *b, enum kind kind, unsigned long slot,
		      unsigned long val)
{
	if (kind == PUT) {
		put_begin(b, slot);
		put_next(val);
	} else {
		run_next(kind, slot);
		/* As above. */
		barrier();
		WRITE_ONCE(b->begin[kind], slot);
	}
	nacc_lazy()->pending = 1;
}

/* Nothing but empty entries in between? They stay what they are in any run. */
static bool gap_empty(unsigned long from, unsigned long to)
{
	for (; from < to; from += sizeof(u64))
		if (READ_ONCE(*(unsigned long *)from))
			return false;
	return true;
}

/*
 * The run in this table has another kind: make it one of values, if there is
 * none. MADV_FREE, for one, clears each entry and then writes it.
 */
static bool run_convert(struct nacc_batch *b, enum kind from)
{
	unsigned long begin = b->begin[from], end = end_of(b, from), slot;

	if (b->begin[PUT] || end - begin >= NACC_MAX_VALUES * sizeof(u64))
		return false;
	put_begin(b, begin);
	for (slot = begin; slot < end; slot += sizeof(u64))
		*put_at(slot) = value_of(from, slot);
	nacc_lazy()->put_next = end & ~PAGE_MASK ? end : 0;
	b->begin[from] = 0;
	*next_of(from) = 0;
	return true;
}

/* The write goes to a table that has a run of @kind. False: commit first. */
static bool run_extend(struct nacc_batch *b, enum kind kind, unsigned long slot,
		       unsigned long val)
{
	unsigned long next = *next_of(kind);

	if (covers(b, kind, slot)) {
		if (kind == PUT)
			*put_at(slot) = val;
		return true;
	}
	if (!next || slot < next || slot - next > NACC_MAX_GAP * sizeof(u64) ||
	    !gap_empty(next, slot))
		return false;
	if (kind != PUT) {
		run_next(kind, slot);
		return true;
	}
	for (; next < slot; next += sizeof(u64)) {
		put_next(0);
		if (nacc_lazy()->put_next != next + sizeof(u64))
			return false;
	}
	put_next(val);
	return true;
}

static enum kind run_in_table(const struct nacc_batch *b, unsigned long slot)
{
	enum kind kind;

	for (kind = 0; kind < NR_KINDS; kind++)
		if (b->begin[kind] && !((b->begin[kind] ^ slot) & PAGE_MASK))
			break;
	return kind;
}

static enum kind kind_of(unsigned long old, unsigned long val)
{
	if (!val)
		return CLEAR;
	return old && val == (old & ~_PAGE_WRITE) ? PROTECT : PUT;
}

/* Queue the write without a commit, if it goes. */
static bool enqueue(struct nacc_batch *b, enum kind kind, unsigned long slot,
		    unsigned long val)
{
	enum kind run = run_in_table(b, slot);

	if (run == NR_KINDS) {
		if (b->begin[kind])
			return false;
		run_begin(b, kind, slot, val);
		return true;
	}
	if (run != kind && run != PUT) {
		if (!run_convert(b, run))
			return false;
		run = PUT;
	}
	return run_extend(b, run, slot, val);
}

bool nacc_batch_write(unsigned long *slot, unsigned long val, unsigned long *old)
{
	struct nacc_batch *b;

	if (!nacc_batching || preemptible() || in_interrupt())
		return false;
	b = this_cpu_ptr(&nacc_batches);
	*old = nacc_read_pte(slot);
	if (*old == val)
		return true;
	if (!enqueue(b, kind_of(*old, val), (unsigned long)slot, val)) {
		nacc_batch_commit();
		run_begin(b, kind_of(*old, val), (unsigned long)slot, val);
	}
	return true;
}
