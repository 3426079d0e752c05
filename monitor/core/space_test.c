// SPDX-License-Identifier: BSD-2-Clause
/* Life of spaces: create, set, bind, destroy, ids and the reuse of an index. */
#include "test.h"

#include "state.h"

#define LEAF	machine_pte(MACHINE_PAGE, MACHINE_BITS)

static struct nacc_ret create(uint64_t frame, uint64_t tag, uint64_t policy)
{
	return machine_call(NACC_CALL_SPACE_CREATE, frame, tag, policy);
}

static struct nacc_ret destroy(uint64_t id)
{
	return machine_call(NACC_CALL_SPACE_DESTROY, id, 0, 0);
}

static struct nacc_ret retire(uint64_t id)
{
	return machine_call(NACC_CALL_SPACE_RETIRE, id, 0, 0);
}

static struct nacc_ret query(uint64_t id)
{
	return machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, id, 0);
}

static struct nacc_ret bind(uint64_t frame, unsigned int level, uint64_t id)
{
	machine_ops()[0] = NACC_OP_BIND_WORD(frame, level);
	machine_ops()[1] = id;
	return machine_call(NACC_CALL_COMMIT, 1, 0, 0);
}

static uint64_t registry(uint64_t frame)
{
	return machine_word(machine_info(NACC_INFO_ROOTS) +
			    (frame - MACHINE_POOL_BASE) / NACC_FRAME_SIZE * 8);
}

static void space__whole_life__everything_comes_back(void **state)
{
	uint64_t root, mid, leaf, space;

	(void)state;
	space = machine_space(0x1234, NACC_POLICY_WX_DENY, &root);
	mid = machine_take();
	leaf = machine_bound(space, 0);
	machine_must_set(machine_slot(leaf, 5), LEAF);
	machine_must_set(machine_slot(root, 1), machine_link(mid));
	machine_must_set(machine_slot(mid, 511), machine_link(leaf));
	assert_state(leaf, LINKED);
	assert_true(check_all());

	assert_cause(destroy(space), IN_USE);
	assert_int_equal(retire(space).value, 0);
	assert_state(leaf, QUARANTINE);
	assert_state(mid, QUARANTINE);
	assert_cause(destroy(space), NONE);
	assert_true(check_all());
	assert_int_equal(machine_settle(), 0);
	assert_int_equal(machine_info(NACC_INFO_FRAMES_FREE),
			 machine_info(NACC_INFO_FRAMES_TOTAL));
	assert_int_equal(machine_info(NACC_INFO_SPACES), 0);
}

static void create__root__has_kernel_half_and_registry_word(void **state)
{
	uint64_t root, space;
	unsigned int i;

	(void)state;
	space = machine_space(0xffffffd812345678UL, 0, &root);
	for (i = 0; i < 256; i++) {
		assert_int_equal(machine_word(machine_slot(root, i)), 0);
		assert_int_equal(machine_word(machine_slot(root, 256 + i)),
				 machine_template(i));
	}
	assert_int_equal(registry(root), 0xffffffd812345678UL);
	assert_int_equal(machine_info(NACC_INFO_SPACES), 1);
	assert_int_equal(query(space).value, NACC_SPACE_LIVE | 1UL << 32);
	assert_cause(retire(space), NONE);
	assert_int_equal(registry(root), 0xffffffd812345678UL);
	assert_cause(destroy(space), NONE);
	assert_int_equal(registry(root), 0);
	assert_int_equal(machine_info(NACC_INFO_SPACES), 0);
}

static void create__refused__frame_and_ids_are_as_before(void **state)
{
	uint64_t frame = machine_take(), digest = check_digest();

	(void)state;
	assert_cause(create(0, 1, 0), FRAME);
	assert_cause(create(frame + 8, 1, 0), FRAME);
	assert_cause(create(MACHINE_PAGE, 1, 0), FRAME);
	assert_cause(create(frame, 1, NACC_POLICY_MASK + 1), POLICY);
	assert_cause(create(frame, 0, 0), TAG);
	assert_cause(create(MACHINE_POOL_BASE, 1, 0), FRAME_STATE);
	assert_true(digest == check_digest());
	assert_cause(create(frame, 1, NACC_POLICY_MASK), NONE);
	assert_cause(create(frame, 1, 0), FRAME_STATE);
}

static void create__more_than_there_are__no_space(void **state)
{
	unsigned int i;
	uint64_t root;

	(void)state;
	/* 64 indexes, of which 0 is kept. */
	for (i = 0; i < NACC_MIN_SPACES - 1; i++)
		machine_space(1, 0, &root);
	assert_cause(create(machine_take(), 1, 0), NO_SPACE);
	assert_int_equal(machine_info(NACC_INFO_SPACES), NACC_MIN_SPACES - 1);
}

static void id__after_destroy__is_stale_for_ever(void **state)
{
	uint64_t root, first, second;

	(void)state;
	first = machine_space(1, 0, &root);
	assert_cause(destroy(first), NONE);
	second = machine_space(1, 0, &root);
	assert_int_equal(NACC_SPACE_INDEX(first), NACC_SPACE_INDEX(second));
	assert_int_not_equal(first, second);

	assert_cause(destroy(first), SPACE);
	assert_cause(retire(first), SPACE);
	assert_cause(query(first), SPACE);
	assert_cause(machine_call(NACC_CALL_SPACE_SET, first, 0, 0), SPACE);
	assert_cause(bind(machine_take(), 0, first), SPACE);
	assert_cause(query(second), NONE);
}

static void id__nonsense__no_such_space(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	const uint64_t bad[] = {
		0, 1, ~0UL, space + 1, space + (1UL << 16), space | 1UL << 63,
		nacc_monitor.space_count, 0xffff | 1UL << 16,
		NACC_SPACE_INDEX(space),
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_cause(destroy(bad[i]), SPACE);
		assert_cause(retire(bad[i]), SPACE);
		assert_cause(query(bad[i]), SPACE);
	}
	assert_cause(query(space), NONE);
}

static void id__generation_wraps__is_never_0(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t index = NACC_SPACE_INDEX(space);

	(void)state;
	assert_cause(destroy(space), NONE);
	nacc_monitor.spaces[index].gen = 0xffffffffU;
	assert_int_equal(machine_space(1, 0, &root), index | 1UL << 16);
}

static void set__policy__grows_and_never_shrinks(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t low = machine_bound(space, 0);
	struct nacc_ret ret;

	(void)state;
	machine_must_set(low, LEAF | 8);
	ret = machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_WX_DENY, 0);
	assert_int_equal(ret.value, NACC_POLICY_WX_DENY);
	assert_cause(machine_call(NACC_CALL_SET, low + 8, LEAF | 8, 0), WX);
	ret = machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_NEW, 0);
	assert_int_equal(ret.value, NACC_POLICY_MASK);
	ret = machine_call(NACC_CALL_SPACE_SET, space, 0, 0);
	assert_int_equal(ret.value, NACC_POLICY_MASK);
	assert_cause(machine_call(NACC_CALL_SPACE_SET, space, 4, 0), POLICY);
	assert_cause(machine_call(NACC_CALL_SPACE_SET, 0, 1, 0), SPACE);
	assert_int_equal(query(space).value & 0xffff,
			 NACC_SPACE_LIVE | NACC_POLICY_MASK << 8);
}

static void bind__level_and_space__checked(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t frame = machine_take();
	uint64_t digest = check_digest();

	(void)state;
	assert_cause(bind(frame, 2, space), LEVEL);
	assert_cause(bind(frame, 1023, space), LEVEL);
	assert_cause(bind(frame, 0, 0), SPACE);
	assert_cause(bind(frame + 8, 0, space), FRAME);
	assert_cause(bind(MACHINE_PAGE, 0, space), FRAME);
	assert_cause(bind(root, 0, space), FRAME_STATE);
	assert_true(digest == check_digest());
	assert_cause(bind(frame, 1, space), NONE);
	assert_int_equal(query(space).value >> 32, 2);

	assert_cause(retire(space), NONE);
	frame = machine_take();
	assert_cause(bind(frame, 0, space), RETIRED);
	assert_state(frame, FRESH);
	assert_cause(destroy(space), NONE);
	/* DEAD, since a table names it. */
	assert_cause(bind(frame, 0, space), SPACE);
}

static void destroy__live_or_retired_root__if_nothing_hangs_below(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t mid = machine_take();

	(void)state;
	machine_must_set(machine_slot(root, 255), machine_link(mid));
	assert_cause(destroy(space), IN_USE);
	assert_int_equal(registry(root), 1);
	/* A word that is no link is no table. */
	machine_must_set(machine_slot(root, 255), 2);
	assert_cause(destroy(space), NONE);
	assert_cause(destroy(space), SPACE);
	assert_cause(machine_call(NACC_CALL_SET, machine_slot(root, 255), 0, 0),
		     FRAME_STATE);
	assert_state(root, QUARANTINE);
	assert_state(mid, DETACHED);
}

static void destroy__detached_tables_left__index_waits_for_them(void **state)
{
	uint64_t root, next, space = machine_space(1, 0, &root);
	uint64_t low = machine_bound(space, 0);

	(void)state;
	machine_must_set(low, LEAF);
	assert_cause(destroy(space), NONE);
	assert_int_equal(machine_info(NACC_INFO_SPACES), 0);
	assert_int_equal(query(space).value, NACC_SPACE_DEAD | 1UL << 32);
	next = machine_space(2, 0, &root);
	assert_int_not_equal(NACC_SPACE_INDEX(space), NACC_SPACE_INDEX(next));

	/* No new entry, but the old one can be cleared. */
	assert_cause(machine_call(NACC_CALL_SET, low + 8, LEAF, 0), RETIRED);
	machine_must_set(low, 0);
	machine_list()[0] = low;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	assert_cause(query(space), SPACE);
	next = machine_space(3, 0, &root);
	assert_int_equal(NACC_SPACE_INDEX(space), NACC_SPACE_INDEX(next));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(space__whole_life__everything_comes_back),
		test(create__root__has_kernel_half_and_registry_word),
		test(create__refused__frame_and_ids_are_as_before),
		test(create__more_than_there_are__no_space),
		test(id__after_destroy__is_stale_for_ever),
		test(id__nonsense__no_such_space),
		test(id__generation_wraps__is_never_0),
		test(set__policy__grows_and_never_shrinks),
		test(bind__level_and_space__checked),
		test(destroy__live_or_retired_root__if_nothing_hangs_below),
		test(destroy__detached_tables_left__index_waits_for_them),
	};

	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
