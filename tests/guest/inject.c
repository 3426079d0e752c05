// SPDX-License-Identifier: BSD-2-Clause
/* Calls of the monitor fail. */
#include "guest.h"
#include "inject.h"

#define DIR	"/sys/kernel/debug/"

static void choose(bool task, unsigned int calls, unsigned int in_a_row)
{
	number_write(DIR "nacc_fail_task", task);
	number_write(DIR "nacc_fail_calls", calls);
	number_write(DIR "nacc_fail_count", in_a_row);
}

void inject_task(unsigned int calls, unsigned int in_a_row)
{
	choose(true, calls, in_a_row);
}

void inject_anybody(unsigned int calls, unsigned int in_a_row)
{
	choose(false, calls, in_a_row);
}

void inject_from(long n)
{
	number_write(DIR "nacc_fail", n);
}

bool inject_has_failed(void)
{
	return !number_of(DIR "nacc_fail", "");
}

bool inject_end(void)
{
	bool failed = inject_has_failed();

	inject_from(0);
	return failed;
}

enum nacc_call inject_failed(void)
{
	return (enum nacc_call)number_of(DIR "nacc_failed", "");
}
