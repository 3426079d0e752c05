/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guarded space from its first frame to its last, with the hardware walking
 * its tables in the pool. Sv39.
 */
#include "payload.h"

#define SSTATUS_SUM	(1UL << 18)

#define GIGABYTES	16		/* of physical memory that the alias shows */
#define USER_VA		0x1000UL
#define FRAMES		5

static unsigned long plain_root[NACC_SLOTS] __attribute__((aligned(4096)));
static unsigned long frames[FRAMES];
static unsigned long space_id;
static bool is_locked;

unsigned long paging_satp(void)
{
	unsigned long pa = (unsigned long)plain_root & ~HIGH, i;
	const unsigned long bits = PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D;

	for (i = 0; i < GIGABYTES; i++) {
		plain_root[i] = entry(i << 30, bits);
		plain_root[NACC_SLOTS / 2 + i] = plain_root[i];
	}
	return SATP_SV39 | pa >> 12;
}

void paging_switch(unsigned long satp)
{
	__asm__ __volatile__("csrw satp, %0; sfence.vma" : : "r"(satp) : "memory");
}

static struct sbi_ret set(unsigned long slot, unsigned long value)
{
	return nacc_call(NACC_CALL_SET, slot, value, 0);
}

static struct sbi_ret boot_lock(void)
{
	volatile unsigned long *page = high(nacc_info(NACC_INFO_OP_PAGE));
	volatile unsigned long *range = page + NACC_RANGES_OFFSET / 8;
	unsigned int i;

	for (i = 0; i < NACC_TEMPLATE_SLOTS; i++)
		page[i] = plain_root[NACC_SLOTS / 2 + i];
	range[0] = IMAGE_BASE;
	range[1] = IMAGE_BYTES;
	range[2] = NACC_RANGE_NONE;
	/* As many parts as there can be: what the longest call has to look through. */
	for (i = 1; i < NACC_MAX_RANGES; i++) {
		range[3 * i] = ZERO_PAGE + 2 * (i - 1) * 4096UL;
		range[3 * i + 1] = 4096;
		range[3 * i + 2] = NACC_RANGE_RO;
	}
	return nacc_call(NACC_CALL_BOOT_LOCK, NACC_MAX_RANGES, 0, 0);
}

static bool frames_take(void)
{
	volatile unsigned long *list = high(nacc_info(NACC_INFO_OP_PAGE)) +
				       NACC_LIST_OFFSET / 8;
	struct sbi_ret ret = nacc_call(NACC_CALL_FRAMES_TAKE, FRAMES, 0, 0);
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		frames[i] = list[i];
	return !ret.error && ret.value == FRAMES;
}

/* Root, two levels, one leaf at USER_VA; a frame is left FRESH. */
unsigned long space_make(void)
{
	struct sbi_ret ret;

	if (!is_locked && boot_lock().error)
		return 0;
	is_locked = true;
	if (!frames_take())
		return 0;
	ret = nacc_call(NACC_CALL_SPACE_CREATE, frames[0], 0x7a6, NACC_POLICY_WX_DENY);
	space_id = ret.value;
	*high(DATA) = 0x600d;
	if (ret.error || set(frames[0], entry(frames[1], PTE_V)).error ||
	    set(frames[1], entry(frames[2], PTE_V)).error ||
	    set(frames[2] + 8, leaf(DATA, 0)).error)
		return 0;
	return SATP_SV39 | frames[0] >> 12;
}

bool space_drop(void)
{
	volatile unsigned long *list = high(nacc_info(NACC_INFO_OP_PAGE)) +
				       NACC_LIST_OFFSET / 8;
	struct sbi_ret ret;
	int i;

	list[0] = frames[3];
	list[1] = frames[4];
	if (nacc_call(NACC_CALL_FRAMES_RETURN, 2, 0, 0).error)
		return false;
	for (i = 0; i < 64; i++) {
		ret = nacc_call(NACC_CALL_SPACE_RETIRE, space_id, 0, 0);
		if (ret.error || !ret.value)
			break;
	}
	return !ret.error && !ret.value &&
	       !nacc_call(NACC_CALL_SPACE_DESTROY, space_id, 0, 0).error;
}

unsigned long space_reclaim(unsigned int calls)
{
	unsigned long left = 0;

	while (calls--) {
		left = nacc_call(NACC_CALL_RECLAIM, 0, 0, 0).value;
		if (!left)
			break;
	}
	return left;
}

static void test_leaves(void)
{
	const unsigned long slot = frames[2] + 16;
	const unsigned long pool = nacc_info(NACC_INFO_POOL_BASE);

	ok(refused(set(slot, leaf(pool, 0)), NACC_SBI_DENIED, NACC_CAUSE_TARGET),
	   "a leaf to the pool is refused: TARGET");
	ok(refused(set(slot, leaf(pool - 4096, 0)), NACC_SBI_DENIED, NACC_CAUSE_TARGET),
	   "a leaf to the metadata is refused: TARGET");
	ok(refused(set(slot, leaf(nacc_info(NACC_INFO_OP_PAGE), 0)),
		   NACC_SBI_DENIED, NACC_CAUSE_TARGET),
	   "a leaf to the op page is refused: TARGET");
	ok(refused(set(slot, leaf(FIRMWARE, 0)), NACC_SBI_DENIED, NACC_CAUSE_TARGET),
	   "a leaf to the firmware is refused: TARGET");
	ok(refused(set(slot, leaf(UART, 0)), NACC_SBI_DENIED, NACC_CAUSE_TARGET),
	   "a leaf to a device is refused: TARGET");
	ok(refused(set(slot, leaf(IMAGE_BASE + 4096, 0)), NACC_SBI_DENIED, NACC_CAUSE_IMAGE),
	   "a leaf to the kernel image is refused: IMAGE");
	ok(refused(set(slot, leaf(DATA, PTE_W | PTE_X)), NACC_SBI_DENIED, NACC_CAUSE_WX),
	   "a leaf with W and X is refused: WX");
	ok(refused(set(slot, leaf(ZERO_PAGE, PTE_W)), NACC_SBI_DENIED, NACC_CAUSE_IMAGE),
	   "a leaf to the zero page that may be written is refused: IMAGE");
	ok(!*high(slot), "none of them left a trace");
	ok(!set(slot, leaf(ZERO_PAGE, 0)).error && !set(slot, 0).error,
	   "one that may be read is taken");
}

static void test_walk(unsigned long satp)
{
	const unsigned long slot = frames[2] + 8;
	unsigned long value = 0;

	__asm__ __volatile__("csrs sstatus, %0" : : "r"(SSTATUS_SUM));
	paging_switch(satp);
	ok(!probe_load(USER_VA, &value) && value == 0x600d,
	   "the hardware walks the tables in the pool");
	ok(probe_store(USER_VA, 1) == CAUSE_STORE_PAGE, "the leaf is read-only");
	ok(probe_store((unsigned long)high(slot), 0) == CAUSE_STORE_ACCESS,
	   "a store to the entry itself is an access fault");
	ok(!nacc_call(NACC_CALL_SET, slot, leaf(DATA, PTE_W),
		      USER_VA | NACC_SET_FENCE).error &&
	   probe_store(USER_VA, 2) == CAUSE_STORE_PAGE &&
	   *high(slot) == leaf(DATA, PTE_W),
	   "writable by SET, but without D: a page fault, and no update");
	ok(!nacc_call(NACC_CALL_SET, slot, leaf(DATA, PTE_W | PTE_D),
		      USER_VA | NACC_SET_FENCE).error &&
	   !probe_store(USER_VA, 3) && *high(DATA) == 3,
	   "with D the store arrives");
	ok(!nacc_call(NACC_CALL_SET, slot, 0, USER_VA | NACC_SET_FENCE).error &&
	   probe_load(USER_VA, &value) == CAUSE_LOAD_PAGE, "unmapped by SET");
	paging_switch(paging_satp());
}

/* The paths through the monitor that need the most registers. */
static void test_registers(void)
{
	const unsigned long upper = frames[1] + 8, lower = frames[2] + 16;
	const unsigned long link = entry(frames[3], PTE_V), data = leaf(DATA, 0);

	ok(!call_keeps(NACC_CALL_SET, upper, link) && *high(upper) == link,
	   "SET of a link keeps all other registers");
	ok(!call_keeps(NACC_CALL_SET, upper, 0) && !*high(upper), "so does SET over it");
	ok(!call_keeps(NACC_CALL_SET, lower, data) && *high(lower) == data,
	   "so does SET of a leaf");
	ok(!call_keeps(NACC_CALL_SET, lower, leaf(UART, 0)) && *high(lower) == data,
	   "so does a SET that is refused late");
	ok(!call_keeps(NACC_CALL_SET, lower, 0) && !*high(lower), "so does SET to zero");
}

static unsigned long next_random(void)
{
	static unsigned long x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Mostly an ordinary page; else something wrong with it, or no page at all. */
static unsigned long any_value(unsigned long op_page, unsigned long pool_end)
{
	const unsigned long odd[] = {
		ZERO_PAGE, READ_PAGE, IMAGE_BASE + 4096, FIRMWARE, UART,
		frames[0], frames[3], 1UL << 55,
		op_page, pool_end, IMAGE_BASE - 4096, IMAGE_BASE + IMAGE_BYTES,
	};
	const unsigned long bits = PTE_V | PTE_R | PTE_U | PTE_A;
	unsigned long r = next_random(), pa = DATA + (r & 3) * 4096;

	r >>= 2;
	if (!(r & 7))
		pa = odd[(r >> 3) % (sizeof(odd) / sizeof(odd[0]))];
	r >>= 16;
	switch (r & 7) {
	case 0:
		return 0;
	case 1:
		return entry(pa, r >> 3 & 0x3fe);
	case 2:
		return entry(pa, r >> 3 & 0x3ff);
	case 3:
		return entry(pa, bits | (r >> 3 & 0x3ff)) | 1UL << (54 + (r >> 13) % 10);
	default:
		return entry(pa, bits | (r >> 3 & (PTE_W | PTE_D | 0x200)));
	}
}

/*
 * SET takes the short way of the trap entry where it can, an op of COMMIT or OP never
 * does: the same requests in two tables get the same answers and leave the same.
 */
static void test_ways(void)
{
	volatile unsigned long *page = high(nacc_info(NACC_INFO_OP_PAGE));
	unsigned long i, same = 0, traps, ops, good = 0;
	const unsigned long first = frames[2] + 8 * 300, second = frames[4] + 8 * 300;
	const unsigned long op_page = nacc_info(NACC_INFO_OP_PAGE), pool_end =
		nacc_info(NACC_INFO_POOL_BASE) + nacc_info(NACC_INFO_POOL_SIZE);

	page[0] = NACC_OP_BIND_WORD(frames[4], 0);
	page[1] = space_id;
	ok(!nacc_call(NACC_CALL_COMMIT, 1, 0, 0).error, "a second table is bound");
	traps = nacc_info(NACC_INFO_TRAPS);
	ops = nacc_info(NACC_INFO_OPS);
	for (i = 0; i < 20000; i++) {
		const unsigned long slot = 8 * (next_random() & 7);
		const unsigned long value = any_value(op_page, pool_end);
		struct sbi_ret a = set(first + slot, value), b;

		page[0] = NACC_OP_WORD(NACC_OP_SET, second + slot, 1);
		page[1] = value;
		b = next_random() & 1 ? nacc_call(NACC_CALL_COMMIT, 1, 0, 0) :
					nacc_call(NACC_CALL_OP, page[0], value, 0);
		same += a.error == b.error && (!a.error || a.value == b.value) &&
			*high(first + slot) == *high(second + slot);
		good += !a.error;
		if (i == 10000)
			nacc_call(NACC_CALL_SPACE_SET, space_id, NACC_POLICY_NEW, 0);
	}
	ok(same == i, "SET, COMMIT and OP agree on 20000 random requests");
	ok(good > i / 4 && good < i, "some of which are refused");
	ok(nacc_info(NACC_INFO_OPS) == ops + 2 * good, "INFO counts what either has written");
	ok(nacc_info(NACC_INFO_TRAPS) == traps + 2 * i + 4, "INFO counts the calls of both");
	for (i = 0; i < 8; i++) {
		set(first + 8 * i, 0);
		page[0] = NACC_OP_WORD(NACC_OP_CLEARN, second, 8);
		page[1] = 0;
		nacc_call(NACC_CALL_COMMIT, 1, 0, 0);
	}
	ok((nacc_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, frames[4], 0).value >> 16 & 0xffff) == 0 &&
	   (nacc_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, frames[2], 0).value >> 16 & 0xffff) == 0,
	   "and both count the live entries");
}

/* The last row of a run's kind leaves what the next kind works on. */
static const struct commit {
	const char *what;
	unsigned int op, count;
} commits[] = {
	{ "COMMIT of 1 by SETN", NACC_OP_SETN, 1 },
	{ "COMMIT of 8 by SETN", NACC_OP_SETN, 8 },
	{ "COMMIT of 64 by SETN", NACC_OP_SETN, 64 },
	{ "COMMIT of 512 by SETN", NACC_OP_SETN, 512 },
	{ "COMMIT of 1 by WRPROTECTN", NACC_OP_WRPROTECTN, 1 },
	{ "COMMIT of 8 by WRPROTECTN", NACC_OP_WRPROTECTN, 8 },
	{ "COMMIT of 64 by WRPROTECTN", NACC_OP_WRPROTECTN, 64 },
	{ "COMMIT of 512 by WRPROTECTN", NACC_OP_WRPROTECTN, 512 },
	{ "COMMIT of 1 by PUTN", NACC_OP_PUTN, 1 },
	{ "COMMIT of 8 by PUTN", NACC_OP_PUTN, 8 },
	{ "COMMIT of 64 by PUTN", NACC_OP_PUTN, 64 },
	{ "COMMIT of 256 by PUTN", NACC_OP_PUTN, 256 },
	{ "COMMIT of 1 by SET", NACC_OP_SET, 1 },
	{ "COMMIT of 8 by SET", NACC_OP_SET, 8 },
	{ "COMMIT of 64 by SET", NACC_OP_SET, 64 },
	{ "COMMIT of 1 by CLEARN", NACC_OP_CLEARN, 1 },
	{ "COMMIT of 8 by CLEARN", NACC_OP_CLEARN, 8 },
	{ "COMMIT of 64 by CLEARN", NACC_OP_CLEARN, 64 },
	{ "COMMIT of 512 by CLEARN", NACC_OP_CLEARN, 512 },
};

/* One op of some slots, or some SETs; report its cost. Was it done? */
static bool report_commit(const struct commit *commit)
{
	volatile unsigned long *page = high(nacc_info(NACC_INFO_OP_PAGE));
	const unsigned long value = leaf(DATA, PTE_W | PTE_D);
	const bool sets = commit->op == NACC_OP_SET;
	unsigned int ops = sets ? commit->count : 1, i;
	unsigned long last;

	for (i = 0; i < ops; i++) {
		page[2 * i] = NACC_OP_WORD(commit->op, frames[2] + 8 * i,
					   commit->count / ops);
		page[2 * i + 1] = sets || commit->op == NACC_OP_SETN ? value : 0;
	}
	if (commit->op == NACC_OP_PUTN)
		for (i = 1; i <= commit->count; i++)
			page[i] = value;
	report_cost(commit->what, NACC_SBI_EXT, NACC_CALL_COMMIT, ops, 0, 0, 0);
	last = *high(frames[2] + 8 * (commit->count - 1));
	if (commit->op == NACC_OP_CLEARN)
		return !last;
	return (last & PTE_V) && !(last & PTE_W) == (commit->op == NACC_OP_WRPROTECTN);
}

static void report_commits(void)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < sizeof(commits) / sizeof(commits[0]); i++)
		good &= report_commit(&commits[i]);
	ok(good, "what a COMMIT cost was done");
}

static void report_costs(void)
{
	const unsigned long slot = frames[2] + 8, value = leaf(DATA, PTE_W | PTE_D);

	/* Once to have the paths translated by QEMU, and once to count. */
	report_cost("SET of a leaf", NACC_SBI_EXT, NACC_CALL_SET, slot, value, 0, 0);
	report_cost("SET of a leaf over a leaf", NACC_SBI_EXT, NACC_CALL_SET, slot,
		    leaf(DATA, PTE_W), 0, 0);
	report_cost("SET of a leaf with its fence", NACC_SBI_EXT, NACC_CALL_SET, slot,
		    value, USER_VA | NACC_SET_FENCE, 0);
	report_cost("SET of the zero page", NACC_SBI_EXT, NACC_CALL_SET, slot,
		    leaf(ZERO_PAGE, 0), 0, 0);
	report_cost("SET to zero", NACC_SBI_EXT, NACC_CALL_SET, slot, 0, 0, 0);
	report_cost("SET, refused", NACC_SBI_EXT, NACC_CALL_SET, 0, 0, 0, 0);
	report_cost("OP: 8 by CLEARN", NACC_SBI_EXT, NACC_CALL_OP,
		    NACC_OP_WORD(NACC_OP_CLEARN, frames[2], 8), 0, 0, 0);
	report_cost("INFO", NACC_SBI_EXT, NACC_CALL_INFO, 0, 0, 0, 0);
	report_commits();
}

static void run_space(unsigned long unused)
{
	unsigned long free = nacc_info(NACC_INFO_FRAMES_FREE), satp, roots;

	(void)unused;
	ok(nacc_info(NACC_INFO_FRAMES_TOTAL) == free, "all frames are free at first");
	satp = space_make();
	ok(satp, "a space is made");
	ok(refused(boot_lock(), NACC_SBI_INVALID_STATE, NACC_CAUSE_LOCKED),
	   "BOOT_LOCK is refused the second time: LOCKED");
	roots = nacc_info(NACC_INFO_ROOTS);
	roots += (frames[0] - nacc_info(NACC_INFO_POOL_BASE)) / NACC_FRAME_SIZE * 8;
	ok(*high(roots) == 0x7a6, "the registry of roots holds its tag");
	test_leaves();
	test_walk(satp);
	test_registers();
	test_ways();
	report_costs();
	ok(space_drop(), "the space goes");
	ok(!*high(roots), "and its root leaves the registry");
	ok(!space_reclaim(16) && nacc_info(NACC_INFO_FRAMES_FREE) == free &&
	   !nacc_info(NACC_INFO_SPACES), "all frames come back");
}

void test_space(void)
{
	run_high(paging_satp(), run_space, 0);
}
