// SPDX-License-Identifier: GPL-2.0-only
/* The SBI calls. Nothing here decides anything. */

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include "internal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* This hart's op page in the linear map; NULL until its first use. */
static DEFINE_PER_CPU(void *, op_page);

atomic_t nacc_watched = ATOMIC_INIT(0);

int nacc_watch(void)
{
	atomic_inc(&nacc_watched);
	return 0;
}

void nacc_unwatch(void)
{
	atomic_dec(&nacc_watched);
}

noinline __cold void nacc_call_trace(enum nacc_call call, unsigned long a0,
				     unsigned long a1, unsigned long a2,
				     struct sbiret ret)
{
	trace_nacc_call(call, a0, a1, a2, ret.error, ret.value);
}

unsigned long nacc_info(enum nacc_info item)
{
	struct sbiret ret = nacc_call(NACC_CALL_INFO, item, 0, 0);

	return ret.error ? 0 : ret.value;
}

void *nacc_op_page(void)
{
	void *page = __this_cpu_read(op_page);

	if (unlikely(!page)) {
		page = __va(nacc_info(NACC_INFO_OP_PAGE));
		__this_cpu_write(op_page, page);
	}
	return page;
}

/* COMMIT of @nr ops that lie in the op page. Preemption is off. */
struct sbiret nacc_commit(unsigned int nr, unsigned long flags)
{
	return nacc_call(NACC_CALL_COMMIT, nr, flags, 0);
}

struct sbiret nacc_boot_lock(const void *template, const struct nacc_range *ranges,
			     unsigned int nr)
{
	unsigned long flags;
	struct sbiret ret;
	void *page;

	local_irq_save(flags);
	page = nacc_op_page();
	memcpy(page + NACC_TEMPLATE_OFFSET, template,
	       NACC_TEMPLATE_SLOTS * sizeof(u64));
	memcpy(page + NACC_RANGES_OFFSET, ranges, nr * sizeof(*ranges));
	ret = nacc_call(NACC_CALL_BOOT_LOCK, nr, 0, 0);
	local_irq_restore(flags);
	return ret;
}

struct sbiret nacc_space_create(phys_addr_t root, unsigned long tag)
{
	return nacc_call(NACC_CALL_SPACE_CREATE, root, tag, 0);
}

struct sbiret nacc_space_set(unsigned long space, unsigned long policy)
{
	return nacc_call(NACC_CALL_SPACE_SET, space, policy, 0);
}

struct sbiret nacc_space_retire(unsigned long space, const u64 *list, unsigned int nr)
{
	unsigned long flags;
	struct sbiret ret;

	local_irq_save(flags);
	memcpy(nacc_op_page() + NACC_LIST_OFFSET, list, nr * sizeof(u64));
	ret = nacc_call(NACC_CALL_SPACE_RETIRE, space, nr, 0);
	local_irq_restore(flags);
	return ret;
}

struct sbiret nacc_space_destroy(unsigned long space)
{
	return nacc_call(NACC_CALL_SPACE_DESTROY, space, 0, 0);
}

struct sbiret nacc_reclaim(void)
{
	return nacc_call(NACC_CALL_RECLAIM, 0, 0, 0);
}

struct sbiret nacc_query(enum nacc_query item, unsigned long which)
{
	return nacc_call(NACC_CALL_QUERY, item, which, 0);
}

unsigned int nacc_frames_take(u64 *list, unsigned int nr)
{
	unsigned long flags;
	struct sbiret ret;

	local_irq_save(flags);
	ret = nacc_call(NACC_CALL_FRAMES_TAKE, nr, 0, 0);
	if (ret.error || WARN_ON_ONCE((unsigned long)ret.value > nr))
		ret.value = 0;
	memcpy(list, nacc_op_page() + NACC_LIST_OFFSET, ret.value * sizeof(u64));
	local_irq_restore(flags);
	return ret.value;
}

unsigned int nacc_frames_return(const u64 *list, unsigned int nr)
{
	unsigned long flags;
	struct sbiret ret;

	local_irq_save(flags);
	memcpy(nacc_op_page() + NACC_LIST_OFFSET, list, nr * sizeof(u64));
	ret = nacc_call(NACC_CALL_FRAMES_RETURN, nr, 0, 0);
	local_irq_restore(flags);
	return ret.error ? NACC_CAUSE_INDEX(ret.value) : nr;
}

#define CAUSE_NAME(name, error, text) [NACC_CAUSE_##name] = #name,
static const char * const cause_names[] = { NACC_CAUSES(CAUSE_NAME) };
static_assert(ARRAY_SIZE(cause_names) == NACC_CAUSES_END);

const char *nacc_cause_name(struct sbiret ret)
{
	unsigned long cause = NACC_CAUSE(ret.value);

	return cause < ARRAY_SIZE(cause_names) ? cause_names[cause] : "?";
}
