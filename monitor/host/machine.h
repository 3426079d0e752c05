/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for tests: RAM, pool, metadata and op pages at fixed places, the
 * monitor started on it, and calls as the kernel makes them.
 */
#ifndef NACC_HOST_MACHINE_H
#define NACC_HOST_MACHINE_H

#include <nacc_abi.h>
#include <nacc/monitor.h>

#include "host.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Firmware below, two RAM spans with a hole, then pool, op pages, metadata. */
#define MACHINE_RAM0_BASE	0x80200000UL
#define MACHINE_RAM0_SIZE	0x1fe00000UL	/* up to 0xa0000000 */
#define MACHINE_RAM1_BASE	0xa0100000UL
#define MACHINE_RAM1_SIZE	0x0ff00000UL	/* up to 0xb0000000 */
#define MACHINE_OPS_BASE	0xb0000000UL
#define MACHINE_META_BASE	0xb1000000UL
#define MACHINE_POOL_BASE	0xb8000000UL

/* The kernel image: NONE but for one RO page, init memory in no range. */
#define MACHINE_IMAGE_BASE	0x80200000UL
#define MACHINE_IMAGE_SIZE	0x00400000UL
#define MACHINE_RO_BASE		0x80300000UL
#define MACHINE_RO_SIZE		0x00002000UL
#define MACHINE_INIT_BASE	0x80600000UL
#define MACHINE_INIT_SIZE	0x00100000UL
#define MACHINE_TAIL_BASE	0x80700000UL
#define MACHINE_TAIL_SIZE	0x00100000UL
#define MACHINE_RANGES		3

/* An ordinary user page, and an ordinary way to map it. */
#define MACHINE_PAGE		0x90000000UL
#define MACHINE_BITS		0xd7UL		/* D A U W R V */

struct machine {
	unsigned int harts;
	unsigned int levels;		/* 3, 4 or 5 */
	unsigned int frames;		/* power of two; registry included */
	bool svpbmt;
	bool svnapot;
};

/* Three levels, 4 harts, 256 frames, no extensions. */
extern const struct machine machine_default;

struct nacc_config machine_config(const struct machine *machine);

/* machine_boot - nacc_init on memory full of rubbish, and every hart started. */
void machine_boot(const struct machine *machine);

/* machine_template - what the kernel half's entry @i will be. */
uint64_t machine_template(unsigned int i);

/* machine_lock_raw - BOOT_LOCK with the template and ranges above. */
struct nacc_ret machine_lock_raw(void);

/* machine_start - machine_boot and a BOOT_LOCK that must work. */
void machine_start(const struct machine *machine);

/* machine_stop - forget the extension points that a test has set. */
void machine_stop(void);

/* machine_call - as the hart of this thread; unnamed arguments are 0. */
struct nacc_ret machine_call(uint64_t call, uint64_t a0, uint64_t a1,
			     uint64_t a2);

/* The calling hart's op page. */
uint64_t *machine_ops(void);
uint64_t *machine_list(void);

/* What the kernel would do next: each hart that was asked to fences. */
void machine_deliver(void);

/* RECLAIM and deliver until nothing more leaves quarantine. Returns the rest. */
uint64_t machine_settle(void);

/*
 * machine_sweep - give everything back, as a kernel would that has forgotten
 * what it did: retire and destroy each space, clear each entry, return each
 * frame. Returns how many frames are not free then.
 */
uint64_t machine_sweep(void);

/* These must work, or the test dies. */
uint64_t machine_take(void);
uint64_t machine_space(uint64_t tag, unsigned int policy, uint64_t *root);
uint64_t machine_bound(uint64_t space, unsigned int level);
void machine_must_set(uint64_t slot, uint64_t value);

static inline uint64_t machine_slot(uint64_t frame, unsigned int i)
{
	return frame + 8UL * i;
}

static inline uint64_t machine_pte(uint64_t pa, uint64_t bits)
{
	return pa >> 2 | bits;
}

static inline uint64_t machine_link(uint64_t frame)
{
	return frame >> 2 | 1;
}

static inline uint64_t machine_word(uint64_t slot)
{
	return *(uint64_t *)host_memory(slot);
}

static inline unsigned int machine_cause(struct nacc_ret ret)
{
	return ret.error ? NACC_CAUSE(ret.value) : NACC_CAUSE_NONE;
}

static inline unsigned int machine_state(uint64_t frame)
{
	return machine_call(NACC_CALL_QUERY, NACC_QUERY_FRAME, frame, 0).value & 0xff;
}

static inline uint64_t machine_info(enum nacc_info item)
{
	return machine_call(NACC_CALL_INFO, item, 0, 0).value;
}

#endif /* NACC_HOST_MACHINE_H */
