/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The contract between the NaCC monitor (M-mode) and the kernel (S-mode).
 *
 * This header is the manual: monitor, kernel and tests include it and nothing
 * else describes the calls. Rationale: docs/design/abi-rationale.md.
 *
 * Calling convention: the SBI's (a7 = extension id, a6 = call, a0..a5 =
 * arguments; a0 = error, a1 = value on return, all other registers kept).
 * Arguments that a call does not name are reserved and must be zero.
 *
 * Errors: a0 is an SBI error code in -1..-11. a1 then holds
 * `cause | index << 16`: why (enum nacc_cause), and which op or list element
 * was refused (0 for calls without a list). A refused op or call has changed
 * nothing; ops before the refused one are done.
 *
 * Physical addresses are in bytes. A frame is a 4 KiB page of the pool. A slot
 * is the physical address of one 8-byte page-table entry inside a frame.
 */
#ifndef NACC_ABI_H
#define NACC_ABI_H

/* Firmware-specific extension space, offset by implementation id 1. */
#define NACC_SBI_EXT		0x0A000001

#define NACC_MAGIC		0x4343614eUL	/* "NaCC" in memory order */
#define NACC_VERSION_MAJOR	1
#define NACC_VERSION_MINOR	0
#define NACC_VERSION		(NACC_VERSION_MAJOR << 16 | NACC_VERSION_MINOR)

#define NACC_FRAME_SHIFT	12
#define NACC_FRAME_SIZE		(1UL << NACC_FRAME_SHIFT)
#define NACC_SLOTS		512		/* entries of a table */

/* The most that one call does; a longer list is refused (COUNT). */
#define NACC_MAX_OPS		64		/* COMMIT: ops */
#define NACC_MAX_SLOTS		512		/* COMMIT: slots, all ops together */
#define NACC_MAX_VALUES		256		/* COMMIT: PUTN values, all ops together */
#define NACC_MAX_LONG		16		/* COMMIT: of these, that need a long check */
#define NACC_MAX_FRAMES		64		/* FRAMES_TAKE, FRAMES_RETURN */
#define NACC_MAX_SCRUBS		16		/* dirty frames zeroed by any one call */
#define NACC_MAX_RANGES		16		/* BOOT_LOCK */

/*
 * The op page: one page for each hart, S-writable, address from
 * INFO(OP_PAGE). The monitor copies each word once, then checks the copy.
 */
#define NACC_OPS_OFFSET		0		/* COMMIT: struct nacc_op[] */
#define NACC_OPS_BYTES		3072
#define NACC_LIST_OFFSET	3072		/* FRAMES_*: 64-bit addresses */
#define NACC_TEMPLATE_OFFSET	0		/* BOOT_LOCK: 256 root entries */
#define NACC_TEMPLATE_SLOTS	256
#define NACC_RANGES_OFFSET	2048		/* BOOT_LOCK: struct nacc_range[] */

#ifndef __ASSEMBLER__
#ifdef __KERNEL__
#include <linux/types.h>
typedef __u64 nacc_abi_u64;
#else
#include <stdint.h>
typedef uint64_t nacc_abi_u64;
#endif

/*
 * Software bit 9 of a valid entry: written after adoption (or after exec, for
 * a space born guarded) and mapping something else or more than before. Set
 * by the monitor alone; what the caller passes there is ignored. In an entry
 * with V=0 the bit is the caller's.
 */
#define NACC_PTE_NEW		(1UL << 9)

enum nacc_call {
	/*
	 * SET: write one entry.
	 * a0 = slot, a1 = value, a2 = 0 or (virtual address of the page |
	 * NACC_SET_FENCE): also `sfence.vma` for that page on this hart.
	 * Returns 0, a1 = 0.
	 * A non-leaf value links the frame that it names (FRESH or DETACHED);
	 * a value with V=0, or a leaf, over a non-leaf unlinks that child.
	 * INVALID_ADDRESS: SLOT. INVALID_STATE: FRAME_STATE, UNBOUND,
	 * CHILD_STATE. INVALID_PARAM: RESERVED, BITS, LEVEL, MEMTYPE, ALIGN.
	 * DENIED: KERNEL_HALF, RETIRED, RELINK, WX, TARGET, IMAGE,
	 * CHILD_SPACE, CHILD_LEVEL.
	 */
	NACC_CALL_SET			= 0,

	/*
	 * COMMIT: perform the ops in the op page, in order.
	 * a0 = number of ops (1..NACC_MAX_OPS), a1 = 0 or NACC_COMMIT_FENCE:
	 * `sfence.vma` of everything on this hart afterwards, also after a
	 * refusal. Returns 0, a1 = number of ops done.
	 * Stops at the first refused op: a1 names cause and index. That op
	 * has changed nothing, but for the values of a PUTN before the one
	 * that is refused.
	 * As SET, and INVALID_PARAM: COUNT, OPCODE, RUN, SPACE (BIND),
	 * LEVEL; INVALID_ADDRESS: FRAME (BIND).
	 */
	NACC_CALL_COMMIT		= 1,

	/*
	 * INFO: one fact. a0 = enum nacc_info. Returns 0, a1 = the value.
	 * NOT_SUPPORTED: ITEM.
	 */
	NACC_CALL_INFO			= 2,

	/*
	 * BOOT_LOCK: hand over the kernel half of the root and the kernel
	 * image's ranges, once for each boot.
	 * a0 = number of ranges (0..NACC_MAX_RANGES). The op page holds the
	 * template at NACC_TEMPLATE_OFFSET and the ranges at
	 * NACC_RANGES_OFFSET. The number of levels is that of this hart's satp.
	 * Returns 0, a1 = 0.
	 * INVALID_STATE: LOCKED (done before), MODE (satp is Bare).
	 * INVALID_PARAM: COUNT, RANGE (index), TEMPLATE (index: a valid entry
	 * with U=1, with reserved bits, or a pointer into the pool).
	 */
	NACC_CALL_BOOT_LOCK		= 3,

	/*
	 * SPACE_CREATE: make a FRESH frame the root of a new space.
	 * a0 = frame, a1 = tag (the mm, not 0: what the registry of roots
	 * will hold), a2 = NACC_POLICY_* bits.
	 * Returns 0, a1 = space id. The kernel half is filled in.
	 * INVALID_ADDRESS: FRAME. INVALID_STATE: FRAME_STATE, UNLOCKED.
	 * INVALID_PARAM: POLICY, TAG. FAILED: NO_SPACE.
	 */
	NACC_CALL_SPACE_CREATE		= 4,

	/*
	 * SPACE_SET: add policy bits; none can be taken away.
	 * a0 = space id, a1 = NACC_POLICY_* bits. Returns 0, a1 = all bits.
	 * INVALID_PARAM: SPACE, POLICY.
	 */
	NACC_CALL_SPACE_SET		= 5,

	/*
	 * SPACE_RETIRE: from now on V=0 writes only, and take the tables
	 * below the root, a bounded number for each call.
	 * a0 = space id, a1 = how many addresses of such tables lie in the op
	 * page at NACC_LIST_OFFSET, deepest first (0..NACC_MAX_FRAMES): where
	 * to find them without a search, and no more than a hint.
	 * Returns 0, a1 = 1 while work is left (call again), 0 when nothing
	 * hangs below the root. Tables that the kernel holds DETACHED stay and
	 * leave by FRAMES_RETURN.
	 * INVALID_PARAM: SPACE, COUNT.
	 */
	NACC_CALL_SPACE_RETIRE		= 6,

	/*
	 * SPACE_DESTROY: give the root back. a0 = space id. A LIVE or RETIRED
	 * space will do, if nothing hangs below its root. The id is dead from
	 * here on; its index is used again when no frame names it.
	 * Returns 0, a1 = 0. INVALID_PARAM: SPACE. DENIED: IN_USE.
	 */
	NACC_CALL_SPACE_DESTROY		= 7,

	/*
	 * FRAMES_TAKE: borrow FRESH (all-zero) frames.
	 * a0 = wanted (1..NACC_MAX_FRAMES). Returns 0, a1 = number taken,
	 * their addresses in the op page at NACC_LIST_OFFSET. Fewer than
	 * wanted means that the rest is in quarantine or not scrubbed yet:
	 * see RECLAIM.
	 * INVALID_PARAM: COUNT. FAILED: NO_FRAME (none at all).
	 */
	NACC_CALL_FRAMES_TAKE		= 8,

	/*
	 * FRAMES_RETURN: give FRESH and DETACHED frames back.
	 * a0 = count (1..NACC_MAX_FRAMES), addresses in the op page at
	 * NACC_LIST_OFFSET. Returns 0, a1 = count.
	 * Stops at the first refused one: INVALID_ADDRESS: FRAME.
	 * INVALID_STATE: FRAME_STATE. DENIED: IN_USE (it still holds a link).
	 * INVALID_PARAM: COUNT.
	 */
	NACC_CALL_FRAMES_RETURN		= 9,

	/*
	 * RECLAIM: have every hart fence, and free the frames whose fence is
	 * past (at most NACC_MAX_SCRUBS dirty ones a call). Does not wait for
	 * other harts. Returns 0, a1 = frames still in quarantine.
	 */
	NACC_CALL_RECLAIM		= 10,

	/*
	 * QUERY: look at one frame or space. a0 = enum nacc_query, a1 =
	 * physical address or space id. Returns 0, a1 = packed answer.
	 * NOT_SUPPORTED: ITEM. INVALID_ADDRESS: FRAME. INVALID_PARAM: SPACE.
	 */
	NACC_CALL_QUERY			= 11,

	/*
	 * OP: perform one op without the op page. a0 = its word, a1 = its
	 * value, a2 = as COMMIT's a1. Returns 0, a1 = 0.
	 * As COMMIT of a list of one; OPCODE also for PUTN, whose values would
	 * have no place.
	 */
	NACC_CALL_OP			= 12,

	NACC_CALL_COUNT
};

#define NACC_SET_FENCE		1UL	/* SET, a2: fence for the address */
#define NACC_COMMIT_FENCE	1UL	/* COMMIT, a1; OP, a2: fence for everything */

/* Policy of a space. */
#define NACC_POLICY_WX_DENY	(1UL << 0) /* refuse leaves with W and X */
#define NACC_POLICY_NEW		(1UL << 1) /* from now on entries are NEW */
#define NACC_POLICY_MASK	(NACC_POLICY_WX_DENY | NACC_POLICY_NEW)

enum nacc_info {
	NACC_INFO_MAGIC			= 0,	/* NACC_MAGIC */
	NACC_INFO_VERSION		= 1,	/* major << 16 | minor */
	NACC_INFO_POOL_BASE		= 2,	/* physical address */
	NACC_INFO_POOL_SIZE		= 3,	/* bytes */
	NACC_INFO_OP_PAGE		= 4,	/* physical address, this hart's */
	/*
	 * Registry of roots: physical address of one 64-bit word for each
	 * frame, in the pool (S reads, only the monitor writes). The word is
	 * the tag of SPACE_CREATE while the frame is the root of a space that
	 * is not destroyed, else 0.
	 */
	NACC_INFO_ROOTS			= 5,
	NACC_INFO_FRAMES_TOTAL		= 6,	/* that can be taken at all */
	NACC_INFO_FRAMES_FREE		= 7,
	NACC_INFO_FRAMES_QUARANTINED	= 8,
	NACC_INFO_SPACES		= 9,	/* not destroyed */
	NACC_INFO_TRAPS			= 10,	/* calls since boot, all harts */
	NACC_INFO_OPS			= 11,	/* entries written since boot */
	NACC_INFO_REFUSALS		= 12,	/* refused calls and ops */
	NACC_INFO_HART			= 13,	/* NACC_HART_* of this hart */
	NACC_INFO_LOCK_WAITS		= 14,	/* locks found taken, since boot */
	NACC_INFO_COUNT
};

#define NACC_HART_AD_OFF	(1UL << 0) /* hardware A/D updating is off */
#define NACC_HART_PMP_OK	(1UL << 1) /* PMP read back as wanted */

enum nacc_query {
	/* state | level << 8 | live << 16 | space index << 32 */
	NACC_QUERY_FRAME		= 0,
	/* state | policy << 8 | frames that name it << 32 */
	NACC_QUERY_SPACE		= 1,
	/* id of the space that the frame is a table or the root of, else 0 */
	NACC_QUERY_SPACE_OF		= 2,
	NACC_QUERY_COUNT
};

/*
 * State of a frame. Allowed moves:
 *
 *   FREE -> FRESH -> DETACHED <-> LINKED
 *             |  \       |          |
 *             |   ROOT   |          | (SPACE_RETIRE)
 *             v    |     v          v
 *           FREE   +-> QUARANTINE <-+   -> scrubbed -> FREE
 *
 * The monitor's frame.h says for each state who may touch the frame, what
 * pins it and how it leaves.
 */
enum nacc_frame_state {
	NACC_FRAME_KEPT		= 0,	/* the monitor's own (registry), or never set up */
	NACC_FRAME_FREE		= 1,
	NACC_FRAME_FRESH	= 2,
	NACC_FRAME_DETACHED	= 3,
	NACC_FRAME_LINKED	= 4,
	NACC_FRAME_ROOT		= 5,
	NACC_FRAME_QUARANTINE	= 6,
	NACC_FRAME_STATES
};

enum nacc_space_state {
	NACC_SPACE_GONE		= 0,	/* index may be used again */
	NACC_SPACE_LIVE		= 1,
	NACC_SPACE_RETIRED	= 2,
	NACC_SPACE_DEAD		= 3,	/* destroyed, frames still name it */
	NACC_SPACE_STATES
};

/*
 * One op of COMMIT, 16 bytes aligned. The first word holds the op in bits
 * 2:0, the slot (for BIND the frame) in bits 53:3, and count - 1 (for BIND
 * the level) in bits 63:54. A run stays inside one level-0 table.
 */
struct nacc_op {
	nacc_abi_u64 word;
	nacc_abi_u64 value;
};

enum nacc_opcode {
	NACC_OP_SET		= 0,	/* *slot = value, any level; count 1 */
	NACC_OP_SETN		= 1,	/* slot[i] = value with pfn + i; leaves or V=0 */
	NACC_OP_PUTN		= 2,	/* slot[i] = values[i], in order; leaves or V=0 */
	NACC_OP_CLEARN		= 3,	/* slot[i] = 0; value reserved */
	NACC_OP_WRPROTECTN	= 4,	/* slot[i] &= ~W; value reserved */
	NACC_OP_BIND		= 5,	/* FRESH -> DETACHED(level, space = value) */
	NACC_OPCODES
};
/*
 * PUTN's values begin in the op's own value word and go on behind it; the next op
 * begins at the next 16-byte boundary. A value is checked quickly if it is V=0, or
 * maps a 4 KiB page, with no bit above its number, of one of the four largest parts
 * of RAM without image, or of the first RO range.
 */

#define NACC_OP_SLOT_MASK	0x003ffffffffffff8UL
#define NACC_OP_COUNT_SHIFT	54
#define NACC_OP_WORD(op, slot, count) \
	((nacc_abi_u64)(op) | (nacc_abi_u64)(slot) | \
	 ((nacc_abi_u64)(count) - 1) << NACC_OP_COUNT_SHIFT)
#define NACC_OP_BIND_WORD(frame, level) \
	((nacc_abi_u64)NACC_OP_BIND | (nacc_abi_u64)(frame) | \
	 (nacc_abi_u64)(level) << NACC_OP_COUNT_SHIFT)

/*
 * BOOT_LOCK: a part of the kernel image, page aligned. RO wins over NONE. Of the
 * RO ranges the first is the one that SET is quick about: the zero page's.
 */
struct nacc_range {
	nacc_abi_u64 base;	/* physical, bytes */
	nacc_abi_u64 size;	/* bytes, not 0 */
	nacc_abi_u64 kind;	/* enum nacc_range_kind */
};

enum nacc_range_kind {
	NACC_RANGE_NONE		= 0,	/* no user leaf may cover any of it */
	NACC_RANGE_RO		= 1,	/* user leaves without W only */
	NACC_RANGE_KINDS
};

/*
 * Causes: name, SBI error that it goes with, meaning. Every refusal of the
 * monitor is one row.
 */
#define NACC_CAUSES(X) \
	X(NONE,		SUCCESS,	"no refusal") \
	X(RESERVED,	INVALID_PARAM,	"a reserved argument or field is not zero") \
	X(CALL,		NOT_SUPPORTED,	"no such call") \
	X(ITEM,		NOT_SUPPORTED,	"no such item of INFO or QUERY") \
	X(COUNT,	INVALID_PARAM,	"list or run is empty or longer than allowed") \
	X(OPCODE,	INVALID_PARAM,	"no such op") \
	X(RUN,		INVALID_PARAM,	"run leaves its table") \
	X(POLICY,	INVALID_PARAM,	"unknown policy bit") \
	X(TAG,		INVALID_PARAM,	"the registry's tag must not be 0") \
	X(MODE,		INVALID_STATE,	"satp names no paging mode with 3, 4 or 5 levels") \
	X(LOCKED,	INVALID_STATE,	"BOOT_LOCK was done before") \
	X(UNLOCKED,	INVALID_STATE,	"BOOT_LOCK has not been done yet") \
	X(TEMPLATE,	INVALID_PARAM,	"kernel half: U=1, reserved bits, or a pointer into the pool") \
	X(RANGE,	INVALID_PARAM,	"image range is empty, unaligned, wraps or of unknown kind") \
	X(SLOT,		INVALID_ADDRESS, "slot is outside the pool or not 8-byte aligned") \
	X(FRAME,	INVALID_ADDRESS, "address is no frame of the pool") \
	X(FRAME_STATE,	INVALID_STATE,	"the frame's state does not allow this") \
	X(UNBOUND,	INVALID_STATE,	"the frame is FRESH: bind or link it first") \
	X(SPACE,	INVALID_PARAM,	"no such space, or a stale id") \
	X(KERNEL_HALF,	DENIED,		"the kernel half of a root never changes") \
	X(RETIRED,	DENIED,		"a retired space takes V=0 writes only") \
	X(RELINK,	DENIED,		"a link may not replace a link") \
	X(LEVEL,	INVALID_PARAM,	"no such entry at this level") \
	X(BITS,		INVALID_PARAM,	"reserved or illegal permission bits") \
	X(WX,		DENIED,		"the space's policy refuses W with X") \
	X(MEMTYPE,	INVALID_PARAM,	"Svpbmt or Svnapot bits that this hart or size does not have") \
	X(ALIGN,	INVALID_PARAM,	"superpage or napot range is not naturally aligned") \
	X(TARGET,	DENIED,		"leaf is not wholly inside RAM, or touches pool or monitor") \
	X(IMAGE,	DENIED,		"leaf touches a kernel image range") \
	X(CHILD_STATE,	INVALID_STATE,	"link target is neither FRESH nor DETACHED") \
	X(CHILD_SPACE,	DENIED,		"link target belongs to another space") \
	X(CHILD_LEVEL,	DENIED,		"link target is bound to another level") \
	X(IN_USE,	DENIED,		"tables still hang below this one") \
	X(NO_FRAME,	FAILED,		"no free frame") \
	X(NO_SPACE,	FAILED,		"no free space id")

#define NACC_CAUSE_ENUM(name, error, text) NACC_CAUSE_##name,
enum nacc_cause {
	NACC_CAUSES(NACC_CAUSE_ENUM)
	NACC_CAUSES_END
};
#undef NACC_CAUSE_ENUM

#define NACC_CAUSE(a1)		((a1) & 0xffffUL)
#define NACC_CAUSE_INDEX(a1)	((a1) >> 16)

/* SBI error codes that the monitor uses (SBI specification, chapter 3). */
#define NACC_SBI_SUCCESS		0
#define NACC_SBI_FAILED			-1
#define NACC_SBI_NOT_SUPPORTED		-2
#define NACC_SBI_INVALID_PARAM		-3
#define NACC_SBI_DENIED			-4
#define NACC_SBI_INVALID_ADDRESS	-5
#define NACC_SBI_INVALID_STATE		-10

/* A space id: index | generation << 16. Never 0 for a space that exists. */
#define NACC_SPACE_INDEX(id)	((id) & 0xffffUL)

#endif /* __ASSEMBLER__ */
#endif /* NACC_ABI_H */
