// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two harts, every interleaving: while hart 0 performs one request, hart 1
 * performs another whole one at each point where hart 0 holds no lock. The
 * outcome must be that of one after the other, in some order.
 */
#include "test.h"

#include <string.h>

#include "state.h"

#define LEAF	machine_pte(MACHINE_PAGE, MACHINE_BITS)

static const struct machine small = { .harts = 2, .levels = 3, .frames = 64 };

/* The same addresses in every run. */
static uint64_t space, root, other_space, other_root;
static uint64_t mid;		/* LINKED, level 1 */
static uint64_t lone;		/* DETACHED, level 1 */
static uint64_t low;		/* LINKED below mid[0], level 0 */
static uint64_t loose;		/* DETACHED, level 0 */
static uint64_t fresh;

static void build(void)
{
	machine_start(&small);
	space = machine_space(1, 0, &root);
	other_space = machine_space(2, 0, &other_root);
	mid = machine_take();
	machine_must_set(root, machine_link(mid));
	lone = machine_bound(space, 1);
	low = machine_take();
	machine_must_set(mid, machine_link(low));
	loose = machine_bound(space, 0);
	fresh = machine_take();
}

static struct nacc_ret set(uint64_t slot, uint64_t value)
{
	return machine_call(NACC_CALL_SET, slot, value, 0);
}

static struct nacc_ret op(uint64_t word, uint64_t value)
{
	machine_ops()[0] = word;
	machine_ops()[1] = value;
	return machine_call(NACC_CALL_COMMIT, 1, 0, 0);
}

static struct nacc_ret give_back(uint64_t frame)
{
	machine_list()[0] = frame;
	return machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0);
}

static struct nacc_ret link_fresh_mid(void) { return set(mid + 8, machine_link(fresh)); }
static struct nacc_ret link_fresh_mid_other_slot(void) { return set(mid + 16, machine_link(fresh)); }
static struct nacc_ret link_fresh_lone(void) { return set(lone + 8, machine_link(fresh)); }
static struct nacc_ret link_fresh_root(void) { return set(root + 8, machine_link(fresh)); }
static struct nacc_ret link_fresh_other_root(void) { return set(other_root, machine_link(fresh)); }
static struct nacc_ret link_loose_mid(void) { return set(mid + 8, machine_link(loose)); }
static struct nacc_ret link_loose_lone(void) { return set(lone, machine_link(loose)); }
static struct nacc_ret link_lone_root(void) { return set(root + 8, machine_link(lone)); }
static struct nacc_ret link_lone_fresh(void) { return set(fresh, machine_link(lone)); }
static struct nacc_ret leaf_mid(void) { return set(mid + 8, LEAF); }
static struct nacc_ret leaf_over_low(void) { return set(mid, LEAF); }
static struct nacc_ret clear_mid(void) { return set(mid + 8, 0); }
static struct nacc_ret swap_mid(void) { return set(mid + 8, 0x70); }
static struct nacc_ret unlink_low(void) { return set(mid, 0); }
static struct nacc_ret unlink_mid(void) { return set(root, 0); }
static struct nacc_ret write_fresh(void) { return set(fresh, LEAF); }
static struct nacc_ret write_low(void) { return set(low, LEAF); }
static struct nacc_ret write_loose(void) { return set(loose, LEAF); }
static struct nacc_ret setn_low(void) { return op(NACC_OP_WORD(NACC_OP_SETN, low, 512), LEAF); }
static struct nacc_ret clearn_low(void) { return op(NACC_OP_WORD(NACC_OP_CLEARN, low, 512), 0); }
static struct nacc_ret bind_fresh(void) { return op(NACC_OP_BIND_WORD(fresh, 1), space); }
static struct nacc_ret bind_fresh_other(void) { return op(NACC_OP_BIND_WORD(fresh, 0), other_space); }
static struct nacc_ret return_fresh(void) { return give_back(fresh); }
static struct nacc_ret return_loose(void) { return give_back(loose); }
static struct nacc_ret return_lone(void) { return give_back(lone); }
static struct nacc_ret return_low(void) { return give_back(low); }
static struct nacc_ret create_fresh(void)
{
	struct nacc_ret ret = machine_call(NACC_CALL_SPACE_CREATE, fresh, 3, 0);

	/* Which free index it gets is nobody's business. */
	if (!ret.error)
		ret.value = 0;
	return ret;
}

static struct nacc_ret policy(void) { return machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_MASK, 0); }
static struct nacc_ret retire_other(void) { return machine_call(NACC_CALL_SPACE_RETIRE, other_space, 0, 0); }
static struct nacc_ret destroy(void) { return machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0); }
static struct nacc_ret destroy_other(void) { return machine_call(NACC_CALL_SPACE_DESTROY, other_space, 0, 0); }
static struct nacc_ret retire(void) { return machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0); }
static struct nacc_ret reclaim(void) { return machine_call(NACC_CALL_RECLAIM, 0, 0, 0); }
static struct nacc_ret take(void) { return machine_call(NACC_CALL_FRAMES_TAKE, 3, 0, 0); }

struct request {
	const char *name;
	struct nacc_ret (*run)(void);
	bool steps;		/* not one step, by its contract */
};

#define ONE(f)		{ #f, f, false }
#define STEPS(f)	{ #f, f, true }

static const struct request requests[] = {
	ONE(link_fresh_mid), ONE(link_fresh_mid_other_slot),
	ONE(link_fresh_lone), ONE(link_fresh_root), ONE(link_fresh_other_root),
	ONE(link_loose_mid), ONE(link_loose_lone), ONE(link_lone_root),
	ONE(link_lone_fresh), ONE(leaf_mid), ONE(leaf_over_low), ONE(clear_mid),
	ONE(swap_mid), ONE(unlink_low), ONE(unlink_mid), ONE(write_fresh),
	ONE(write_low), ONE(write_loose), ONE(setn_low), ONE(clearn_low),
	ONE(bind_fresh), ONE(bind_fresh_other), ONE(return_fresh),
	ONE(return_loose), ONE(return_lone), ONE(return_low), ONE(create_fresh),
	ONE(policy), ONE(retire_other), ONE(destroy), ONE(destroy_other),
	STEPS(retire), STEPS(reclaim), STEPS(take),
};

/* Results of both, and the state of all frames, spaces and entries. */
struct outcome {
	struct nacc_ret first, second;
	uint64_t frames[64];
	uint64_t words;
	uint64_t spaces[2];
};

/* Which of several reasons a refusal names depends on who looks when. */
static void cause_drop(struct nacc_ret *ret)
{
	if (ret->error)
		*ret = (struct nacc_ret){ NACC_SBI_FAILED, 0 };
}

static void outcome_take(struct outcome *o)
{
	uint64_t words = 0;
	unsigned int i;

	cause_drop(&o->first);
	cause_drop(&o->second);
	for (i = 0; i < small.frames; i++) {
		uint64_t answer = machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME,
				MACHINE_POOL_BASE + i * 4096UL, 0).value;

		/* Any space but these two is create_fresh's. */
		if (answer >> 32 > NACC_SPACE_INDEX(other_space))
			answer = (answer & 0xffffffff) | ~0UL << 32;
		o->frames[i] = answer;
	}
	for (i = 0; i < small.frames * 512; i++)
		words = (words ^ machine_word(MACHINE_POOL_BASE + 8UL * i)) *
			0x100000001b3UL;
	o->words = words;
	o->spaces[0] = machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, space, 0).value;
	o->spaces[1] = machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, other_space,
				    0).value;
}

static struct outcome in_turn(const struct request *first,
			      const struct request *second, bool swap)
{
	struct outcome o;

	memset(&o, 0, sizeof(o));
	build();
	if (swap) {
		host_run_as(1);
		o.second = second->run();
		host_run_as(0);
		o.first = first->run();
	} else {
		o.first = first->run();
		host_run_as(1);
		o.second = second->run();
		host_run_as(0);
	}
	outcome_take(&o);
	return o;
}

struct intruder {
	const struct request *request;
	struct nacc_ret ret;
	unsigned int at, points;
	bool done, inside;
};

static void intrude(void *arg)
{
	struct intruder *in = arg;

	if (in->inside || host_self() != 0 || host_hart(0)->held)
		return;
	if (in->points++ != in->at)
		return;
	in->inside = true;
	host_run_as(1);
	in->ret = in->request->run();
	host_run_as(0);
	in->inside = false;
	in->done = true;
}

static void assert_one_order(const struct request *a, const struct request *b,
			     unsigned int at, const struct outcome *got,
			     const struct outcome orders[2])
{
	if (!check_all())
		fail_msg("%s with %s at %u: invariants", a->name, b->name, at);
	if (a->steps || b->steps)
		return;
	if (!memcmp(got, &orders[0], sizeof(*got)) ||
	    !memcmp(got, &orders[1], sizeof(*got)))
		return;
	fail_msg("%s with %s at point %u: %s and %s, in no order", a->name,
		 b->name, at, got->first.error ? "refused" : "done",
		 got->second.error ? "refused" : "done");
}

/* Returns how many interleavings there were. */
static unsigned int run_pair(const struct request *a, const struct request *b)
{
	struct outcome orders[2] = { in_turn(a, b, false), in_turn(a, b, true) };
	unsigned int at;

	for (at = 0; ; at++) {
		struct intruder in = { .request = b, .at = at };
		struct outcome o;

		memset(&o, 0, sizeof(o));
		build();
		host_on_lock(intrude, &in);
		o.first = a->run();
		host_on_lock(NULL, NULL);
		if (!in.done)
			return at;
		o.second = in.ret;
		outcome_take(&o);
		assert_one_order(a, b, at, &o, orders);
	}
}

static void requests__every_pair_and_interleaving__as_one_after_the_other(void **state)
{
	unsigned int count = 0;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		for (j = 0; j < ARRAY_SIZE(requests); j++)
			count += run_pair(&requests[i], &requests[j]);
	print_message("%u interleavings\n", count);
	assert_true(count > 2 * ARRAY_SIZE(requests) * ARRAY_SIZE(requests));
}

/*
 * Three harts: the child of a link is claimed, then written by another hart,
 * and then the link is refused. What was written must not vanish, and the child
 * must not be called all-zero.
 */
static void spoil_claim(void *arg)
{
	struct intruder *in = arg;

	if (in->inside || host_hart(0)->held ||
	    nacc_frame_at(fresh)->state != NACC_FRAME_LINKED)
		return;
	in->inside = true;
	in->done = true;
	host_run_as(1);
	assert_cause(set(fresh, LEAF), NONE);
	assert_cause(set(mid + 8, machine_link(loose)), NONE);
	host_run_as(0);
}

static void link__child_written_and_link_refused__child_is_a_table(void **state)
{
	struct intruder in = { .inside = false };

	(void)state;
	build();
	host_on_lock(spoil_claim, &in);
	assert_cause(link_fresh_mid(), RELINK);
	host_on_lock(NULL, NULL);
	assert_true(in.done);
	assert_state(fresh, DETACHED);
	assert_int_equal(machine_word(fresh), LEAF);
	assert_true(check_all());
}

/* The table of the slot is given back and comes again as something else. */
static void recycle_parent(void *arg)
{
	struct intruder *in = arg;

	if (in->inside || host_hart(0)->held || in->points++ != in->at)
		return;
	in->inside = true;
	in->done = true;
	host_run_as(1);
	if (!give_back(lone).error) {
		/* Last in, first out: this is the same frame again. */
		assert_true(machine_take() == lone);
		assert_cause(op(NACC_OP_BIND_WORD(lone, 1), other_space), NONE);
		in->ret.value++;
	}
	host_run_as(0);
}

static void link__parent_becomes_another_table__refused_and_undone(void **state)
{
	unsigned int at, recycled = 0;

	(void)state;
	for (at = 0; ; at++) {
		struct intruder in = { .at = at };
		struct nacc_ret ret;

		build();
		host_on_lock(recycle_parent, &in);
		ret = link_fresh_lone();
		host_on_lock(NULL, NULL);
		assert_true(check_all());
		if (!in.done)
			break;
		recycled += in.ret.value;
		assert_int_equal(machine_state(fresh), ret.error ?
				 NACC_FRAME_FRESH : NACC_FRAME_LINKED);
	}
	assert_true(recycled >= 2);
}

/* The last frame of a destroyed space goes between two reads of its state. */
static void return_last(void *arg)
{
	struct intruder *in = arg;

	if (in->inside || in->points++ != in->at)
		return;
	in->inside = true;
	in->done = true;
	host_run_as(1);
	assert_cause(return_loose(), NONE);
	host_run_as(0);
	in->inside = false;
}

static struct nacc_ret bind_loose_dead(void) { return op(NACC_OP_BIND_WORD(fresh, 0), space); }

static void dead_space__last_frame_returned_meanwhile__stays_dead(void **state)
{
	struct nacc_ret (*const calls[])(void) = {
		retire, destroy, policy, bind_loose_dead,
	};
	unsigned int i, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (at = 0; ; at++) {
			struct intruder in = { .at = at };

			build();
			while (retire().value)
				;
			assert_cause(return_lone(), NONE);
			assert_cause(destroy(), NONE);
			host_on_read(return_last, &in);
			assert_cause(calls[i](), SPACE);
			host_on_read(NULL, NULL);
			assert_true(check_all());
			if (!in.done)
				break;
		}
		assert_true(at > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(requests__every_pair_and_interleaving__as_one_after_the_other),
		test(link__child_written_and_link_refused__child_is_a_table),
		test(link__parent_becomes_another_table__refused_and_undone),
		test(dead_space__last_frame_returned_meanwhile__stays_dead),
	};

	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
