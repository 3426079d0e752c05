// SPDX-License-Identifier: GPL-2.0-only
/* What hooks.S has to know of C's structs. */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <linux/preempt.h>
#include <asm/nacc.h>
#include "batch.h"
#include "internal.h"

#define LAZY(field)						\
	(offsetof(struct thread_info, nacc_lazy) + offsetof(struct nacc_lazy, field))

int main(void);

int main(void)
{
	/* tp is the task, which begins with its thread_info. */
	BUILD_BUG_ON(offsetof(struct task_struct, thread_info));
	DEFINE(LAZY_DEPTH, LAZY(depth));
	DEFINE(LAZY_PENDING, LAZY(pending));
	DEFINE(LAZY_CLEAR_NEXT, LAZY(clear_next));
	DEFINE(LAZY_PROTECT_NEXT, LAZY(protect_next));
	DEFINE(LAZY_PUT_NEXT, LAZY(put_next));
	DEFINE(LAZY_PUT_END, LAZY(put_end));
	DEFINE(LAZY_PUT_BIAS, LAZY(put_bias));
	DEFINE(POOL_VA, offsetof(struct nacc_pool, va));
	DEFINE(POOL_BYTES, offsetof(struct nacc_pool, bytes));
	DEFINE(POOL_VA_PA, offsetof(struct nacc_pool, va_pa));
	DEFINE(BATCH_CLEAR, offsetof(struct nacc_batch, begin[CLEAR]));
	DEFINE(BATCH_PROTECT, offsetof(struct nacc_batch, begin[PROTECT]));
	DEFINE(BATCH_PUT, offsetof(struct nacc_batch, begin[PUT]));
	DEFINE(BATCH_VALUES, offsetof(struct nacc_batch, values));
	DEFINE(MAX_VALUES, NACC_MAX_VALUES);
	DEFINE(TI_CPU, offsetof(struct thread_info, cpu));
	DEFINE(TI_PREEMPT_COUNT, offsetof(struct thread_info, preempt_count));
	DEFINE(ATOMIC_DEPTHS, PREEMPT_MASK);
	DEFINE(MAX_GAP, NACC_MAX_GAP);
	DEFINE(PTE_W, _PAGE_WRITE);
	return 0;
}
