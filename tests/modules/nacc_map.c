// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: a driver that maps whatever physical
 * memory it is asked for. mmap() of /dev/nacc_map at offset PA maps PA, without
 * the checks that /dev/mem has. /dev/nacc_fault does so when a page is touched,
 * so that the first access may well be the kernel's. /dev/nacc_half maps the
 * first half and then fails.
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

static vm_fault_t fault_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, vmf->pgoff);
}

static const struct vm_operations_struct fault_ops = {
	.fault = fault_fault,
};

static int fault_mmap(struct file *filp, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &fault_ops;
	return 0;
}

static const struct file_operations fault_fops = {
	.owner = THIS_MODULE,
	.mmap = fault_mmap,
};

static struct miscdevice fault_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nacc_fault",
	.fops = &fault_fops,
	.mode = 0600,
};

static int half_mmap(struct file *filp, struct vm_area_struct *vma)
{
	int ret = remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff,
				  (vma->vm_end - vma->vm_start) / 2,
				  vma->vm_page_prot);

	return ret ?: -EIO;
}

static const struct file_operations half_fops = {
	.owner = THIS_MODULE,
	.mmap = half_mmap,
};

static struct miscdevice half_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nacc_half",
	.fops = &half_fops,
	.mode = 0600,
};

static struct miscdevice * const devices[] = {
	&map_device, &fault_device, &half_device,
};

static int __init map_init(void)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices) && !ret; i++)
		ret = misc_register(devices[i]);
	if (ret)
		for (i--; i > 0; i--)
			misc_deregister(devices[i - 1]);
	return ret;
}

static void __exit map_exit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		misc_deregister(devices[i]);
}

module_init(map_init);
module_exit(map_exit);
MODULE_DESCRIPTION("Mappings of any physical memory, for the tests of NaCC");
MODULE_LICENSE("GPL");
