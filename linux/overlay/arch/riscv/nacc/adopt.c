// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adoption: the address space of a process that runs becomes guarded. This
 * file decides which one it is, and keeps everybody away from its tables while
 * they move; adopt_copy.c moves them. docs/design/adoption.md.
 *
 * Lock order: cpus_read_lock, exec_update_lock of the target for read, its
 * mmap lock for write, and all that mm_take_all_locks() takes. Frames and
 * memory are taken before the last of these: reclaim needs the locks of rmap.
 */

#include <linux/cpu.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <asm/csr.h>
#include <asm/tlbflush.h>
#include "../../../mm/vma.h"
#include "internal.h"

/* How often frames are made ready for a process whose tables keep growing. */
#define TRIES	3

/*
 * mm_take_all_locks() gives up at any signal. What it does is bounded, so only
 * a fatal one counts here; for the others the caller returns to user mode soon.
 * Returns 0 or -EINTR.
 */
static int take_all_locks(struct mm_struct *mm)
{
	bool notify = false, sigpending = false;
	int ret;

	do {
		notify |= test_and_clear_thread_flag(TIF_NOTIFY_SIGNAL);
		sigpending |= test_and_clear_thread_flag(TIF_SIGPENDING);
		ret = __fatal_signal_pending(current) ? -EINTR :
							mm_take_all_locks(mm);
	} while (ret && !__fatal_signal_pending(current));
	if (notify)
		set_thread_flag(TIF_NOTIFY_SIGNAL);
	if (sigpending)
		set_thread_flag(TIF_SIGPENDING);
	return ret;
}

struct roots {
	unsigned long from, to;		/* page frame numbers */
};

/*
 * On every hart. What counts is the root that is loaded: a hart may hold it
 * lazily, or through kthread_use_mm(), and mm_cpumask() names harts that are
 * long gone. GUP-fast runs with interrupts off, so none is on the old tables
 * when this has run everywhere.
 */
static void reload_root(void *arg)
{
	const struct roots *roots = arg;
	unsigned long satp = csr_read(CSR_SATP);

	if ((satp & SATP_PPN) == roots->from)
		csr_write(CSR_SATP, (satp & ~SATP_PPN) | roots->to);
	local_flush_tlb_all();
}

/* All locks are held and nothing can fail any more. */
static void switch_tables(struct nacc_adoption *a)
{
	struct mm_struct *mm = a->mm;
	struct roots roots = {
		.from = virt_to_pfn(mm->pgd),
		.to = page_to_pfn(a->root),
	};

	nacc_adoption_switch(a);
	WRITE_ONCE(mm->pgd, page_address(a->root));
	/* The root first: see nacc_checked_root_pfn(). */
	smp_store_release(&mm->context.nacc.space, a->space);
	on_each_cpu(reload_root, &roots, 1);
}

/*
 * One attempt, under the mmap lock. No fault, walker of rmap, reaper, truncate
 * or khugepaged is inside or can come in while all locks are held, so nobody
 * holds or waits for the lock of a table.
 * Returns 0, -EBUSY, -EAGAIN when frames are missing, or what copying returns.
 */
static int move_locked(struct nacc_adoption *a)
{
	struct mm_struct *mm = a->mm;
	int ret;

	if (nacc_mm_guarded(mm))
		return -EBUSY;
	ret = take_all_locks(mm);
	if (ret)
		return ret;
	/* A fault under the lock of its VMA may have added one just now. */
	ret = nacc_adoption_needs(mm) > a->nr ? -EAGAIN : nacc_adoption_copy(a);
	if (!ret) {
		nacc_adoption_hold();
		switch_tables(a);
	}
	mm_drop_all_locks(mm);
	return ret;
}

/* Ends @a: the old tables go back to Linux, or the frames to the monitor. */
static int finish(struct nacc_adoption *a, int ret)
{
	if (ret)
		nacc_adoption_abandon(a);
	else
		nacc_adoption_free(a);
	return ret;
}

/*
 * nacc_adoption_locked_ns - for how long the adoption of @mm, which is guarded,
 * kept others from its tables; 0: it was born guarded. The root has no lock of
 * its own, so the word of its struct page that would hold that one is free.
 */
unsigned long nacc_adoption_locked_ns(struct mm_struct *mm)
{
	return page_private(virt_to_page(mm->pgd));
}

static int adopt(struct mm_struct *mm)
{
	struct nacc_adoption a = { .mm = mm };
	unsigned int slack = 0, tries;
	int ret = -EAGAIN;
	u64 start;

	for (tries = 0; tries < TRIES && ret == -EAGAIN; tries++) {
		ret = nacc_mm_guarded(mm) ? -EBUSY :
		      nacc_adoption_prepare(&a, nacc_adoption_needs(mm) + slack);
		if (!ret)
			ret = mmap_write_lock_killable(mm);
		if (ret)
			break;
		start = ktime_get_ns();
		ret = move_locked(&a);
		if (!ret)
			set_page_private(a.root, max_t(u64, ktime_get_ns() - start, 1));
		mmap_write_unlock(mm);
		slack = a.nr / 4 + 8;
	}
	return finish(&a, ret);
}

/*
 * A task that is in exec already has chosen the tables of its next mm while it
 * was unguarded. It will find this wish in nacc_exec_done(). A task that joins
 * the list later has seen a guarded mm from its start.
 */
static void mark_tasks(struct mm_struct *mm)
{
	struct task_struct *p, *t;

	read_lock(&tasklist_lock);
	for_each_process_thread(p, t)
		if (READ_ONCE(t->mm) == mm && !(t->flags & PF_KTHREAD))
			set_tsk_thread_flag(t, TIF_NACC_EXEC);
	read_unlock(&tasklist_lock);
}

/* nacc_guard_now - adopt the caller's own address space. See uapi/linux/nacc.h. */
int nacc_guard_now(void)
{
	struct mm_struct *mm = current->mm;
	int ret;

	/* A hart that goes offline would keep the old root and hear of nothing. */
	cpus_read_lock();
	ret = adopt(mm);
	cpus_read_unlock();
	if (!ret)
		mark_tasks(mm);
	return ret;
}

/*
 * The address space of @task, of which the first thread may have exited,
 * if the caller may ptrace it. Its exec_update_lock is held.
 */
static struct mm_struct *target_mm(struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(task, t) {
		mm = get_task_mm(t);
		if (mm)
			break;
	}
	if (mm)
		get_task_struct(t);
	rcu_read_unlock();
	if (!mm)
		return ERR_PTR(-ESRCH);
	if (mm != current->mm &&
	    !ptrace_may_access(t, PTRACE_MODE_ATTACH_REALCREDS)) {
		mmput(mm);
		mm = ERR_PTR(-EPERM);
	}
	put_task_struct(t);
	return mm;
}

static int attach_task(struct task_struct *task)
{
	struct mm_struct *mm;
	int ret;

	ret = down_read_killable(&task->signal->exec_update_lock);
	if (ret)
		return ret;
	mm = target_mm(task);
	ret = PTR_ERR_OR_ZERO(mm);
	if (!ret) {
		ret = adopt(mm);
		if (!ret)
			mark_tasks(mm);
		mmput(mm);
	}
	up_read(&task->signal->exec_update_lock);
	return ret;
}

/* nacc_attach - adopt the process of @pidfd. See uapi/linux/nacc.h. */
int nacc_attach(int pidfd)
{
	struct task_struct *task;
	unsigned int flags;
	int ret;

	task = pidfd_get_task(pidfd, &flags);
	if (IS_ERR(task))
		return PTR_ERR(task);
	cpus_read_lock();
	ret = attach_task(task);
	cpus_read_unlock();
	put_task_struct(task);
	return ret;
}

/*
 * nacc_adopt_child - @mm is a fork's, complete and never run, of an mm that
 * was adopted after the fork had chosen ordinary tables for it. Its mmap lock
 * is held for write. Returns 0 or -ENOMEM, which is what fork() returns anyway.
 */
int nacc_adopt_child(struct mm_struct *mm)
{
	struct nacc_adoption a = { .mm = mm };
	int ret;

	ret = nacc_adoption_prepare(&a, nacc_adoption_needs(mm));
	if (!ret)
		ret = move_locked(&a);
	return finish(&a, ret) ? -ENOMEM : 0;
}
