// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: a driver that maps whatever physical
 * memory it is asked for. mmap() of /dev/nacc_map at offset PA maps PA, without
 * the checks that /dev/mem has.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

static int map_mmap(struct file *filp, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static const struct file_operations map_fops = {
	.owner = THIS_MODULE,
	.mmap = map_mmap,
};

static struct miscdevice map_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nacc_map",
	.fops = &map_fops,
	.mode = 0600,
};

module_misc_device(map_device);
MODULE_DESCRIPTION("Mappings of any physical memory, for the tests of NaCC");
MODULE_LICENSE("GPL");
