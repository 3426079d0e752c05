/* SPDX-License-Identifier: BSD-2-Clause */
/* Forged requests to the monitor, by way of the module nacc_forge. */
#ifndef NACC_GUEST_FORGE_H
#define NACC_GUEST_FORGE_H

#include "../../abi/nacc_abi.h"
#include "../modules/nacc_forge.h"
#include "guest.h"

/* Performs @forgery in place; dies when the module is not there. */
void forge(struct nacc_forgery *forgery);

/*
 * Perform it and compare with what the abi says of @cause: its error code,
 * the cause and the index. NACC_CAUSE_NONE expects success.
 */
bool forge_expect(struct nacc_forgery *forgery, enum nacc_cause cause,
		  unsigned int index, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The most frequent ones. */
struct nacc_forgery forge_call(unsigned long call, unsigned long a0,
			       unsigned long a1, unsigned long a2);
struct nacc_forgery forge_op(uint64_t word, uint64_t value);

#endif /* NACC_GUEST_FORGE_H */
