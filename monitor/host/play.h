/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine and the abstract model side by side: several harts make calls out
 * of one source of numbers, in turn, and after each call the two are compared.
 */
#ifndef NACC_HOST_PLAY_H
#define NACC_HOST_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "model.h"
#include "script.h"

struct play {
	struct machine machine;
	struct script script;
	struct model model;
	uint64_t ids[SCRIPT_IDS];
	uint64_t done, refused;		/* calls, each compared */
};

/* play_start - a new machine; numbers come from @next(@arg). */
void play_start(struct play *play, const struct machine *machine,
		uint64_t (*next)(void *arg), void *arg);

/*
 * play_step - perhaps something that is no call happens to a hart; then one
 * hart makes a call. False if the machine differs from the model.
 */
bool play_step(struct play *play);

/* play_full - has the model no room for another space? */
static inline bool play_full(const struct play *play)
{
	return play->model.spaces_used == MODEL_SPACES;
}

/*
 * play_end - give everything back and check the invariants. False if one does
 * not hold or a frame has been lost.
 */
bool play_end(void);

#endif /* NACC_HOST_PLAY_H */
