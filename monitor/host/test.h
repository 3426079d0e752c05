/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test includes: cmocka, the machine, the invariants. */
#ifndef NACC_HOST_TEST_H
#define NACC_HOST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check.h"
#include "machine.h"



static inline int test_setup(void **state)
{
	(void)state;
	machine_start(&machine_default);
	return 0;
}

/* The invariants hold after every test. */
static inline int test_teardown(void **state)
{
	(void)state;
	machine_stop();
	return check_all() ? 0 : -1;
}

#define test(f)	cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)

#define assert_cause(ret, cause) \
	assert_string_equal(nacc_cause_name(machine_cause(ret)), \
			    nacc_cause_name(NACC_CAUSE_##cause))

#define assert_state(frame, wanted) \
	assert_int_equal(machine_state(frame), NACC_FRAME_##wanted)

#endif /* NACC_HOST_TEST_H */
