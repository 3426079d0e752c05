// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile kernel module, for tests only: a kernel bug that lets its user
 * write anywhere, in each way in which a kernel stores. Write `HOW PA VALUE`
 * (PA physical) to the debugfs file nacc_attack; the write fails with EFAULT
 * where the store did. HOW:
 *   store    a plain store
 *   amo      an atomic exchange
 *   lrsc     load reserved, store conditional
 *   nofault  copy_to_kernel_nofault()
 *   vmap     a store to an alias of the page
 *   user     copy_from_user() from the caller's memory
 *   memcpy   memcpy(), and nothing catches the fault: the caller dies of it
 *   copy     the whole page at VALUE, by plain stores
 *   flush    no store: flush every TLB
 */
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/asm-extable.h>

static long (*by_nofault)(void *to, const void *from, size_t size);
static struct dentry *file;
static size_t word_bytes = sizeof(u64);

static int by_store(u64 *slot, u64 value)
{
	__put_kernel_nofault(slot, &value, u64, fault);
	return 0;
fault:
	return -EFAULT;
}

static int by_amo(u64 *slot, u64 value)
{
	register int ret asm("a0") = 0;

	asm volatile("1: amoswap.d zero, %[value], %[slot]\n"
		     "2:\n"
		     _ASM_EXTABLE_UACCESS_ERR(1b, 2b, a0)
		     : "+r"(ret), [slot] "+A"(*slot)
		     : [value] "r"(value) : "memory");
	return ret;
}

static int by_lrsc(u64 *slot, u64 value)
{
	register int ret asm("a0") = 0;
	unsigned long failed;

	asm volatile("1: lr.d %[failed], %[slot]\n"
		     "2: sc.d %[failed], %[value], %[slot]\n"
		     "   bnez %[failed], 1b\n"
		     "3:\n"
		     _ASM_EXTABLE_UACCESS_ERR(1b, 3b, a0)
		     _ASM_EXTABLE_UACCESS_ERR(2b, 3b, a0)
		     : "+r"(ret), [failed] "=&r"(failed), [slot] "+A"(*slot)
		     : [value] "r"(value) : "memory");
	return ret;
}

static int by_vmap(u64 *slot, u64 value)
{
	struct page *page = virt_to_page(slot);
	void *alias = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	int ret;

	if (!alias)
		return -ENOMEM;
	ret = by_store(alias + offset_in_page(slot), value);
	vunmap(alias);
	return ret;
}

static int by_copy(u64 *to, const u64 *from)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < PAGE_SIZE / sizeof(*to) && !ret; i++)
		ret = by_store(to + i, READ_ONCE(from[i]));
	return ret;
}

/* As a bug does that takes a length or an address from user space. */
static int by_user(u64 *slot, const u64 __user *from)
{
	return __copy_from_user_inatomic(slot, from, sizeof(*slot)) ? -EFAULT : 0;
}

static void by_memcpy(u64 *slot, u64 value)
{
	/* A length that the compiler does not know: else it is one store. */
	size_t bytes = READ_ONCE(word_bytes);

	memcpy(slot, &value, bytes);
}

static void flush_this_hart(void *unused)
{
	asm volatile("sfence.vma" : : : "memory");
}

static int perform(const char *how, u64 *slot, u64 value, const u64 __user *user)
{
	int ret = -EINVAL;

	if (!strcmp(how, "vmap"))
		return by_vmap(slot, value);
	if (!strcmp(how, "nofault"))
		return by_nofault(slot, &value, sizeof(value)) ? -EFAULT : 0;
	if (!strcmp(how, "memcpy"))
		return by_memcpy(slot, value), 0;
	if (!strcmp(how, "flush"))
		return on_each_cpu(flush_this_hart, NULL, 1), 0;
	pagefault_disable();
	if (!strcmp(how, "store"))
		ret = by_store(slot, value);
	else if (!strcmp(how, "amo"))
		ret = by_amo(slot, value);
	else if (!strcmp(how, "lrsc"))
		ret = by_lrsc(slot, value);
	else if (!strcmp(how, "user"))
		ret = by_user(slot, user);
	else if (!strcmp(how, "copy"))
		ret = by_copy(slot, __va(value));
	pagefault_enable();
	return ret;
}

static ssize_t attack_write(struct file *filp, const char __user *from,
			    size_t count, loff_t *pos)
{
	unsigned long pa, value;
	char text[64], how[8];
	int ret;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	if (sscanf(text, "%7s %li %li", how, (long *)&pa, (long *)&value) != 3)
		return -EINVAL;
	ret = perform(how, __va(pa), value, (const u64 __user *)value);
	return ret ? ret : count;
}

static const struct file_operations attack_fops = {
	.owner = THIS_MODULE,
	.write = attack_write,
	.llseek = default_llseek,
};

static int __init attack_init(void)
{
	struct kprobe probe = { .symbol_name = "copy_to_kernel_nofault" };
	int ret = register_kprobe(&probe);

	/* It is not exported: a probe knows where it is. */
	if (ret)
		return ret;
	by_nofault = (void *)probe.addr;
	unregister_kprobe(&probe);
	file = debugfs_create_file("nacc_attack", 0200, NULL, NULL, &attack_fops);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit attack_exit(void)
{
	debugfs_remove(file);
}

module_init(attack_init);
module_exit(attack_exit);
MODULE_DESCRIPTION("Stores to any address, for the tests of NaCC");
MODULE_LICENSE("GPL");
