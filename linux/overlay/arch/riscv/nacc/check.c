// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/nacc/check: what `nacc check` runs. Each line is the
 * outcome of an attempt made on the running machine, not of a setting read.
 */

#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include "internal.h"

static void report(struct seq_file *m, bool ok, const char *text, int cpu)
{
	seq_printf(m, "%sok - ", ok ? "" : "not ");
	if (cpu >= 0)
		seq_printf(m, "hart %lu: ", cpuid_to_hartid_map(cpu));
	seq_printf(m, "%s\n", text);
}

/* Whether this hart, when it meets an entry with A=0, faults and leaves it so. */
static bool ad_faults(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long word;
	bool ok = false;
	void *addr;
	pte_t *ptep;

	if (!page)
		return false;
	addr = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (!addr)
		goto out_free;
	ptep = virt_to_kpte((unsigned long)addr);
	set_pte(ptep, pte_mkold(ptep_get(ptep)));
	local_flush_tlb_all();
	ok = copy_from_kernel_nofault(&word, addr, sizeof(word)) == -EFAULT &&
	     !pte_young(ptep_get(ptep));
	vunmap(addr);
out_free:
	__free_page(page);
	return ok;
}

/* Runs on the hart that it is about. */
static long check_hart(void *arg)
{
	struct seq_file *m = arg;
	unsigned long flags = nacc_info(NACC_INFO_HART), word;
	void *first = (void *)nacc_pool.va;
	void *last = first + nacc_pool.bytes - sizeof(word);
	int cpu = raw_smp_processor_id();

	report(m, !copy_from_kernel_nofault(&word, first, sizeof(word)),
	       "the kernel reads the first frame of the pool", cpu);
	report(m, copy_to_kernel_nofault(first, &word, sizeof(word)) == -EFAULT,
	       "a kernel store to the first frame of the pool faults", cpu);
	report(m, !copy_from_kernel_nofault(&word, last, sizeof(word)) &&
	       copy_to_kernel_nofault(last, &word, sizeof(word)) == -EFAULT,
	       "a kernel store to the last frame of the pool faults", cpu);
	report(m, ad_faults() && (flags & NACC_HART_AD_OFF),
	       "an access through an entry with A=0 faults and leaves it alone",
	       cpu);
	report(m, flags & NACC_HART_PMP_OK,
	       "PMP protects pool and monitor as wanted", cpu);
	return 0;
}

struct refusal {
	const char *text;
	unsigned long call, a0, a1, a2;
	enum nacc_cause cause;
};

static void check_refusals(struct seq_file *m)
{
	unsigned long pool = __pa(nacc_pool.va);
	unsigned long end = pool + nacc_pool.bytes;
	const struct refusal table[] = {
		{ "a call that does not exist is refused",
		  NACC_CALL_COUNT, 0, 0, 0, NACC_CAUSE_CALL },
		{ "an unknown item of INFO is refused",
		  NACC_CALL_INFO, NACC_INFO_COUNT, 0, 0, NACC_CAUSE_ITEM },
		{ "a reserved argument is refused",
		  NACC_CALL_INFO, NACC_INFO_MAGIC, 1, 0, NACC_CAUSE_RESERVED },
		{ "a slot behind the pool is refused",
		  NACC_CALL_SET, end, 0, 0, NACC_CAUSE_SLOT },
		{ "a slot before the pool is refused",
		  NACC_CALL_SET, pool - 8, 0, 0, NACC_CAUSE_SLOT },
		{ "an unaligned slot is refused",
		  NACC_CALL_SET, end - 4, 0, 0, NACC_CAUSE_SLOT },
		{ "a write to the registry of roots is refused",
		  NACC_CALL_SET, __pa(nacc_roots), 0, 0, NACC_CAUSE_FRAME_STATE },
		{ "an empty list of ops is refused",
		  NACC_CALL_COMMIT, 0, 0, 0, NACC_CAUSE_COUNT },
		{ "a list of ops that is too long is refused",
		  NACC_CALL_COMMIT, NACC_MAX_OPS + 1, 0, 0, NACC_CAUSE_COUNT },
		{ "a space that does not exist is refused",
		  NACC_CALL_SPACE_RETIRE, ~0UL, 0, 0, NACC_CAUSE_SPACE },
		{ "a root outside the pool is refused",
		  NACC_CALL_SPACE_CREATE, end, 1, 0, NACC_CAUSE_FRAME },
		{ "a second BOOT_LOCK is refused",
		  NACC_CALL_BOOT_LOCK, 0, 0, 0, NACC_CAUSE_LOCKED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct refusal *t = &table[i];
		struct sbiret ret = nacc_call(t->call, t->a0, t->a1, t->a2);

		report(m, ret.error && NACC_CAUSE(ret.value) == t->cause,
		       t->text, -1);
	}
}

static int check_show(struct seq_file *m, void *unused)
{
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		work_on_cpu(cpu, check_hart, m);
	cpus_read_unlock();
	check_refusals(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(check);

static int __init nacc_check_init(void)
{
	if (nacc_present)
		debugfs_create_file("check", 0400, debugfs_create_dir("nacc", NULL),
				    NULL, &check_fops);
	return 0;
}
late_initcall(nacc_check_init);
