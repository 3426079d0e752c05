// SPDX-License-Identifier: GPL-2.0-only
/* The space of an mm: from pgd_alloc() to pgd_free(). */

#include <linux/kernel.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/nacc.h>
#include <asm/mmu_context.h>
#include "internal.h"

/* Under nacc=all: every user address space from init on. */
static bool all_guarded(void)
{
	return nacc_mode == NACC_MODE_ALL &&
	       system_state >= SYSTEM_FREEING_INITMEM;
}

bool nacc_mm_guards(struct mm_struct *mm)
{
	bool guard = false;

	if (static_branch_unlikely(&nacc_key)) {
		/*
		 * A fork starts from a copy of the parent's mm, an exec from
		 * zeroes; task_size tells them apart.
		 */
		if (mm->task_size)
			guard = mm->context.nacc.space;
		else
			guard = test_thread_flag(TIF_NACC_EXEC) ||
				(current->mm && nacc_mm_guarded(current->mm));
		guard |= all_guarded();
	}
	memset(&mm->context.nacc, 0, sizeof(mm->context.nacc));
	return guard;
}

void *nacc_pgd_alloc(struct mm_struct *mm)
{
	struct page *page = nacc_frame_take();
	struct sbiret ret;

	if (!page)
		return NULL;
	ret = nacc_space_create(page_to_phys(page), (unsigned long)mm);
	if (ret.error) {
		pr_err_ratelimited("nacc: no space for pid %d (%s): %s\n",
				   current->pid, current->comm,
				   nacc_cause_name(ret));
		nacc_frame_put(page);
		return NULL;
	}
	page_ptdesc(page)->pt_mm = mm;
	mm->context.nacc.space = ret.value;
	return page_address(page);
}

/*
 * Take what hangs below the root, in bounded steps. @dead: the tables that
 * Linux has freed, each behind those below it. A refusal is said and counted,
 * and asked again once: what it leaves behind is lost.
 */
static void retire(struct mm_struct *mm, unsigned long space,
		   struct list_head *dead)
{
	unsigned int nr, refused = 0;
	struct sbiret ret;
	u64 list[32];

	do {
		for (nr = 0; nr < ARRAY_SIZE(list) && !list_empty(dead); nr++) {
			struct ptdesc *table = list_first_entry(dead, struct ptdesc,
								pt_list);

			list_del_init(&table->pt_list);
			list[nr] = page_to_phys(ptdesc_page(table));
		}
		ret = nacc_space_retire(space, list, nr);
		if (ret.error)
			nacc_refused(mm, "SPACE_RETIRE", space, 0,
				     nacc_cause_name(ret));
		cond_resched();
	} while (ret.error ? !refused++ : ret.value || !list_empty(dead));
}

/*
 * The space of @root ends. Is @space, the mm's own word on it, wrong, or does
 * something still hang below the root? The monitor knows whose root it is.
 */
static void destroy(unsigned long space, struct page *root)
{
	struct sbiret ret = nacc_space_destroy(space);

	if (unlikely(ret.error)) {
		nacc_refused(NULL, "SPACE_DESTROY", page_to_phys(root), space,
			     nacc_cause_name(ret));
		ret = nacc_query(NACC_QUERY_SPACE_OF, page_to_phys(root));
		if (!ret.error)
			space = ret.value;
		do
			ret = nacc_space_retire(space, NULL, 0);
		while (!ret.error && ret.value);
		ret = nacc_space_destroy(space);
		if (ret.error)
			nacc_refused(NULL, "SPACE_DESTROY", page_to_phys(root),
				     space, nacc_cause_name(ret));
	}
	nacc_frame_reset(root);
}

static unsigned long root_index(const void *root)
{
	return ((unsigned long)root - nacc_pool.va) >> PAGE_SHIFT;
}

bool nacc_is_root(const void *table)
{
	return READ_ONCE(nacc_roots[root_index(table)]);
}

/*
 * Also reached without exit_mmap: by a fork that failed early. Any context in
 * which an mm may be dropped. The mm is on its way out and cannot be killed.
 */
void nacc_root_put(struct mm_struct *mm, struct page *page)
{
	destroy(mm->context.nacc.space, page);
}

void nacc_space_free(unsigned long space, struct page *root)
{
	LIST_HEAD(none);

	retire(NULL, space, &none);
	destroy(space, root);
}

/*
 * The tables of a broken mm may hang on links that the monitor does not know,
 * so Linux unlinks and returns them one by one.
 */
void nacc_exit_tables(struct mm_struct *mm)
{
	if (!nacc_mm_guarded(mm) ||
	    test_bit(NACC_MM_BROKEN, &mm->context.nacc.flags))
		return;
	INIT_LIST_HEAD(&mm->context.nacc.dead);
	set_bit(NACC_MM_RETIRING, &mm->context.nacc.flags);
}

void nacc_exit_done(struct mm_struct *mm)
{
	LIST_HEAD(none);

	if (!nacc_mm_guarded(mm))
		return;
	if (test_bit(NACC_MM_RETIRING, &mm->context.nacc.flags))
		retire(mm, mm->context.nacc.space, &mm->context.nacc.dead);
	else if (test_bit(NACC_MM_BROKEN, &mm->context.nacc.flags))
		retire(mm, mm->context.nacc.space, &none);
}

/* What was written until now is old; what comes is NEW. */
static void begin_new(struct mm_struct *mm)
{
	struct sbiret ret;

	if (!mm || !nacc_mm_guarded(mm))
		return;
	ret = nacc_space_set(mm->context.nacc.space, NACC_POLICY_NEW);
	if (ret.error)
		nacc_refused(mm, "SPACE_SET", mm->context.nacc.space,
			     NACC_POLICY_NEW, nacc_cause_name(ret));
}

/*
 * Attached after the exec had chosen ordinary tables (mark_tasks() in adopt.c),
 * and too late to fail: the program is guarded, or it does not run.
 */
static void guard_late(void)
{
	int ret = nacc_guard_now();

	if (!ret || ret == -EBUSY)
		return;
	if (ret != -EINTR)
		pr_err_ratelimited("nacc: pid %d (%s) killed: attached during exec, and its page tables cannot be guarded\n",
				   current->pid, current->comm);
	force_sig(SIGKILL);
}

void nacc_exec_done(void)
{
	struct mm_struct *mm = current->mm;

	if (static_branch_unlikely(&nacc_key) && !nacc_mm_guarded(mm) &&
	    test_thread_flag(TIF_NACC_EXEC))
		guard_late();
	begin_new(mm);
}

/* The parent, who runs this, may have been adopted after its child's pgd_alloc(). */
int nacc_fork_done(struct mm_struct *mm)
{
	if (nacc_mm_guarded(current->mm) && !nacc_mm_guarded(mm))
		return nacc_adopt_child(mm);
	begin_new(mm);
	return test_bit(NACC_MM_BROKEN, &mm->context.nacc.flags) ? -ENOMEM : 0;
}

/*
 * The registry's word on @mm, or the kernel's own root. The mm gets its true
 * root back, so that teardown finds its tables.
 */
static unsigned long root_refused(struct mm_struct *mm, pgd_t *pgd)
{
	unsigned long i, nr = nacc_pool.bytes >> PAGE_SHIFT;

	nacc_refused(mm, "root", __pa(pgd), mm->context.nacc.space,
		     "not the registered one");
	for (i = 0; i < nr; i++)
		if (READ_ONCE(nacc_roots[i]) == (unsigned long)mm) {
			pgd = (pgd_t *)(nacc_pool.va + (i << PAGE_SHIFT));
			WRITE_ONCE(mm->pgd, pgd);
			return virt_to_pfn(pgd);
		}
	return PFN_DOWN(__pa_symbol(swapper_pg_dir));
}

unsigned long nacc_checked_root_pfn(struct mm_struct *mm)
{
	/* An adoption writes the root first: who sees its space sees its root. */
	unsigned long space = smp_load_acquire(&mm->context.nacc.space);
	pgd_t *pgd = READ_ONCE(mm->pgd);
	bool ok;

	/* A queue left behind by who ran before would be filled by who comes. */
	VM_WARN_ON_ONCE(nacc_lazy()->pending);

	if (nacc_in_pool(pgd))
		ok = !offset_in_page(pgd) &&
		     READ_ONCE(nacc_roots[root_index(pgd)]) == (unsigned long)mm;
	else
		ok = mm == &init_mm ||
		     (!space && !all_guarded());
	if (unlikely(!ok))
		return root_refused(mm, pgd);

	/* An mm that broke before any task ran on it: its killer missed it. */
	if (unlikely(test_bit(NACC_MM_BROKEN, &mm->context.nacc.flags)))
		nacc_kill(mm);
	return virt_to_pfn(pgd);
}
