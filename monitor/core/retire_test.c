// SPDX-License-Identifier: BSD-2-Clause
/* SPACE_RETIRE: whole trees, bounded steps, and others at work meanwhile. */
#include "test.h"

#include "validate.h"

#define LEAF	machine_pte(MACHINE_PAGE, MACHINE_BITS)

static const struct machine big = { .harts = 2, .levels = 3, .frames = 4096 };

static uint64_t space, root;

static struct nacc_ret retire(void)
{
	return machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0);
}

static uint64_t link_new(uint64_t table, unsigned int slot)
{
	uint64_t child = machine_take();

	machine_must_set(machine_slot(table, slot), machine_link(child));
	return child;
}

static unsigned int in_use(void)
{
	return machine_info(NACC_INFO_FRAMES_TOTAL) -
	       machine_info(NACC_INFO_FRAMES_FREE) -
	       machine_info(NACC_INFO_FRAMES_QUARANTINED);
}

/* Calls until nothing is left; each must make progress and end. */
static unsigned int retire_all(void)
{
	unsigned int calls = 0;
	struct nacc_ret ret;

	do {
		ret = retire();
		assert_cause(ret, NONE);
		assert_true(check_all());
		assert_in_range(++calls, 1, 1000);
	} while (ret.value);
	return calls;
}

static void destroy_and_settle(void)
{
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);
	assert_int_equal(machine_settle(), 0);
	assert_int_equal(in_use(), 0);
	assert_true(check_all());
}

static void retire__empty_space__done_at_once_and_again(void **state)
{
	(void)state;
	space = machine_space(1, 0, &root);
	assert_int_equal(retire_all(), 1);
	assert_int_equal(retire_all(), 1);
	destroy_and_settle();
	assert_cause(retire(), SPACE);
}

static void retire__wide_tree__bounded_calls_take_every_table(void **state)
{
	unsigned int i, j, calls, tables = 0;
	uint64_t mid;

	(void)state;
	machine_start(&big);
	space = machine_space(1, 0, &root);
	for (i = 0; i < 256; i += 51) {
		mid = link_new(root, i);
		tables++;
		for (j = i & 1; j < 512; j += 7, tables++)
			machine_must_set(link_new(mid, j), LEAF);
	}
	assert_int_equal(in_use(), 1 + tables);
	calls = retire_all();
	/* A table is 16 units, a slot 1, a call 1024. */
	assert_in_range(calls, tables * 16 / 1024, tables * 16 / 1024 + 5);
	assert_int_equal(in_use(), 1);
	destroy_and_settle();
}

static void retire__sparse_tree_of_5_levels__one_slot_in_each_table(void **state)
{
	struct machine machine = big;
	unsigned int first, level;

	(void)state;
	machine.levels = 5;
	for (first = 0; first < 512; first += 511) {
		uint64_t table;

		machine_start(&machine);
		space = machine_space(1, 0, &root);
		table = link_new(root, first ? 255 : 0);
		for (level = 3; level > 0; level--)
			table = link_new(table, first);
		machine_must_set(machine_slot(table, first), LEAF);
		/* The last slot: 256 + 3 * 512 looked at, and three calls at most. */
		assert_in_range(retire_all(), 1, 3);
		destroy_and_settle();
	}
}

static void retire__leaves_and_v0_words_above__do_not_hold_it_up(void **state)
{
	uint64_t mid;

	(void)state;
	space = machine_space(1, 0, &root);
	mid = link_new(root, 3);
	machine_must_set(machine_slot(root, 2), 0xf0);
	machine_must_set(machine_slot(mid, 0), machine_pte(MACHINE_PAGE, MACHINE_BITS));
	machine_must_set(machine_slot(mid, 1), 0xf2);
	link_new(mid, 2);
	assert_int_equal(retire_all(), 1);
	assert_state(mid, QUARANTINE);
	assert_int_equal(machine_word(machine_slot(root, 2)), 0xf0);
	destroy_and_settle();
}

static void retire__detached_tables__stay_with_the_kernel(void **state)
{
	uint64_t kept, child;

	(void)state;
	space = machine_space(1, 0, &root);
	kept = machine_bound(space, 1);
	child = link_new(kept, 100);
	link_new(root, 0);
	assert_int_equal(retire_all(), 1);
	assert_state(kept, DETACHED);
	assert_state(child, LINKED);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);

	/* They outlive the space: it is DEAD until they are back. */
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, space,
				      0).value,
			 NACC_SPACE_DEAD | 2UL << 32);
	assert_cause(machine_call(NACC_CALL_SET, machine_slot(child, 0), LEAF, 0),
		     RETIRED);
	machine_must_set(machine_slot(kept, 100), 0);
	machine_list()[0] = child;
	machine_list()[1] = kept;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 2, 0, 0), NONE);
	assert_cause(machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, space, 0),
		     SPACE);
	assert_int_equal(machine_settle(), 0);
	assert_int_equal(in_use(), 0);
}

/* Between two calls the kernel unlinks the table that the walk stands in. */
static void retire__path_unlinked_between_calls__nothing_is_lost(void **state)
{
	uint64_t mids[4], stolen;
	unsigned int i, j;

	(void)state;
	machine_start(&big);
	space = machine_space(1, 0, &root);
	for (i = 0; i < 4; i++) {
		mids[i] = link_new(root, i);
		for (j = 0; j < 200; j++)
			link_new(mids[i], 2 * j + (i & 1));
	}
	assert_int_equal(retire().value, 1);
	assert_true(check_all());
	for (i = 0; i < 3; i++)
		if (machine_state(mids[i]) == NACC_FRAME_LINKED)
			break;
	stolen = mids[i];
	assert_state(stolen, LINKED);
	machine_must_set(machine_slot(root, i), 0);
	retire_all();
	assert_state(stolen, DETACHED);
	assert_int_equal(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0).error, 0);

	/* What hung below the stolen table is the kernel's to return. */
	machine_list()[0] = stolen;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), IN_USE);
	for (j = 0; j < 512; j++) {
		uint64_t slot = machine_slot(stolen, j);
		uint64_t child = nacc_pte_pa(machine_word(slot));

		if (!machine_word(slot))
			continue;
		machine_must_set(slot, 0);
		machine_list()[0] = child;
		assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	}
	machine_list()[0] = stolen;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	assert_int_equal(machine_settle(), 0);
	assert_int_equal(in_use(), 0);
}

/* While one hart retires, at each of its steps another unlinks the next link. */
struct thief {
	unsigned int steps;
	unsigned int at;
	uint64_t table;
	bool busy;
};

static void steal_one(void *arg)
{
	struct thief *thief = arg;
	unsigned int i, me = host_self();

	if (thief->busy || thief->steps++ != thief->at)
		return;
	thief->busy = true;
	host_run_as(1);
	for (i = 0; i < 512; i++) {
		uint64_t slot = machine_slot(thief->table, i);

		if (!nacc_pte_is_link(machine_word(slot)))
			continue;
		machine_must_set(slot, 0);
		break;
	}
	host_run_as(me);
	thief->busy = false;
}

static void retire__unlink_at_every_step__invariants_hold(void **state)
{
	unsigned int step, last = 1, level;

	(void)state;
	for (level = 1; level <= 2; level++) {
		for (step = 0; step < last; step++) {
			struct thief thief = { .at = step };
			uint64_t mid;
			unsigned int i;

			machine_start(&machine_default);
			space = machine_space(1, 0, &root);
			mid = link_new(root, 1);
			for (i = 0; i < 4; i++)
				link_new(mid, i);
			link_new(link_new(root, 2), 0);
			thief.table = level == 1 ? mid : root;
			host_on_lock(steal_one, &thief);
			assert_cause(retire(), NONE);
			host_on_lock(NULL, NULL);
			assert_true(check_all());
			retire_all();
			last = thief.steps;
			assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space,
						  0, 0), NONE);
			assert_true(check_all());
		}
		assert_in_range(last, 20, 200);
	}
}

/* Deepest first, as the kernel frees them: no search, and two calls for 65. */
static void retire__all_tables_listed__taken_without_a_walk(void **state)
{
	uint64_t tables[64], mid;
	unsigned int i;

	(void)state;
	space = machine_space(1, 0, &root);
	mid = link_new(root, 255);
	for (i = 0; i < 64; i++) {
		tables[i] = link_new(mid, 8 * i + 7);
		machine_must_set(tables[i], LEAF);
	}
	for (i = 0; i < 64; i++)
		machine_list()[i] = tables[i];
	/* Leaves in it are no hindrance, as for the walk. */
	assert_cause(machine_call(NACC_CALL_SPACE_RETIRE, space, 64, 0), NONE);
	for (i = 0; i < 64; i++)
		assert_state(tables[i], QUARANTINE);
	assert_true(check_all());
	machine_list()[0] = mid;
	assert_int_equal(machine_call(NACC_CALL_SPACE_RETIRE, space, 1, 0).value, 0);
	assert_state(mid, QUARANTINE);
	assert_true(check_all());
	destroy_and_settle();
}

/* The list is a hint: one that is out of order leaves nothing behind. */
static void retire__table_listed_before_what_hangs_below_it__both_are_taken(void **state)
{
	uint64_t mid, low;

	(void)state;
	space = machine_space(1, 0, &root);
	mid = link_new(root, 255);
	low = link_new(mid, 511);
	machine_list()[0] = mid;
	assert_int_equal(machine_call(NACC_CALL_SPACE_RETIRE, space, 1, 0).value, 0);
	assert_state(mid, QUARANTINE);
	assert_state(low, QUARANTINE);
	assert_true(check_all());
	destroy_and_settle();
}

/* What does not hang empty in the tree of this space is not taken by a list. */
static void retire__strangers_listed__stay_as_they_are(void **state)
{
	uint64_t other_root, other = machine_space(2, 0, &other_root);
	uint64_t strangers[6];
	unsigned int i;

	(void)state;
	space = machine_space(1, 0, &root);
	strangers[0] = link_new(other_root, 0);			/* another space's */
	strangers[1] = machine_take();				/* FRESH */
	strangers[2] = machine_bound(space, 1);			/* DETACHED */
	strangers[3] = link_new(strangers[2], 5);		/* below it */
	strangers[4] = root;
	strangers[5] = MACHINE_PAGE;
	for (i = 0; i < 6; i++)
		machine_list()[i] = strangers[i];
	machine_list()[6] = strangers[0] + 8;
	assert_int_equal(machine_call(NACC_CALL_SPACE_RETIRE, space, 7, 0).value, 0);
	assert_state(strangers[0], LINKED);
	assert_state(strangers[1], FRESH);
	assert_state(strangers[2], DETACHED);
	assert_state(strangers[3], LINKED);
	assert_state(root, ROOT);
	assert_true(check_all());
	(void)other;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(retire__empty_space__done_at_once_and_again),
		test(retire__wide_tree__bounded_calls_take_every_table),
		test(retire__sparse_tree_of_5_levels__one_slot_in_each_table),
		test(retire__leaves_and_v0_words_above__do_not_hold_it_up),
		test(retire__detached_tables__stay_with_the_kernel),
		test(retire__path_unlinked_between_calls__nothing_is_lost),
		test(retire__unlink_at_every_step__invariants_hold),
		test(retire__all_tables_listed__taken_without_a_walk),
		test(retire__table_listed_before_what_hangs_below_it__both_are_taken),
		test(retire__strangers_listed__stay_as_they_are),
	};

	return cmocka_run_group_tests_name("retire", tests, NULL, NULL);
}
