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

static int ext_handle(unsigned long extid, unsigned long call,
		      struct sbi_trap_regs *regs, struct sbi_ecall_return *out)
{
	const uint64_t args[6] = { regs->a0, regs->a1, regs->a2,
				   regs->a3, regs->a4, regs->a5 };
	bool changes = call != NACC_CALL_INFO && call != NACC_CALL_QUERY;
	struct nacc_ret ret;

	(void)extid;
	if (!nacc_offer_stands(changes)) {
		out->value = NACC_CAUSE_CALL;
		return SBI_ENOTSUPP;
	}
	ret = nacc_call(current_hartindex(), call, args);
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
