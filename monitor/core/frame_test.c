// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every state against everything that can be asked of a frame. A row of the
 * table is one state, one request, its answer and the state afterwards; after
 * a refusal nothing at all has changed.
 */
#include "test.h"

static uint64_t space, root, other_space, other_root;
static uint64_t parent;		/* LINKED, level 1 */

static int setup(void **state)
{
	test_setup(state);
	space = machine_space(1, 0, &root);
	other_space = machine_space(2, 0, &other_root);
	parent = machine_take();
	machine_must_set(machine_slot(root, 0), machine_link(parent));
	return 0;
}

static uint64_t quarantined(void)
{
	uint64_t frame = machine_bound(space, 0);

	machine_must_set(frame, 2);
	machine_list()[0] = frame;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	return frame;
}

static uint64_t fresh_returned(void)
{
	uint64_t frame = machine_take();

	machine_list()[0] = frame;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	return frame;
}

/* A frame in the wanted state, of level 0 and of this space where it has them. */
static uint64_t make(enum nacc_frame_state state)
{
	uint64_t frame;

	switch (state) {
	case NACC_FRAME_KEPT:
		return MACHINE_POOL_BASE;
	case NACC_FRAME_FREE:
		return fresh_returned();
	case NACC_FRAME_FRESH:
		return machine_take();
	case NACC_FRAME_DETACHED:
		return machine_bound(space, 0);
	case NACC_FRAME_LINKED:
		frame = machine_take();
		machine_must_set(machine_slot(parent, 3), machine_link(frame));
		return frame;
	case NACC_FRAME_ROOT:
		return root;
	default:
		return quarantined();
	}
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

static struct nacc_ret do_return(uint64_t frame)
{
	machine_list()[0] = frame;
	return machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0);
}

static struct nacc_ret do_bind(uint64_t frame)
{
	return op(NACC_OP_BIND_WORD(frame, 0), space);
}

static struct nacc_ret do_create(uint64_t frame)
{
	return machine_call(NACC_CALL_SPACE_CREATE, frame, 3, 0);
}

static struct nacc_ret do_set_leaf(uint64_t frame)
{
	return set(machine_slot(frame, 7), machine_pte(MACHINE_PAGE, MACHINE_BITS));
}

static struct nacc_ret do_set_swap(uint64_t frame)
{
	return set(machine_slot(frame, 7), 0xfffffffffffffffeUL);
}

static struct nacc_ret do_set_zero(uint64_t frame)
{
	return set(machine_slot(frame, 7), 0);
}

static struct nacc_ret do_setn(uint64_t frame)
{
	return op(NACC_OP_WORD(NACC_OP_SETN, machine_slot(frame, 8), 4),
		  machine_pte(MACHINE_PAGE, MACHINE_BITS));
}

static struct nacc_ret do_putn(uint64_t frame)
{
	return op(NACC_OP_WORD(NACC_OP_PUTN, frame, 1), 2);
}

static struct nacc_ret do_clearn(uint64_t frame)
{
	return op(NACC_OP_WORD(NACC_OP_CLEARN, frame, 256), 0);
}

static struct nacc_ret do_wrprotectn(uint64_t frame)
{
	return op(NACC_OP_WORD(NACC_OP_WRPROTECTN, frame, 256), 0);
}

static struct nacc_ret do_link(uint64_t frame)
{
	return set(machine_slot(parent, 9), machine_link(frame));
}

static struct nacc_ret do_link_at_root(uint64_t frame)
{
	return set(machine_slot(root, 9), machine_link(frame));
}

static struct nacc_ret do_link_elsewhere(uint64_t frame)
{
	uint64_t mid = machine_bound(other_space, 1);

	return set(machine_slot(mid, 9), machine_link(frame));
}

static struct nacc_ret do_link_to_itself(uint64_t frame)
{
	return set(machine_slot(frame, 9), machine_link(frame));
}

static struct nacc_ret do_unlink(uint64_t frame)
{
	(void)frame;
	return set(machine_slot(parent, 3), 0);
}

struct row {
	enum nacc_frame_state before;
	struct nacc_ret (*request)(uint64_t frame);
	enum nacc_cause cause;
	enum nacc_frame_state after;
};

#define REFUSED(state, request, cause) \
	{ NACC_FRAME_##state, request, NACC_CAUSE_##cause, NACC_FRAME_##state }
#define DONE(state, request, after) \
	{ NACC_FRAME_##state, request, NACC_CAUSE_NONE, NACC_FRAME_##after }

static const struct row rows[] = {
	REFUSED(KEPT,		do_return,		FRAME_STATE),
	REFUSED(KEPT,		do_bind,		FRAME_STATE),
	REFUSED(KEPT,		do_create,		FRAME_STATE),
	REFUSED(KEPT,		do_set_leaf,		FRAME_STATE),
	REFUSED(KEPT,		do_set_swap,		FRAME_STATE),
	REFUSED(KEPT,		do_set_zero,		FRAME_STATE),
	REFUSED(KEPT,		do_setn,		FRAME_STATE),
	REFUSED(KEPT,		do_putn,		FRAME_STATE),
	REFUSED(KEPT,		do_clearn,		FRAME_STATE),
	REFUSED(KEPT,		do_wrprotectn,		FRAME_STATE),
	REFUSED(KEPT,		do_link,		CHILD_STATE),
	REFUSED(KEPT,		do_link_to_itself,	FRAME_STATE),

	REFUSED(FREE,		do_return,		FRAME_STATE),
	REFUSED(FREE,		do_bind,		FRAME_STATE),
	REFUSED(FREE,		do_create,		FRAME_STATE),
	REFUSED(FREE,		do_set_leaf,		FRAME_STATE),
	REFUSED(FREE,		do_set_swap,		FRAME_STATE),
	REFUSED(FREE,		do_set_zero,		FRAME_STATE),
	REFUSED(FREE,		do_setn,		FRAME_STATE),
	REFUSED(FREE,		do_putn,		FRAME_STATE),
	REFUSED(FREE,		do_clearn,		FRAME_STATE),
	REFUSED(FREE,		do_wrprotectn,		FRAME_STATE),
	REFUSED(FREE,		do_link,		CHILD_STATE),
	REFUSED(FREE,		do_link_to_itself,	FRAME_STATE),

	DONE(FRESH,		do_return,		FREE),
	DONE(FRESH,		do_bind,		DETACHED),
	DONE(FRESH,		do_create,		ROOT),
	DONE(FRESH,		do_link,		LINKED),
	DONE(FRESH,		do_link_at_root,	LINKED),
	DONE(FRESH,		do_link_elsewhere,	LINKED),
	REFUSED(FRESH,		do_set_leaf,		UNBOUND),
	REFUSED(FRESH,		do_set_swap,		UNBOUND),
	REFUSED(FRESH,		do_set_zero,		UNBOUND),
	REFUSED(FRESH,		do_setn,		UNBOUND),
	REFUSED(FRESH,		do_putn,		UNBOUND),
	REFUSED(FRESH,		do_clearn,		UNBOUND),
	REFUSED(FRESH,		do_wrprotectn,		UNBOUND),
	REFUSED(FRESH,		do_link_to_itself,	UNBOUND),

	DONE(DETACHED,		do_return,		FREE),
	DONE(DETACHED,		do_set_leaf,		DETACHED),
	DONE(DETACHED,		do_set_swap,		DETACHED),
	DONE(DETACHED,		do_set_zero,		DETACHED),
	DONE(DETACHED,		do_setn,		DETACHED),
	DONE(DETACHED,		do_putn,		DETACHED),
	DONE(DETACHED,		do_clearn,		DETACHED),
	DONE(DETACHED,		do_wrprotectn,		DETACHED),
	DONE(DETACHED,		do_link,		LINKED),
	REFUSED(DETACHED,	do_bind,		FRAME_STATE),
	REFUSED(DETACHED,	do_create,		FRAME_STATE),
	REFUSED(DETACHED,	do_link_at_root,	CHILD_LEVEL),
	REFUSED(DETACHED,	do_link_to_itself,	LEVEL),

	DONE(LINKED,		do_set_leaf,		LINKED),
	DONE(LINKED,		do_set_swap,		LINKED),
	DONE(LINKED,		do_set_zero,		LINKED),
	DONE(LINKED,		do_setn,		LINKED),
	DONE(LINKED,		do_putn,		LINKED),
	DONE(LINKED,		do_clearn,		LINKED),
	DONE(LINKED,		do_wrprotectn,		LINKED),
	DONE(LINKED,		do_unlink,		DETACHED),
	REFUSED(LINKED,		do_return,		FRAME_STATE),
	REFUSED(LINKED,		do_bind,		FRAME_STATE),
	REFUSED(LINKED,		do_create,		FRAME_STATE),
	REFUSED(LINKED,		do_link,		CHILD_STATE),
	REFUSED(LINKED,		do_link_at_root,	CHILD_STATE),
	REFUSED(LINKED,		do_link_to_itself,	LEVEL),

	DONE(ROOT,		do_set_swap,		ROOT),
	DONE(ROOT,		do_set_zero,		ROOT),
	REFUSED(ROOT,		do_set_leaf,		ALIGN),
	REFUSED(ROOT,		do_setn,		LEVEL),
	REFUSED(ROOT,		do_putn,		LEVEL),
	REFUSED(ROOT,		do_clearn,		LEVEL),
	REFUSED(ROOT,		do_wrprotectn,		LEVEL),
	REFUSED(ROOT,		do_return,		FRAME_STATE),
	REFUSED(ROOT,		do_bind,		FRAME_STATE),
	REFUSED(ROOT,		do_create,		FRAME_STATE),
	REFUSED(ROOT,		do_link,		CHILD_STATE),
	REFUSED(ROOT,		do_link_to_itself,	CHILD_STATE),

	REFUSED(QUARANTINE,	do_return,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_bind,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_create,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_set_leaf,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_set_swap,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_set_zero,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_setn,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_putn,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_clearn,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_wrprotectn,		FRAME_STATE),
	REFUSED(QUARANTINE,	do_link,		CHILD_STATE),
	REFUSED(QUARANTINE,	do_link_to_itself,	FRAME_STATE),
};

static void frame__every_state_and_request__as_the_table_says(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct nacc_ret ret;
		uint64_t digest, frame;

		setup(state);
		frame = make(r->before);
		assert_int_equal(machine_state(frame), r->before);
		digest = check_digest();
		ret = r->request(frame);
		if (machine_cause(ret) != r->cause ||
		    machine_state(frame) != r->after)
			fail_msg("row %zu: %s, then state %u", i,
				 nacc_cause_name(machine_cause(ret)),
				 machine_state(frame));
		if (r->cause)
			assert_true(digest == check_digest());
		assert_true(check_all());
	}
}

static void frame_return__table_with_links__refused_until_they_are_gone(void **state)
{
	uint64_t mid = machine_bound(space, 1);
	uint64_t low = machine_take();

	(void)state;
	machine_must_set(machine_slot(mid, 511), machine_link(low));
	machine_must_set(machine_slot(mid, 0), 2);
	assert_cause(do_return(mid), IN_USE);
	machine_must_set(machine_slot(mid, 511), 4);
	assert_cause(do_return(mid), NONE);
	assert_state(mid, QUARANTINE);
	assert_cause(do_return(low), NONE);
	assert_state(low, QUARANTINE);
}

static void frame_return__detached__fence_only_if_a_walker_may_know_it(void **state)
{
	uint64_t frame = machine_bound(space, 0);

	(void)state;
	/* Written, so it must be scrubbed, which RECLAIM does. */
	machine_must_set(frame, 2);
	assert_cause(do_return(frame), NONE);
	assert_state(frame, QUARANTINE);

	/* Written and cleared: nothing to do. */
	frame = machine_bound(space, 0);
	machine_must_set(frame, 2);
	machine_must_set(frame, 0);
	assert_cause(do_return(frame), NONE);
	assert_state(frame, FREE);

	/* Linked once: a walker may hold it, though it is empty. */
	frame = machine_bound(space, 0);
	machine_must_set(parent, machine_link(frame));
	machine_must_set(parent, 0);
	assert_cause(do_return(frame), NONE);
	assert_state(frame, QUARANTINE);

	/* A refused link is no link. */
	frame = machine_bound(space, 0);
	assert_cause(do_link_at_root(frame), CHILD_LEVEL);
	assert_cause(do_return(frame), NONE);
	assert_state(frame, FREE);
}

static void frame_return__list_with_a_bad_one__stops_there_and_names_it(void **state)
{
	uint64_t frames[4];
	struct nacc_ret ret;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		frames[i] = machine_take();
	for (i = 0; i < 4; i++)
		machine_list()[i] = frames[i];
	machine_list()[2] = frames[0];		/* twice */
	ret = machine_call(NACC_CALL_FRAMES_RETURN, 4, 0, 0);
	assert_cause(ret, FRAME_STATE);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 2);
	assert_state(frames[1], FREE);
	assert_state(frames[3], FRESH);
}

static void frame_take__frames__zero_and_distinct_until_none_is_left(void **state)
{
	uint64_t total = machine_info(NACC_INFO_FRAMES_FREE);
	uint64_t got = 0;
	struct nacc_ret ret;

	(void)state;
	while (!(ret = machine_call(NACC_CALL_FRAMES_TAKE, 64, 0, 0)).error) {
		unsigned int i;

		for (i = 0; i < ret.value; i++) {
			assert_state(machine_list()[i], FRESH);
			/* A second take of one frame would be refused here. */
			assert_cause(do_bind(machine_list()[i]), NONE);
		}
		got += ret.value;
	}
	assert_cause(ret, NO_FRAME);
	assert_int_equal(got, total);
	assert_int_equal(machine_info(NACC_INFO_FRAMES_FREE), 0);
}

#define in_space(f)	cmocka_unit_test_setup_teardown(f, setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_space(frame__every_state_and_request__as_the_table_says),
		in_space(frame_return__table_with_links__refused_until_they_are_gone),
		in_space(frame_return__detached__fence_only_if_a_walker_may_know_it),
		in_space(frame_return__list_with_a_bad_one__stops_there_and_names_it),
		in_space(frame_take__frames__zero_and_distinct_until_none_is_left),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
