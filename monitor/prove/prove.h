/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the harnesses share. Each proof is a function whose inputs are arbitrary
 * as far as its assumptions go; CBMC looks at all of them. docs/design/proofs.md
 * says in words what is proved, and how far.
 */
#ifndef NACC_PROVE_H
#define NACC_PROVE_H

#include "../core/call.h"
#include "../core/epoch.h"
#include "../core/state.h"
#include "../core/table.h"
#include "../host/host.h"

/* CBMC's own. */
void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *what);
void __CPROVER_havoc_object(void *object);

#define assume(condition)	__CPROVER_assume(condition)

/*
 * With PROVE_REACH: false, so that the proof has to fail here. What is proved of
 * a place that nothing reaches would mean nothing.
 */
#ifdef PROVE_REACH
#define prove(condition, what)	((void)(condition))
#define reached(what)	__CPROVER_assert(false, "reached: " what)
#else
#define prove(condition, what)	__CPROVER_assert(condition, what)
#define reached(what)	do { } while (0)
#endif

/* Any value at all: without a body CBMC takes each. */
uint64_t nondet_u64(void);
uint32_t nondet_u32(void);
uint8_t nondet_u8(void);
_Bool nondet_bool(void);

/*
 * A pool of so many whole frames: one is the registry, and of the others each
 * may be in any state. Of spaces, 0 is none.
 */
#define FRAMES		4U
#define SPACES		3U
#define POOL		0x80000000UL

/* machine_any - a monitor in any state, as far as frames_hold() of it. */
void machine_any(void);

/* An entry. */
uint64_t word_of(unsigned int frame, unsigned int slot);

/* The invariants: those of all frames and spaces, and those of one entry. */
bool frames_hold(void);
bool slot_holds(unsigned int frame, unsigned int slot);

/* Each FREE and each QUARANTINE frame is on one list, and no other is on any. */
bool lists_hold(void);

/*
 * An entry that is looked at before and after: any one. @slot_begin also assumes
 * the invariants of the entry @slot, which is about to be written.
 */
extern unsigned int seen_frame, seen_slot;
extern uint64_t seen_word;
void seen_begin(void);
void slot_begin(uint64_t slot);
/* The entry at @slot, and no other, may have changed; with a cause, nothing. */
void slot_end(unsigned int cause, uint64_t slot);
/* The same for what writes no entry, or zeroes whole frames. */
void frames_end(unsigned int cause);
/* Both, for a step that is never refused. */
void slot_done(uint64_t slot);
void frames_done(void);

/* Frames and spaces as they are now; and: is nothing changed since? */
void state_note(void);
bool state_is_noted(void);

/* No lock is held. */
bool locks_free(void);

/* Is the leaf one that the validator takes? It is not looked into: any may be. */
_Bool __CPROVER_uninterpreted_leaf(uint64_t value, unsigned int level);

#endif /* NACC_PROVE_H */
