// SPDX-License-Identifier: BSD-2-Clause
/* The test machine. See machine.h. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

#include "../core/state.h"

#define SATP_MODE(levels)	((uint64_t)(levels) + 5)

static struct machine current;

const struct machine machine_default = {
	.harts = 4,
	.levels = 3,
	.frames = 256,
};

static void die(const char *what, struct nacc_ret ret)
{
	fprintf(stderr, "machine: %s: error %ld cause %s index %lu\n", what,
		ret.error, nacc_cause_name(NACC_CAUSE(ret.value)),
		NACC_CAUSE_INDEX(ret.value));
	abort();
}

struct nacc_config machine_config(const struct machine *machine)
{
	uint64_t pool = (uint64_t)machine->frames * NACC_FRAME_SIZE;

	return (struct nacc_config){
		.pool = { MACHINE_POOL_BASE, pool },
		.meta = { MACHINE_META_BASE, nacc_meta_size(pool) },
		.ops = { MACHINE_OPS_BASE, machine->harts * NACC_FRAME_SIZE },
		.ram = {
			{ MACHINE_RAM0_BASE, MACHINE_RAM0_SIZE },
			{ MACHINE_RAM1_BASE, MACHINE_RAM1_SIZE },
		},
		.ram_count = 2,
		.harts = machine->harts,
		.svpbmt = machine->svpbmt,
		.svnapot = machine->svnapot,
	};
}

void machine_boot(const struct machine *machine)
{
	struct nacc_config config = machine_config(machine);
	uint64_t descriptors = (uint64_t)machine->frames * 16;
	unsigned int i;

	current = *machine;
	host_reset(machine->harts);
	host_poison(config.pool.base, config.pool.size);
	host_poison(config.meta.base, config.meta.size);
	host_allow(config.pool.base, config.pool.size);
	host_allow(config.meta.base, config.meta.size);
	host_allow(config.ops.base, config.ops.size);
	if (nacc_init(&config))
		die("nacc_init", (struct nacc_ret){ -1, 0 });
	host_frame_locks(config.meta.base, descriptors);
	for (i = machine->harts; i-- > 0;) {
		host_run_as(i);
		host_hart(i)->satp = SATP_MODE(machine->levels) << 60 | 0x80999;
		host_hart(i)->flags = NACC_HART_AD_OFF | NACC_HART_PMP_OK;
		nacc_hart_start(i);
	}
}

uint64_t machine_template(unsigned int i)
{
	if (i & 1)
		return 0;
	return i & 2 ? machine_pte(0x80000000UL, 0xef) :	/* a leaf, G=1 */
		       machine_link(0x80100000UL + i * NACC_FRAME_SIZE);
}

struct nacc_ret machine_lock_raw(void)
{
	static const struct nacc_range ranges[MACHINE_RANGES] = {
		{ MACHINE_IMAGE_BASE, MACHINE_IMAGE_SIZE, NACC_RANGE_NONE },
		{ MACHINE_RO_BASE, MACHINE_RO_SIZE, NACC_RANGE_RO },
		{ MACHINE_TAIL_BASE, MACHINE_TAIL_SIZE, NACC_RANGE_NONE },
	};
	uint64_t *page = machine_ops();
	struct nacc_range *range = (void *)(page + NACC_RANGES_OFFSET / 8);
	unsigned int i;

	for (i = 0; i < NACC_TEMPLATE_SLOTS; i++)
		page[NACC_TEMPLATE_OFFSET / 8 + i] = machine_template(i);
	for (i = 0; i < MACHINE_RANGES; i++)
		range[i] = ranges[i];
	return machine_call(NACC_CALL_BOOT_LOCK, MACHINE_RANGES, 0, 0);
}

void machine_start(const struct machine *machine)
{
	struct nacc_ret ret;

	machine_boot(machine);
	ret = machine_lock_raw();
	if (ret.error)
		die("BOOT_LOCK", ret);
}

void machine_stop(void)
{
	host_on_lock(NULL, NULL);
	host_on_fence(NULL);
	host_run_as(0);
}

struct nacc_ret machine_call(uint64_t call, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const uint64_t args[6] = { a0, a1, a2 };
	struct nacc_ret ret = nacc_call(host_self(), call, args);

	if (host_hart(host_self())->held)
		die("a lock is held after the call", ret);
	if (ret.error > 0 || ret.error < -11)
		die("not an SBI error", ret);
	return ret;
}

uint64_t *machine_ops(void)
{
	return host_memory(MACHINE_OPS_BASE + host_self() * NACC_FRAME_SIZE);
}

uint64_t *machine_list(void)
{
	return machine_ops() + NACC_LIST_OFFSET / 8;
}

void machine_deliver(void)
{
	unsigned int me = host_self();
	unsigned int i;

	for (i = 0; i < current.harts; i++) {
		struct host_hart *hart = host_hart(i);

		if (!hart->ipi)
			continue;
		hart->ipi = false;
		host_run_as(i);
		nacc_hart_fence(i);
	}
	host_run_as(me);
}

uint64_t machine_settle(void)
{
	uint64_t before, now = ~0UL;
	unsigned int idle = 0;

	/* An epoch takes two calls to begin and to end. */
	while (now && idle < 3) {
		before = now;
		now = machine_call(NACC_CALL_RECLAIM, 0, 0, 0).value;
		machine_deliver();
		idle = now == before ? idle + 1 : 0;
	}
	return now;
}

static void sweep_spaces(void)
{
	unsigned int i;

	for (i = 1; i < nacc_monitor.space_count; i++) {
		uint64_t id = i | (uint64_t)nacc_monitor.spaces[i].gen << 16;
		struct nacc_ret ret;

		do {
			ret = machine_call(NACC_CALL_SPACE_RETIRE, id, 0, 0);
		} while (!ret.error && ret.value);
		machine_call(NACC_CALL_SPACE_DESTROY, id, 0, 0);
	}
}

uint64_t machine_sweep(void)
{
	uint64_t end = MACHINE_POOL_BASE + current.frames * NACC_FRAME_SIZE;
	uint64_t at;
	unsigned int i;

	host_run_as(0);
	sweep_spaces();
	for (at = MACHINE_POOL_BASE; at < end; at += 8)
		machine_call(NACC_CALL_SET, at, 0, 0);
	for (at = MACHINE_POOL_BASE; at < end; at += NACC_FRAME_SIZE) {
		machine_list()[0] = at;
		machine_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0);
	}
	for (i = 0; i < current.harts; i++)
		host_hart(i)->satp = 0;
	machine_settle();
	return machine_info(NACC_INFO_FRAMES_TOTAL) -
	       machine_info(NACC_INFO_FRAMES_FREE);
}

uint64_t machine_take(void)
{
	struct nacc_ret ret = machine_call(NACC_CALL_FRAMES_TAKE, 1, 0, 0);

	if (ret.error)
		die("FRAMES_TAKE", ret);
	return machine_list()[0];
}

uint64_t machine_space(uint64_t tag, unsigned int policy, uint64_t *root)
{
	struct nacc_ret ret;

	*root = machine_take();
	ret = machine_call(NACC_CALL_SPACE_CREATE, *root, tag, policy);
	if (ret.error)
		die("SPACE_CREATE", ret);
	return ret.value;
}

uint64_t machine_bound(uint64_t space, unsigned int level)
{
	uint64_t frame = machine_take();
	struct nacc_ret ret;

	machine_ops()[0] = NACC_OP_BIND_WORD(frame, level);
	machine_ops()[1] = space;
	ret = machine_call(NACC_CALL_COMMIT, 1, 0, 0);
	if (ret.error)
		die("BIND", ret);
	return frame;
}

void machine_must_set(uint64_t slot, uint64_t value)
{
	struct nacc_ret ret = machine_call(NACC_CALL_SET, slot, value, 0);

	if (ret.error)
		die("SET", ret);
}
