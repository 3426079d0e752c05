// SPDX-License-Identifier: BSD-2-Clause
/* COMMIT: how the op page is read, where a list ends, who may rewrite it; and OP. */
#include "test.h"

#include <string.h>

#define LEAF	machine_pte(MACHINE_PAGE, MACHINE_BITS)

static uint64_t space, root, low, other;

static void begin(const struct machine *machine)
{
	machine_start(machine);
	space = machine_space(1, 0, &root);
	low = machine_bound(space, 0);
	other = machine_bound(space, 0);
	memset(machine_ops(), 0xff, NACC_FRAME_SIZE);
}

static int setup(void **state)
{
	(void)state;
	begin(&machine_default);
	return 0;
}

static struct nacc_ret commit(unsigned int count)
{
	return machine_call(NACC_CALL_COMMIT, count, 0, 0);
}

static void put(unsigned int at, uint64_t word, uint64_t value)
{
	machine_ops()[2 * at] = word;
	machine_ops()[2 * at + 1] = value;
}

static void commit__all_kinds_in_one_list__done_in_order(void **state)
{
	uint64_t fresh = machine_take();
	uint64_t *ops = machine_ops();
	struct nacc_ret ret;

	(void)state;
	put(0, NACC_OP_BIND_WORD(fresh, 1), space);
	put(1, NACC_OP_WORD(NACC_OP_SET, fresh, 1), machine_link(low));
	put(2, NACC_OP_WORD(NACC_OP_SETN, low, 4), LEAF);
	put(3, NACC_OP_WORD(NACC_OP_WRPROTECTN, low, 2), 0);
	/* Three values: the op's own, and one pair behind it. */
	put(4, NACC_OP_WORD(NACC_OP_PUTN, low + 8, 3), 0x10);
	ops[10] = 0x20;
	ops[11] = 0x30;
	put(6, NACC_OP_WORD(NACC_OP_CLEARN, low + 16, 1), 0);
	/* Two values: the second one alone in its pair. */
	put(7, NACC_OP_WORD(NACC_OP_PUTN, low + 8 * 100, 2), 0x40);
	ops[16] = 0x50;
	put(9, NACC_OP_WORD(NACC_OP_SET, root, 1), machine_link(fresh));
	ret = commit(8);
	assert_cause(ret, NONE);
	assert_int_equal(ret.value, 8);
	assert_int_equal(machine_word(low), LEAF & ~4UL);
	assert_int_equal(machine_word(low + 8), 0x10);
	assert_int_equal(machine_word(low + 16), 0);
	assert_int_equal(machine_word(low + 24), 0x30);
	assert_int_equal(machine_word(low + 808), 0x50);
	assert_state(fresh, LINKED);
}

static void commit__refused_op__those_before_are_done_those_behind_not(void **state)
{
	struct nacc_ret ret;

	(void)state;
	put(0, NACC_OP_WORD(NACC_OP_SET, low, 1), LEAF);
	put(1, NACC_OP_WORD(NACC_OP_SET, low + 8, 1), LEAF | 0x20);
	put(2, NACC_OP_WORD(NACC_OP_SET, low + 16, 1), LEAF);
	ret = commit(3);
	assert_cause(ret, BITS);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 1);
	assert_int_equal(machine_word(low), LEAF);
	assert_int_equal(machine_word(low + 8), 0);
	assert_int_equal(machine_word(low + 16), 0);
}

static void commit__fence__also_after_a_refusal(void **state)
{
	unsigned int fences = host_hart(0)->fences;

	(void)state;
	put(0, NACC_OP_WORD(NACC_OP_SET, low, 1), LEAF);
	commit(1);
	assert_int_equal(host_hart(0)->fences, fences);
	machine_call(NACC_CALL_COMMIT, 1, NACC_COMMIT_FENCE, 0);
	assert_int_equal(host_hart(0)->fences, fences + 1);
	put(0, 7, 0);
	assert_cause(machine_call(NACC_CALL_COMMIT, 1, NACC_COMMIT_FENCE, 0), OPCODE);
	assert_int_equal(host_hart(0)->fences, fences + 2);
}

/* The ops of the op page are all ones since begin(): nobody may look at them. */
static void op__each_kind_in_registers__done_without_the_op_page(void **state)
{
	const uint64_t fresh = machine_take();
	const struct {
		uint64_t word, value;
	} ops[] = {
		{ NACC_OP_BIND_WORD(fresh, 1), space },
		{ NACC_OP_WORD(NACC_OP_SETN, low, 512), LEAF },
		{ NACC_OP_WORD(NACC_OP_WRPROTECTN, low, 2), 0 },
		{ NACC_OP_WORD(NACC_OP_CLEARN, low + 8, 511), 0 },
		{ NACC_OP_WORD(NACC_OP_SET, low + 16, 1), LEAF },
		{ NACC_OP_WORD(NACC_OP_SET, fresh, 1), machine_link(low) },
	};
	const uint64_t written = machine_info(NACC_INFO_OPS);
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct nacc_ret ret = machine_call(NACC_CALL_OP, ops[i].word,
						   ops[i].value, 0);

		assert_cause(ret, NONE);
		assert_int_equal(ret.value, 0);
	}
	assert_int_equal(machine_word(low), LEAF & ~4UL);
	assert_int_equal(machine_word(low + 8), 0);
	assert_int_equal(machine_word(low + 16), LEAF);
	assert_state(low, LINKED);
	assert_int_equal(machine_info(NACC_INFO_OPS) - written, 512 + 2 + 511 + 2);
}

static void op__fence__also_after_a_refusal(void **state)
{
	unsigned int fences = host_hart(0)->fences;

	(void)state;
	machine_call(NACC_CALL_OP, NACC_OP_WORD(NACC_OP_SET, low, 1), LEAF, 0);
	assert_int_equal(host_hart(0)->fences, fences);
	machine_call(NACC_CALL_OP, NACC_OP_WORD(NACC_OP_SET, low, 1), 0,
		     NACC_COMMIT_FENCE);
	assert_int_equal(host_hart(0)->fences, fences + 1);
	assert_cause(machine_call(NACC_CALL_OP, NACC_OP_WORD(NACC_OP_PUTN, low, 1), 0,
				  NACC_COMMIT_FENCE), OPCODE);
	assert_int_equal(host_hart(0)->fences, fences + 2);
}

static void commit__64_ops_and_512_slots__fit_and_no_more(void **state)
{
	struct nacc_ret ret;
	unsigned int i;

	(void)state;
	for (i = 0; i < 64; i++)
		put(i, NACC_OP_WORD(NACC_OP_CLEARN, low + 64 * i, 8), 0);
	assert_cause(commit(64), NONE);
	put(63, NACC_OP_WORD(NACC_OP_CLEARN, low, 9), 0);
	ret = commit(64);
	assert_cause(ret, COUNT);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 63);
	/* BIND writes no slot. */
	put(0, NACC_OP_WORD(NACC_OP_CLEARN, low, 512), 0);
	put(1, NACC_OP_BIND_WORD(machine_take(), 1), space);
	put(2, NACC_OP_WORD(NACC_OP_SET, low, 1), 0);
	ret = commit(3);
	assert_cause(ret, COUNT);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 2);
	/* The largest count that a word can hold. */
	put(0, NACC_OP_WORD(NACC_OP_CLEARN, low, 1024), 0);
	assert_cause(commit(1), COUNT);
}

static void commit__256_values__fit_and_no_more(void **state)
{
	uint64_t *ops = machine_ops();
	struct nacc_ret ret;
	unsigned int i, next = 0;

	(void)state;
	/* The longest list there is: 64 ops of 4 values. */
	for (i = 0; i < 64; i++) {
		unsigned int j;

		ops[next++] = NACC_OP_WORD(NACC_OP_PUTN, low + 32 * i, 4);
		for (j = 0; j < 4; j++)
			ops[next++] = 2 * (4 * i + j) + 2;
		next++;
	}
	assert_int_equal(next * 8, NACC_OPS_BYTES);
	assert_cause(commit(64), NONE);
	for (i = 0; i < 256; i++)
		assert_int_equal(machine_word(low + 8 * i), 2 * i + 2);

	memset(ops, 0, NACC_OPS_BYTES);
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, other, 256);
	assert_cause(commit(1), NONE);
	/* 257 words, so the next op begins at word 258. */
	put(129, NACC_OP_WORD(NACC_OP_PUTN, other, 1), 0);
	ret = commit(2);
	assert_cause(ret, COUNT);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 1);
}

/*
 * Another hart rewrites the op page while its op is under way: what was
 * checked is what is stored.
 */
static void rewrite(void *arg)
{
	uint64_t *ops = host_memory(MACHINE_OPS_BASE);

	(void)arg;
	ops[0] = NACC_OP_WORD(NACC_OP_SET, low, 1);
	ops[1] = ops[2] = ops[3] = machine_pte(MACHINE_META_BASE, MACHINE_BITS);
}

/* The same for a row of four SETs. */
static void rewrite_row(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < 4; i++)
		put(i, NACC_OP_WORD(NACC_OP_SET, low, 1),
		    machine_pte(MACHINE_META_BASE, MACHINE_BITS));
}

static void commit__page_rewritten_after_decode__decoded_op_is_used(void **state)
{
	(void)state;
	host_on_lock(rewrite, NULL);
	put(0, NACC_OP_WORD(NACC_OP_SETN, other, 3), LEAF);
	assert_cause(commit(1), NONE);
	put(0, NACC_OP_WORD(NACC_OP_SET, other, 1), LEAF);
	assert_cause(commit(1), NONE);
	assert_int_equal(machine_word(other), LEAF);
	assert_int_equal(machine_word(low), 0);
}

/* At the @reads-th read that can be interrupted, and only then. */
struct moment {
	unsigned int reads;
	void (*rewrite)(void *arg);
};

static void rewrite_at(void *arg)
{
	struct moment *moment = arg;

	if (!moment->reads--)
		moment->rewrite(NULL);
}

static struct nacc_ret commit_rewritten_at(unsigned int at, void (*how)(void *arg),
					   unsigned int count)
{
	struct moment moment = { .reads = at, .rewrite = how };
	struct nacc_ret ret;

	host_on_read(rewrite_at, &moment);
	ret = commit(count);
	host_on_read(NULL, NULL);
	if (ret.error)
		assert_cause(ret, TARGET);
	return ret;
}

static void commit__page_rewritten_at_any_read__each_value_counts_once(void **state)
{
	unsigned int at, refused = 0, i;

	(void)state;
	for (at = 0; at < 20; at++) {
		struct nacc_ret ret;

		put(0, NACC_OP_WORD(NACC_OP_CLEARN, other, 3), 0);
		assert_cause(commit(1), NONE);
		put(0, NACC_OP_WORD(NACC_OP_PUTN, other, 3), LEAF);
		put(1, LEAF, LEAF);
		ret = commit_rewritten_at(at, rewrite, 1);
		refused += !!ret.error;
		for (i = 0; i < 3; i++)
			assert_true(machine_word(other + 8 * i) == LEAF ||
				    (ret.error && !machine_word(other + 8 * i)));
	}
	assert_in_range(refused, 3, at - 1);
	assert_int_equal(machine_word(low), 0);
}

static void commit__row_of_sets_rewritten_at_any_read__each_word_counts_once(void **state)
{
	unsigned int at, refused = 0, i;

	(void)state;
	for (at = 0; at < 40; at++) {
		struct nacc_ret ret;

		put(0, NACC_OP_WORD(NACC_OP_CLEARN, other, 4), 0);
		assert_cause(commit(1), NONE);
		for (i = 0; i < 4; i++)
			put(i, NACC_OP_WORD(NACC_OP_SET, other + 8 * i, 1), LEAF);
		ret = commit_rewritten_at(at, rewrite_row, 4);
		refused += !!ret.error;
		for (i = 0; i < 4; i++)
			assert_int_equal(machine_word(other + 8 * i),
					 !ret.error || i < NACC_CAUSE_INDEX(ret.value) ?
					 LEAF : 0);
	}
	assert_in_range(refused, 6, at - 1);
	assert_int_equal(machine_word(low), 0);
}

/* A row of SETs counts as runs do, and its ops have their numbers. */
static void commit__row_of_sets__is_limited_and_numbered(void **state)
{
	struct nacc_ret ret;
	unsigned int i;

	(void)state;
	put(0, NACC_OP_WORD(NACC_OP_CLEARN, low, 510), 0);
	for (i = 1; i < 5; i++)
		put(i, NACC_OP_WORD(NACC_OP_SET, other + 8 * i, 1), LEAF);
	ret = commit(5);
	assert_cause(ret, COUNT);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 3);
	assert_int_equal(machine_word(other + 16), LEAF);
	assert_int_equal(machine_word(other + 24), 0);

	put(0, NACC_OP_WORD(NACC_OP_SET, low, 1), LEAF);
	put(3, NACC_OP_WORD(NACC_OP_SETN, other + 24, 2), LEAF);
	ret = commit(5);
	assert_cause(ret, NONE);
	assert_int_equal(ret.value, 5);
	assert_int_equal(machine_word(other + 24), LEAF);
	put(2, NACC_OP_WORD(NACC_OP_SET, other + 16, 1), LEAF | 0x20);
	ret = commit(5);
	assert_cause(ret, BITS);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 2);
}

/* Values are taken four at a time: no place is forgotten. */
static void commit__odd_value_at_every_place__is_seen(void **state)
{
	uint64_t values[9];
	unsigned int odd, i;

	(void)state;
	for (odd = 0; odd < 9; odd++) {
		for (i = 0; i < 9; i++)
			values[i] = machine_pte(MACHINE_PAGE + i * 4096, MACHINE_BITS);
		values[odd] |= 0x20;
		put(0, NACC_OP_WORD(NACC_OP_PUTN, low, 9), 0);
		memcpy(&machine_ops()[1], values, sizeof(values));
		assert_cause(commit(1), BITS);
		for (i = 0; i < 9; i++)
			assert_int_equal(machine_word(low + 8 * i),
					 i < odd ? values[i] : 0);
		put(0, NACC_OP_WORD(NACC_OP_CLEARN, low, 9), 0);
		assert_cause(commit(1), NONE);

		values[odd] = 0x1230;
		machine_ops()[0] = NACC_OP_WORD(NACC_OP_PUTN, other, 9);
		memcpy(&machine_ops()[1], values, sizeof(values));
		assert_cause(commit(1), NONE);
		for (i = 0; i < 9; i++)
			assert_int_equal(machine_word(other + 8 * i), values[i]);
	}
}

/* Values that need a long check, in two ops, and one V=0 among them. */
static void commit__long_values__as_many_as_there_may_be(void **state)
{
	const struct machine svpbmt = {
		.harts = 1, .levels = 3, .frames = 64, .svpbmt = true,
	};
	const uint64_t odd = LEAF | 1UL << 61;		/* Svpbmt: NC */
	uint64_t *ops = machine_ops();
	struct nacc_ret ret;
	unsigned int i;

	(void)state;
	begin(&svpbmt);
	for (i = 0; i < 70; i++)
		ops[1 + i] = odd;
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, low, NACC_MAX_LONG);
	assert_cause(commit(1), NONE);
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, other, NACC_MAX_LONG + 2);
	ops[10] = 0;
	ret = commit(1);
	assert_cause(ret, COUNT);
	for (i = 0; i < NACC_MAX_LONG + 2; i++)
		assert_int_equal(machine_word(other + 8 * i),
				 i == 9 || i == NACC_MAX_LONG + 1 ? 0 : odd);
	ops[0] = NACC_OP_WORD(NACC_OP_PUTN, low, 2);
	for (i = 1; i < 4; i++)
		ops[i] = odd;
	ops[4] = NACC_OP_WORD(NACC_OP_PUTN, other, NACC_MAX_LONG - 1);
	for (i = 5; i < 5 + NACC_MAX_LONG - 1; i++)
		ops[i] = odd;
	ret = commit(2);
	assert_cause(ret, COUNT);
	assert_int_equal(NACC_CAUSE_INDEX(ret.value), 1);
}

/* Runs over entries from before the policy NEW: what did not change stays old. */
static void commit__run_over_old_entries__those_that_differ_are_new(void **state)
{
	unsigned int changed, i;

	(void)state;
	for (changed = 0; changed < 9; changed++) {
		uint64_t id = machine_space(3 + changed, 0, &root);
		uint64_t table = machine_bound(id, 0);

		put(0, NACC_OP_WORD(NACC_OP_SETN, table, 9), LEAF);
		assert_cause(commit(1), NONE);
		assert_cause(machine_call(NACC_CALL_SPACE_SET, id, NACC_POLICY_NEW, 0),
			     NONE);
		machine_ops()[0] = NACC_OP_WORD(NACC_OP_PUTN, table, 9);
		for (i = 0; i < 9; i++)
			machine_ops()[1 + i] =
				machine_pte(MACHINE_PAGE + (i + 32 * (i == changed)) * 4096,
					    MACHINE_BITS);
		assert_cause(commit(1), NONE);
		for (i = 0; i < 9; i++)
			assert_int_equal(!!(machine_word(table + 8 * i) & NACC_PTE_NEW),
					 i == changed);
		put(0, NACC_OP_WORD(NACC_OP_SETN, table, 9), LEAF);
		assert_cause(commit(1), NONE);
		for (i = 0; i < 9; i++)
			assert_int_equal(!!(machine_word(table + 8 * i) & NACC_PTE_NEW),
					 i == changed);
	}
}

static void commit__run_of_pages__is_checked_to_its_end(void **state)
{
	const uint64_t end = MACHINE_RAM0_BASE + MACHINE_RAM0_SIZE;
	const uint64_t last = machine_pte(end - 4096, MACHINE_BITS);

	(void)state;
	put(0, NACC_OP_WORD(NACC_OP_SETN, low, 1), last);
	assert_cause(commit(1), NONE);
	put(0, NACC_OP_WORD(NACC_OP_SETN, low, 2), last);
	assert_cause(commit(1), TARGET);
	assert_cause(machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0), NONE);
	put(0, NACC_OP_WORD(NACC_OP_SETN, low, 2), LEAF);
	assert_cause(commit(1), RETIRED);
	put(0, NACC_OP_WORD(NACC_OP_PUTN, low, 1), LEAF);
	assert_cause(commit(1), RETIRED);
	put(0, NACC_OP_WORD(NACC_OP_SETN, low, 2), 0x10);
	assert_cause(commit(1), NONE);
}

#define in_space(f)	cmocka_unit_test_setup_teardown(f, setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_space(commit__all_kinds_in_one_list__done_in_order),
		in_space(commit__refused_op__those_before_are_done_those_behind_not),
		in_space(commit__fence__also_after_a_refusal),
		in_space(op__each_kind_in_registers__done_without_the_op_page),
		in_space(op__fence__also_after_a_refusal),
		in_space(commit__64_ops_and_512_slots__fit_and_no_more),
		in_space(commit__256_values__fit_and_no_more),
		in_space(commit__page_rewritten_after_decode__decoded_op_is_used),
		in_space(commit__page_rewritten_at_any_read__each_value_counts_once),
		in_space(commit__row_of_sets_rewritten_at_any_read__each_word_counts_once),
		in_space(commit__row_of_sets__is_limited_and_numbered),
		in_space(commit__odd_value_at_every_place__is_seen),
		in_space(commit__long_values__as_many_as_there_may_be),
		in_space(commit__run_of_pages__is_checked_to_its_end),
		in_space(commit__run_over_old_entries__those_that_differ_are_new),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
