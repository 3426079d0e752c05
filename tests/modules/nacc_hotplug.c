// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: one block of memory that comes after boot, where the machine
 * has none. Nothing touches it while it is offline.
 */
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/sizes.h>

/* Above all RAM and devices of QEMU's virt board, and in each mode's linear map. */
#define WHERE	(64 * (u64)SZ_1G)

static int __init hotplug_init(void)
{
	return add_memory(0, WHERE, memory_block_size_bytes(), MHP_NONE);
}

static void __exit hotplug_exit(void)
{
	if (remove_memory(WHERE, memory_block_size_bytes()))
		pr_err("nacc_hotplug: the memory cannot be removed\n");
}

module_init(hotplug_init);
module_exit(hotplug_exit);
MODULE_DESCRIPTION("Memory that comes late, for the tests of NaCC");
MODULE_LICENSE("GPL");
