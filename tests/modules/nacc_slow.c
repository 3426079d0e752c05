// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: a migration that stands still when its entries are in the
 * tables and the data is about to be copied. Write to the debugfs file
 * nacc_slow: `1`, and the next page or batch of pages that the writer migrates
 * waits; `0`, and it goes on, an error if none waits. A read waits until one
 * does. One that nobody lets go goes on by itself.
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define PATIENCE	(60 * HZ)

static enum { SLOW_NONE, SLOW_WANTED, SLOW_HELD } slow;
static DECLARE_WAIT_QUEUE_HEAD(slow_changed);
static pid_t mover;
static struct dentry *file;

/* In place of folio_mc_copy, where its caller may sleep, as a probe may not. */
static int copy_slowly(struct folio *dst, struct folio *src)
{
	WRITE_ONCE(slow, SLOW_HELD);
	wake_up_all(&slow_changed);
	if (!wait_event_timeout(slow_changed, READ_ONCE(slow) != SLOW_HELD, PATIENCE))
		WRITE_ONCE(slow, SLOW_NONE);
	return folio_mc_copy(dst, src);
}

static int copy_begins(struct kprobe *probe, struct pt_regs *regs)
{
	if (READ_ONCE(slow) != SLOW_WANTED || current->pid != READ_ONCE(mover))
		return 0;
	instruction_pointer_set(regs, (unsigned long)copy_slowly);
	return 1;
}

static struct kprobe probe = {
	.symbol_name = "folio_mc_copy",
	.pre_handler = copy_begins,
};

static ssize_t slow_read(struct file *unused, char __user *buf, size_t size,
			 loff_t *pos)
{
	long left = wait_event_interruptible_timeout(slow_changed,
						     READ_ONCE(slow) == SLOW_HELD,
						     PATIENCE);

	if (left <= 0)
		return left ?: -ETIME;
	return simple_read_from_buffer(buf, size, pos, "held\n", 5);
}

static ssize_t slow_write(struct file *unused, const char __user *buf, size_t size,
			  loff_t *pos)
{
	bool on;
	int ret = kstrtobool_from_user(buf, size, &on);

	if (ret)
		return ret;
	if (on) {
		WRITE_ONCE(mover, current->pid);
		WRITE_ONCE(slow, SLOW_WANTED);
		return size;
	}
	if (xchg(&slow, SLOW_NONE) != SLOW_HELD)
		return -ENOENT;
	wake_up_all(&slow_changed);
	return size;
}

static const struct file_operations slow_fops = {
	.owner = THIS_MODULE,
	.read = slow_read,
	.write = slow_write,
	.llseek = noop_llseek,
};

static int __init slow_init(void)
{
	int ret = register_kprobe(&probe);

	if (!ret)
		file = debugfs_create_file("nacc_slow", 0600, NULL, NULL, &slow_fops);
	return ret;
}

static void __exit slow_exit(void)
{
	debugfs_remove(file);
	unregister_kprobe(&probe);
}

module_init(slow_init);
module_exit(slow_exit);
MODULE_DESCRIPTION("Migrations that wait, for the tests of NaCC");
MODULE_LICENSE("GPL");
