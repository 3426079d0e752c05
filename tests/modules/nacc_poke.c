// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: what a kernel bug would do to the
 * page tables of a process.
 *
 * Write `PID VA KIND [VALUE]` (numbers as strtoul takes them) to the debugfs
 * file nacc_poke, then read it: one line for each level of the walk. KIND:
 *   tables no walk to VA: every table of the user half, a line for each
 *   walk   look only
 *   flip   at each level, store the entry with a software bit flipped, then
 *          store the old value again
 *   set    store VALUE to the last entry of the walk, and flush every TLB
 *   stray  store the last entry again, with nothing that catches a fault
 * The stores are plain stores of S-mode. The walk is the module's own, by
 * satp's mode and physical addresses, so it shows what the hardware walks,
 * whatever the kernel's page-table helpers would say.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/csr.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/sbi.h>

#include "nacc_abi.h"

#define ENTRY_V		BIT(0)
#define ENTRY_RWX	(BIT(1) | BIT(2) | BIT(3))
#define ENTRY_FLIP	BIT(9)		/* software's, hardware ignores it */
#define ENTRY_PFN	GENMASK(53, 10)
#define SLOTS		512

enum kind { KIND_TABLES, KIND_WALK, KIND_FLIP, KIND_SET, KIND_STRAY };

struct request {
	pid_t pid;
	unsigned long va;
	enum kind kind;
	unsigned long value;
};

static DEFINE_MUTEX(report_lock);
static char report[65536];
static size_t report_len;
static u64 pool_base, pool_size;
static u64 *last_slot;
static struct dentry *file;

static __printf(1, 2) void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_len += vscnprintf(report + report_len,
				 sizeof(report) - report_len, fmt, args);
	va_end(args);
}

static bool in_pool(u64 pa)
{
	return pa >= pool_base && pa - pool_base < pool_size;
}

static u64 info(unsigned long item)
{
	struct sbiret ret = sbi_ecall(NACC_SBI_EXT, NACC_CALL_INFO, item,
				      0, 0, 0, 0, 0);

	return ret.error ? 0 : ret.value;
}

static bool store(u64 *slot, u64 value)
{
	pagefault_disable();
	__put_kernel_nofault(slot, &value, u64, fault);
	pagefault_enable();
	return true;
fault:
	pagefault_enable();
	return false;
}

/*
 * One store decides. The entry is read back, since a store that neither
 * faults nor shows would be a third thing, and a failure of the test.
 */
static const char *try_flip(u64 *slot)
{
	u64 old, now;
	bool written;

	preempt_disable();
	old = READ_ONCE(*slot);
	written = store(slot, old ^ ENTRY_FLIP);
	now = READ_ONCE(*slot);
	if (written)
		store(slot, old);
	preempt_enable();
	if (!written)
		return now == old ? "faulted" : "faulted-but-changed";
	return now == (old ^ ENTRY_FLIP) ? "written" : "lost";
}

static void flush_this_hart(void *unused)
{
	asm volatile("sfence.vma" : : : "memory");
}

static const char *try_set(u64 *slot, u64 value)
{
	u64 old = READ_ONCE(*slot);
	bool written = store(slot, value);
	u64 now = READ_ONCE(*slot);

	on_each_cpu(flush_this_hart, NULL, 1);
	if (!written)
		return now == old ? "faulted" : "faulted-but-changed";
	return now == value ? "written" : "lost";
}

static int top_level(void)
{
	switch (csr_read(CSR_SATP) >> SATP_MODE_SHIFT) {
	case 8:
		return 2;
	case 9:
		return 3;
	case 10:
		return 4;
	}
	return -1;
}

static bool is_link(u64 entry)
{
	return entry & ENTRY_V && !(entry & ENTRY_RWX);
}

/* A table, then those below it; of the root only what user space maps. */
static void list(u64 table, int level, unsigned int slots)
{
	u64 *slot = __va(table);
	unsigned int i, links = 0, leaves = 0;

	for (i = 0; i < slots; i++) {
		links += is_link(slot[i]);
		leaves += slot[i] & ENTRY_V && !is_link(slot[i]);
	}
	say("level %d table 0x%llx links %u leaves %u pool %s\n", level, table,
	    links, leaves, in_pool(table) ? "yes" : "no");
	for (i = 0; level && i < slots; i++)
		if (is_link(slot[i]))
			list((slot[i] & ENTRY_PFN) << 2, level - 1, SLOTS);
}

static void walk(struct mm_struct *mm, const struct request *req)
{
	u64 table = __pa(mm->pgd), entry, *slot;
	int level = top_level();
	const char *result = "walked";
	unsigned int index;
	bool last;

	for (; level >= 0; level--, table = (entry & ENTRY_PFN) << 2) {
		index = req->va >> (12 + 9 * level) & (SLOTS - 1);
		slot = (u64 *)__va(table) + index;
		entry = READ_ONCE(*slot);
		last = !is_link(entry) || !level;
		if (req->kind == KIND_FLIP)
			result = try_flip(slot);
		else if (req->kind == KIND_SET && last)
			result = try_set(slot, req->value);
		say("level %d table 0x%llx index %u entry 0x%llx pool %s %s\n",
		    level, table, index, entry, in_pool(table) ? "yes" : "no",
		    result);
		if (last) {
			last_slot = slot;
			return;
		}
	}
}

static int perform(const struct request *req)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct pid *pid;

	pid = find_get_pid(req->pid);
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return -ESRCH;
	report_len = 0;
	say("pool 0x%llx 0x%llx\n", pool_base, pool_size);
	mmap_read_lock(mm);
	if (req->kind == KIND_TABLES)
		list(__pa(mm->pgd), top_level(), SLOTS / 2);
	else
		walk(mm, req);
	mmap_read_unlock(mm);
	mmput(mm);
	return 0;
}

static int request_parse(char *text, struct request *req)
{
	char kind[8];
	int got;

	req->value = 0;
	got = sscanf(text, "%i %li %7s %li", &req->pid, (long *)&req->va, kind,
		     (long *)&req->value);
	if (got < 3)
		return -EINVAL;
	if (!strcmp(kind, "tables"))
		req->kind = KIND_TABLES;
	else if (!strcmp(kind, "walk"))
		req->kind = KIND_WALK;
	else if (!strcmp(kind, "flip"))
		req->kind = KIND_FLIP;
	else if (!strcmp(kind, "set") && got == 4)
		req->kind = KIND_SET;
	else if (!strcmp(kind, "stray"))
		req->kind = KIND_STRAY;
	else
		return -EINVAL;
	return 0;
}

static ssize_t poke_write(struct file *filp, const char __user *from,
			  size_t count, loff_t *pos)
{
	struct request req;
	char text[96];
	u64 *slot;
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	ret = request_parse(text, &req);
	if (ret)
		return ret;
	mutex_lock(&report_lock);
	ret = perform(&req);
	slot = last_slot;
	mutex_unlock(&report_lock);
	/* The task may die of it, so it holds nothing. */
	if (!ret && req.kind == KIND_STRAY)
		WRITE_ONCE(*slot, READ_ONCE(*slot));
	return ret ? ret : count;
}

static ssize_t poke_read(struct file *filp, char __user *to, size_t count,
			 loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&report_lock);
	ret = simple_read_from_buffer(to, count, pos, report, report_len);
	mutex_unlock(&report_lock);
	return ret;
}

static const struct file_operations poke_fops = {
	.owner = THIS_MODULE,
	.read = poke_read,
	.write = poke_write,
	.llseek = default_llseek,
};

static int __init poke_init(void)
{
	/* Without a monitor both are 0, and no address lies in the pool. */
	if (info(NACC_INFO_MAGIC) == NACC_MAGIC) {
		pool_base = info(NACC_INFO_POOL_BASE);
		pool_size = info(NACC_INFO_POOL_SIZE);
	}
	file = debugfs_create_file("nacc_poke", 0600, NULL, NULL, &poke_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit poke_exit(void)
{
	debugfs_remove(file);
}

module_init(poke_init);
module_exit(poke_exit);
MODULE_DESCRIPTION("Hostile stores to page tables, for the NaCC tests");
MODULE_LICENSE("GPL");
