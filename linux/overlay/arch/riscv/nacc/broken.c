// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens when the monitor says no: the mm is broken, its tasks are
 * killed, and teardown still finds everything. Nothing else is harmed.
 */

#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/oom.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include "internal.h"

/* Requests on behalf of address spaces that were refused, since boot. */
atomic_long_t nacc_refusals;

/* What a page fault asks before it looks at its mm. */
bool nacc_any_broken __read_mostly;

static LLIST_HEAD(kill_list);

static void kill_tasks(struct mm_struct *mm)
{
	struct task_struct *p;

	rcu_read_lock();
	for_each_process(p) {
		if (!(p->flags & PF_KTHREAD) && process_shares_mm(p, mm))
			do_send_sig_info(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	}
	rcu_read_unlock();
}

static void kill_work_fn(struct work_struct *unused)
{
	struct llist_node *list = llist_del_all(&kill_list);
	struct mm_struct *mm, *next;

	llist_for_each_entry_safe(mm, next, list, context.nacc.kill) {
		clear_bit(NACC_MM_KILLING, &mm->context.nacc.flags);
		kill_tasks(mm);
		mmdrop(mm);
	}
}
static DECLARE_WORK(kill_work, kill_work_fn);

static void kill_irq_fn(struct irq_work *unused)
{
	schedule_work(&kill_work);
}
static DEFINE_IRQ_WORK(kill_irq, kill_irq_fn);

/*
 * nacc_kill - SIGKILL for every task that runs on @mm, soon. Any context: a
 * table lock or, in switch_mm(), the run queue's lock may be held, so that
 * not even a work item can be woken from here.
 */
void nacc_kill(struct mm_struct *mm)
{
	if (mm == &init_mm ||
	    test_and_set_bit(NACC_MM_KILLING, &mm->context.nacc.flags))
		return;
	mmgrab(mm);
	llist_add(&mm->context.nacc.kill, &kill_list);
	irq_work_queue(&kill_irq);
}

/*
 * nacc_refused - @what (of value @val, at @where) was refused to @mm: @why.
 * Counts it, says so, and breaks the mm. Any context. @mm may be NULL.
 */
void nacc_refused(struct mm_struct *mm, const char *what, phys_addr_t where,
		  unsigned long val, const char *why)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	atomic_long_inc(&nacc_refusals);
	if (__ratelimit(&limit))
		printk_deferred(KERN_ERR "nacc: pid %d (%s): %s of %lx at %pa refused: %s\n",
				current->pid, current->comm, what, val, &where,
				why);
	if (!mm)
		return;
	set_bit(NACC_MM_BROKEN, &mm->context.nacc.flags);
	WRITE_ONCE(nacc_any_broken, true);
	nacc_kill(mm);
}

static bool mm_broken(const struct mm_struct *mm)
{
	return mm && test_bit(NACC_MM_BROKEN, &mm->context.nacc.flags);
}

/*
 * nacc_access_refused - a page fault on @mm, or an access through GUP, by a
 * task that runs on a broken mm, or to one. Linux fails the access: a system
 * call returns -EFAULT, and neither it nor the program tries the same entry
 * for ever. A task whose own mm it is gets its SIGKILL here and now. Its own
 * one is not @mm where the kernel has been made to believe in a forged mm.
 */
bool nacc_access_refused(struct mm_struct *mm)
{
	if (!mm_broken(current->mm))
		return mm_broken(mm);
	if (!(current->flags & PF_KTHREAD))
		force_sig(SIGKILL);
	return true;
}
