/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel half, and the life of a space. */
#include "attack.h"

#define RANGES	3

/* A kernel's image: a page of it, the rest, and a page that user space may read. */
static void boot_lock_prepare(void)
{
	volatile unsigned long *page = op_page();
	volatile unsigned long *range = page + NACC_RANGES_OFFSET / 8;
	unsigned int i;

	for (i = 0; i < NACC_TEMPLATE_SLOTS; i++)
		page[i] = i < 16 ? leaf((unsigned long)i << 30, PTE_W | PTE_X | PTE_D) & ~PTE_U :
				   0;
	range[0] = KERNEL_PAGE;
	range[1] = NACC_FRAME_SIZE;
	range[2] = NACC_RANGE_NONE;
	range[3] = IMAGE_BASE;
	range[4] = IMAGE_BYTES;
	range[5] = NACC_RANGE_NONE;
	range[6] = READ_ONLY_PAGE;
	range[7] = NACC_FRAME_SIZE;
	range[8] = NACC_RANGE_RO;
}

/* User space would see all memory through its root's kernel half. */
static const char *template_user(void)
{
	struct sbi_ret ret;

	boot_lock_prepare();
	op_page()[8] |= PTE_U;
	try_call(NACC_CALL_BOOT_LOCK, RANGES, 0, 0);
	ret = nacc_call(NACC_CALL_SPACE_CREATE, frame_take(), 1, 0);
	return outcome(!ret.error);
}

static const char *early_space(void)
{
	unsigned long frame = frame_take();

	try_call(NACC_CALL_SPACE_CREATE, frame, 1, 0);
	return outcome(frame_state(frame) == NACC_FRAME_ROOT);
}

void boot_lock(void)
{
	boot_lock_prepare();
	must(!nacc_call(NACC_CALL_BOOT_LOCK, RANGES, 0, 0).error, "BOOT_LOCK");
}

/* A second template, in which user space sees the first gigabyte. */
static const char *lock_twice(void)
{
	unsigned long frame;
	bool other;

	boot_lock_prepare();
	op_page()[0] = leaf(0, PTE_W | PTE_D) & ~PTE_U;
	try_call(NACC_CALL_BOOT_LOCK, RANGES, 0, 0);
	frame = frame_take();
	must(!nacc_call(NACC_CALL_SPACE_CREATE, frame, 1, 0).error, "SPACE_CREATE");
	other = !(*high(frame + 256 * 8) & PTE_X);
	return outcome(other);
}

static void retire(const struct victim *victim)
{
	struct sbi_ret ret;

	do {
		ret = nacc_call(NACC_CALL_SPACE_RETIRE, victim->id, 0, 0);
	} while (!ret.error && ret.value);
	must(!ret.error, "SPACE_RETIRE");
}

static void destroy(const struct victim *victim)
{
	retire(victim);
	must(!nacc_call(NACC_CALL_SPACE_DESTROY, victim->id, 0, 0).error,
	     "SPACE_DESTROY");
}

static const char *stale_id(void)
{
	struct victim old = victim_make(), now;

	destroy(&old);
	now = victim_make();
	must(NACC_SPACE_INDEX(now.id) == NACC_SPACE_INDEX(old.id) && now.id != old.id,
	     "the index is used again");
	try_call(NACC_CALL_SPACE_RETIRE, old.id, 0, 0);
	return outcome(frame_state(now.low) != NACC_FRAME_LINKED);
}

/* A frame still names the space: it is DEAD, not gone. */
static const char *destroy_twice(void)
{
	struct victim v = victim_make();
	unsigned long before;

	frame_bound(&v, 0);
	destroy(&v);
	before = nacc_info(NACC_INFO_FRAMES_QUARANTINED);
	try_call(NACC_CALL_SPACE_DESTROY, v.id, 0, 0);
	return outcome(nacc_info(NACC_INFO_FRAMES_QUARANTINED) > before);
}

static const char *destroy_in_use(void)
{
	struct victim v = victim_make();

	try_call(NACC_CALL_SPACE_DESTROY, v.id, 0, 0);
	return outcome(frame_state(v.root) != NACC_FRAME_ROOT);
}

/* A table that the kernel holds DETACHED outlives its space. */
static const char *write_after_retire(void)
{
	struct victim v = victim_make();
	unsigned long frame = frame_bound(&v, 0);

	retire(&v);
	try_op(NACC_OP_WORD(NACC_OP_SETN, frame, 2), leaf(DATA, 0));
	return outcome(*high(frame));
}

static const char *weaken_policy(void)
{
	struct victim v = victim_make();
	unsigned long policy;

	nacc_call(NACC_CALL_SPACE_SET, v.id, NACC_POLICY_NEW, 0);
	policy = nacc_call(NACC_CALL_QUERY, NACC_QUERY_SPACE, v.id, 0).value >> 8 & 0xff;
	return policy & NACC_POLICY_WX_DENY ? "keeps its policy" : "works";
}

static const char *reserved_argument(void)
{
	struct victim v = victim_make();

	try_call(NACC_CALL_SPACE_RETIRE, v.id, 0, 1);
	return outcome(frame_state(v.low) != NACC_FRAME_LINKED);
}

const struct attack attacks_boot[] = {
	{ "space-before-lock", early_space },
	{ "template-U", template_user },
	{ NULL, NULL },
};

const struct attack attacks_spaces[] = {
	{ "lock-twice", lock_twice },
	{ "stale-id", stale_id },
	{ "destroy-twice", destroy_twice },
	{ "destroy-in-use", destroy_in_use },
	{ "write-after-retire", write_after_retire },
	{ "weaken-policy", weaken_policy },
	{ "reserved-argument", reserved_argument },
	{ NULL, NULL },
};
