// SPDX-License-Identifier: BSD-2-Clause
/* Names and SBI errors of the causes, from the table in the abi header. */
#include <nacc/monitor.h>

#include "call.h"

#define CAUSE_NAME(name, error, text)	#name,
#define CAUSE_ERROR(name, error, text)	NACC_SBI_##error,

static const char *const names[] = { NACC_CAUSES(CAUSE_NAME) };
static const int8_t errors[] = { NACC_CAUSES(CAUSE_ERROR) };

_Static_assert(sizeof(names) / sizeof(names[0]) == NACC_CAUSES_END,
	       "a name for every cause");
_Static_assert(sizeof(errors) == NACC_CAUSES_END, "an error for every cause");

const char *nacc_cause_name(unsigned int cause)
{
	return cause < NACC_CAUSES_END ? names[cause] : "?";
}

long nacc_cause_error(unsigned int cause)
{
	return errors[cause];
}
