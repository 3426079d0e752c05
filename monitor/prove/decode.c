// SPDX-License-Identifier: BSD-2-Clause
/*
 * Decoding: raw registers, and an op page in which each word that is read may be
 * anything, since another hart rewrites it. What performs a call is not here:
 * in its place stands what it may rely on.
 */
#include "prove.h"

struct nacc_monitor nacc_monitor;

static struct nacc_hart harts[1];
static struct nacc_frame frames[FRAMES];
static uint64_t page[NACC_SLOTS];
static unsigned int performed;

void *host_ptr(uint64_t pa)
{
	(void)pa;
	return page;
}

void host_fence_page(uint64_t va)
{
	(void)va;
}

void host_fence_all(void)
{
}

void host_read_point(void)
{
}

uint64_t nacc_arch_lock_waits(void)
{
	return nondet_u64();
}

uint64_t nacc_arch_hart_flags(void)
{
	return nondet_u64();
}

static unsigned int cause_any(void)
{
	unsigned int cause = nondet_u32();

	assume(cause < NACC_CAUSES_END);
	performed++;
	return cause;
}

static bool is_frame(const struct nacc_frame *frame)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		if (frame == &frames[i])
			return true;
	return false;
}

static unsigned int slots_written;	/* by COMMIT's ops */

unsigned int nacc_table_set_slow(uint64_t slot, uint64_t value)
{
	unsigned int cause = cause_any();

	(void)slot;
	(void)value;
	slots_written += !cause;
	return cause;
}

unsigned int nacc_boot_lock(unsigned int hart, unsigned int count, unsigned int *index)
{
	(void)hart;
	prove(count <= NACC_MAX_RANGES, "BOOT_LOCK: as many ranges as there is room for");
	*index = nondet_u32();
	assume(*index < NACC_TEMPLATE_SLOTS);
	return cause_any();
}

unsigned int nacc_space_create(struct nacc_frame *frame, uint64_t tag,
			       unsigned int policy, uint64_t *id)
{
	prove(is_frame(frame) && tag && !(policy & ~NACC_POLICY_MASK),
	      "SPACE_CREATE: a frame, a tag, a policy");
	*id = nondet_u64();
	return cause_any();
}

unsigned int nacc_space_set(uint64_t id, unsigned int bits, uint64_t *policy)
{
	(void)id;
	prove(!(bits & ~NACC_POLICY_MASK), "SPACE_SET: a policy");
	*policy = nondet_u64();
	return cause_any();
}

unsigned int nacc_space_retire(unsigned int hart, uint64_t id,
			       const volatile uint64_t *list, unsigned int count,
			       uint64_t *left)
{
	(void)hart;
	(void)id;
	prove(count <= NACC_MAX_FRAMES && list == page + NACC_LIST_OFFSET / 8,
	      "SPACE_RETIRE: a list that fits into the op page");
	*left = nondet_bool();
	return cause_any();
}

unsigned int nacc_space_destroy(unsigned int hart, uint64_t id)
{
	(void)hart;
	(void)id;
	return cause_any();
}

unsigned int nacc_space_query(uint64_t id, uint64_t *answer)
{
	(void)id;
	*answer = nondet_u64();
	return cause_any();
}

unsigned int nacc_frame_take(unsigned int hart, unsigned int want,
			     volatile uint64_t *list)
{
	unsigned int n = nondet_u32();

	(void)hart;
	prove(want && want <= NACC_MAX_FRAMES && list == page + NACC_LIST_OFFSET / 8,
	      "FRAMES_TAKE: a list that fits into the op page");
	performed++;
	assume(n <= want);
	return n;
}

unsigned int nacc_frame_return(unsigned int hart, struct nacc_frame *frame)
{
	(void)hart;
	prove(is_frame(frame), "FRAMES_RETURN: a frame");
	return cause_any();
}

uint64_t nacc_frame_query(struct nacc_frame *frame)
{
	prove(is_frame(frame), "QUERY: a frame");
	performed++;
	return nondet_u64();
}

uint64_t nacc_frame_query_space(struct nacc_frame *frame)
{
	prove(is_frame(frame), "QUERY: a frame");
	performed++;
	return nondet_u64();
}

uint64_t nacc_reclaim(unsigned int hart)
{
	(void)hart;
	performed++;
	return nondet_u64();
}

uint64_t nacc_freelist_count(void)
{
	return nondet_u64();
}

uint64_t nacc_quarantine_count(void)
{
	return nondet_u64();
}

/* COMMIT's ops. */
static unsigned int run_any(unsigned int count)
{
	prove(count && count <= NACC_SLOTS, "COMMIT: a run is as long as a table at most");
	slots_written += count;
	prove(slots_written <= NACC_MAX_SLOTS, "COMMIT: all runs together are bounded");
	return cause_any();
}

unsigned int nacc_table_setn(uint64_t slot, unsigned int count, uint64_t value)
{
	(void)slot;
	(void)value;
	return run_any(count);
}

unsigned int nacc_table_clearn(uint64_t slot, unsigned int count)
{
	(void)slot;
	return run_any(count);
}

unsigned int nacc_table_wrprotectn(uint64_t slot, unsigned int count)
{
	(void)slot;
	return run_any(count);
}

unsigned int nacc_table_putn(uint64_t slot, unsigned int count,
			     const volatile uint64_t *values, unsigned int *done,
			     unsigned int *long_ways)
{
	(void)slot;
	(void)long_ways;
	prove(values == page + 1, "PUTN: the values begin behind the op's word");
	prove(count <= NACC_MAX_VALUES, "PUTN: the values are bounded");
	*done = nondet_u32();
	assume(*done <= count);
	return run_any(count);
}

unsigned int nacc_space_bind(uint64_t id, struct nacc_frame *frame, unsigned int level)
{
	(void)id;
	(void)level;
	prove(is_frame(frame), "BIND: a frame");
	return cause_any();
}

/* The short way of SET is proved with the tables. */
static bool set_fast_any(void)
{
	bool done = nondet_bool();

	slots_written += done;
	return done;
}

#define nacc_table_set_fast(slot, value)	((void)(slot), (void)(value), set_fast_any())
/* CBMC takes no address of a word that is any, each time. A plain read is one, too. */
#undef nacc_read_once
#define nacc_read_once(x)	(x)
#include "../core/commit.c"
#include "../core/call.c"

static void machine_begin(void)
{
	__CPROVER_havoc_object(frames);
	__CPROVER_havoc_object(page);
	nacc_monitor.harts = harts;
	nacc_monitor.frames = frames;
	nacc_monitor.frame_count = FRAMES;
	nacc_monitor.kept = 1;
	nacc_monitor.config.pool.base = POOL;
	nacc_monitor.config.pool.size = FRAMES * NACC_FRAME_SIZE;
	nacc_monitor.config.harts = 1;
	nacc_monitor.limits.pieces[0].page = nondet_u64();
	nacc_monitor.limits.pieces[0].count = nondet_u64();
}

/* Arguments of each call, by the abi header. */
static unsigned int args_of(uint64_t call)
{
	switch (call) {
	case NACC_CALL_SET:
	case NACC_CALL_SPACE_CREATE:
	case NACC_CALL_OP:
		return 3;
	case NACC_CALL_COMMIT:
	case NACC_CALL_SPACE_SET:
	case NACC_CALL_SPACE_RETIRE:
	case NACC_CALL_QUERY:
		return 2;
	case NACC_CALL_RECLAIM:
		return 0;
	default:
		return 1;
	}
}

static void call_is_good(uint64_t call, const uint64_t args[6])
{
	uint64_t before = harts[0].refusals;
	struct nacc_ret ret = nacc_call(0, call, args);
	unsigned int i;

	prove(ret.error <= 0 && ret.error >= -11, "an error is one of SBI's");
	prove(!ret.error || (NACC_CAUSE(ret.value) < NACC_CAUSES_END &&
			     NACC_CAUSE(ret.value) != NACC_CAUSE_NONE),
	      "a refusal has a cause");
	prove(harts[0].refusals - before == !!ret.error, "a refusal is counted once");
	prove(call < NACC_CALL_COUNT || (ret.error && !performed),
	      "an unknown call does nothing");
	for (i = 0; i < 6; i++)
		prove(call >= NACC_CALL_COUNT || i < args_of(call) || !args[i] ||
		      (ret.error && !performed),
		      "an argument that is not named is zero, or nothing is done");
	if (ret.error)
		reached("refused");
	else
		reached("done");
}

/* A call with any arguments. One proof each: what one does is not in another's. */
#define CALL(name, number)				\
	void prove_call_##name(void)			\
	{						\
		uint64_t args[6];			\
							\
		machine_begin();			\
		call_is_good(number, args);		\
	}

CALL(set, NACC_CALL_SET)
CALL(info, NACC_CALL_INFO)
CALL(boot_lock, NACC_CALL_BOOT_LOCK)
CALL(space_create, NACC_CALL_SPACE_CREATE)
CALL(space_set, NACC_CALL_SPACE_SET)
CALL(space_retire, NACC_CALL_SPACE_RETIRE)
CALL(space_destroy, NACC_CALL_SPACE_DESTROY)
CALL(frames_take, NACC_CALL_FRAMES_TAKE)
CALL(reclaim, NACC_CALL_RECLAIM)
CALL(query, NACC_CALL_QUERY)
CALL(op, NACC_CALL_OP)

/* Lists of three; longer ones are more of the same loop. */
void prove_call_frames_return(void)
{
	uint64_t args[6];

	machine_begin();
	assume(args[0] <= 3 || args[0] > NACC_MAX_FRAMES);
	call_is_good(NACC_CALL_FRAMES_RETURN, args);
}

/* What is no call. */
void prove_call_unknown(void)
{
	uint64_t args[6], call = nondet_u64();
	struct nacc_ret ret;

	machine_begin();
	assume(call >= NACC_CALL_COUNT);
	ret = call_other(0, call, args);
	prove(ret.error == NACC_SBI_NOT_SUPPORTED && !performed &&
	      NACC_CAUSE(ret.value) == NACC_CAUSE_CALL, "an unknown call does nothing");
	reached("refused");
}

/*
 * One op of COMMIT, after any others: those have used up any part of what a call
 * may do.
 */
static void op_is_good(unsigned int code, unsigned int counts)
{
	struct ops ops = { .next = page + 2 };
	struct op op;
	unsigned int before, cause;

	machine_begin();
	ops.slots = nondet_u32();
	ops.values = nondet_u32();
	assume(ops.slots <= NACC_MAX_SLOTS && ops.values <= NACC_MAX_VALUES);
	slots_written = before = ops.slots;
	/* More are more of the same loop. */
	ops.left = nondet_u32();
	assume(ops.left <= 3);
	op.code = code;
	assume(op.count < counts);
	cause = op_perform(&ops, &op);
	prove(ops.slots <= NACC_MAX_SLOTS && ops.values <= NACC_MAX_VALUES,
	      "COMMIT: the limits hold for all ops together");
	prove(cause || ops.slots == slots_written, "COMMIT: what is written is counted");
	prove(cause || op.code == NACC_OP_BIND || ops.slots >= before + op.count,
	      "COMMIT: an op that succeeds is done whole");
	if (cause)
		reached("refused");
	else
		reached("done");
}

#define COUNTS		1024	/* ten bits of the op's word */

#define OP(name, code, counts)				\
	void prove_op_##name(void)			\
	{						\
		op_is_good(code, counts);		\
	}

OP(set, NACC_OP_SET, COUNTS)
OP(setn, NACC_OP_SETN, COUNTS)
OP(putn, NACC_OP_PUTN, COUNTS)
OP(clearn, NACC_OP_CLEARN, COUNTS)
OP(wrprotectn, NACC_OP_WRPROTECTN, COUNTS)
OP(bind, NACC_OP_BIND, COUNTS)

/* What is no op. */
void prove_op_unknown(void)
{
	struct ops ops = { .next = page + 2 };
	struct op op;

	machine_begin();
	/* Three bits of the op's word. */
	for (op.code = NACC_OPCODES; op.code < 8; op.code++)
		prove(op_perform(&ops, &op) == NACC_CAUSE_OPCODE && !performed,
		      "COMMIT: an unknown op does nothing");
	reached("refused");
}
