// SPDX-License-Identifier: BSD-2-Clause
/* Checked writes: order of checks, links, runs, and the NEW bit at every level. */
#include "test.h"

#include <string.h>

#include "state.h"
#include "validate.h"

#define LEAF	machine_pte(MACHINE_PAGE, MACHINE_BITS)

static uint64_t space, root, mid, low;

/* root[0] -> mid[0] -> low, all of one space; three levels. */
static int setup(void **state)
{
	test_setup(state);
	space = machine_space(1, 0, &root);
	mid = machine_take();
	machine_must_set(root, machine_link(mid));
	low = machine_take();
	machine_must_set(mid, machine_link(low));
	return 0;
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

static unsigned int live(uint64_t frame)
{
	return machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, frame, 0).value >>
	       16 & 0xffff;
}

static void set__slot_address__must_be_an_entry_of_the_pool(void **state)
{
	const uint64_t end = MACHINE_POOL_BASE +
			     machine_default.frames * NACC_FRAME_SIZE;
	const uint64_t bad[] = {
		0, 8, MACHINE_POOL_BASE - 8, end, end + 8, MACHINE_META_BASE,
		MACHINE_OPS_BASE, MACHINE_PAGE, ~0UL, ~7UL, low + 1, low + 4,
		low + 7, low | 1UL << 63,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_cause(set(bad[i], 0), SLOT);
		assert_cause(set(bad[i], LEAF), SLOT);
		assert_cause(set(bad[i], machine_link(low)), SLOT);
	}
	assert_cause(set(end - 8, 0), FRAME_STATE);
	assert_cause(set(machine_slot(low, 511), LEAF), NONE);
}

static void set__several_things_wrong__first_check_wins(void **state)
{
	const uint64_t bad_leaf = LEAF | NACC_PTE_G;
	uint64_t fresh = machine_take();

	(void)state;
	/* State of the frame before everything about the value. */
	assert_cause(set(fresh, bad_leaf), UNBOUND);
	assert_cause(set(MACHINE_POOL_BASE, bad_leaf), FRAME_STATE);
	/* Kernel half before value, also for V=0, also after RETIRE. */
	assert_cause(set(machine_slot(root, 256), bad_leaf), KERNEL_HALF);
	assert_cause(set(machine_slot(root, 511), 0), KERNEL_HALF);
	/* Link over link before bits of the link. */
	assert_cause(set(root, machine_link(fresh) | NACC_PTE_U), RELINK);
	assert_cause(set(machine_slot(root, 1), machine_link(fresh) | NACC_PTE_U),
		     BITS);
	/* The link's bits before its child. */
	assert_cause(set(low, machine_link(MACHINE_PAGE)), LEVEL);
	assert_cause(set(machine_slot(mid, 1), machine_link(MACHINE_PAGE)),
		     CHILD_STATE);

	assert_int_equal(machine_call(NACC_CALL_SPACE_SET, space,
				      NACC_POLICY_NEW, 0).error, 0);
	/* RETIRED before link over link and before the value. */
	machine_must_set(mid, 0);
	assert_cause(machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0), NONE);
	assert_cause(set(low, bad_leaf), RETIRED);
	assert_cause(set(root, machine_link(fresh)), RETIRED);
	assert_cause(set(machine_slot(root, 256), LEAF), KERNEL_HALF);
	assert_state(fresh, FRESH);
}

static void set__v0_value__always_taken_as_it_is(void **state)
{
	const uint64_t values[] = {
		2, ~1UL, NACC_PTE_NEW, 0x7fUL << 54, machine_link(low) & ~1UL, 0,
	};
	const uint64_t tables[] = { root, mid, low };
	size_t i, j;

	(void)state;
	for (j = 0; j < ARRAY_SIZE(tables); j++) {
		uint64_t slot = machine_slot(tables[j], 77);

		for (i = 0; i < ARRAY_SIZE(values); i++) {
			assert_cause(set(slot, values[i]), NONE);
			assert_int_equal(machine_word(slot), values[i]);
		}
	}
	assert_int_equal(live(low), 0);
	assert_int_equal(live(mid), 1);
	assert_int_equal(live(root), 1);
}

static void set__child_of_a_link__state_space_and_level(void **state)
{
	uint64_t other_root, other, deep;

	(void)state;
	other = machine_space(2, 0, &other_root);
	deep = machine_bound(space, 1);
	assert_cause(set(machine_slot(mid, 9), machine_link(deep)), CHILD_LEVEL);
	assert_cause(set(machine_slot(root, 9), machine_link(deep)), NONE);
	assert_cause(set(machine_slot(root, 8), machine_link(deep)), CHILD_STATE);

	other = machine_bound(other, 0);
	assert_cause(set(machine_slot(mid, 9), machine_link(other)), CHILD_SPACE);
	assert_cause(set(machine_slot(mid, 9), machine_link(other_root)),
		     CHILD_STATE);
	assert_cause(set(machine_slot(mid, 9), machine_link(MACHINE_POOL_BASE)),
		     CHILD_STATE);
	assert_cause(set(machine_slot(mid, 9), machine_link(MACHINE_META_BASE)),
		     CHILD_STATE);
	assert_state(other, DETACHED);
}

static void set__over_a_link__child_is_detached(void **state)
{
	const uint64_t huge = machine_pte(MACHINE_PAGE, MACHINE_BITS);

	(void)state;
	machine_must_set(low, LEAF);
	assert_cause(set(mid, 0), NONE);
	assert_state(low, DETACHED);
	assert_int_equal(live(low), 1);

	/* Full as it is, it goes elsewhere, and a huge leaf takes its place. */
	assert_cause(set(machine_slot(mid, 5), machine_link(low)), NONE);
	assert_state(low, LINKED);
	assert_cause(set(machine_slot(mid, 5), huge), NONE);
	assert_state(low, DETACHED);

	/* A refused leaf unlinks nothing. */
	machine_must_set(machine_slot(mid, 6), machine_link(low));
	assert_cause(set(machine_slot(mid, 6), huge + (1 << 10)), ALIGN);
	assert_state(low, LINKED);

	/* A V=0 word under a link to be is no obstacle, nor is a huge leaf. */
	machine_must_set(machine_slot(mid, 6), 0x6);
	machine_must_set(machine_slot(mid, 6), machine_link(low));
	machine_must_set(machine_slot(mid, 6), 0);
	machine_must_set(machine_slot(mid, 5), machine_link(low));
}

static void set__detached_tables__take_writes_and_links(void **state)
{
	uint64_t top = machine_bound(space, 1);
	uint64_t child = machine_take();

	(void)state;
	machine_must_set(machine_slot(top, 2), machine_link(child));
	machine_must_set(child, LEAF);
	assert_state(top, DETACHED);
	assert_state(child, LINKED);
	machine_must_set(machine_slot(root, 2), machine_link(top));
	assert_true(check_all());
	/* Off again with all that it holds, and on in another place. */
	machine_must_set(machine_slot(root, 2), 0);
	machine_must_set(machine_slot(root, 3), machine_link(top));
	assert_state(child, LINKED);
}

static void set__new_bit__by_policy_at_every_level(void **state)
{
	const uint64_t tables[] = { low, mid, root };
	const uint64_t pages[] = { MACHINE_PAGE, 0x90200000UL, 0 };
	uint64_t child[] = { 0, machine_take(), machine_take() };
	unsigned int level;

	(void)state;
	for (level = 0; level < 3; level++) {
		uint64_t slot = machine_slot(tables[level], 20);
		uint64_t leaf = machine_pte(pages[level], MACHINE_BITS);

		/* Old: NEW is off. The caller's bit is ignored. */
		if (pages[level]) {
			machine_must_set(slot, leaf | NACC_PTE_NEW);
			assert_int_equal(machine_word(slot), leaf);
		}
		if (child[level]) {
			machine_must_set(machine_slot(tables[level], 21),
					 machine_link(child[level]) | NACC_PTE_NEW);
			assert_int_equal(machine_word(machine_slot(tables[level], 21)),
					 machine_link(child[level]));
		}
	}
	machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_NEW, 0);
	for (level = 0; level < 3; level++) {
		uint64_t slot = machine_slot(tables[level], 20);
		uint64_t leaf = machine_pte(pages[level], MACHINE_BITS);

		if (pages[level]) {
			/* Write-protected and young again: still old. */
			machine_must_set(slot, leaf & ~NACC_PTE_W);
			assert_int_equal(machine_word(slot), leaf & ~NACC_PTE_W);
			/* Writable again: more than before. */
			machine_must_set(slot, leaf);
			assert_int_equal(machine_word(slot), leaf | NACC_PTE_NEW);
			/* And new it stays. */
			machine_must_set(slot, leaf & ~NACC_PTE_W);
			assert_true(machine_word(slot) & NACC_PTE_NEW);
		}
		if (child[level]) {
			slot = machine_slot(tables[level], 21);
			machine_must_set(slot, 0);
			machine_must_set(slot, machine_link(child[level]));
			assert_int_equal(machine_word(slot),
					 machine_link(child[level]) | NACC_PTE_NEW);
		}
	}
	assert_true(check_all());
}

static void runs__place__inside_one_level_0_table(void **state)
{
	static const unsigned int ops[] = {
		NACC_OP_SETN, NACC_OP_PUTN, NACC_OP_CLEARN, NACC_OP_WRPROTECTN,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		assert_cause(op(NACC_OP_WORD(ops[i], machine_slot(low, 511), 2), 0),
			     RUN);
		assert_cause(op(NACC_OP_WORD(ops[i], machine_slot(low, 257), 256), 0),
			     RUN);
		assert_cause(op(NACC_OP_WORD(ops[i], mid, 2), 0), LEVEL);
		assert_cause(op(NACC_OP_WORD(ops[i], root, 2), 0), LEVEL);
		assert_cause(op(NACC_OP_WORD(ops[i], machine_slot(root, 300), 2), 0),
			     KERNEL_HALF);
		assert_cause(op(NACC_OP_WORD(ops[i], MACHINE_PAGE, 2), 0), SLOT);
		assert_cause(op(NACC_OP_WORD(ops[i], machine_slot(low, 511), 1), 0),
			     NONE);
	}
}

static void setn__run_of_pages__all_or_nothing(void **state)
{
	unsigned int i;

	(void)state;
	machine_must_set(machine_slot(low, 3), 0x10);
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, low, 512), LEAF), NONE);
	for (i = 0; i < 512; i++)
		assert_int_equal(machine_word(machine_slot(low, i)),
				 machine_pte(MACHINE_PAGE + 4096UL * i, MACHINE_BITS));
	assert_int_equal(live(low), 512);

	/* The last page is outside of RAM. */
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, low, 3),
			machine_pte(MACHINE_RAM1_BASE + MACHINE_RAM1_SIZE - 8192,
				    MACHINE_BITS)), TARGET);
	assert_int_equal(machine_word(low), LEAF);
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, low, 2), machine_link(low)),
		     LEVEL);

	/* V=0: what present entries without access look like. */
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, low, 2), LEAF & ~1UL), NONE);
	assert_int_equal(machine_word(machine_slot(low, 1)),
			 (LEAF & ~1UL) + (1 << 10));
	assert_int_equal(live(low), 512);
}

static void setn__new_policy__decided_slot_by_slot(void **state)
{
	(void)state;
	machine_must_set(machine_slot(low, 1),
			 machine_pte(MACHINE_PAGE + 4096, MACHINE_BITS));
	machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_NEW, 0);
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, low, 3), LEAF), NONE);
	assert_true(machine_word(machine_slot(low, 0)) & NACC_PTE_NEW);
	assert_false(machine_word(machine_slot(low, 1)) & NACC_PTE_NEW);
	assert_true(machine_word(machine_slot(low, 2)) & NACC_PTE_NEW);
}

static void putn__refused_value__those_before_it_are_stored(void **state)
{
	uint64_t written = machine_call(NACC_CALL_INFO, NACC_INFO_OPS, 0, 0).value;
	uint64_t *ops = machine_ops();
	struct nacc_ret ret;

	(void)state;
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, low, 3);
	ops[1] = LEAF;
	ops[2] = 0xfe;
	ops[3] = LEAF | NACC_PTE_G;
	assert_cause(machine_call(NACC_CALL_COMMIT, 1, 0, 0), BITS);
	assert_int_equal(machine_word(low), LEAF);
	assert_int_equal(machine_word(machine_slot(low, 1)), 0xfe);
	assert_int_equal(live(low), 2);
	assert_int_equal(machine_call(NACC_CALL_INFO, NACC_INFO_OPS, 0, 0).value,
			 written + 2);
	ops[3] = machine_link(low);
	assert_cause(machine_call(NACC_CALL_COMMIT, 1, 0, 0), LEVEL);
	assert_int_equal(live(low), 2);
	assert_cause(op(NACC_OP_WORD(NACC_OP_CLEARN, low, 3), 0), NONE);
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, low, 3);
	ops[1] = LEAF;
	ops[2] = 0xfe;
	ops[3] = LEAF;
	machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_NEW, 0);
	ret = machine_call(NACC_CALL_COMMIT, 1, 0, 0);
	assert_cause(ret, NONE);
	assert_int_equal(machine_word(low), LEAF | NACC_PTE_NEW);
	assert_int_equal(machine_word(machine_slot(low, 1)), 0xfe);
	assert_int_equal(machine_word(machine_slot(low, 2)), LEAF | NACC_PTE_NEW);
	assert_int_equal(live(low), 3);
}

static void wrprotectn__words__lose_w_and_nothing_else(void **state)
{
	(void)state;
	machine_must_set(machine_slot(low, 0), LEAF);
	machine_must_set(machine_slot(low, 1), LEAF & ~NACC_PTE_W);
	machine_must_set(machine_slot(low, 2), NACC_PTE_W);	/* V=0 */
	machine_must_set(machine_slot(low, 4), NACC_PTE_W | 0x1000);
	assert_int_equal(live(low), 4);
	machine_call(NACC_CALL_SPACE_SET, space, NACC_POLICY_NEW, 0);
	assert_cause(op(NACC_OP_WORD(NACC_OP_WRPROTECTN, low, 5), 0), NONE);
	assert_int_equal(machine_word(machine_slot(low, 0)), LEAF & ~NACC_PTE_W);
	assert_int_equal(machine_word(machine_slot(low, 1)), LEAF & ~NACC_PTE_W);
	assert_int_equal(machine_word(machine_slot(low, 2)), 0);
	assert_int_equal(machine_word(machine_slot(low, 4)), 0x1000);
	assert_int_equal(live(low), 3);
}

/* PUTN goes on in the part of RAM where it is; the zero page is none to go on in. */
static void putn__from_part_to_part_of_ram__each_page_by_its_own(void **state)
{
	const uint64_t zero = machine_pte(MACHINE_RO_BASE, MACHINE_BITS & ~NACC_PTE_W);
	const uint64_t values[] = {
		LEAF, zero, machine_pte(MACHINE_INIT_BASE, MACHINE_BITS),
		machine_pte(MACHINE_RAM1_BASE, MACHINE_BITS), zero,
		zero | NACC_PTE_W,
	};
	uint64_t *ops = machine_ops();
	struct nacc_ret ret;

	(void)state;
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, low, ARRAY_SIZE(values));
	memcpy(ops + 1, values, sizeof(values));
	ret = machine_call(NACC_CALL_COMMIT, 1, 0, 0);
	assert_cause(ret, IMAGE);
	assert_int_equal(machine_word(machine_slot(low, 3)), values[3]);
	assert_int_equal(machine_word(machine_slot(low, 4)), zero);
	assert_int_equal(machine_word(machine_slot(low, 5)), 0);
	assert_true(check_all());
}

static void runs__retired_space__v0_values_only(void **state)
{
	const uint64_t ram = nacc_monitor.limits.pieces[0].page << NACC_FRAME_SHIFT;
	uint64_t kept = machine_bound(space, 0);

	(void)state;
	machine_must_set(kept, LEAF);
	assert_cause(machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0), NONE);
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, kept, 2), LEAF), RETIRED);
	assert_cause(op(NACC_OP_WORD(NACC_OP_PUTN, kept, 1), LEAF), RETIRED);
	assert_cause(op(NACC_OP_WORD(NACC_OP_SET, kept, 1),
			machine_pte(ram, MACHINE_BITS)), RETIRED);
	assert_cause(op(NACC_OP_WORD(NACC_OP_WRPROTECTN, kept, 2), 0), RETIRED);
	assert_int_equal(machine_word(kept), LEAF);
	assert_cause(op(NACC_OP_WORD(NACC_OP_PUTN, kept, 1), 6), NONE);
	assert_cause(op(NACC_OP_WORD(NACC_OP_SETN, kept, 2), 6), NONE);
	assert_cause(op(NACC_OP_WORD(NACC_OP_WRPROTECTN, kept, 2), 0), NONE);
	assert_int_equal(machine_word(kept), 2);
	assert_cause(op(NACC_OP_WORD(NACC_OP_CLEARN, kept, 512), 0), NONE);
	assert_int_equal(live(kept), 0);
}

static void set__four_and_five_levels__link_down_to_pages(void **state)
{
	unsigned int levels;

	(void)state;
	for (levels = 4; levels <= 5; levels++) {
		struct machine machine = machine_default;
		uint64_t table, child;
		unsigned int level;

		machine.levels = levels;
		machine_start(&machine);
		space = machine_space(1, 0, &root);
		table = root;
		for (level = levels - 1; level > 0; level--) {
			uint64_t leaf = machine_pte(0, MACHINE_BITS);

			assert_int_equal(machine_cause(set(machine_slot(table, 254),
							   leaf)),
					 level > 2 ? NACC_CAUSE_LEVEL :
						     NACC_CAUSE_TARGET);
			child = machine_take();
			machine_must_set(machine_slot(table, 255),
					 machine_link(child));
			table = child;
		}
		machine_must_set(machine_slot(table, 511), LEAF);
		assert_cause(set(machine_slot(table, 0), machine_link(root)), LEVEL);
		assert_true(check_all());
	}
}

#define in_space(f)	cmocka_unit_test_setup_teardown(f, setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_space(set__slot_address__must_be_an_entry_of_the_pool),
		in_space(set__several_things_wrong__first_check_wins),
		in_space(set__v0_value__always_taken_as_it_is),
		in_space(set__child_of_a_link__state_space_and_level),
		in_space(set__over_a_link__child_is_detached),
		in_space(set__detached_tables__take_writes_and_links),
		in_space(set__new_bit__by_policy_at_every_level),
		in_space(runs__place__inside_one_level_0_table),
		in_space(setn__run_of_pages__all_or_nothing),
		in_space(setn__new_policy__decided_slot_by_slot),
		in_space(putn__refused_value__those_before_it_are_stored),
		in_space(putn__from_part_to_part_of_ram__each_page_by_its_own),
		in_space(wrprotectn__words__lose_w_and_nothing_else),
		in_space(runs__retired_space__v0_values_only),
		in_space(set__four_and_five_levels__link_down_to_pages),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
