// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: a forged root. Write `PID copy` to
 * the debugfs file nacc_root to make that process's mm->pgd point to a copy of
 * its root in ordinary memory, `PID OTHER` to make it point to the root of the
 * process OTHER, `PID restore` to undo the last one.
 */
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static DEFINE_MUTEX(lock);
static struct dentry *file;
static pgd_t *copy, *saved;

static struct mm_struct *mm_of(int nr)
{
	struct task_struct *task;
	struct mm_struct *mm = NULL;

	rcu_read_lock();
	task = pid_task(find_vpid(nr), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (task) {
		mm = get_task_mm(task);
		put_task_struct(task);
	}
	return mm;
}

static int forge(struct mm_struct *mm, const char *what)
{
	struct mm_struct *other;
	pgd_t *forged;
	int pid;

	if (!strcmp(what, "restore")) {
		WRITE_ONCE(mm->pgd, saved);
		return 0;
	}
	if (!strcmp(what, "copy")) {
		memcpy(copy, mm->pgd, PAGE_SIZE);
		forged = copy;
	} else if (!kstrtoint(what, 10, &pid)) {
		other = mm_of(pid);
		if (!other)
			return -ESRCH;
		forged = other->pgd;
		mmput(other);
	} else {
		return -EINVAL;
	}
	saved = mm->pgd;
	WRITE_ONCE(mm->pgd, forged);
	return 0;
}

static ssize_t root_write(struct file *filp, const char __user *from,
			  size_t count, loff_t *pos)
{
	struct mm_struct *mm;
	char text[32], what[16];
	int pid, ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	if (sscanf(text, "%d %15s", &pid, what) != 2)
		return -EINVAL;
	mm = mm_of(pid);
	if (!mm)
		return -ESRCH;
	mutex_lock(&lock);
	ret = forge(mm, what);
	mutex_unlock(&lock);
	mmput(mm);
	return ret ?: count;
}

static const struct file_operations root_fops = {
	.owner = THIS_MODULE,
	.write = root_write,
	.llseek = default_llseek,
};

static int __init root_init(void)
{
	copy = (pgd_t *)__get_free_page(GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	file = debugfs_create_file("nacc_root", 0200, NULL, NULL, &root_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit root_exit(void)
{
	debugfs_remove(file);
	free_page((unsigned long)copy);
}

module_init(root_init);
module_exit(root_exit);
MODULE_DESCRIPTION("Forged roots, for the tests of NaCC");
MODULE_LICENSE("GPL");
