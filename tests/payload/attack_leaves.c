/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves over what user space must not reach, and leaves of illegal form. */
#include "attack.h"

#define RESERVED	(1UL << 54)
#define PBMT		(3UL << 61)
#define NAPOT		(1UL << 63)
#define MEGABYTES_2	(2UL << 20)
#define RUN		4

static const char *put(unsigned long slot, unsigned long value)
{
	try_set(slot, value);
	return outcome(*high(slot) == value);
}

static const char *page(unsigned long value)
{
	struct victim v = victim_make();

	return put(v.low + 8, value);
}

static const char *over_pool(void)
{
	return page(leaf(nacc_info(NACC_INFO_POOL_BASE) + NACC_FRAME_SIZE * 64,
			 PTE_W | PTE_D));
}

/* Metadata end where the pool begins. */
static const char *over_monitor(void)
{
	return page(leaf(nacc_info(NACC_INFO_POOL_BASE) - NACC_FRAME_SIZE, PTE_W | PTE_D));
}

static const char *over_firmware(void)
{
	return page(leaf(FIRMWARE, PTE_W | PTE_D));
}

static const char *over_op_page(void)
{
	return page(leaf(nacc_info(NACC_INFO_OP_PAGE), PTE_W | PTE_D));
}

static const char *over_device(void)
{
	return page(leaf(UART, PTE_W | PTE_D));
}

static const char *beyond_ram(void)
{
	return page(leaf(1UL << 40, PTE_W | PTE_D));
}

static const char *over_image(void)
{
	return page(leaf(KERNEL_PAGE, 0));
}

static const char *over_read_only(void)
{
	return page(leaf(READ_ONLY_PAGE, PTE_W | PTE_D));
}

static const char *huge(unsigned long pa)
{
	struct victim v = victim_make();

	return put(v.middle + 8, leaf(pa, PTE_W | PTE_D));
}

/* Begins in RAM; the monitor's own memory lies in it. */
static const char *huge_sticks_out(void)
{
	return huge(nacc_info(NACC_INFO_POOL_BASE) - MEGABYTES_2);
}

static const char *huge_misaligned(void)
{
	return huge(DATA + NACC_FRAME_SIZE);
}

static const char *global(void)
{
	return page(leaf(DATA, PTE_G));
}

static const char *not_user(void)
{
	return page(leaf(DATA, 0) & ~PTE_U);
}

static const char *write_only(void)
{
	return page((leaf(DATA, 0) & ~PTE_R) | PTE_W | PTE_D);
}

static const char *reserved_bits(void)
{
	return page(leaf(DATA, RESERVED));
}

static const char *memory_type(void)
{
	return page(leaf(DATA, PBMT));
}

static const char *napot(void)
{
	return page(leaf(DATA + 0x8000, NAPOT));
}

static const char *write_execute(void)
{
	return page(leaf(DATA, PTE_W | PTE_X | PTE_D));
}

/* The first page is harmless, the second is not. */
static const char *run_into_image(void)
{
	struct victim v = victim_make();
	unsigned long first = leaf(KERNEL_PAGE - NACC_FRAME_SIZE, 0);

	try_op(NACC_OP_WORD(NACC_OP_SETN, v.low + 8, RUN), first);
	return outcome(*high(v.low + 16) == leaf(KERNEL_PAGE, 0));
}

static const char *run_leaves_table(void)
{
	struct victim v = victim_make();

	try_op(NACC_OP_WORD(NACC_OP_SETN, v.low + 510 * 8, 3), leaf(DATA, 0));
	return outcome(*high(v.low + NACC_FRAME_SIZE));
}

const struct attack attacks_leaves[] = {
	{ "leaf-pool", over_pool },
	{ "leaf-monitor", over_monitor },
	{ "leaf-firmware", over_firmware },
	{ "leaf-op-page", over_op_page },
	{ "leaf-device", over_device },
	{ "leaf-beyond-ram", beyond_ram },
	{ "leaf-kernel", over_image },
	{ "leaf-read-only", over_read_only },
	{ "leaf-huge-overlaps", huge_sticks_out },
	{ "leaf-huge-misaligned", huge_misaligned },
	{ "leaf-G", global },
	{ "leaf-no-U", not_user },
	{ "leaf-W-without-R", write_only },
	{ "leaf-reserved", reserved_bits },
	{ "leaf-pbmt", memory_type },
	{ "leaf-napot", napot },
	{ "leaf-W-X", write_execute },
	{ "run-into-kernel", run_into_image },
	{ "run-leaves-table", run_leaves_table },
	{ NULL, NULL },
};
