// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/nacc/hold, for tests: have the next adoption stop between
 * the copy and the switch, with all its locks held, so that a walker can be
 * seen to arrive there. `1` asks for it, `0` lets it go on. A read waits until
 * an adoption has stopped. One that nobody lets go does so itself.
 */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/wait.h>
#include "internal.h"

#define PATIENCE	(60 * HZ)

static enum { HOLD_NONE, HOLD_WANTED, HOLD_HELD } hold;
static DECLARE_WAIT_QUEUE_HEAD(hold_changed);

void nacc_adoption_hold(void)
{
	if (cmpxchg(&hold, HOLD_WANTED, HOLD_HELD) != HOLD_WANTED)
		return;
	wake_up_all(&hold_changed);
	if (!wait_event_timeout(hold_changed, READ_ONCE(hold) != HOLD_HELD, PATIENCE))
		WRITE_ONCE(hold, HOLD_NONE);
}

static ssize_t hold_read(struct file *file, char __user *buf, size_t size,
			 loff_t *pos)
{
	int ret = wait_event_interruptible(hold_changed,
					   READ_ONCE(hold) == HOLD_HELD);

	return ret ?: simple_read_from_buffer(buf, size, pos, "held\n", 5);
}

static ssize_t hold_write(struct file *file, const char __user *buf, size_t size,
			  loff_t *pos)
{
	bool on;
	int ret = kstrtobool_from_user(buf, size, &on);

	if (ret)
		return ret;
	WRITE_ONCE(hold, on ? HOLD_WANTED : HOLD_NONE);
	wake_up_all(&hold_changed);
	return size;
}

static const struct file_operations hold_fops = {
	.owner = THIS_MODULE,
	.read = hold_read,
	.write = hold_write,
	.llseek = noop_llseek,
};

static int __init nacc_hold_init(void)
{
	struct dentry *dir;

	if (!nacc_present)
		return 0;
	dir = debugfs_lookup("nacc", NULL);
	if (!dir)
		dir = debugfs_create_dir("nacc", NULL);
	debugfs_create_file("hold", 0600, dir, NULL, &hold_fops);
	return 0;
}
late_initcall(nacc_hold_init);
