/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts come and go, and with them the offer of the extension. Every hart that
 * enters S-mode, whether by cold boot, by HSM start or by resume, does it
 * through sbi_hart_switch_mode(): after its PMP is programmed, and when it
 * already counts as started and so receives interrupts. That is the one moment
 * at which reading the PMP back proves something, so that call is wrapped.
 */
#include <sbi/riscv_asm.h>
#include <sbi/riscv_atomic.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_domain.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_scratch.h>

#include <nacc/arch.h>

#include "platform.h"

#include "../riscv/arch.h"
#include "../sbi/ext.h"

static atomic_t offer = ATOMIC_INITIALIZER(NACC_OFFER_NONE);

/* Each hart writes its own. */
static bool counted[NACC_MAX_HARTS];
bool nacc_hart_used[NACC_MAX_HARTS];

bool nacc_hart_counts(unsigned int hart)
{
	return hart < NACC_MAX_HARTS && counted[hart];
}

/* A domain of its own has its own view of memory, and could write the pool. */
static bool is_only_domain(void)
{
	struct sbi_domain *domain;
	unsigned int count = 0;

	sbi_domain_for_each(domain)
		count++;
	return count == 1;
}

void nacc_offer_make(const struct nacc_config *config, uint32_t cbo_bytes)
{
	const char *why = NULL;

	if (!is_only_domain())
		why = "there is more than one OpenSBI domain; remove /chosen/opensbi-domains";
	else if (nacc_arch_init(config, cbo_bytes))
		why = "OpenSBI has no interrupt event left";
	else if (nacc_init(config))
		why = "the pool is unusable; give a larger nacc.pool=SIZE";
	else if (nacc_ext_register())
		why = "the extension id is taken";
	if (why) {
		sbi_printf("nacc: not offered: %s\n", why);
		return;
	}
	atomic_write(&offer, NACC_OFFER_OPEN);
}

bool nacc_offer_stands(bool changes)
{
	unsigned int hart = current_hartindex();
	long state = atomic_read(&offer);
	bool stands;

	if (changes && state == NACC_OFFER_OPEN) {
		atomic_cmpxchg(&offer, NACC_OFFER_OPEN, NACC_OFFER_USED);
		state = atomic_read(&offer);
	}
	stands = state != NACC_OFFER_WITHDRAWN && nacc_hart_counts(hart);
	if (changes && stands)
		nacc_hart_used[hart] = true;
	return stands;
}

/*
 * The pool could be written from this hart. As long as nobody relies on the
 * monitor, the monitor goes; after that, the hart must not run.
 */
static void hart_refuse(const char *why)
{
	atomic_cmpxchg(&offer, NACC_OFFER_OPEN, NACC_OFFER_WITHDRAWN);
	if (atomic_read(&offer) == NACC_OFFER_WITHDRAWN) {
		sbi_printf("nacc: not offered: hart %u %s\n", current_hartid(), why);
		return;
	}
	sbi_printf("nacc: hart %u is kept stopped: it %s\n", current_hartid(), why);
	sbi_hart_hang();
}

static void hart_up(void)
{
	unsigned int hart = current_hartindex();
	const char *why;

	if (atomic_read(&offer) == NACC_OFFER_NONE)
		return;
	why = nacc_arch_unfit();
	if (why) {
		hart_refuse(why);
		return;
	}
	nacc_hart_start(hart);
	counted[hart] = true;
	nacc_arch_trap_install();
}

void nacc_hart_down(void)
{
	unsigned int hart = current_hartindex();

	if (!nacc_hart_counts(hart))
		return;
	/* A parked hart must not walk a root that others take for unused. */
	csr_write(CSR_SATP, 0);
	nacc_arch_fence_all();
	counted[hart] = false;
	nacc_hart_used[hart] = false;
	nacc_hart_stop(hart);
}

void __noreturn __real_sbi_hart_switch_mode(unsigned long arg0, unsigned long arg1,
					    unsigned long next_addr,
					    unsigned long next_mode, bool next_virt);
void __noreturn __wrap_sbi_hart_switch_mode(unsigned long arg0, unsigned long arg1,
					    unsigned long next_addr,
					    unsigned long next_mode, bool next_virt);

void __noreturn __wrap_sbi_hart_switch_mode(unsigned long arg0, unsigned long arg1,
					    unsigned long next_addr,
					    unsigned long next_mode, bool next_virt)
{
	hart_up();
	__real_sbi_hart_switch_mode(arg0, arg1, next_addr, next_mode, next_virt);
}
