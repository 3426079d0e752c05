// SPDX-License-Identifier: GPL-2.0-only
/* Find the monitor, hand over the kernel half and the image, switch on. */

#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/string.h>
#include <asm/csr.h>
#include <asm/sections.h>
#include <asm/vdso.h>
#include <asm/vdso/vsyscall.h>
#include "internal.h"

DEFINE_STATIC_KEY_FALSE(nacc_key);
EXPORT_SYMBOL_GPL(nacc_key);
struct nacc_pool nacc_pool __ro_after_init;
EXPORT_SYMBOL_GPL(nacc_pool);
bool nacc_present __ro_after_init;
u64 *nacc_roots __ro_after_init;
unsigned int nacc_root_level __ro_after_init;
enum nacc_mode nacc_mode __ro_after_init = NACC_MODE_ON;

/*
 * Somebody is to be guarded. Has to come before the first space: the hooks do
 * nothing until then. May sleep; no lock of an mm is held.
 */
void nacc_switch_on(void)
{
	if (!static_key_enabled(&nacc_key))
		static_branch_enable(&nacc_key);
}

static int __init nacc_setup(char *arg)
{
	static const char * const names[] = {
		[NACC_MODE_OFF] = "off",
		[NACC_MODE_ON] = "on",
		[NACC_MODE_ALL] = "all",
	};
	int mode = arg ? match_string(names, ARRAY_SIZE(names), arg) : -EINVAL;

	if (mode >= 0) {
		nacc_mode = mode;
		return 0;
	}
	/* Whoever asked for a guard must not run on without noticing. */
	nacc_mode = NACC_MODE_OFF;
	pr_err("nacc: unknown value in nacc=%s: nothing will be guarded; use on, off or all\n",
	       arg ?: "");
	return 0;
}
early_param("nacc", nacc_setup);

static bool __init monitor_present(void)
{
	unsigned long version;

	if (sbi_spec_is_0_1() || sbi_probe_extension(NACC_SBI_EXT) <= 0) {
		pr_info("nacc: the firmware has no monitor\n");
		return false;
	}
	version = nacc_info(NACC_INFO_VERSION);
	if (nacc_info(NACC_INFO_MAGIC) != NACC_MAGIC ||
	    version >> 16 != NACC_VERSION_MAJOR) {
		pr_err("nacc: the monitor speaks version %lu.%lu, this kernel %d.%d: nothing will be guarded; install a matching firmware\n",
		       version >> 16, version & 0xffff,
		       NACC_VERSION_MAJOR, NACC_VERSION_MINOR);
		return false;
	}
	return true;
}

/* Every frame needs a struct page of its own that no allocator ever hands out. */
static bool __init pool_usable(phys_addr_t base, unsigned long size)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(base); pfn < PHYS_PFN(base + size); pfn++) {
		if (!pfn_valid(pfn) || !PageReserved(pfn_to_page(pfn))) {
			pr_err("nacc: pool page %lx is not reserved memory: nothing will be guarded; the device tree must reserve the pool without no-map\n",
			       pfn);
			return false;
		}
	}
	return size;
}

static unsigned int __init put_range(struct nacc_range *ranges, unsigned int nr,
				     const void *start, const void *end,
				     enum nacc_range_kind kind)
{
	phys_addr_t base = ALIGN_DOWN(__pa_symbol(start), PAGE_SIZE);

	ranges[nr].base = base;
	ranges[nr].size = ALIGN(__pa_symbol(end), PAGE_SIZE) - base;
	ranges[nr].kind = kind;
	return nr + 1;
}

/*
 * Init memory is in no range: it is freed and becomes user pages. What every
 * process maps from inside the image may be mapped, but not for writing. The
 * zero page comes first: the monitor looks there first.
 */
static unsigned int __init image_ranges(struct nacc_range *ranges)
{
	unsigned int nr = 0;

	nr = put_range(ranges, nr, _start, __init_begin, NACC_RANGE_NONE);
	nr = put_range(ranges, nr, __init_end, _end, NACC_RANGE_NONE);
	nr = put_range(ranges, nr, empty_zero_page,
		       (void *)empty_zero_page + PAGE_SIZE, NACC_RANGE_RO);
	nr = put_range(ranges, nr, vdso_start, vdso_end, NACC_RANGE_RO);
	nr = put_range(ranges, nr, vdso_data, (void *)vdso_data + PAGE_SIZE,
		       NACC_RANGE_RO);
#ifdef CONFIG_COMPAT
	nr = put_range(ranges, nr, compat_vdso_start, compat_vdso_end,
		       NACC_RANGE_RO);
#endif
	return nr;
}

/*
 * After pgtable_cache_init(): the top-level entries of the kernel half do not
 * change any more. Before anything executes a user program.
 */
static int __init nacc_init(void)
{
	struct nacc_range ranges[NACC_MAX_RANGES];
	phys_addr_t base;
	unsigned long size;
	struct sbiret ret;

	if (nacc_mode == NACC_MODE_OFF || !monitor_present())
		return 0;
	base = nacc_info(NACC_INFO_POOL_BASE);
	size = nacc_info(NACC_INFO_POOL_SIZE);
	if (!pool_usable(base, size))
		return 0;

	ret = nacc_boot_lock(init_mm.pgd + USER_PTRS_PER_PGD, ranges,
			     image_ranges(ranges));
	if (ret.error) {
		pr_err("nacc: BOOT_LOCK refused: %s (index %lu): nothing will be guarded\n",
		       nacc_cause_name(ret),
		       NACC_CAUSE_INDEX(ret.value));
		return 0;
	}
	nacc_pool.va = (unsigned long)__va(base);
	nacc_pool.va_pa = nacc_pool.va - base;
	nacc_pool.bytes = size;
	nacc_roots = __va(nacc_info(NACC_INFO_ROOTS));
	nacc_root_level = pgtable_l5_enabled ? 4 : pgtable_l4_enabled ? 3 : 2;
	nacc_present = true;
	if (nacc_mode == NACC_MODE_ALL)
		nacc_switch_on();
	pr_info("nacc: monitor %d.%d, pool of %lu frames at %pa%s\n",
		NACC_VERSION_MAJOR, NACC_VERSION_MINOR,
		nacc_info(NACC_INFO_FRAMES_TOTAL), &base,
		nacc_mode == NACC_MODE_ALL ? ", every process guarded" : "");
	return 0;
}
subsys_initcall(nacc_init);
