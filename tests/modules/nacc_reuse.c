// SPDX-License-Identifier: GPL-2.0-only
/*
 * A broken kernel module, for tests only: a driver that goes on using memory
 * which it has freed. Its user can read and write the freed objects, and have
 * one freed again. Write to the debugfs file nacc_reuse:
 *   slab          allocate OBJECTS objects of 512 bytes, and free them all
 *   pages         allocate PAGES pages, and free them all
 *   free I        free the page of word I once more
 *   put I VALUE   store VALUE to word I of what was freed
 * and read it: every word of what was freed, as the memory holds it now.
 */
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define OBJECTS		256
#define OBJECT_BYTES	512
#define PAGES		8
#define OBJECT_WORDS	(OBJECT_BYTES / sizeof(u64))

static DEFINE_MUTEX(lock);
static struct kmem_cache *cache;
static u64 *dangling[OBJECTS];
static unsigned int count;
static struct dentry *file;

/* The last objects to go are the last of a slab: it leaves with them. */
static int slab_use(void)
{
	for (count = 0; count < OBJECTS; count++) {
		dangling[count] = kmem_cache_alloc(cache, GFP_KERNEL);
		if (!dangling[count])
			return -ENOMEM;
	}
	while (count)
		kmem_cache_free(cache, dangling[--count]);
	count = OBJECTS;
	return kmem_cache_shrink(cache);
}

static int pages_use(void)
{
	unsigned long pages[PAGES];
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		pages[i] = __get_free_page(GFP_KERNEL);
		if (!pages[i])
			return -ENOMEM;
	}
	count = PAGES * (PAGE_SIZE / OBJECT_BYTES);
	for (i = 0; i < count; i++)
		dangling[i] = (u64 *)(pages[i * OBJECT_BYTES / PAGE_SIZE] +
				      i * OBJECT_BYTES % PAGE_SIZE);
	for (i = 0; i < PAGES; i++)
		free_page(pages[i]);
	return 0;
}

static int put(unsigned long index, u64 value)
{
	if (index >= count * OBJECT_WORDS)
		return -EINVAL;
	WRITE_ONCE(dangling[index / OBJECT_WORDS][index % OBJECT_WORDS], value);
	return 0;
}

static int perform(const char *text)
{
	unsigned long index, value;

	if (!strcmp(text, "slab"))
		return slab_use();
	if (!strcmp(text, "pages"))
		return pages_use();
	if (sscanf(text, "free %li", (long *)&index) == 1 &&
	    index < count * OBJECT_WORDS) {
		free_page((unsigned long)dangling[index / OBJECT_WORDS]);
		return 0;
	}
	if (sscanf(text, "put %li %li", (long *)&index, (long *)&value) == 2)
		return put(index, value);
	return -EINVAL;
}

static ssize_t reuse_write(struct file *filp, const char __user *from,
			   size_t size, loff_t *pos)
{
	char text[64];
	int ret;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	text[size] = '\0';
	mutex_lock(&lock);
	ret = perform(text);
	mutex_unlock(&lock);
	return ret ? ret : size;
}

static ssize_t reuse_read(struct file *filp, char __user *to, size_t size,
			  loff_t *pos)
{
	size_t end = count * OBJECT_BYTES, done = 0;

	for (; *pos < end && done < size; *pos += OBJECT_BYTES) {
		if (size - done < OBJECT_BYTES || *pos % OBJECT_BYTES)
			return -EINVAL;
		if (copy_to_user(to + done, dangling[*pos / OBJECT_BYTES],
				 OBJECT_BYTES))
			return -EFAULT;
		done += OBJECT_BYTES;
	}
	return done;
}

static const struct file_operations reuse_fops = {
	.owner = THIS_MODULE,
	.read = reuse_read,
	.write = reuse_write,
	.llseek = default_llseek,
};

static int __init reuse_init(void)
{
	cache = kmem_cache_create("nacc_reuse", OBJECT_BYTES, OBJECT_BYTES,
				  SLAB_NO_MERGE, NULL);
	if (!cache)
		return -ENOMEM;
	file = debugfs_create_file("nacc_reuse", 0600, NULL, NULL, &reuse_fops);
	if (IS_ERR(file))
		kmem_cache_destroy(cache);
	return PTR_ERR_OR_ZERO(file);
}

static void __exit reuse_exit(void)
{
	debugfs_remove(file);
	kmem_cache_destroy(cache);
}

module_init(reuse_init);
module_exit(reuse_exit);
MODULE_DESCRIPTION("Use after free, for the tests of NaCC");
MODULE_LICENSE("GPL");
