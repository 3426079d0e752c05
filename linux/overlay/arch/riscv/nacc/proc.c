// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/nacc: the tables of an address space, read where they are.
 *
 * The walk takes no table lock. It follows a link only into the pool, which
 * is always readable, so that a table which is freed meanwhile makes counts
 * stale and nothing else.
 */

#include <linux/mm.h>
#include <linux/nacc.h>
#include <linux/proc_fs.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include "internal.h"

#define MAX_LEVELS	5

struct level_count {
	unsigned long frames;
	unsigned long entries[2];	/* old, new */
};

/* The table in the pool that @val links, or NULL. */
static const unsigned long *child_table(unsigned long val)
{
	void *child = pfn_to_virt(__page_val_to_pfn(val));

	return nacc_is_link(val) && nacc_in_pool(child) ? child : NULL;
}

static void count_entries(const unsigned long *table, unsigned int slots,
			  struct level_count *count)
{
	unsigned int i;

	count->frames++;
	for (i = 0; i < slots; i++) {
		unsigned long val = READ_ONCE(table[i]);

		if (val & _PAGE_PRESENT)
			count->entries[!!(val & NACC_PTE_NEW)]++;
	}
	cond_resched();
}

static void count_table(const unsigned long *table, unsigned int level,
			unsigned int slots, struct level_count *counts)
{
	unsigned int i;

	count_entries(table, slots, &counts[level]);
	for (i = 0; level && i < slots; i++) {
		const unsigned long *child = child_table(READ_ONCE(table[i]));

		if (child)
			count_table(child, level - 1, PTRS_PER_PTE, counts);
	}
}

/* One line for each table, in the order of a walk. */
static void show_table(struct seq_file *m, const unsigned long *table,
		       unsigned int level, unsigned int slots, unsigned long start)
{
	unsigned long reach = PAGE_SIZE << (9 * level);
	struct level_count count = {};
	unsigned int i;

	count_entries(table, slots, &count);
	seq_printf(m, "table:\tlevel %u 0x%lx-0x%lx old %lu new %lu\n", level,
		   start, start + slots * reach, count.entries[0],
		   count.entries[1]);
	for (i = 0; level && i < slots; i++) {
		const unsigned long *child = child_table(READ_ONCE(table[i]));

		if (child)
			show_table(m, child, level - 1, PTRS_PER_PTE,
				   start + i * reach);
	}
}

static void show_guarded(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long locked = nacc_adoption_locked_ns(mm);
	struct level_count counts[MAX_LEVELS] = {};
	int level;

	seq_printf(m, "space:\t%lx\n", mm->context.nacc.space);
	seq_printf(m, "origin:\t%s\n", locked ? "adopted" : "born");
	if (locked)
		seq_printf(m, "locked_ns:\t%lu\n", locked);
	seq_printf(m, "state:\t%s\n",
		   test_bit(NACC_MM_BROKEN, &mm->context.nacc.flags) ?
		   "broken" : "live");
	seq_printf(m, "root:\t0x%lx level %u\n", (unsigned long)__pa(mm->pgd),
		   nacc_root_level);
	count_table((unsigned long *)mm->pgd, nacc_root_level, USER_PTRS_PER_PGD,
		    counts);
	for (level = nacc_root_level; level >= 0; level--)
		seq_printf(m, "level%d:\tframes %lu old %lu new %lu\n", level,
			   counts[level].frames, counts[level].entries[0],
			   counts[level].entries[1]);
	show_table(m, (unsigned long *)mm->pgd, nacc_root_level,
		   USER_PTRS_PER_PGD, 0);
}

/*
 * Who may read /proc/PID/maps may read this. NULL for a kernel thread or a
 * process that has exited.
 */
static struct mm_struct *shown_mm(struct task_struct *task)
{
	struct mm_struct *mm = mm_access(task, PTRACE_MODE_READ_FSCREDS);

	return mm == ERR_PTR(-ESRCH) ? NULL : mm;
}

int nacc_proc_show(struct seq_file *m, struct pid_namespace *ns,
		   struct pid *pid, struct task_struct *task)
{
	struct mm_struct *mm = shown_mm(task);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (!mm) {
		seq_puts(m, "guarded:\tno\n");
		return 0;
	}
	mmap_read_lock(mm);
	seq_printf(m, "guarded:\t%s\n", nacc_mm_guarded(mm) ? "yes" : "no");
	if (nacc_mm_guarded(mm))
		show_guarded(m, mm);
	mmap_read_unlock(mm);
	mmput(mm);
	return 0;
}
