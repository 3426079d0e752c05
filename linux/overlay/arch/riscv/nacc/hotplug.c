// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that comes after boot. The monitor knows the RAM of the device tree,
 * and no guarded process could map any other: it stays offline.
 */
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/mmzone.h>
#include "internal.h"

/* Was all of it there at boot? */
static bool known(unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr;

	for (; pfn < end; pfn += PAGES_PER_SECTION)
		if (!early_section(__pfn_to_section(pfn)))
			return false;
	return true;
}

static int memory_changes(struct notifier_block *block, unsigned long action,
			  void *arg)
{
	const struct memory_notify *notify = arg;

	if (action != MEM_GOING_ONLINE ||
	    known(notify->start_pfn, notify->nr_pages))
		return NOTIFY_OK;
	pr_err("nacc: memory at page %lx stays offline: the monitor does not know it; to use it, boot with it, or with nacc=off\n",
	       notify->start_pfn);
	return NOTIFY_BAD;
}

static int __init memory_watch(void)
{
	return nacc_present ? hotplug_memory_notifier(memory_changes,
						      DEFAULT_CALLBACK_PRI) : 0;
}
late_initcall(memory_watch);
