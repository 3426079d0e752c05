// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls as raw registers: every cause of every call is produced, says so with
 * its SBI error, is counted, and has changed nothing. Which causes there are is
 * read from the abi header, so the header cannot promise what is not tested,
 * and the monitor cannot refuse for a reason that the header does not give.
 */
#include "test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "state.h"

#define LEAF	machine_pte(MACHINE_PAGE, MACHINE_BITS)
#define END	NACC_CALL_COUNT

static bool produced[NACC_CALL_COUNT + 1][NACC_CAUSES_END];
static bool documented[NACC_CALL_COUNT + 1][NACC_CAUSES_END];

struct refusal {
	uint64_t call;
	uint64_t args[6];
	enum nacc_cause cause;
	uint64_t word, value;		/* first words of the op page */
	uint64_t item;			/* first word of the list */
};

static void run_refusals(const struct refusal *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct refusal *r = &rows[i];
		uint64_t traps = machine_info(NACC_INFO_TRAPS);
		uint64_t ops = machine_info(NACC_INFO_OPS);
		uint64_t refusals = machine_info(NACC_INFO_REFUSALS);
		uint64_t digest = check_digest();
		struct nacc_ret ret;

		machine_ops()[0] = r->word;
		machine_ops()[1] = r->value;
		machine_list()[0] = r->item;
		ret = nacc_call(0, r->call, r->args);
		if (!ret.error || ret.value != r->cause)
			fail_msg("row %zu, call %lu: %s, not %s", i, r->call,
				 nacc_cause_name(machine_cause(ret)),
				 nacc_cause_name(r->cause));
		assert_int_equal(ret.error, nacc_cause_error(r->cause));
		assert_true(digest == check_digest());
		assert_int_equal(machine_info(NACC_INFO_OPS), ops);
		assert_int_equal(machine_info(NACC_INFO_REFUSALS), refusals + 1);
		/* The call, and five of INFO. */
		assert_int_equal(machine_info(NACC_INFO_TRAPS), traps + 6);
		produced[r->call < END ? r->call : END][r->cause] = true;
	}
}

#define RUN_REFUSALS(rows)	run_refusals(rows, ARRAY_SIZE(rows))

/* One op: in a list, and in registers. */
#define LIST_OP(word, value, cause) \
	{ NACC_CALL_COMMIT, { 1 }, NACC_CAUSE_##cause, word, value, 0 }
#define EACH_OP(word, value, cause) \
	LIST_OP(word, value, cause), \
	{ NACC_CALL_OP, { word, value }, NACC_CAUSE_##cause, 0, 0, 0 }
/* SET, and the op, with the same causes. */
#define EACH_SET(slot, value, cause) \
	{ NACC_CALL_SET, { slot, value }, NACC_CAUSE_##cause, 0, 0, 0 }, \
	EACH_OP(NACC_OP_WORD(NACC_OP_SET, (slot) & NACC_OP_SLOT_MASK, 1), value, cause)
#define PLAIN(call, a0, a1, a2, cause) \
	{ NACC_CALL_##call, { a0, a1, a2 }, NACC_CAUSE_##cause, 0, 0, 0 }
#define LISTED(call, item, cause) \
	{ NACC_CALL_##call, { 1 }, NACC_CAUSE_##cause, 0, 0, item }

/* All spaces and all frames used up; two spaces with tables, one RETIRED. */
static void refusals_when_full(void)
{
	uint64_t root, mid, low, lone, other_root, other, retired, old, fresh, free;
	uint64_t space, retired_root;
	const uint64_t deny = NACC_POLICY_WX_DENY;
	unsigned int i;

	machine_start(&machine_default);
	space = machine_space(1, deny, &root);
	mid = machine_take();
	machine_must_set(root, machine_link(mid));
	low = machine_take();
	machine_must_set(mid, machine_link(low));
	lone = machine_bound(space, 1);
	other = machine_space(2, 0, &other_root);
	other = machine_bound(other, 0);
	retired = machine_space(3, 0, &retired_root);
	old = machine_bound(retired, 1);
	assert_cause(machine_call(NACC_CALL_SPACE_RETIRE, retired, 0, 0), NONE);
	for (i = 4; i < NACC_MIN_SPACES; i++)
		machine_space(i, 0, &other_root);
	fresh = machine_take();
	free = machine_take();
	while (machine_info(NACC_INFO_FRAMES_FREE))
		machine_take();

	{
	const struct refusal rows[] = {
		EACH_SET(MACHINE_PAGE, 0, SLOT),
		EACH_SET(MACHINE_POOL_BASE, 0, FRAME_STATE),
		EACH_SET(fresh, 0, UNBOUND),
		EACH_SET(mid + 8, machine_link(low), CHILD_STATE),
		EACH_SET(low, LEAF | 1UL << 55, BITS),
		EACH_SET(low, machine_link(fresh), LEVEL),
		EACH_SET(low, LEAF | 1UL << 61, MEMTYPE),
		EACH_SET(mid + 8, LEAF + (1 << 10), ALIGN),
		EACH_SET(root + 8 * 300, 0, KERNEL_HALF),
		EACH_SET(old, LEAF, RETIRED),
		EACH_SET(mid, machine_link(fresh), RELINK),
		EACH_SET(low, LEAF | 8, WX),
		EACH_SET(low, machine_pte(MACHINE_META_BASE, MACHINE_BITS), TARGET),
		EACH_SET(low, machine_pte(MACHINE_IMAGE_BASE, MACHINE_BITS), IMAGE),
		EACH_SET(mid + 8, machine_link(other), CHILD_SPACE),
		EACH_SET(mid + 8, machine_link(lone), CHILD_LEVEL),
		PLAIN(SET, low, 0, 2, RESERVED),
		PLAIN(SET, low, 0, 0x1000, RESERVED),
		PLAIN(SET, low, 0, 0x1003, RESERVED),

		PLAIN(COMMIT, 0, 0, 0, COUNT),
		PLAIN(COMMIT, NACC_MAX_OPS + 1, 0, 0, COUNT),
		PLAIN(COMMIT, ~0UL, 1, 0, COUNT),
		PLAIN(COMMIT, 1, 2, 0, RESERVED),
		PLAIN(OP, NACC_OP_WORD(NACC_OP_CLEARN, low, 1), 0, 2, RESERVED),
		PLAIN(OP, NACC_OP_WORD(NACC_OP_PUTN, low, 1), 0, 0, OPCODE),
		EACH_OP(NACC_OP_WORD(NACC_OP_SET, low, 2), 0, COUNT),
		EACH_OP(NACC_OP_WORD(NACC_OP_CLEARN, low, 513), 0, COUNT),
		LIST_OP(NACC_OP_WORD(NACC_OP_PUTN, low, 257), 0, COUNT),
		EACH_OP(NACC_OPCODES | low, 0, OPCODE),
		EACH_OP(7 | low, 0, OPCODE),
		EACH_OP(NACC_OP_WORD(NACC_OP_CLEARN, low + 8, 512), 0, RUN),
		EACH_OP(NACC_OP_WORD(NACC_OP_CLEARN, low, 1), 1, RESERVED),
		EACH_OP(NACC_OP_WORD(NACC_OP_WRPROTECTN, low, 1), 1, RESERVED),
		EACH_OP(NACC_OP_BIND_WORD(fresh, 0), 0, SPACE),
		EACH_OP(NACC_OP_BIND_WORD(fresh, 2), space, LEVEL),
		EACH_OP(NACC_OP_BIND_WORD(MACHINE_PAGE, 0), space, FRAME),

		PLAIN(INFO, NACC_INFO_COUNT, 0, 0, ITEM),
		PLAIN(INFO, ~0UL, 0, 0, ITEM),

		PLAIN(BOOT_LOCK, 0, 0, 0, LOCKED),
		PLAIN(BOOT_LOCK, NACC_MAX_RANGES + 1, 0, 0, COUNT),

		PLAIN(SPACE_CREATE, MACHINE_PAGE, 1, 0, FRAME),
		PLAIN(SPACE_CREATE, free, 1, 0, NO_SPACE),
		PLAIN(SPACE_CREATE, free, 0, 0, TAG),
		PLAIN(SPACE_CREATE, free, 1, 4, POLICY),

		PLAIN(SPACE_SET, 0, 0, 0, SPACE),
		PLAIN(SPACE_SET, space, 4, 0, POLICY),
		PLAIN(SPACE_RETIRE, 0, 0, 0, SPACE),
		PLAIN(SPACE_RETIRE, space, NACC_MAX_FRAMES + 1, 0, COUNT),
		PLAIN(SPACE_DESTROY, 0, 0, 0, SPACE),
		PLAIN(SPACE_DESTROY, space, 0, 0, IN_USE),

		PLAIN(FRAMES_TAKE, 0, 0, 0, COUNT),
		PLAIN(FRAMES_TAKE, NACC_MAX_FRAMES + 1, 0, 0, COUNT),
		PLAIN(FRAMES_TAKE, 1, 0, 0, NO_FRAME),

		PLAIN(FRAMES_RETURN, 0, 0, 0, COUNT),
		PLAIN(FRAMES_RETURN, NACC_MAX_FRAMES + 1, 0, 0, COUNT),
		LISTED(FRAMES_RETURN, MACHINE_PAGE, FRAME),
		LISTED(FRAMES_RETURN, fresh + 8, FRAME),
		LISTED(FRAMES_RETURN, low, FRAME_STATE),

		PLAIN(QUERY, NACC_QUERY_COUNT, 0, 0, ITEM),
		PLAIN(QUERY, NACC_QUERY_FRAME, MACHINE_PAGE, 0, FRAME),
		PLAIN(QUERY, NACC_QUERY_FRAME, low + 8, 0, FRAME),
		PLAIN(QUERY, NACC_QUERY_SPACE_OF, MACHINE_PAGE, 0, FRAME),
		PLAIN(QUERY, NACC_QUERY_SPACE, 0, 0, SPACE),

		{ NACC_CALL_COUNT, { 0 }, NACC_CAUSE_CALL, 0, 0, 0 },
		{ ~0UL, { 0 }, NACC_CAUSE_CALL, 0, 0, 0 },
	};
	RUN_REFUSALS(rows);
	}

	/* One that is in use, and one space less. */
	machine_must_set(lone, machine_link(machine_list()[0] = free));
	{
	const struct refusal rows[] = {
		LISTED(FRAMES_RETURN, lone, IN_USE),
	};
	RUN_REFUSALS(rows);
	}
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, retired, 0, 0), NONE);
	machine_list()[0] = old;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	{
	const struct refusal rows[] = {
		PLAIN(SPACE_CREATE, low, 1, 0, FRAME_STATE),
	};
	RUN_REFUSALS(rows);
	}
	assert_true(check_all());
}

static void refusals_before_boot_lock(void)
{
	uint64_t frame;

	machine_boot(&machine_default);
	frame = machine_take();
	memset(machine_ops(), 0, NACC_FRAME_SIZE);
	{
	const struct refusal rows[] = {
		PLAIN(SPACE_CREATE, frame, 1, 0, UNLOCKED),
		{ NACC_CALL_BOOT_LOCK, { 0 }, NACC_CAUSE_TEMPLATE, 0x11, 0, 0 },
		{ NACC_CALL_BOOT_LOCK, { 1 }, NACC_CAUSE_RANGE, 0, 0, 0 },
	};
	RUN_REFUSALS(rows);
	}
	host_hart(0)->satp = 0;
	{
	const struct refusal rows[] = {
		PLAIN(BOOT_LOCK, 0, 0, 0, MODE),
	};
	RUN_REFUSALS(rows);
	}
	assert_true(check_all());
}

static unsigned int cause_of(const char *word, size_t length)
{
	unsigned int cause;

	for (cause = 1; cause < NACC_CAUSES_END; cause++)
		if (strlen(nacc_cause_name(cause)) == length &&
		    !memcmp(nacc_cause_name(cause), word, length))
			break;
	return cause;
}

static long error_of(const char *word, size_t length)
{
	static const struct {
		const char *name;
		long error;
	} errors[] = {
		{ "FAILED",		NACC_SBI_FAILED },
		{ "NOT_SUPPORTED",	NACC_SBI_NOT_SUPPORTED },
		{ "INVALID_PARAM",	NACC_SBI_INVALID_PARAM },
		{ "DENIED",		NACC_SBI_DENIED },
		{ "INVALID_ADDRESS",	NACC_SBI_INVALID_ADDRESS },
		{ "INVALID_STATE",	NACC_SBI_INVALID_STATE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (strlen(errors[i].name) == length &&
		    !memcmp(errors[i].name, word, length))
			return errors[i].error;
	return 0;
}

/* Words of one line of a comment: "ERROR: CAUSE, CAUSE." */
static void read_line(const char *at, unsigned int call, long *error)
{
	while (*at) {
		size_t length = 0;
		unsigned int cause;

		while (isupper(at[length]) || at[length] == '_')
			length++;
		if (*at == '.')
			*error = 0;
		if (length && at[length] == ':' && error_of(at, length))
			*error = error_of(at, length);
		cause = cause_of(at, length);
		if (*error && cause < NACC_CAUSES_END) {
			documented[call][cause] = true;
			assert_int_equal(*error, nacc_cause_error(cause));
		}
		at += length ? length : 1;
	}
}

/* What the header's comments promise of each call. */
static void read_documented(void)
{
	FILE *header = fopen(NACC_ABI_HEADER, "r");
	unsigned int call = 0;
	bool inside = false;
	long error = 0;
	char line[256];

	assert_non_null(header);
	while (fgets(line, sizeof(line), header) && call < END) {
		inside |= !!strstr(line, "enum nacc_call {");
		if (!inside)
			continue;
		if (strstr(line, "As SET"))
			memcpy(documented[call], documented[NACC_CALL_SET],
			       sizeof(documented[call]));
		if (strstr(line, "As COMMIT"))
			memcpy(documented[call], documented[NACC_CALL_COMMIT],
			       sizeof(documented[call]));
		if (strstr(line, "NACC_CALL_") && strstr(line, "= "))
			call++;
		else
			read_line(line, call, &error);
	}
	fclose(header);
	assert_int_equal(call, END);
}

static void calls__every_cause_in_the_header__produced_and_nothing_changed(void **state)
{
	unsigned int call, cause, missing = 0;

	(void)state;
	refusals_when_full();
	refusals_before_boot_lock();
	read_documented();
	for (call = 0; call < END; call++) {
		for (cause = 1; cause < NACC_CAUSES_END; cause++) {
			if (documented[call][cause] == produced[call][cause])
				continue;
			/* Reserved arguments are the whole convention's. */
			if (cause == NACC_CAUSE_RESERVED && produced[call][cause])
				continue;
			print_error("call %u: %s is %s\n", call,
				    nacc_cause_name(cause),
				    produced[call][cause] ? "not in the header" :
							    "never produced");
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

static void calls__unnamed_argument_not_zero__refused(void **state)
{
	static const unsigned int named[] = { 3, 2, 1, 1, 3, 2, 2, 1, 1, 1, 0, 2, 3 };
	uint64_t digest = check_digest();
	unsigned int call, i;

	(void)state;
	assert_int_equal(ARRAY_SIZE(named), NACC_CALL_COUNT);
	for (call = 0; call < NACC_CALL_COUNT; call++) {
		for (i = named[call]; i < 6; i++) {
			uint64_t args[6] = { 0 };

			args[i] = 1UL << 63;
			assert_cause(nacc_call(0, call, args), RESERVED);
		}
	}
	assert_true(digest == check_digest());
}

static void info__facts__as_configured(void **state)
{
	const struct nacc_config config = machine_config(&machine_default);

	(void)state;
	assert_int_equal(machine_info(NACC_INFO_MAGIC), NACC_MAGIC);
	assert_int_equal(machine_info(NACC_INFO_VERSION), NACC_VERSION);
	assert_int_equal(machine_info(NACC_INFO_POOL_BASE), config.pool.base);
	assert_int_equal(machine_info(NACC_INFO_POOL_SIZE), config.pool.size);
	assert_int_equal(machine_info(NACC_INFO_ROOTS), config.pool.base);
	assert_int_equal(machine_info(NACC_INFO_HART),
			 NACC_HART_AD_OFF | NACC_HART_PMP_OK);
	host_hart(2)->flags = NACC_HART_PMP_OK;
	host_run_as(2);
	assert_int_equal(machine_info(NACC_INFO_OP_PAGE), config.ops.base + 0x2000);
	assert_int_equal(machine_info(NACC_INFO_HART), NACC_HART_PMP_OK);
	assert_int_equal(machine_info(NACC_INFO_LOCK_WAITS), 0);
}

static void info__counters__sum_over_harts(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t low = machine_bound(space, 0);
	uint64_t ops = machine_info(NACC_INFO_OPS);
	uint64_t traps = machine_info(NACC_INFO_TRAPS);
	unsigned int hart;

	(void)state;
	for (hart = 0; hart < 4; hart++) {
		host_run_as(hart);
		machine_must_set(low + 8 * hart, LEAF);
		assert_cause(machine_call(NACC_CALL_SET, low + 8 * hart, LEAF | 0x20, 0),
			     BITS);
		machine_ops()[0] = NACC_OP_WORD(NACC_OP_CLEARN, low, 100);
		machine_ops()[1] = 0;
		assert_cause(machine_call(NACC_CALL_COMMIT, 1, 0, 0), NONE);
	}
	assert_int_equal(machine_info(NACC_INFO_OPS), ops + 4 * 101);
	assert_int_equal(machine_info(NACC_INFO_TRAPS), traps + 4 * 3 + 2);
	assert_int_equal(machine_info(NACC_INFO_REFUSALS), 4);
}

static void set__fence__only_what_was_asked_for(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t low = machine_bound(space, 0);
	const struct host_hart *hart = host_hart(0);
	unsigned int all = hart->fences;

	(void)state;
	machine_must_set(low, LEAF);
	assert_int_equal(hart->page_fences, 0);
	assert_cause(machine_call(NACC_CALL_SET, low, LEAF,
				  0x7ffff000 | NACC_SET_FENCE), NONE);
	assert_int_equal(hart->page_fences, 1);
	assert_int_equal(hart->page_va, 0x7ffff000);
	/* Page 0 has an address too. */
	assert_cause(machine_call(NACC_CALL_SET, low, LEAF, NACC_SET_FENCE), NONE);
	assert_int_equal(hart->page_va, 0);
	assert_cause(machine_call(NACC_CALL_SET, low, LEAF | 0x20, NACC_SET_FENCE), BITS);
	assert_int_equal(hart->page_fences, 2);
	assert_int_equal(hart->fences, all);
}

static void query__frame__packs_state_level_live_and_space(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t low = machine_bound(space, 1);

	(void)state;
	machine_must_set(low + 8, 2);
	machine_must_set(low + 16, 2);
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, low, 0).value,
			 NACC_FRAME_DETACHED | 1 << 8 | 2 << 16 |
			 NACC_SPACE_INDEX(space) << 32);
	/* In quarantine no space is named. */
	machine_list()[0] = low;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, low, 0).value >> 32,
			 0);
}

static void query__space_of__is_the_id_of_tables_and_roots(void **state)
{
	uint64_t root, space = machine_space(1, 0, &root);
	uint64_t low = machine_bound(space, 1);

	(void)state;
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE_OF, root,
				      0).value, space);
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE_OF, low,
				      0).value, space);
	machine_list()[0] = low;
	assert_cause(machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0), NONE);
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE_OF, low,
				      0).value, 0);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);
	assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_SPACE_OF, root,
				      0).value, 0);
}

static void cause_name__all__are_the_headers(void **state)
{
	(void)state;
	assert_string_equal(nacc_cause_name(NACC_CAUSE_NONE), "NONE");
	assert_string_equal(nacc_cause_name(NACC_CAUSE_NO_SPACE), "NO_SPACE");
	assert_string_equal(nacc_cause_name(NACC_CAUSES_END), "?");
	assert_string_equal(nacc_cause_name(~0U), "?");
	assert_int_equal(nacc_cause_error(NACC_CAUSE_TARGET), NACC_SBI_DENIED);
	assert_int_equal(nacc_cause_error(NACC_CAUSE_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls__every_cause_in_the_header__produced_and_nothing_changed),
		test(calls__unnamed_argument_not_zero__refused),
		test(info__facts__as_configured),
		test(info__counters__sum_over_harts),
		test(set__fence__only_what_was_asked_for),
		test(query__frame__packs_state_level_live_and_space),
		test(query__space_of__is_the_id_of_tables_and_roots),
		test(cause_name__all__are_the_headers),
	};

	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
