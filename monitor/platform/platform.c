/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenSBI's generic platform with the monitor added: the upstream file is
 * compiled in as it is, and some of its operations are overridden. Every board
 * that generic supports keeps its own.
 */
#define fw_platform_init generic_fw_platform_init
#include GENERIC_PLATFORM_C
#undef fw_platform_init

#include <sbi/sbi_console.h>
#include <sbi/sbi_domain.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_scratch.h>

#include "nacc/platform/platform.h"

#if __riscv_xlen != 64
#error "NaCC needs a 64-bit hart"
#endif

/* Room for a call's deepest path besides OpenSBI's own needs. */
#define HART_STACK_BYTES	16384

static struct sbi_platform_operations ops;
static struct nacc_config config;
static bool placed;

static int nacc_early_init(bool cold_boot)
{
	int rc = platform_ops.early_init(cold_boot);

	if (rc || !cold_boot)
		return rc;
	config.harts = platform.hart_count;
	placed = nacc_memory_place(fdt_get_address(), &config);
	return 0;
}

static int nacc_extensions_init(struct sbi_hart_features *features)
{
	int rc = platform_ops.extensions_init(features);

	/* OpenSBI then keeps menvcfg.ADUE clear on every path. */
	if (!rc && placed) {
		__clear_bit(SBI_HART_EXT_SVADU, features->extensions);
		__set_bit(SBI_HART_EXT_SVADE, features->extensions);
	}
	return rc;
}

static void report(void)
{
	if (sbi_scratch_thishart_ptr()->options & SBI_SCRATCH_NO_BOOT_PRINTS)
		return;
	sbi_printf("nacc: pool 0x%lx-0x%lx, metadata 0x%lx-0x%lx, op pages 0x%lx-0x%lx\n",
		   config.pool.base, config.pool.base + config.pool.size - 1,
		   config.meta.base, config.meta.base + config.meta.size - 1,
		   config.ops.base, config.ops.base + config.ops.size - 1);
}

/* Entry 0 is OpenSBI's own under Smepmp. */
static unsigned int pmp_entries(void)
{
	struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();
	unsigned int count = sbi_hart_pmp_count(scratch);

	return count && sbi_hart_has_extension(scratch, SBI_HART_EXT_SMEPMP) ?
		       count - 1 : count;
}

static int offer(void)
{
	const void *fdt = fdt_get_address();

	if (!nacc_memory_check(pmp_entries(), &config))
		return 0;
	/* Read the tree before generic's part, which edits it. */
	if (nacc_memory_ram(fdt, &config)) {
		config.svpbmt = nacc_isa_all(fdt, "svpbmt");
		config.svnapot = nacc_isa_all(fdt, "svnapot");
		report();
		nacc_offer_make(&config, nacc_isa_cbo_bytes(fdt));
	}
	/* Offered or not, the regions are programmed: the tree must say so. */
	return nacc_fixup_register(&config);
}

static int nacc_final_init(bool cold_boot)
{
	int rc = cold_boot && placed ? offer() : 0;

	return rc ? rc : platform_ops.final_init(cold_boot);
}

static void nacc_early_exit(void)
{
	nacc_hart_down();
	if (platform_ops.early_exit)
		platform_ops.early_exit();
}

unsigned long fw_platform_init(unsigned long arg0, unsigned long arg1,
			       unsigned long arg2, unsigned long arg3,
			       unsigned long arg4)
{
	unsigned long fdt = generic_fw_platform_init(arg0, arg1, arg2, arg3, arg4);

	ops = platform_ops;
	ops.early_init = nacc_early_init;
	ops.extensions_init = nacc_extensions_init;
	ops.final_init = nacc_final_init;
	ops.early_exit = nacc_early_exit;
	platform.platform_ops_addr = (unsigned long)&ops;
	if (platform.hart_stack_size < HART_STACK_BYTES)
		platform.hart_stack_size = HART_STACK_BYTES;
	return fdt;
}
