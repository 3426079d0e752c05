// SPDX-License-Identifier: BSD-2-Clause
/*
 * A kernel under an attacker's control asks the monitor for what it cannot
 * store itself. Every request here is refused, for the reason that the abi
 * documents, and the victim goes on as if nothing had been.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forge.h"

#define PTE_V		0x001UL
#define PTE_R		0x002UL
#define PTE_W		0x004UL
#define PTE_X		0x008UL
#define PTE_U		0x010UL
#define PTE_G		0x020UL
#define PTE_A		0x040UL
#define PTE_D		0x080UL
#define PTE_PFN		0x003ffffffffffc00UL
#define USER_RW		(PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D)
#define LINK		PTE_V

struct victim {
	struct hello hello;
	struct proc proc;
	struct poke path;	/* to its page, every level */
};

static struct victim victim, other;

static uint64_t pte(uint64_t pa, uint64_t bits)
{
	return pa >> 2 | bits;
}

static void victim_start(struct victim *v)
{
	hello_start(&v->hello, true);
	if (proc_read(v->hello.child.pid, &v->proc) ||
	    poke(v->hello.child.pid, v->hello.page, "walk", 0, &v->path) ||
	    v->path.levels != paging_levels())
		tap_bail("the victim cannot be looked at");
}

static uint64_t slot_of(const struct victim *v, int level)
{
	return v->path.level[v->path.levels - 1 - level].slot;
}

static uint64_t table_of(const struct victim *v, int level)
{
	return v->path.level[v->path.levels - 1 - level].table;
}

/* A V=0 slot of the victim's root. */
static uint64_t empty_root_slot(const struct victim *v)
{
	unsigned int shift = 12 + 9 * v->proc.root_level;
	unsigned long index;
	struct poke path;

	for (index = 2; index < 200; index++)
		if (!poke(v->hello.child.pid, index << shift, "walk", 0, &path) &&
		    path.levels == 1 && !(path.level[0].entry & PTE_V))
			return path.level[0].slot;
	tap_bail("the root has no empty slot");
}

static void refuse_set(uint64_t slot, uint64_t value, enum nacc_cause cause,
		       const char *what)
{
	struct nacc_forgery set = forge_call(NACC_CALL_SET, slot, value, 0);
	struct nacc_forgery op = forge_op(NACC_OP_WORD(NACC_OP_SET, slot, 1), value);

	forge_expect(&set, cause, 0, "SET, %s", what);
	forge_expect(&op, cause, 0, "COMMIT of a SET, %s", what);
}

static uint64_t kernel_text(void)
{
	unsigned long long start;
	char line[128];
	FILE *iomem;

	iomem = fopen("/proc/iomem", "r");
	while (iomem && fgets(line, sizeof(line), iomem))
		if (strstr(line, "Kernel code") && sscanf(line, "%llx", &start) == 1) {
			fclose(iomem);
			return start & ~(PAGE - 1);
		}
	tap_bail("/proc/iomem names no kernel code");
}

static void leaves(void)
{
	uint64_t slot = slot_of(&victim, 0);
	uint64_t own = victim.path.level[victim.path.levels - 1].entry & PTE_PFN;

	refuse_set(slot, pte(kernel_text(), USER_RW), NACC_CAUSE_IMAGE,
		   "a leaf that maps kernel code");
	refuse_set(slot, pte(kernel_text(), PTE_V | PTE_R | PTE_U | PTE_A),
		   NACC_CAUSE_IMAGE, "a read-only leaf that maps kernel code");
	refuse_set(slot, pte(table_of(&victim, 0), USER_RW), NACC_CAUSE_TARGET,
		   "a leaf that maps a page table");
	refuse_set(slot, pte(victim.path.pool_base, USER_RW), NACC_CAUSE_TARGET,
		   "a leaf that maps the registry of roots");
	refuse_set(slot, pte(0x80000000UL, USER_RW), NACC_CAUSE_TARGET,
		   "a leaf that maps the firmware");
	refuse_set(slot, pte(0x10000000UL, USER_RW), NACC_CAUSE_TARGET,
		   "a leaf that maps a device");
	refuse_set(slot, pte(1UL << 50, USER_RW), NACC_CAUSE_TARGET,
		   "a leaf beyond memory");
	refuse_set(slot, own | (USER_RW & ~PTE_U), NACC_CAUSE_BITS,
		   "a leaf for the kernel in user space");
	refuse_set(slot, own | USER_RW | PTE_G, NACC_CAUSE_BITS, "a global leaf");
	refuse_set(slot, own | PTE_V | PTE_U | PTE_W, NACC_CAUSE_BITS,
		   "a leaf with W and without R");
	refuse_set(slot, own | USER_RW | 1UL << 54, NACC_CAUSE_BITS,
		   "a leaf with a reserved bit");
	refuse_set(slot, own | USER_RW | 1UL << 60, NACC_CAUSE_BITS,
		   "a leaf with another reserved bit");
	refuse_set(slot, own | USER_RW | 3UL << 61, NACC_CAUSE_MEMTYPE,
		   "a leaf of a memory type that does not exist");
	refuse_set(slot_of(&victim, 1), pte(victim.path.pool_base - (2UL << 20) + PAGE,
					    USER_RW),
		   NACC_CAUSE_ALIGN, "a huge leaf that is not aligned");
	refuse_set(slot_of(&victim, 1), pte(victim.path.pool_base, USER_RW),
		   NACC_CAUSE_TARGET, "a huge leaf over the pool");
}

static void links(void)
{
	uint64_t slot0 = slot_of(&victim, 0);
	uint64_t empty = empty_root_slot(&victim);
	int below_root = victim.path.levels - 2;

	refuse_set(slot0, pte(table_of(&other, 0), LINK), NACC_CAUSE_LEVEL,
		   "a link at level 0");
	refuse_set(slot_of(&victim, 1), pte(table_of(&other, 0), LINK),
		   NACC_CAUSE_RELINK, "a link over a link");
	refuse_set(empty, pte(table_of(&other, below_root), LINK),
		   NACC_CAUSE_CHILD_STATE, "a link to another process's table");
	refuse_set(empty, pte(table_of(&victim, below_root), LINK),
		   NACC_CAUSE_CHILD_STATE, "a second link to its own table");
	refuse_set(empty, pte(table_of(&victim, below_root + 1), LINK),
		   NACC_CAUSE_CHILD_STATE, "a link to its own root");
	refuse_set(empty, pte(kernel_text(), LINK), NACC_CAUSE_CHILD_STATE,
		   "a link out of the pool");
	refuse_set(empty, pte(table_of(&other, below_root), LINK | PTE_U),
		   NACC_CAUSE_BITS, "a link with U");
	refuse_set(empty, pte(table_of(&other, below_root), LINK | PTE_A),
		   NACC_CAUSE_BITS, "a link with A");
	refuse_set(table_of(&victim, below_root + 1) + 511 * 8, 0,
		   NACC_CAUSE_KERNEL_HALF, "clearing an entry of the kernel half");
	refuse_set(table_of(&victim, below_root + 1) + 256 * 8,
		   pte(table_of(&other, below_root), LINK),
		   NACC_CAUSE_KERNEL_HALF, "a link in the kernel half");
}

static void slots(void)
{
	uint64_t pool = victim.path.pool_base, end = pool + victim.path.pool_size;
	uint64_t slot = slot_of(&victim, 0);
	struct nacc_forgery f;

	refuse_set(pool, 0, NACC_CAUSE_FRAME_STATE, "a word of the registry of roots");
	f = forge_call(NACC_CALL_SET, end, 0, 0);
	forge_expect(&f, NACC_CAUSE_SLOT, 0, "SET, a slot behind the pool");
	f = forge_call(NACC_CALL_SET, pool - 8, 0, 0);
	forge_expect(&f, NACC_CAUSE_SLOT, 0, "SET, a slot before the pool");
	f = forge_call(NACC_CALL_SET, slot + 4, 0, 0);
	forge_expect(&f, NACC_CAUSE_SLOT, 0, "SET, a slot that is not aligned");
	f = forge_call(NACC_CALL_SET, 0x80000000UL, 0, 0);
	forge_expect(&f, NACC_CAUSE_SLOT, 0, "SET, a slot in the firmware");
	f = forge_call(NACC_CALL_SET, slot, 0, 2);
	forge_expect(&f, NACC_CAUSE_RESERVED, 0, "SET, an unknown flag");
}

static void ops(void)
{
	uint64_t slot = slot_of(&victim, 0);
	struct nacc_forgery f;

	f = forge_op(7 | slot, 0);
	forge_expect(&f, NACC_CAUSE_OPCODE, 0, "COMMIT, an unknown op");
	f = forge_op(NACC_OP_WORD(NACC_OP_CLEARN, (slot & ~(PAGE - 1)) + 8, 512), 0);
	forge_expect(&f, NACC_CAUSE_RUN, 0, "COMMIT, a run that leaves its table");
	f = forge_op(NACC_OP_WORD(NACC_OP_CLEARN, slot_of(&victim, 1), 1), 0);
	forge_expect(&f, NACC_CAUSE_LEVEL, 0, "COMMIT, a run of links");
	f = forge_op(NACC_OP_WORD(NACC_OP_CLEARN, slot, 1), 1);
	forge_expect(&f, NACC_CAUSE_RESERVED, 0, "COMMIT, a value where none belongs");
	f = forge_call(NACC_CALL_COMMIT, 0, 0, 0);
	forge_expect(&f, NACC_CAUSE_COUNT, 0, "COMMIT of nothing");
	f = forge_call(NACC_CALL_COMMIT, NACC_MAX_OPS + 1, 0, 0);
	forge_expect(&f, NACC_CAUSE_COUNT, 0, "COMMIT of too many ops");
	f = forge_call(NACC_CALL_COMMIT, ~0UL, 0, 0);
	forge_expect(&f, NACC_CAUSE_COUNT, 0, "COMMIT of ~0 ops");
	f = forge_call(NACC_CALL_COMMIT, 1, 2, 0);
	forge_expect(&f, NACC_CAUSE_RESERVED, 0, "COMMIT, an unknown flag");
	f = forge_call(NACC_CALL_OP, NACC_OP_WORD(NACC_OP_PUTN, slot, 1), 0, 0);
	forge_expect(&f, NACC_CAUSE_OPCODE, 0, "OP, values");
	f = forge_call(NACC_CALL_OP, NACC_OP_WORD(NACC_OP_CLEARN, slot, 1), 0, 2);
	forge_expect(&f, NACC_CAUSE_RESERVED, 0, "OP, an unknown flag");
	f = forge_call(NACC_CALL_OP, NACC_OP_WORD(NACC_OP_SETN, slot, 1),
		       pte(kernel_text(), USER_RW), 0);
	forge_expect(&f, NACC_CAUSE_IMAGE, 0, "OP, a leaf over kernel text");

	/* The first op is done, the second refused: the index says which. */
	f = forge_op(NACC_OP_WORD(NACC_OP_SET, slot, 1),
		     victim.path.level[victim.path.levels - 1].entry);
	f.arg[0] = 2;
	f.words = 4;
	f.word[2] = NACC_OP_WORD(NACC_OP_SET, slot, 1);
	f.word[3] = pte(kernel_text(), USER_RW);
	forge_expect(&f, NACC_CAUSE_IMAGE, 1, "COMMIT, the second of two ops");
}

/* Frames, in and out of the states that they are in. */
static void frames(void)
{
	struct nacc_forgery f = forge_call(NACC_CALL_FRAMES_TAKE, 1, 0, 0);
	uint64_t fresh;

	forge_expect(&f, NACC_CAUSE_NONE, 0, "FRAMES_TAKE of one");
	fresh = f.list[0];
	f = forge_call(NACC_CALL_SET, fresh, 0, 0);
	forge_expect(&f, NACC_CAUSE_UNBOUND, 0, "SET in a fresh frame");
	f = forge_op(NACC_OP_BIND_WORD(fresh, 0), ~0UL);
	forge_expect(&f, NACC_CAUSE_SPACE, 0, "BIND to no space");
	f = forge_op(NACC_OP_BIND_WORD(fresh, 9), other.proc.space);
	forge_expect(&f, NACC_CAUSE_LEVEL, 0, "BIND to level 9");
	f = forge_op(NACC_OP_BIND_WORD(fresh, victim.proc.root_level - 1),
		     other.proc.space);
	forge_expect(&f, NACC_CAUSE_NONE, 0, "BIND to the other's space");
	f = forge_call(NACC_CALL_SET, empty_root_slot(&victim), pte(fresh, LINK), 0);
	forge_expect(&f, NACC_CAUSE_CHILD_SPACE, 0, "SET, a link to that frame");
	f = forge_call(NACC_CALL_SPACE_CREATE, fresh, 1, 0);
	forge_expect(&f, NACC_CAUSE_FRAME_STATE, 0, "SPACE_CREATE on that frame");
	f = forge_call(NACC_CALL_FRAMES_RETURN, 1, 0, 0);
	f.offset = NACC_LIST_OFFSET;
	f.words = 1;
	f.word[0] = fresh;
	forge_expect(&f, NACC_CAUSE_NONE, 0, "FRAMES_RETURN of that frame");
	forge_expect(&f, NACC_CAUSE_FRAME_STATE, 0, "FRAMES_RETURN of it again");
	f.word[0] = table_of(&victim, 0);
	forge_expect(&f, NACC_CAUSE_FRAME_STATE, 0, "FRAMES_RETURN of a table in use");
	f.word[0] = victim.proc.root;
	forge_expect(&f, NACC_CAUSE_FRAME_STATE, 0, "FRAMES_RETURN of a root");
	f.word[0] = kernel_text();
	forge_expect(&f, NACC_CAUSE_FRAME, 0, "FRAMES_RETURN of kernel code");
	f.word[0] = table_of(&victim, 0) + 8;
	forge_expect(&f, NACC_CAUSE_FRAME, 0, "FRAMES_RETURN of half a frame");
	f.arg[0] = NACC_MAX_FRAMES + 1;
	forge_expect(&f, NACC_CAUSE_COUNT, 0, "FRAMES_RETURN of too many");
	f = forge_call(NACC_CALL_FRAMES_TAKE, 0, 0, 0);
	forge_expect(&f, NACC_CAUSE_COUNT, 0, "FRAMES_TAKE of none");
	f = forge_call(NACC_CALL_FRAMES_TAKE, NACC_MAX_FRAMES + 1, 0, 0);
	forge_expect(&f, NACC_CAUSE_COUNT, 0, "FRAMES_TAKE of too many");
}

static void spaces(void)
{
	unsigned long space = victim.proc.space, call;
	struct nacc_forgery f;

	f = forge_call(NACC_CALL_SPACE_DESTROY, space, 0, 0);
	forge_expect(&f, NACC_CAUSE_IN_USE, 0, "SPACE_DESTROY of a space in use");
	f = forge_call(NACC_CALL_SPACE_DESTROY, space + (1UL << 16), 0, 0);
	forge_expect(&f, NACC_CAUSE_SPACE, 0, "SPACE_DESTROY, another generation");
	f = forge_call(NACC_CALL_SPACE_RETIRE, 0, 0, 0);
	forge_expect(&f, NACC_CAUSE_SPACE, 0, "SPACE_RETIRE of id 0");
	f = forge_call(NACC_CALL_SPACE_RETIRE, ~0UL, 0, 0);
	forge_expect(&f, NACC_CAUSE_SPACE, 0, "SPACE_RETIRE of id ~0");
	f = forge_call(NACC_CALL_SPACE_SET, space, ~NACC_POLICY_MASK, 0);
	forge_expect(&f, NACC_CAUSE_POLICY, 0, "SPACE_SET, unknown policy");
	f = forge_call(NACC_CALL_SPACE_CREATE, victim.proc.root, 1, 0);
	forge_expect(&f, NACC_CAUSE_FRAME_STATE, 0, "SPACE_CREATE on a root in use");
	f = forge_call(NACC_CALL_SPACE_CREATE, kernel_text(), 1, 0);
	forge_expect(&f, NACC_CAUSE_FRAME, 0, "SPACE_CREATE outside the pool");
	f = forge_call(NACC_CALL_BOOT_LOCK, 0, 0, 0);
	forge_expect(&f, NACC_CAUSE_LOCKED, 0, "BOOT_LOCK again");
	f = forge_call(NACC_CALL_INFO, NACC_INFO_COUNT, 0, 0);
	forge_expect(&f, NACC_CAUSE_ITEM, 0, "INFO of an unknown item");
	f = forge_call(NACC_CALL_QUERY, NACC_QUERY_COUNT, 0, 0);
	forge_expect(&f, NACC_CAUSE_ITEM, 0, "QUERY of an unknown item");
	for (call = NACC_CALL_COUNT; call < NACC_CALL_COUNT + 4; call++) {
		f = forge_call(call, 0, 0, 0);
		forge_expect(&f, NACC_CAUSE_CALL, 0, "call %lu", call);
	}
	f = forge_call(~0UL, 0, 0, 0);
	forge_expect(&f, NACC_CAUSE_CALL, 0, "call ~0");
	for (call = 0; call < NACC_CALL_COUNT; call++) {
		f = forge_call(call, 0, 0, 0);
		f.arg[5] = 1;
		forge_expect(&f, NACC_CAUSE_RESERVED, 0,
			     "call %lu, a5 not zero", call);
	}
}

static void victim_end(struct victim *v, const char *who)
{
	char line[32];

	hello_read(&v->hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "%s still says %s", who, line);
	tap_ok(exited_with(child_end(&v->hello.child), 0), "%s exits with 0", who);
}

int main(void)
{
	struct balance before;

	balance_take(&before);
	victim_start(&victim);
	victim_start(&other);
	leaves();
	links();
	slots();
	ops();
	frames();
	spaces();
	victim_end(&victim, "the victim");
	victim_end(&other, "the other one");
	balance_check(&before, "after all forgeries");
	return tap_done();
}
