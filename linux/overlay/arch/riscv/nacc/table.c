// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of guarded address spaces: a frame whose struct page is constructed
 * as Linux constructs that of an ordinary table, so that locks, NR_PAGETABLE
 * and memcg see no difference.
 */

#include <linux/memcontrol.h>
#include <linux/pagemap.h>
#include <asm/pgalloc.h>
#include "internal.h"

/* A charged frame that knows its mm; the constructor is the caller's. */
static struct ptdesc *table_alloc(struct mm_struct *mm)
{
	struct page *page = nacc_frame_take();

	if (!page)
		return NULL;
	if (memcg_kmem_charge_page(page, GFP_PGTABLE_USER, 0)) {
		nacc_frame_put(page);
		return NULL;
	}
	page_ptdesc(page)->pt_mm = mm;
	return page_ptdesc(page);
}

struct page *nacc_pte_alloc(struct mm_struct *mm)
{
	struct ptdesc *ptdesc;

	if (!nacc_mm_guarded(mm))
		return __pte_alloc_one(mm, GFP_PGTABLE_USER);
	ptdesc = table_alloc(mm);
	if (!ptdesc)
		return NULL;
	if (!pagetable_pte_ctor(ptdesc)) {
		nacc_frame_put(ptdesc_page(ptdesc));
		return NULL;
	}
	return ptdesc_page(ptdesc);
}

/* An ordinary pmd table, as asm-generic/pgalloc.h has it. */
static struct ptdesc *plain_pmd_alloc(struct mm_struct *mm)
{
	return pagetable_alloc(mm == &init_mm ? GFP_PGTABLE_KERNEL :
						GFP_PGTABLE_USER, 0);
}

void *nacc_pmd_alloc(struct mm_struct *mm)
{
	struct ptdesc *ptdesc;

	ptdesc = nacc_mm_guarded(mm) ? table_alloc(mm) : plain_pmd_alloc(mm);
	if (!ptdesc)
		return NULL;
	if (!pagetable_pmd_ctor(ptdesc)) {
		pagetable_free(ptdesc);
		return NULL;
	}
	return ptdesc_address(ptdesc);
}

void *nacc_pud_alloc(struct mm_struct *mm)
{
	struct ptdesc *ptdesc = table_alloc(mm);

	if (!ptdesc)
		return NULL;
	pagetable_pud_ctor(ptdesc);
	return ptdesc_address(ptdesc);
}

void *nacc_p4d_alloc(struct mm_struct *mm)
{
	struct ptdesc *ptdesc = table_alloc(mm);

	return ptdesc ? ptdesc_address(ptdesc) : NULL;
}

/*
 * nacc_table_put - the end of every way out for a frame: pagetable_free(),
 * p4d_free() and __tlb_remove_table(). The caller has destructed it and no
 * hart can reach it. Any context. Returns true.
 */
bool nacc_table_put(void *addr)
{
	struct page *page = virt_to_page(addr);

	/* The mm of a root is there still. RCU may have come later than another's end. */
	if (nacc_is_root(addr))
		nacc_root_put(page_ptdesc(page)->pt_mm, page);
	else
		nacc_frame_put(page);
	return true;
}

/*
 * nacc_table_remove - a table that was unlinked goes to @tlb, to be returned
 * after the flush. In exit_mmap it is still linked: its struct page is reset
 * here, and SPACE_RETIRE takes the frame after the flush. Returns true.
 */
bool nacc_table_remove(struct mmu_gather *tlb, void *addr)
{
	struct page *page = virt_to_page(addr);

	if (test_bit(NACC_MM_RETIRING, &tlb->mm->context.nacc.flags)) {
		nacc_frame_reset(page);
		list_add_tail(&page_ptdesc(page)->pt_list,
			      &tlb->mm->context.nacc.dead);
	} else {
		tlb_remove_table(tlb, page);
	}
	return true;
}
