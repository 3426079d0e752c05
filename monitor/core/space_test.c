// SPDX-License-Identifier: BSD-2-Clause
/* Life of spaces: create, bind, retire, destroy, and the reuse of an index. */
#include "test.h"

static void space__whole_life__everything_comes_back(void **state)
{
	uint64_t root, mid, leaf, space;

	(void)state;
	space = machine_space(0x1234, NACC_POLICY_WX_DENY, &root);
	mid = machine_take();
	leaf = machine_bound(space, 0);
	machine_must_set(machine_slot(leaf, 5), machine_pte(MACHINE_PAGE, MACHINE_BITS));
	machine_must_set(machine_slot(root, 1), machine_link(mid));
	machine_must_set(machine_slot(mid, 511), machine_link(leaf));
	assert_state(leaf, LINKED);
	assert_true(check_all());

	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), IN_USE);
	assert_int_equal(machine_call(NACC_CALL_SPACE_RETIRE, space, 0, 0).value, 0);
	assert_state(leaf, QUARANTINE);
	assert_state(mid, QUARANTINE);
	assert_cause(machine_call(NACC_CALL_SPACE_DESTROY, space, 0, 0), NONE);
	assert_true(check_all());
	assert_int_equal(machine_settle(), 0);
	assert_int_equal(machine_info(NACC_INFO_FRAMES_FREE),
			 machine_info(NACC_INFO_FRAMES_TOTAL));
	assert_int_equal(machine_info(NACC_INFO_SPACES), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(space__whole_life__everything_comes_back),
	};

	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
