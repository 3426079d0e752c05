// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: what a bug that writes kernel data
 * does without touching a user page table. NaCC does not cover it, and the
 * tests show that. Write to the debugfs file nacc_open, from the process that
 * gains by it:
 *   linear        set U in the kernel's own entry for a page with a secret;
 *                 the file then reads as that page's virtual address
 *   linear-undo   clear it again
 *   swap PID      run on the mm of PID, a live one, from the next switch on
 *   swap-undo     and on one's own again
 *   cred          become root
 *   satp          load a root of one's own making, and read through it; the
 *                 file then reads as what came of it
 *   cache PATH    store to the page cache of a file
 */
#include <linux/cred.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/csr.h>
#include <asm/pgtable.h>

#define ENTRY_V		BIT(0)
#define ENTRY_RWX	(BIT(1) | BIT(2) | BIT(3))
#define ENTRY_U		BIT(4)
#define ENTRY_PFN	GENMASK(53, 10)

static DEFINE_MUTEX(lock);
static char report[64];
static struct dentry *file;
static struct page *block;	/* all that one huge entry of the linear map maps */
static struct mm_struct *own, *other;

static void flush_this_hart(void *unused)
{
	asm volatile("sfence.vma" : : : "memory");
}

/* The entry that maps @va, by satp and the linear map. */
static u64 *leaf_of(unsigned long va)
{
	u64 table = (csr_read(CSR_SATP) & SATP_PPN) << PAGE_SHIFT, *slot;
	int level = (csr_read(CSR_SATP) >> SATP_MODE_SHIFT) - 6;

	for (;; level--) {
		slot = (u64 *)__va(table) + (va >> (12 + 9 * level) & 511);
		if (!(*slot & ENTRY_V))
			return NULL;
		if (*slot & ENTRY_RWX || !level)
			return slot;
		table = (*slot & ENTRY_PFN) << 2;
	}
}

static int linear(bool user)
{
	u64 *slot;

	if (!block)
		block = alloc_pages(GFP_KERNEL | __GFP_NOWARN, PMD_SHIFT - PAGE_SHIFT);
	if (!block)
		return -ENOMEM;
	if (user)
		strscpy(page_address(block), "kernel secret", PAGE_SIZE);
	slot = leaf_of((unsigned long)page_address(block));
	if (!slot)
		return -EFAULT;
	WRITE_ONCE(*slot, user ? *slot | ENTRY_U : *slot & ~ENTRY_U);
	on_each_cpu(flush_this_hart, NULL, 1);
	snprintf(report, sizeof(report), "0x%lx\n",
		 (unsigned long)page_address(block));
	return 0;
}

static int swap_mm(int nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_vpid(nr), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return -ESRCH;
	other = get_task_mm(task);
	put_task_struct(task);
	if (!other)
		return -ESRCH;
	own = current->mm;
	mmgrab(own);
	WRITE_ONCE(current->mm, other);
	return 0;
}

static int swap_undo(void)
{
	if (!own)
		return -EINVAL;
	WRITE_ONCE(current->mm, own);
	mmdrop(own);
	mmput(other);
	own = NULL;
	return 0;
}

static void cred(void)
{
	struct cred *mine = (struct cred *)current->cred;

	mine->uid = GLOBAL_ROOT_UID;
	mine->euid = GLOBAL_ROOT_UID;
	mine->fsuid = GLOBAL_ROOT_UID;
	mine->cap_effective = CAP_FULL_SET;
	mine->cap_permitted = CAP_FULL_SET;
}

/* A copy of the root that is loaded, with one entry of the user half more. */
static int satp(void)
{
	unsigned long saved, flags, shift = 12 + 9 * ((csr_read(CSR_SATP) >>
						       SATP_MODE_SHIFT) - 6);
	u64 *root = (u64 *)__get_free_page(GFP_KERNEL), *from;
	bool same;

	if (!root)
		return -ENOMEM;
	strscpy(report, "forged", sizeof(report));
	local_irq_save(flags);
	saved = csr_read(CSR_SATP);
	from = __va((saved & SATP_PPN) << PAGE_SHIFT);
	memcpy(root, from, PAGE_SIZE);
	/* The linear map once more, in the middle of user space. */
	root[128] = root[(unsigned long)report >> shift & 511];
	csr_write(CSR_SATP, (saved & ~SATP_PPN) | virt_to_pfn(root));
	flush_this_hart(NULL);
	same = (csr_read(CSR_SATP) & SATP_PPN) == virt_to_pfn(root) &&
	       READ_ONCE(report[0]) == 'f';
	csr_write(CSR_SATP, saved);
	flush_this_hart(NULL);
	local_irq_restore(flags);
	free_page((unsigned long)root);
	strscpy(report, same ? "works\n" : "refused\n", sizeof(report));
	return 0;
}

static int cache(const char *path)
{
	struct file *target = filp_open(path, O_RDONLY, 0);
	struct page *page;

	if (IS_ERR(target))
		return PTR_ERR(target);
	page = read_mapping_page(target->f_mapping, 0, target);
	if (!IS_ERR(page)) {
		memcpy(page_address(page), "forged", 6);
		put_page(page);
	}
	filp_close(target, NULL);
	return PTR_ERR_OR_ZERO(page);
}

static int perform(const char *text)
{
	char path[48];
	int pid;

	if (!strcmp(text, "linear"))
		return linear(true);
	if (!strcmp(text, "linear-undo"))
		return linear(false);
	if (sscanf(text, "swap %d", &pid) == 1)
		return swap_mm(pid);
	if (!strcmp(text, "swap-undo"))
		return swap_undo();
	if (!strcmp(text, "cred"))
		return cred(), 0;
	if (!strcmp(text, "satp"))
		return satp();
	if (sscanf(text, "cache %47s", path) == 1)
		return cache(path);
	return -EINVAL;
}

static ssize_t open_write(struct file *filp, const char __user *from,
			  size_t count, loff_t *pos)
{
	char text[64];
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	mutex_lock(&lock);
	ret = perform(text);
	mutex_unlock(&lock);
	return ret ? ret : count;
}

static ssize_t open_read(struct file *filp, char __user *to, size_t count,
			 loff_t *pos)
{
	return simple_read_from_buffer(to, count, pos, report, strlen(report));
}

static const struct file_operations open_fops = {
	.owner = THIS_MODULE,
	.read = open_read,
	.write = open_write,
	.llseek = default_llseek,
};

static int __init open_init(void)
{
	file = debugfs_create_file("nacc_open", 0600, NULL, NULL, &open_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit open_exit(void)
{
	debugfs_remove(file);
	if (block)
		__free_pages(block, PMD_SHIFT - PAGE_SHIFT);
}

module_init(open_init);
module_exit(open_exit);
MODULE_DESCRIPTION("What NaCC does not cover, for its tests");
MODULE_LICENSE("GPL");
