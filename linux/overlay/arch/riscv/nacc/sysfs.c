// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/nacc: one number a file. */

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include "internal.h"

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	unsigned long version = nacc_info(NACC_INFO_VERSION);

	return sysfs_emit(buf, "%lu.%lu\n", version >> 16, version & 0xffff);
}

static struct kobj_attribute version_attr = __ATTR_RO(version);

#define INFO_ATTR(name, item)						\
static ssize_t name##_show(struct kobject *kobj,			\
			   struct kobj_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%lu\n", nacc_info(item));		\
}									\
static struct kobj_attribute name##_attr = __ATTR_RO(name)

INFO_ATTR(frames_total, NACC_INFO_FRAMES_TOTAL);
INFO_ATTR(frames_quarantined, NACC_INFO_FRAMES_QUARANTINED);
INFO_ATTR(spaces, NACC_INFO_SPACES);
INFO_ATTR(traps, NACC_INFO_TRAPS);
INFO_ATTR(ops, NACC_INFO_OPS);

/* Neither free nor in quarantine nor in a CPU's cache; exact when settled. */
static ssize_t frames_in_use_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	long nr = nacc_info(NACC_INFO_FRAMES_TOTAL) -
		  nacc_info(NACC_INFO_FRAMES_FREE) -
		  nacc_info(NACC_INFO_FRAMES_QUARANTINED) -
		  nacc_frames_cached();

	return sysfs_emit(buf, "%ld\n", max(nr, 0L));
}

static struct kobj_attribute frames_in_use_attr = __ATTR_RO(frames_in_use);

static ssize_t refusals_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&nacc_refusals));
}

static struct kobj_attribute refusals_attr = __ATTR_RO(refusals);

static struct attribute *nacc_attrs[] = {
	&version_attr.attr,
	&frames_total_attr.attr,
	&frames_in_use_attr.attr,
	&frames_quarantined_attr.attr,
	&spaces_attr.attr,
	&traps_attr.attr,
	&ops_attr.attr,
	&refusals_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(nacc);

static int __init nacc_sysfs_init(void)
{
	struct kobject *kobj;
	int ret;

	if (!nacc_present)
		return 0;
	kobj = kobject_create_and_add("nacc", kernel_kobj);
	if (!kobj)
		return -ENOMEM;
	ret = sysfs_create_groups(kobj, nacc_groups);
	if (ret)
		kobject_put(kobj);
	return ret;
}
late_initcall(nacc_sysfs_init);
