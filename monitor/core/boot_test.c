// SPDX-License-Identifier: BSD-2-Clause
/* Start of the monitor, and what BOOT_LOCK takes and refuses. */
#include "test.h"

#include "state.h"

#define MIB	0x100000UL

static int boot(void **state)
{
	(void)state;
	machine_boot(&machine_default);
	return 0;
}

static struct nacc_range *ranges(void)
{
	return (void *)(machine_ops() + NACC_RANGES_OFFSET / 8);
}

static struct nacc_ret lock(uint64_t count)
{
	return machine_call(NACC_CALL_BOOT_LOCK, count, 0, 0);
}

/* A refused BOOT_LOCK leaves the monitor unlocked, and a good one still works. */
static void assert_not_locked(void)
{
	struct nacc_ret ret;

	ret = machine_call(NACC_CALL_SPACE_CREATE, machine_take(), 1, 0);
	assert_cause(ret, UNLOCKED);
}

static void init__memory_full_of_rubbish__all_zero_and_free(void **state)
{
	uint64_t offset;

	(void)state;
	for (offset = 0; offset < nacc_monitor.config.pool.size; offset += 8)
		assert_int_equal(machine_word(MACHINE_POOL_BASE + offset), 0);
	assert_true(check_all());
	/* 256 frames, the first of which is the registry. */
	assert_int_equal(machine_info(NACC_INFO_FRAMES_TOTAL), 255);
	assert_int_equal(machine_info(NACC_INFO_FRAMES_FREE), 255);
	assert_state(MACHINE_POOL_BASE, KEPT);
	assert_state(MACHINE_POOL_BASE + NACC_FRAME_SIZE, FREE);
}

static void init__bad_config__refused_without_a_store(void **state)
{
	const struct nacc_config good = machine_config(&machine_default);
	struct nacc_config c;
	uint64_t digest = check_digest();

	(void)state;
#define refused(change) do { c = good; change; assert_int_equal(nacc_init(&c), -1); } while (0)
	refused(c.pool.base += 4096);			/* not natural */
	refused(c.pool.base += 8);
	refused(c.pool.size = 3 * MIB);
	refused(c.pool.size = 4096);			/* registry alone */
	refused(c.pool.size = 0);
	refused(c.pool.size = (NACC_MAX_POOL_FRAMES * 2) << 12; c.pool.base = 0);
	refused(c.meta.size -= 4096);
	refused(c.meta.base += 16);
	refused(c.meta.base = c.pool.base);
	refused(c.meta.base = c.ops.base);
	refused(c.meta.base = -c.meta.size);		/* wraps */
	refused(c.ops.size -= 4096);			/* a page a hart */
	refused(c.ops.base = c.pool.base + 4096);
	refused(c.ops.size += 8);
	refused(c.ram[0] = c.ops);
	refused(c.harts = 0);
	refused(c.harts = NACC_MAX_HARTS + 1);
	refused(c.ram_count = NACC_MAX_RAM + 1);
	refused(c.ram[0].size = 0);
	refused(c.ram[0].size += 1);
	refused(c.ram[0].size = 0x20000000);		/* into the next one */
	refused(c.ram[1].base = 0x80000000);		/* not sorted */
	refused(c.ram[1].size = MACHINE_OPS_BASE + 4096 - c.ram[1].base);
	refused(c.ram[1].base = c.meta.base);
	refused(c.ram[1].base = c.pool.base);
#undef refused
	assert_true(digest == check_digest());
}

static void init__no_ram__starts_and_refuses_every_leaf(void **state)
{
	struct nacc_config config = machine_config(&machine_default);
	uint64_t root, space;

	(void)state;
	config.ram_count = 0;
	assert_int_equal(nacc_init(&config), 0);
	nacc_hart_start(0);
	assert_cause(machine_lock_raw(), NONE);
	space = machine_space(1, 0, &root);
	assert_cause(machine_call(NACC_CALL_SET, machine_bound(space, 0),
				  machine_pte(MACHINE_PAGE, MACHINE_BITS), 0),
		     TARGET);
}

static void meta_size__pools_of_all_sizes__holds_what_is_laid_out(void **state)
{
	uint64_t frames;

	(void)state;
	for (frames = 2; frames <= NACC_MAX_POOL_FRAMES; frames *= 2) {
		uint64_t spaces = frames / 4;
		size_t need;

		if (spaces < 64)
			spaces = 64;
		if (spaces > 65535)
			spaces = 65535;
		need = frames * sizeof(struct nacc_frame) +
		       spaces * sizeof(struct nacc_space) +
		       NACC_MAX_HARTS * sizeof(struct nacc_hart) + 2048;
		assert_in_range(nacc_meta_size(frames << 12), need, need + 8192);
	}
}

static void boot_lock__once__then_never_again(void **state)
{
	(void)state;
	assert_not_locked();
	assert_cause(machine_lock_raw(), NONE);
	assert_cause(machine_lock_raw(), LOCKED);
	assert_cause(lock(0), LOCKED);
	host_run_as(1);
	assert_cause(machine_lock_raw(), LOCKED);
}

static void boot_lock__satp_mode__gives_the_levels(void **state)
{
	static const struct {
		uint64_t mode;
		unsigned int level;
	} rows[] = {
		{ 0, 0 }, { 1, 0 }, { 7, 0 }, { 8, 2 }, { 9, 3 }, { 10, 4 },
		{ 11, 0 }, { 15, 0 },
	};
	uint64_t root;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		boot(state);
		host_hart(0)->satp = rows[i].mode << 60 | 0x80200;
		if (!rows[i].level) {
			assert_cause(machine_lock_raw(), MODE);
			assert_not_locked();
			continue;
		}
		assert_cause(machine_lock_raw(), NONE);
		machine_space(1, 0, &root);
		assert_int_equal(machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME,
					      root, 0).value >> 8 & 0xff,
				 rows[i].level);
	}
}

static void boot_lock__template__every_bad_entry_is_named(void **state)
{
	const uint64_t leaf = machine_pte(0x80000000UL, 0xef);
	const uint64_t bad[] = {
		leaf | 1UL << 4,			/* U */
		leaf | 1UL << 54, leaf | 1UL << 60, leaf | 1UL << 63,
		machine_link(0x80100000UL) | 1UL << 4,
		machine_link(MACHINE_POOL_BASE),
		machine_link(MACHINE_POOL_BASE + 255 * 4096UL),
		machine_link(MACHINE_META_BASE),
	};
	const uint64_t good[] = {
		leaf | 1UL << 61, leaf, 0, 0x10, ~1UL,
		machine_link(MACHINE_POOL_BASE + 256 * 4096UL),
		/* The linear map's leaves cover the pool; PMP stops the stores. */
		machine_pte(0x80000000UL, 0xe7),
	};
	struct nacc_ret ret;
	size_t i;

	(void)state;
	for (i = 0; i < 256; i++)
		machine_ops()[i] = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		machine_ops()[i * 30] = bad[i];
		ret = lock(0);
		assert_cause(ret, TEMPLATE);
		assert_int_equal(NACC_CAUSE_INDEX(ret.value), i * 30);
		machine_ops()[i * 30] = 0;
	}
	assert_not_locked();
	for (i = 0; i < ARRAY_SIZE(good); i++)
		machine_ops()[i] = good[i];
	assert_cause(lock(0), NONE);
}

static void boot_lock__ranges__every_bad_one_is_named(void **state)
{
	static const struct nacc_range bad[] = {
		{ 0x80200000, 0, NACC_RANGE_NONE },
		{ 0x80200010, 0x1000, NACC_RANGE_NONE },
		{ 0x80200000, 0x1010, NACC_RANGE_NONE },
		{ 0xfffffffffffff000UL, 0x1000, NACC_RANGE_NONE },
		{ 0xfffffffffffff000UL, 0x2000, NACC_RANGE_NONE },
		{ 0x80200000, 0x1000, NACC_RANGE_KINDS },
		{ 0x80200000, 0x1000, ~0UL },
	};
	struct nacc_ret ret;
	size_t i;

	(void)state;
	assert_cause(lock(NACC_MAX_RANGES + 1), COUNT);
	assert_cause(lock(~0UL), COUNT);
	for (i = 0; i < 256; i++)
		machine_ops()[i] = 0;
	for (i = 0; i < NACC_MAX_RANGES; i++)
		ranges()[i] = (struct nacc_range){ 0x80200000, 0x1000,
						   NACC_RANGE_RO };
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ranges()[2 * i] = bad[i];
		ret = lock(NACC_MAX_RANGES);
		assert_cause(ret, RANGE);
		assert_int_equal(NACC_CAUSE_INDEX(ret.value), 2 * i);
		ranges()[2 * i] = ranges()[15];
	}
	assert_not_locked();
	assert_cause(lock(NACC_MAX_RANGES), NONE);
}

static void boot_lock__image__user_leaves_keep_off(void **state)
{
	uint64_t root, space, low;

	(void)state;
	assert_cause(machine_lock_raw(), NONE);
	space = machine_space(1, 0, &root);
	low = machine_bound(space, 0);
#define leaf(pa, bits) machine_call(NACC_CALL_SET, low, machine_pte(pa, bits), 0)
	assert_cause(leaf(MACHINE_IMAGE_BASE, 0xd3), IMAGE);
	assert_cause(leaf(MACHINE_TAIL_BASE + MACHINE_TAIL_SIZE - 4096, 0xd3), IMAGE);
	assert_cause(leaf(MACHINE_RO_BASE, 0xd7), IMAGE);
	assert_cause(leaf(MACHINE_RO_BASE, 0xd3), NONE);
	assert_cause(leaf(MACHINE_INIT_BASE, 0xd7), NONE);
	assert_cause(leaf(MACHINE_TAIL_BASE + MACHINE_TAIL_SIZE, 0xd7), NONE);
	assert_cause(leaf(MACHINE_POOL_BASE, 0xd3), TARGET);
	assert_cause(leaf(MACHINE_META_BASE, 0xd3), TARGET);
	assert_cause(leaf(MACHINE_OPS_BASE, 0xd3), TARGET);
	assert_cause(leaf(0x80000000UL, 0xd3), TARGET);		/* firmware */
	assert_cause(leaf(0x10000000UL, 0xd7), TARGET);		/* a device */
#undef leaf
}

#define booted(f)	cmocka_unit_test_setup_teardown(f, boot, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		booted(init__memory_full_of_rubbish__all_zero_and_free),
		booted(init__bad_config__refused_without_a_store),
		booted(init__no_ram__starts_and_refuses_every_leaf),
		booted(meta_size__pools_of_all_sizes__holds_what_is_laid_out),
		booted(boot_lock__once__then_never_again),
		booted(boot_lock__satp_mode__gives_the_levels),
		booted(boot_lock__template__every_bad_entry_is_named),
		booted(boot_lock__ranges__every_bad_one_is_named),
		booted(boot_lock__image__user_leaves_keep_off),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
