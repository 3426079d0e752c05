// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of the pool between two lives as a table. Each CPU keeps a few fresh
 * ones and a list of dead ones, so that one call moves many.
 */

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/workqueue.h>
#include <asm/csr.h>
#include <asm/processor.h>
#include "internal.h"

#define NR_FRESH	16

struct frame_cache {
	unsigned int nr_fresh;
	unsigned int nr_dead;
	u64 fresh[NR_FRESH];
	u64 dead[NACC_MAX_FRAMES];
};

/* Used with interrupts off, by its own CPU. */
static DEFINE_PER_CPU(struct frame_cache, frame_caches);

/*
 * The monitor refuses a frame only if somebody else has tampered with it. It
 * is asked twice, so that one refusal that was none of its doing loses nothing.
 */
static void return_frames(const u64 *list, unsigned int nr)
{
	bool again = false;

	while (nr) {
		unsigned int done = nacc_frames_return(list, nr);

		if (!done && again) {
			pr_err_ratelimited("nacc: the monitor refuses frame %llx back\n",
					   list[0]);
			done = 1;
		}
		again = !done;
		list += done;
		nr -= done;
	}
}

static void drain_dead(void *unused)
{
	struct frame_cache *cache = this_cpu_ptr(&frame_caches);

	return_frames(cache->dead, cache->nr_dead);
	cache->nr_dead = 0;
}

static void drain_all(void *unused)
{
	struct frame_cache *cache = this_cpu_ptr(&frame_caches);

	drain_dead(NULL);
	return_frames(cache->fresh, cache->nr_fresh);
	cache->nr_fresh = 0;
}

static struct page *take_cached(void)
{
	struct page *page = NULL;
	struct frame_cache *cache;
	unsigned long flags;

	local_irq_save(flags);
	cache = this_cpu_ptr(&frame_caches);
	if (!cache->nr_fresh)
		cache->nr_fresh = nacc_frames_take(cache->fresh,
						   nacc_takes_singly() ? 1 : NR_FRESH);
	if (cache->nr_fresh)
		page = phys_to_page(cache->fresh[--cache->nr_fresh]);
	local_irq_restore(flags);
	return page;
}

/*
 * Is the calling task in a page fault of user mode? A system call's own faults
 * end with -EFAULT or -ENOMEM; a store in user mode has nothing to return.
 */
static bool in_user_fault(void)
{
	unsigned long cause;

	if (!current->mm || current->flags & PF_KTHREAD)
		return false;
	cause = task_pt_regs(current)->cause;
	return cause == EXC_INST_PAGE_FAULT || cause == EXC_LOAD_PAGE_FAULT ||
	       cause == EXC_STORE_PAGE_FAULT;
}

/*
 * Where Linux lacks a page, the allocator calls the OOM killer and the fault is
 * tried again. Nobody but the pool's users can make room in the pool, so the
 * one that asks for more and cannot be told is killed. No SIGKILL reaches init, and
 * force_sig() would open it to other signals: it tries again.
 */
static void pool_exhausted(void)
{
	pr_warn_ratelimited("nacc: the pool is exhausted (%lu frames); see nacc.pool=\n",
			    nacc_info(NACC_INFO_FRAMES_TOTAL));
	if (!in_user_fault() || is_global_init(current))
		return;
	pr_err_ratelimited("nacc: pid %d (%s) killed: no frame left for its page tables; see nacc.pool=\n",
			   current->pid, current->comm);
	force_sig(SIGKILL);
}

/*
 * Nothing is free: get back what waits in caches, in quarantine and, if that
 * does not do, for RCU. An idle hart may hold a dead root for long, so do not
 * wait for all of it.
 */
struct page *nacc_frame_take(void)
{
	struct page *page = take_cached();
	bool waited = false;
	unsigned int tries;

	might_sleep();
	for (tries = 0; !page && tries < 50; tries++) {
		if (fatal_signal_pending(current))
			break;
		on_each_cpu(drain_all, NULL, 1);
		if (!nacc_reclaim().value && tries) {
			if (waited)
				break;
			rcu_barrier();
			waited = true;
		}
		/* Alone, this hart need not wait for anybody's fence. */
		page = take_cached();
		if (page)
			break;
		usleep_range(50, 200);
		page = take_cached();
	}
	if (!page)
		pool_exhausted();
	return page;
}

void nacc_frame_reset(struct page *page)
{
	struct ptdesc *ptdesc = page_ptdesc(page);

	if (memcg_kmem_online() && PageMemcgKmem(page))
		__memcg_kmem_uncharge_page(page, 0);
	ptdesc->pt_mm = NULL;
	INIT_LIST_HEAD(&ptdesc->pt_list);
	/* A used ticket lock is not zero, and ptlock_init() wants zero. */
	memset(&ptdesc->ptl, 0, sizeof(ptdesc->ptl));
}

void nacc_frame_put(struct page *page)
{
	struct frame_cache *cache;
	unsigned long flags;

	nacc_frame_reset(page);
	local_irq_save(flags);
	cache = this_cpu_ptr(&frame_caches);
	cache->dead[cache->nr_dead++] = page_to_phys(page);
	if (cache->nr_dead == ARRAY_SIZE(cache->dead))
		drain_dead(NULL);
	local_irq_restore(flags);
}

/* Frames that no table uses, but that the monitor has lent or not yet back. */
unsigned int nacc_frames_cached(void)
{
	unsigned int nr = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct frame_cache *cache = per_cpu_ptr(&frame_caches, cpu);

		nr += READ_ONCE(cache->nr_fresh) + READ_ONCE(cache->nr_dead);
	}
	return nr;
}

/* A kernel thread that has used init_mm leaves init_mm's root in satp. */
static void drop_lazy_mm(struct work_struct *unused)
{
	kthread_use_mm(&init_mm);
	kthread_unuse_mm(&init_mm);
}

/*
 * nacc_settle - after it, counts are exact: no idle hart holds a dead address
 * space, no frame waits in a cache, in an RCU callback or in quarantine.
 * May sleep. Returns 0, -EAGAIN if frames were still in quarantine after about
 * a second, or -ENOMEM.
 */
int nacc_settle(void)
{
	int tries, ret;

	ret = schedule_on_each_cpu(drop_lazy_mm);
	if (ret)
		return ret;
	rcu_barrier();
	for (tries = 0; tries < 1000; tries++) {
		on_each_cpu(drain_all, NULL, 1);
		if (!nacc_reclaim().value)
			return 0;
		usleep_range(500, 1000);
	}
	return -EAGAIN;
}
