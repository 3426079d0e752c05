// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store of the kernel to the pool. riscv takes a kernel access fault for
 * something like an NMI, and dies of it whole. This one is as harmless as a
 * store to read-only memory: nothing was written, and it is known who did it.
 */

#include <linux/entry-common.h>
#include <linux/extable.h>
#include <linux/kdebug.h>
#include <asm/asm-prototypes.h>
#include <asm/bug.h>
#include <asm/ptrace.h>
#include "internal.h"

asmlinkage __visible noinstr void do_trap_store_fault(struct pt_regs *regs)
{
	irqentry_state_t state;

	if (user_mode(regs) || !nacc_in_pool((void *)regs->badaddr)) {
		nacc_other_store_fault(regs);
		return;
	}
	state = irqentry_enter(regs);
	instrumentation_begin();
	current->thread.bad_cause = regs->cause;
	if (!fixup_exception(regs)) {
		pr_alert("Unable to handle kernel store to guarded page table at virtual address %016lx\n",
			 regs->badaddr);
		die(regs, "Oops - store to a guarded page table");
	}
	instrumentation_end();
	irqentry_exit(regs, state);
}
