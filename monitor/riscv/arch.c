/* SPDX-License-Identifier: BSD-2-Clause */
/* nacc/arch.h for M-mode under OpenSBI: what need not be inline. */
#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_ipi.h>
#include <sbi/sbi_scratch.h>

#include <nacc/arch.h>

#include "arch.h"
#include "pmp.h"

#include "../platform/platform.h"

extern void _trap_handler(void), _trap_handler_hyp(void);

uint32_t nacc_cbo_bytes;

static struct nacc_span pool, meta, ops;
static u32 fence_event;

static void pmp_read(struct nacc_pmp *pmp)
{
	struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();
	unsigned int i;

	pmp->count = sbi_hart_pmp_count(scratch);
	pmp->mml = sbi_hart_has_extension(scratch, SBI_HART_EXT_SMEPMP) &&
		   csr_read(CSR_MSECCFG) & MSECCFG_MML;
	for (i = 0; i < pmp->count && i < NACC_PMP_MAX; i++) {
		pmp->cfg[i] = csr_read_num((CSR_PMPCFG0 + (i >> 2)) & ~1) >> (i % 8 * 8);
		pmp->addr[i] = csr_read_num(CSR_PMPADDR0 + i);
	}
}

bool nacc_arch_protects(void)
{
	const unsigned int rw = NACC_PMP_R | NACC_PMP_W;
	struct nacc_pmp pmp;

	pmp_read(&pmp);
	return nacc_pmp_permits(&pmp, &pool, NACC_PMP_R, rw) &&
	       nacc_pmp_permits(&pmp, &meta, 0, rw) &&
	       nacc_pmp_permits(&pmp, &ops, rw, rw);
}

uint64_t nacc_arch_hart_flags(void)
{
	struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();
	uint64_t flags = 0;

	/* A hart without menvcfg has no Svadu that could be turned on. */
	if (sbi_hart_priv_version(scratch) < SBI_HART_PRIV_VER_1_12 ||
	    !(csr_read(CSR_MENVCFG) & ENVCFG_ADUE))
		flags |= NACC_HART_AD_OFF;
	if (nacc_arch_protects())
		flags |= NACC_HART_PMP_OK;
	return flags;
}

/* Self needs no interrupt: whoever asks has fenced, or does so itself. */
static int fence_update(struct sbi_scratch *scratch, struct sbi_scratch *remote,
			u32 remote_hartindex, void *data)
{
	(void)remote_hartindex;
	(void)data;
	return scratch == remote ? SBI_IPI_UPDATE_BREAK : SBI_IPI_UPDATE_SUCCESS;
}

static void fence_process(struct sbi_scratch *scratch)
{
	/* A hart that stops drains its interrupts after it was counted out. */
	if (nacc_hart_counts(scratch->hartindex))
		nacc_hart_fence(scratch->hartindex);
}

/* No sync callback: the sender must not wait. */
static const struct sbi_ipi_event_ops fence_ops = {
	.name = "IPI_NACC_FENCE",
	.update = fence_update,
	.process = fence_process,
};

void nacc_arch_fence_others(void)
{
	sbi_ipi_send_many(0, -1UL, fence_event, NULL);
}

void nacc_arch_trap_install(void)
{
	unsigned long entry = csr_read(CSR_MTVEC);

	if (entry == (unsigned long)_trap_handler)
		csr_write(CSR_MTVEC, (unsigned long)nacc_trap_entry);
	else if (entry == (unsigned long)_trap_handler_hyp)
		csr_write(CSR_MTVEC, (unsigned long)nacc_trap_entry_hyp);
}

int nacc_arch_init(const struct nacc_config *config, uint32_t cbo_bytes)
{
	int event = sbi_ipi_event_create(&fence_ops);

	if (event < 0)
		return event;
	fence_event = event;
	nacc_cbo_bytes = cbo_bytes;
	pool = config->pool;
	meta = config->meta;
	ops = config->ops;
	return 0;
}
