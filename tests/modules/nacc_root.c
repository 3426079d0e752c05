// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: a forged root. Write `PID WHAT` to
 * the debugfs file nacc_root:
 *   copy     make that process's mm->pgd point to a copy of its root in
 *            ordinary memory
 *   OTHER    make it point to the root of the process OTHER (a number)
 *   keep     remember its root, and hold the page, so that it outlives the mm
 *   kept     make it point to the one that was kept
 *   drop     let go of the one that was kept (PID is any process)
 *   context  overwrite what the mm knows of NaCC, so that it looks unguarded
 *   restore  undo the last of these to mm->pgd, and context
 *   word     clear what the mm says of its space
 *   mm       give the process a forged mm, a copy with a copied root; with PID
 *            0, let go of the true one after its end
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
static pgd_t *copy, *saved, *kept;
#ifdef CONFIG_NACC
static struct nacc_context saved_context;
#endif
static struct mm_struct *true_mm, *forged_mm;

static struct task_struct *task_of(int nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_vpid(nr), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

static struct mm_struct *mm_of(int nr)
{
	struct task_struct *task = task_of(nr);
	struct mm_struct *mm = NULL;

	if (task) {
		mm = get_task_mm(task);
		put_task_struct(task);
	}
	return mm;
}

/*
 * The forged mm is never freed: what hangs on it belongs to the true one,
 * which keeps the reference that the task had.
 */
static int forge_mm(int pid, struct mm_struct *mm)
{
	size_t size = sizeof(*mm) + cpumask_size() + mm_cid_size();
	struct task_struct *task = task_of(pid);

	if (!task)
		return -ESRCH;
	forged_mm = kmemdup(mm, size, GFP_KERNEL);
	if (!forged_mm) {
		put_task_struct(task);
		return -ENOMEM;
	}
	/* A kernel that checks its locks sees a copied one. */
	mmap_init_lock(forged_mm);
	memcpy(copy, mm->pgd, PAGE_SIZE);
	forged_mm->pgd = copy;
	atomic_set(&forged_mm->mm_users, 2);
	atomic_set(&forged_mm->mm_count, 2);
#ifdef CONFIG_NACC
	memset(&forged_mm->context.nacc, 0, sizeof(forged_mm->context.nacc));
#endif
	true_mm = mm;
#ifdef CONFIG_MEMCG
	/* The task will not be there any more when the true mm goes. */
	RCU_INIT_POINTER(mm->owner, NULL);
#endif
	task_lock(task);
	task->mm = forged_mm;
	task->active_mm = forged_mm;
	task_unlock(task);
	put_task_struct(task);
	return 0;
}

static int let_go(void)
{
	if (!true_mm)
		return -EINVAL;
	mmput(true_mm);
	true_mm = NULL;
	return 0;
}

static int context_clear(struct mm_struct *mm)
{
#ifdef CONFIG_NACC
	saved_context = mm->context.nacc;
	memset(&mm->context.nacc, 0, sizeof(mm->context.nacc));
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static void restore(struct mm_struct *mm)
{
	if (saved)
		WRITE_ONCE(mm->pgd, saved);
	saved = NULL;
#ifdef CONFIG_NACC
	if (saved_context.space)
		mm->context.nacc = saved_context;
	memset(&saved_context, 0, sizeof(saved_context));
#endif
}

static int forge(int pid, struct mm_struct *mm, const char *what)
{
	struct mm_struct *other;
	pgd_t *forged;

	if (!strcmp(what, "restore"))
		return restore(mm), 0;
	if (!strcmp(what, "context"))
		return context_clear(mm);
	if (!strcmp(what, "keep")) {
		kept = mm->pgd;
		get_page(virt_to_page(kept));
		return 0;
	}
	if (!strcmp(what, "drop") && kept) {
		put_page(virt_to_page(kept));
		kept = NULL;
		return 0;
	}
#ifdef CONFIG_NACC
	if (!strcmp(what, "word")) {
		WRITE_ONCE(mm->context.nacc.space, 0);
		return 0;
	}
#endif
	if (!strcmp(what, "mm"))
		return true_mm ? -EBUSY : forge_mm(pid, mm);
	if (!strcmp(what, "copy")) {
		memcpy(copy, mm->pgd, PAGE_SIZE);
		forged = copy;
	} else if (!strcmp(what, "kept") && kept) {
		forged = kept;
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
	mutex_lock(&lock);
	mm = pid ? mm_of(pid) : NULL;
	if (mm) {
		ret = forge(pid, mm, what);
		mmput(mm);
	} else {
		ret = pid ? -ESRCH : let_go();
	}
	mutex_unlock(&lock);
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
