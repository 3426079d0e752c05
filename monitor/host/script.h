/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls out of random numbers: what an arbitrary kernel, clumsy or hostile,
 * might ask for. Mostly plausible, so that deep states are reached.
 */
#ifndef NACC_HOST_SCRIPT_H
#define NACC_HOST_SCRIPT_H

#include <stdint.h>

#include <nacc/types.h>

#define SCRIPT_IDS	8

struct script {
	uint64_t (*next)(void *arg);	/* the source of numbers */
	void *arg;
	unsigned int frames;		/* of the pool */
	unsigned int levels;
	uint64_t *ids;			/* SCRIPT_IDS spaces that were created;
					 * threads may share them */
};

/* A call, and the op page as it was when it was made. */
struct script_call {
	uint64_t call;
	uint64_t args[6];
	uint64_t page[512];
};

/* script_step - think up a call; fills the calling hart's op page. */
void script_step(struct script *script, struct script_call *call);

/*
 * script_perform - make the call, by the trap entry's short way or not, and
 * remember the id that SPACE_CREATE returned. RETIRE: until no work is left.
 */
struct nacc_ret script_perform(struct script *script, unsigned int hart,
			       const struct script_call *call);

/* A generator for tests: xorshift. @state: uint64_t *, not 0. */
uint64_t script_xorshift(void *state);

#endif /* NACC_HOST_SCRIPT_H */
