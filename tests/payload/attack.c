/* SPDX-License-Identifier: BSD-2-Clause */
/* What all attacks share, and their order. */
#include "attack.h"

#define NAME_BYTES	40

static struct sbi_ret answer;
static bool changed;
static unsigned long boot;
static const unsigned char *tree;

#define CAUSE_TEXT(name, error, text) "refused " #name,
static const char *const refusals[] = { NACC_CAUSES(CAUSE_TEXT) };

void must(bool good, const char *what)
{
	if (good)
		return;
	print("Bail out! set-up: ");
	print(what);
	print("\n");
	sbi_call(SBI_SRST, 0, 0, 0, 0, 0, 0, 0);
}

volatile unsigned long *op_page(void)
{
	return high(nacc_info(NACC_INFO_OP_PAGE));
}

unsigned long frame_take(void)
{
	must(!nacc_call(NACC_CALL_FRAMES_TAKE, 1, 0, 0).error, "FRAMES_TAKE");
	return op_page()[NACC_LIST_OFFSET / 8];
}

bool frame_return(unsigned long frame)
{
	op_page()[NACC_LIST_OFFSET / 8] = frame;
	return !nacc_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0).error;
}

unsigned long frame_bound(const struct victim *victim, unsigned int level)
{
	unsigned long frame = frame_take();

	op_page()[0] = NACC_OP_BIND_WORD(frame, level);
	op_page()[1] = victim->id;
	must(!nacc_call(NACC_CALL_COMMIT, 1, 0, 0).error, "BIND");
	return frame;
}

unsigned long frame_state(unsigned long frame)
{
	return nacc_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, frame, 0).value & 0xff;
}

void must_set(unsigned long slot, unsigned long value)
{
	must(!nacc_call(NACC_CALL_SET, slot, value, 0).error, "SET");
}

struct victim victim_make(void)
{
	struct victim victim;
	struct sbi_ret ret;

	victim.root = frame_take();
	ret = nacc_call(NACC_CALL_SPACE_CREATE, victim.root, 0x7a6, NACC_POLICY_WX_DENY);
	must(!ret.error, "SPACE_CREATE");
	victim.id = ret.value;
	victim.middle = frame_take();
	victim.low = frame_take();
	must_set(victim.root, entry(victim.middle, PTE_V));
	must_set(victim.middle, entry(victim.low, PTE_V));
	must_set(victim.low, leaf(DATA, 0));
	return victim;
}

/* Every word of the pool, the state of every frame, and the counts. */
static unsigned long digest(void)
{
	const unsigned long pool = nacc_info(NACC_INFO_POOL_BASE);
	const unsigned long size = nacc_info(NACC_INFO_POOL_SIZE);
	unsigned long sum = 0, at;
	unsigned int item;

	for (at = pool; at < pool + size; at += 8)
		sum = (sum ^ *high(at)) * 0x9e3779b97f4a7c15;
	for (at = pool; at < pool + size; at += NACC_FRAME_SIZE)
		sum = (sum ^ nacc_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, at, 0).value) *
		      0x9e3779b97f4a7c15;
	for (item = NACC_INFO_FRAMES_FREE; item <= NACC_INFO_SPACES; item++)
		sum = (sum ^ nacc_info(item)) * 0x9e3779b97f4a7c15;
	return sum;
}

void try_call(unsigned long call, unsigned long a0, unsigned long a1,
	      unsigned long a2)
{
	unsigned long before = digest();

	answer = nacc_call(call, a0, a1, a2);
	changed = digest() != before;
}

void try_op(unsigned long word, unsigned long value)
{
	op_page()[0] = word;
	op_page()[1] = value;
	try_call(NACC_CALL_COMMIT, 1, 0, 0);
}

void try_set(unsigned long slot, unsigned long value)
{
	try_call(NACC_CALL_SET, slot, value, 0);
	if (answer.error && !changed)
		try_op(NACC_OP_WORD(NACC_OP_SET, slot, 1), value);
}

const char *outcome(bool effect)
{
	unsigned long cause = NACC_CAUSE(answer.value);

	if (!answer.error)
		return effect ? "works" : "accepted, without the effect";
	if (changed || effect)
		return "refused, but something has changed";
	return cause < NACC_CAUSES_END ? refusals[cause] : "refused, without a cause";
}

unsigned long boot_hart(void)
{
	return boot;
}

unsigned long other_harts(unsigned int index)
{
	unsigned long hartid;

	for (hartid = 0; hartid < MAX_HARTS; hartid++)
		if (hartid != boot && !sbi_call(SBI_HSM, SBI_HSM_STATUS, hartid, 0, 0,
						0, 0, 0).error && !index--)
			break;
	return hartid;
}

unsigned long other_hart(void)
{
	unsigned long hartid = other_harts(0);

	must(hartid < MAX_HARTS, "there is no second hart");
	return hartid;
}

unsigned long metadata(void)
{
	unsigned long at = nacc_info(NACC_INFO_OP_PAGE) - boot * NACC_FRAME_SIZE;
	unsigned long harts = 0, value;

	while (harts < MAX_HARTS &&
	       !sbi_call(SBI_HSM, SBI_HSM_STATUS, harts, 0, 0, 0, 0, 0).error)
		harts++;
	at += harts * NACC_FRAME_SIZE;
	must(!probe_load(HIGH | (at - 8), &value) &&
	     probe_load(HIGH | at, &value) == CAUSE_LOAD_ACCESS,
	     "the metadata begin where the op pages end");
	return at;
}

/* "attack=NAME." or, for all of them, "attack" alone. */
static bool is_wanted(const char *name)
{
	char word[NAME_BYTES] = "attack=";
	unsigned int length = 7;

	if (!tree_contains(tree, word))
		return true;
	while (*name && length < NAME_BYTES - 2)
		word[length++] = *name++;
	word[length++] = '.';
	word[length] = '\0';
	return tree_contains(tree, word);
}

static void attack_run(const struct attack *attack)
{
	for (; attack->name; attack++) {
		/* Tables of pointers hold what the linker put there. */
		__typeof__(attack->run) run =
			(__typeof__(run))(HIGH | (unsigned long)attack->run);
		const char *result;

		if (!is_wanted(attack->name))
			continue;
		result = run();
		print("attack ");
		print(attack->name);
		print(" | ");
		print(result);
		print("\n");
	}
}

static void run_all(unsigned long unused)
{
	(void)unused;
	attack_run(attacks_boot);
	boot_lock();
	attack_run(attacks_spaces);
	attack_run(attacks_links);
	attack_run(attacks_leaves);
	attack_run(attacks_frames);
	attack_run(attacks_harts);
	attack_run(attacks_deputies);
	attack_run(attacks_limits);
	attack_run(attacks_traps);
	attack_run(attacks_starts);
}

void attacks_run(unsigned long boot_hartid, const unsigned char *fdt)
{
	boot = boot_hartid;
	tree = fdt;
	run_high(paging_satp(), run_all, 0);
	print("attacks end\n");
}
