/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of platform/, sbi/ and riscv/ know of each other. */
#ifndef NACC_PLATFORM_H
#define NACC_PLATFORM_H

#include <nacc/types.h>
#include <nacc/monitor.h>

struct sbi_hart_features;

/* memory.c */

/*
 * nacc_memory_place - choose pool, metadata and op pages and make OpenSBI
 * protect them. Cold boot only, while M-mode may still read all RAM.
 * @harts: number of op pages. Returns false after it has said why.
 */
bool nacc_memory_place(const void *fdt, struct nacc_config *config);

/*
 * nacc_memory_check - are there PMP entries for all regions? OpenSBI leaves out
 * the largest without a word, and the board would not boot: if there are too
 * few, this says so and takes our regions out again. Cold boot only, before the
 * PMP is programmed.
 */
bool nacc_memory_check(unsigned int entries, const struct nacc_config *config);

/*
 * nacc_memory_ram - what user leaves may map, after all regions are known.
 * Returns false after it has said why.
 */
bool nacc_memory_ram(const void *fdt, struct nacc_config *config);

/* isa.c */

/* nacc_isa_all - do all enabled harts name this extension in the FDT? */
bool nacc_isa_all(const void *fdt, const char *name);

/* nacc_isa_cbo_bytes - cbo.zero's block if all harts agree on one, else 0. */
uint32_t nacc_isa_cbo_bytes(const void *fdt);

/* nacc_isa_hide_svadu - in each hart's node, svade takes the place of svadu. */
void nacc_isa_hide_svadu(void *fdt);

/* fixup.c */

/*
 * nacc_fixup_register - have the FDT for the next stage tell what we took. The
 * fix-up runs in generic's final_init.
 */
int nacc_fixup_register(const struct nacc_config *config);

/* hart.c */

/*
 * What the extension answers. USED is entered by the first call that may
 * change something; WITHDRAWN only from OPEN, when a hart comes up that is
 * unfit.
 */
enum nacc_offer {
	NACC_OFFER_NONE = 0,	/* never offered: nothing is set up */
	NACC_OFFER_OPEN,	/* offered, nothing has been changed yet */
	NACC_OFFER_USED,	/* offered, may not be withdrawn any more */
	NACC_OFFER_WITHDRAWN,	/* taken back */
};

/* nacc_offer_make - set core up and offer the extension. Cold boot, once. */
void nacc_offer_make(const struct nacc_config *config, uint32_t cbo_bytes);

/* nacc_offer_stands - may the call be performed now on this hart? */
bool nacc_offer_stands(bool changes);

/*
 * Each hart's own: it has made a call that changed something and was performed.
 * From then on the offer stands until the hart goes down.
 */
extern bool nacc_hart_used[NACC_MAX_HARTS];

/* nacc_hart_counts - is this hart in S-mode with its PMP proven? */
bool nacc_hart_counts(unsigned int hart);

/* nacc_hart_down - this hart leaves S-mode for good or until it is started. */
void nacc_hart_down(void);

#endif /* NACC_PLATFORM_H */
