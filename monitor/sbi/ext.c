/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The extension as OpenSBI sees it: registers in, registers out. What a call
 * means is core's business.
 */
#include <sbi/sbi_ecall.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_trap.h>

#include <nacc_abi.h>

#include "ext.h"

#include "../platform/platform.h"

static int ext_probe(unsigned long extid, unsigned long *value)
{
	(void)extid;
	*value = nacc_offer_stands(false);
	return 0;
}

static nacc_cold struct nacc_ret first_call(const uint64_t args[6], uint64_t call)
{
	bool changes = call != NACC_CALL_INFO && call != NACC_CALL_QUERY;

	if (!nacc_offer_stands(changes))
		return (struct nacc_ret){ SBI_ENOTSUPP, NACC_CAUSE_CALL };
	return nacc_call(current_hartindex(), call, args);
}

struct nacc_ret nacc_trap_call(const uint64_t args[6], uint64_t call)
{
	unsigned int hart = current_hartindex();

	/* A hart that is offered anything has an index below NACC_MAX_HARTS. */
	if (nacc_likely(nacc_hart_used[hart]))
		return nacc_call(hart, call, args);
	return first_call(args, call);
}

/* Calls come here only where our trap entry is not installed. */
static int ext_handle(unsigned long extid, unsigned long call,
		      struct sbi_trap_regs *regs, struct sbi_ecall_return *out)
{
	const uint64_t args[6] = { regs->a0, regs->a1, regs->a2,
				   regs->a3, regs->a4, regs->a5 };
	struct nacc_ret ret = nacc_trap_call(args, call);

	(void)extid;
	/* OpenSBI 1.6 hands the value back on errors too: a1 is the cause. */
	out->value = ret.value;
	return ret.error;
}

static struct sbi_ecall_extension ext_nacc = {
	.name = "nacc",
	.extid_start = NACC_SBI_EXT,
	.extid_end = NACC_SBI_EXT,
	.probe = ext_probe,
	.handle = ext_handle,
};

int nacc_ext_register(void)
{
	return sbi_ecall_register_extension(&ext_nacc);
}
