/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of the monitor fail: CONFIG_NACC_FAIL, arch/riscv/nacc/fail.c in the kernel. */
#ifndef NACC_INJECT_H
#define NACC_INJECT_H

#include <stdbool.h>

#include "../../abi/nacc_abi.h"

#define CALL_BIT(call)	(1U << (call))
#define ALL_CALLS	~0U
#define ALL_LATER	0U

/*
 * For what follows: of the calls with these bits that the task makes which then says
 * inject_from(), or of those that anybody makes, so many in a row fail.
 */
void inject_task(unsigned int calls, unsigned int in_a_row);
void inject_anybody(unsigned int calls, unsigned int in_a_row);
/* From the @n-th one from here on. What was before, setting up, is not counted. */
void inject_from(long n);
bool inject_has_failed(void);
/* None fails any more. Returns what inject_has_failed() would have. */
bool inject_end(void);
/* The number of the call that failed last. */
enum nacc_call inject_failed(void);

#endif /* NACC_INJECT_H */
