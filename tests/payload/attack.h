/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks on the monitor by a kernel that lies. Each prepares what it needs,
 * makes one forged call and looks at the effect, not only at the answer.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include "payload.h"

#define KERNEL_PAGE	0x80280000UL
#define READ_ONLY_PAGE	(IMAGE_BASE + IMAGE_BYTES)

struct attack {
	const char *name;
	const char *(*run)(void);	/* what came of it */
};

/* A space with one table of each level below the root. Sv39. */
struct victim {
	unsigned long id, root, middle, low;
};

struct victim victim_make(void);
unsigned long frame_take(void);
bool frame_return(unsigned long frame);
/* A frame bound to @level of @victim, in no tree. */
unsigned long frame_bound(const struct victim *victim, unsigned int level);
unsigned long frame_state(unsigned long frame);
volatile unsigned long *op_page(void);
/* Writes an entry; the set-up is broken if that is refused. */
void must_set(unsigned long slot, unsigned long value);
void must(bool good, const char *what);

/* The number of another hart; of the @index-th one, or MAX_HARTS. */
unsigned long other_hart(void);
unsigned long other_harts(unsigned int index);
unsigned long boot_hart(void);

/* Where the op pages of all harts end, and the descriptors of frames begin. */
unsigned long metadata(void);

/*
 * The forged call. It notes whether anything in the pool, any frame's state or
 * any count has changed: what is refused must change nothing.
 */
void try_call(unsigned long call, unsigned long a0, unsigned long a1,
	      unsigned long a2);
void try_op(unsigned long word, unsigned long value);
/* SET, and then the same as an op of COMMIT if SET has refused it. */
void try_set(unsigned long slot, unsigned long value);

/* `works`, `refused CAUSE`, or what else it was. @effect: the harm is there. */
const char *outcome(bool effect);

/* Hands over the kernel half and the ranges of the image. */
void boot_lock(void);

extern const struct attack attacks_boot[], attacks_links[], attacks_leaves[],
	attacks_frames[], attacks_spaces[], attacks_harts[], attacks_deputies[],
	attacks_limits[], attacks_starts[], attacks_traps[];

#endif /* ATTACK_H */
