// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: forged requests to the monitor.
 * Write a struct nacc_forgery to the debugfs file nacc_forge; the monitor is
 * called just so, and the same file then reads as the struct with the answer.
 */
#include <linux/debugfs.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/page.h>
#include <asm/sbi.h>

#include "nacc_abi.h"
#include "nacc_forge.h"

static DEFINE_MUTEX(lock);
static struct nacc_forgery last;
static struct dentry *file;

/*
 * Interrupts are off between filling the op page and the call: the kernel's
 * own requests go through the same page.
 */
static void perform(struct nacc_forgery *f)
{
	unsigned long flags;
	struct sbiret ret;
	u8 *page;

	local_irq_save(flags);
	ret = sbi_ecall(NACC_SBI_EXT, NACC_CALL_INFO, NACC_INFO_OP_PAGE,
			0, 0, 0, 0, 0);
	page = ret.error ? NULL : __va(ret.value);
	if (page && f->words)
		memcpy(page + f->offset, f->word, f->words * sizeof(f->word[0]));
	ret = sbi_ecall(NACC_SBI_EXT, f->call, f->arg[0], f->arg[1], f->arg[2],
			f->arg[3], f->arg[4], f->arg[5]);
	if (page)
		memcpy(f->list, page + NACC_LIST_OFFSET, sizeof(f->list));
	local_irq_restore(flags);
	f->error = ret.error;
	f->value = ret.value;
}

static ssize_t forge_write(struct file *filp, const char __user *from,
			   size_t count, loff_t *pos)
{
	ssize_t ret = count;

	if (count != sizeof(last))
		return -EINVAL;
	mutex_lock(&lock);
	if (copy_from_user(&last, from, count))
		ret = -EFAULT;
	else if (last.words > ARRAY_SIZE(last.word) ||
		 last.offset > PAGE_SIZE - sizeof(last.word))
		ret = -EINVAL;
	else
		perform(&last);
	mutex_unlock(&lock);
	return ret;
}

static ssize_t forge_read(struct file *filp, char __user *to, size_t count,
			  loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&lock);
	ret = simple_read_from_buffer(to, count, pos, &last, sizeof(last));
	mutex_unlock(&lock);
	return ret;
}

static const struct file_operations forge_fops = {
	.owner = THIS_MODULE,
	.read = forge_read,
	.write = forge_write,
	.llseek = default_llseek,
};

static int __init forge_init(void)
{
	file = debugfs_create_file("nacc_forge", 0600, NULL, NULL, &forge_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit forge_exit(void)
{
	debugfs_remove(file);
}

module_init(forge_init);
module_exit(forge_exit);
MODULE_DESCRIPTION("Forged requests to the NaCC monitor, for its tests");
MODULE_LICENSE("GPL");
