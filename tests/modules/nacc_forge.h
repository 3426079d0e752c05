/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What passes through the debugfs file nacc_forge, in both directions. */
#ifndef NACC_FORGE_H
#define NACC_FORGE_H

#define NACC_FORGE_WORDS	64

struct nacc_forgery {
	/* Request: words go to the op page at offset before the call. */
	nacc_abi_u64 call;
	nacc_abi_u64 arg[6];
	nacc_abi_u64 offset;
	nacc_abi_u64 words;
	nacc_abi_u64 word[NACC_FORGE_WORDS];
	/* Answer: a0, a1, and what the op page holds at NACC_LIST_OFFSET. */
	nacc_abi_u64 error;
	nacc_abi_u64 value;
	nacc_abi_u64 list[NACC_FORGE_WORDS];
};

#endif /* NACC_FORGE_H */
