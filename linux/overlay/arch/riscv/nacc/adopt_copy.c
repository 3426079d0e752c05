// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of an mm move into the pool: frames are made ready, each table is
 * copied by requests that the monitor checks like any other, top down, and
 * what Linux has counted for the old table is counted for its frame. What is
 * copied is old: the policy NEW is set when all is there.
 */

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/pgalloc.h>
#include "internal.h"

/* PUTN takes this many values at once: a table is copied in two calls. */
#define CHUNK	NACC_MAX_VALUES

static unsigned int root_entries(const struct mm_struct *mm)
{
	const unsigned long *root = (unsigned long *)READ_ONCE(mm->pgd);
	unsigned int i, nr = 0;

	for (i = 0; i < USER_PTRS_PER_PGD; i++)
		nr += READ_ONCE(root[i]) != 0;
	return nr;
}

/*
 * How many tables @mm has, without the root: what Linux has counted, the
 * deposited ones included, and the p4d tables, which it does not count. Exact
 * while all locks are held, and no more than a guess before.
 */
unsigned int nacc_adoption_needs(struct mm_struct *mm)
{
	unsigned int nr = mm_pgtables_bytes(mm) / PAGE_SIZE;

	return pgtable_l5_enabled ? nr + root_entries(mm) : nr;
}

static int root_prepare(struct nacc_adoption *a)
{
	struct sbiret ret;

	a->root = nacc_frame_take();
	if (!a->root)
		return -ENOMEM;
	ret = nacc_space_create(page_to_phys(a->root), (unsigned long)a->mm);
	if (ret.error) {
		nacc_frame_put(a->root);
		a->root = NULL;
		return -ENOMEM;
	}
	page_ptdesc(a->root)->pt_mm = a->mm;
	a->space = ret.value;
	return 0;
}

/*
 * Constructed like tables of level 0, which have all that any level needs, but
 * charged to nobody: the charge of the old table will do.
 */
static int table_prepare(struct nacc_adoption *a)
{
	struct page *page = nacc_frame_take();

	if (!page)
		return -ENOMEM;
	if (!pagetable_pte_ctor(page_ptdesc(page))) {
		nacc_frame_put(page);
		return -ENOMEM;
	}
	page_ptdesc(page)->pt_mm = a->mm;
	a->tables[a->nr++].frame = page;
	return 0;
}

/* Have a root, and @nr frames in all. May sleep. Returns 0, -ENOMEM or -EINTR. */
int nacc_adoption_prepare(struct nacc_adoption *a, unsigned int nr)
{
	struct nacc_moved *tables;
	int ret = a->root ? 0 : root_prepare(a);

	if (ret || nr <= a->nr)
		return ret;
	tables = kvcalloc(nr, sizeof(*tables), GFP_KERNEL);
	if (!tables)
		return -ENOMEM;
	if (a->nr)
		memcpy(tables, a->tables, a->nr * sizeof(*tables));
	kvfree(a->tables);
	a->tables = tables;
	while (a->nr < nr && !ret) {
		ret = table_prepare(a);
		cond_resched();
	}
	return ret && fatal_signal_pending(current) ? -EINTR : ret;
}

static int refusal(const struct nacc_adoption *a, unsigned long val,
		   unsigned int level, const char *why)
{
	atomic_long_inc(&nacc_refusals);
	pr_info_ratelimited("nacc: pid %d (%s) attached nothing: entry %lx of level %u refused: %s\n",
			    current->pid, current->comm, val, level, why);
	return -EACCES;
}

static struct nacc_moved *next_frame(struct nacc_adoption *a, struct page *old,
				     unsigned int level)
{
	struct nacc_moved *t;

	/* More tables than Linux has counted. */
	if (WARN_ON_ONCE(a->used == a->nr))
		return NULL;
	t = &a->tables[a->used++];
	t->old = old;
	t->level = level;
	return t;
}

/* Entries of level 0, all of @old[0..CHUNK) that is not empty, in one call. */
static int copy_chunk(struct nacc_adoption *a, const u64 *old, phys_addr_t slot)
{
	unsigned int first = 0, last = CHUNK, i;
	struct sbiret ret;
	u64 *words;

	while (first < last && !READ_ONCE(old[first]))
		first++;
	while (last > first && !READ_ONCE(old[last - 1]))
		last--;
	if (first == last)
		return 0;

	preempt_disable();
	words = nacc_op_page() + NACC_OPS_OFFSET;
	*words++ = NACC_OP_WORD(NACC_OP_PUTN, slot + first * sizeof(u64),
				last - first);
	for (i = first; i < last; i++)
		*words++ = READ_ONCE(old[i]);
	ret = nacc_commit(1, 0);
	preempt_enable();
	if (!ret.error)
		return 0;

	/* One by one, only to be able to say which it was. */
	for (i = first; i < last; i++) {
		ret = nacc_set(slot + i * sizeof(u64), READ_ONCE(old[i]));
		if (ret.error)
			return refusal(a, READ_ONCE(old[i]), 0,
				       nacc_cause_name(ret));
	}
	return 0;
}

/* A huge page of @pmd keeps an empty table in reserve, to be split later. */
static int deposits_assign(struct nacc_adoption *a, void *old, void *pmd)
{
	pgtable_t first = pmd_huge_pte(a->mm, (pmd_t *)old), page = first;
	struct nacc_moved *t;

	while (page && IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)) {
		t = next_frame(a, page, 0);
		if (!t)
			return -EIO;
		t->pmd = pmd;
		page = list_next_entry(page, lru);
		if (page == first)
			break;
	}
	return 0;
}

static int copy_table(struct nacc_adoption *a, const u64 *old, phys_addr_t table,
		      unsigned int level, unsigned int slots);

/* The frame is linked first: that tells the monitor its space and level. */
static int copy_link(struct nacc_adoption *a, unsigned long val,
		     phys_addr_t slot, unsigned int level)
{
	void *old = pfn_to_virt(__page_val_to_pfn(val));
	struct nacc_moved *t;
	struct sbiret ret;

	if (nacc_in_pool(old))
		return refusal(a, val, level, "it is somebody's table");
	t = next_frame(a, virt_to_page(old), level - 1);
	if (!t)
		return -EIO;
	ret = nacc_set(slot, page_to_pfn(t->frame) << _PAGE_PFN_SHIFT | _PAGE_TABLE);
	if (ret.error)
		return refusal(a, val, level, nacc_cause_name(ret));
	t->linked = true;
	return copy_table(a, old, page_to_phys(t->frame), level - 1, PTRS_PER_PTE);
}

/* An entry above level 0: a link, a huge page, or one of V=0 that says where it went. */
static int copy_entry(struct nacc_adoption *a, unsigned long val,
		      phys_addr_t slot, unsigned int level)
{
	struct sbiret ret;

	if (nacc_is_link(val))
		return copy_link(a, val, slot, level);
	ret = nacc_set(slot, val);
	return ret.error ? refusal(a, val, level, nacc_cause_name(ret)) : 0;
}

static int copy_table(struct nacc_adoption *a, const u64 *old, phys_addr_t table,
		      unsigned int level, unsigned int slots)
{
	unsigned int i;
	int ret = 0;

	if (level == 1)
		ret = deposits_assign(a, (void *)old, phys_to_virt(table));
	for (i = 0; i < slots && !ret; i += level ? 1 : CHUNK) {
		phys_addr_t slot = table + i * sizeof(u64);
		unsigned long val = READ_ONCE(old[i]);

		if (!level)
			ret = copy_chunk(a, old + i, slot);
		else if (val)
			ret = copy_entry(a, val, slot, level);
	}
	cond_resched();
	return ret;
}

/*
 * nacc_adoption_copy - copy all tables; the old ones are not touched. All locks
 * are held. Returns 0, or -EACCES when the monitor refuses an entry.
 */
int nacc_adoption_copy(struct nacc_adoption *a)
{
	struct sbiret ret;
	int err;

	err = copy_table(a, (u64 *)a->mm->pgd, page_to_phys(a->root),
			 nacc_root_level, USER_PTRS_PER_PGD);
	if (err)
		return err;
	ret = nacc_space_set(a->space, NACC_POLICY_NEW);
	return ret.error ? refusal(a, NACC_POLICY_NEW, nacc_root_level,
				   nacc_cause_name(ret)) : 0;
}

static void deposit(struct mm_struct *mm, pmd_t *pmd, struct page *page)
{
	if (pmd_huge_pte(mm, pmd))
		list_add(&page->lru, &pmd_huge_pte(mm, pmd)->lru);
	else
		INIT_LIST_HEAD(&page->lru);
	pmd_huge_pte(mm, pmd) = page;
}

static bool lock_is_taken(struct ptdesc *table)
{
	return raw_spin_is_locked(&ptlock_ptr(table)->rlock);
}

/* What Linux has counted for a table is counted for its frame from here on. */
static void move_accounts(struct nacc_moved *t)
{
	struct ptdesc *old = page_ptdesc(t->old), *new = page_ptdesc(t->frame);

	/* Nobody may be left with the lock of a table that is none any more. */
	VM_WARN_ON_ONCE(t->level <= 1 && lock_is_taken(old));
	if (t->level == 0) {
		pagetable_pte_dtor(old);
	} else if (t->level == 1) {
		old->pmd_huge_pte = NULL;
		pagetable_pmd_dtor(old);
		new->pmd_huge_pte = NULL;
	} else if (t->level == 2) {
		pagetable_pud_dtor(old);
	}
	if (t->level <= 1)
		lruvec_stat_sub_folio(ptdesc_folio(new), NR_PAGETABLE);
	else
		pagetable_pte_dtor(new);
#ifdef CONFIG_MEMCG
	new->pt_memcg_data = old->pt_memcg_data;
	old->pt_memcg_data = 0;
#endif
	if (t->level <= 1)
		lruvec_stat_add_folio(ptdesc_folio(new), NR_PAGETABLE);
	else if (t->level == 2)
		pagetable_pud_ctor(new);
}

/* nacc_adoption_switch - the frames become the tables for Linux. Cannot fail. */
void nacc_adoption_switch(struct nacc_adoption *a)
{
	unsigned int i;

	for (i = 0; i < a->used; i++)
		move_accounts(&a->tables[i]);
	for (i = 0; i < a->used; i++)
		if (a->tables[i].pmd)
			deposit(a->mm, a->tables[i].pmd, a->tables[i].frame);
	a->old_root = virt_to_page(a->mm->pgd);
}

/* A frame that holds no table: either it never did, or RETIRE takes it. */
static void frame_free(const struct nacc_moved *t)
{
	pagetable_pte_dtor(page_ptdesc(t->frame));
	if (t->linked)
		nacc_frame_reset(t->frame);
	else
		nacc_frame_put(t->frame);
}

/* nacc_adoption_free - the old tables go back to Linux, and unused frames. */
void nacc_adoption_free(struct nacc_adoption *a)
{
	unsigned int i;

	for (i = 0; i < a->used; i++)
		__free_page(a->tables[i].old);
	__free_page(a->old_root);
	for (; i < a->nr; i++)
		frame_free(&a->tables[i]);
	kvfree(a->tables);
}

/* nacc_adoption_abandon - all frames and the space go back. May sleep. */
void nacc_adoption_abandon(struct nacc_adoption *a)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++)
		frame_free(&a->tables[i]);
	kvfree(a->tables);
	if (!a->root)
		return;
	nacc_space_free(a->space, a->root);
}
