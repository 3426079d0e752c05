/* SPDX-License-Identifier: BSD-2-Clause */
/* nacc/arch.h for M-mode under OpenSBI: what need not be inline. */
#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_hart.h>
#include <sbi/sbi_ipi.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_trap.h>
#include <sbi/sbi_unpriv.h>

#include <nacc/arch.h>

#include "arch.h"
#include "offsets.h"
#include "pmp.h"

#include "../core/state.h"

#include "../platform/platform.h"

extern void _trap_handler(void), _trap_handler_hyp(void);

#define same(offset, type, member) \
	_Static_assert(offset == offsetof(struct type, member), "entry.S")
_Static_assert(SCRATCH_HARTINDEX == SBI_SCRATCH_HARTINDEX_OFFSET, "arch_impl.h");
same(SHORT_POOL_BASE, nacc_short, pool_base);
same(SHORT_POOL_SIZE, nacc_short, pool_size);
same(SHORT_FRAMES, nacc_short, frames);
same(SHORT_SPACES, nacc_short, spaces);
same(SHORT_HARTS, nacc_short, harts);
same(SHORT_LEGAL, nacc_short, legal);
same(SHORT_PIECES, nacc_short, pieces[0].page);
same(SHORT_PIECES + 8, nacc_short, pieces[0].count);
same(SHORT_PIECES + 3 * 16, nacc_short, pieces[NACC_PIECES - 1]);
same(SHORT_READ_ONLY, nacc_short, read_only);
same(0, nacc_frame, lock);
same(FRAME_STATE_LEVEL, nacc_frame, state);
same(FRAME_STATE_LEVEL + 1, nacc_frame, level);
same(FRAME_LIVE, nacc_frame, live);
same(FRAME_SPACE, nacc_frame, space);
same(SPACE_STATE_POLICY, nacc_space, state);
same(SPACE_STATE_POLICY + 1, nacc_space, policy);
same(HART_SETS, nacc_hart, sets);
_Static_assert(1 << FRAME_SHIFT == sizeof(struct nacc_frame) &&
	       1 << SPACE_SHIFT == sizeof(struct nacc_space) &&
	       1 << HART_SHIFT == sizeof(struct nacc_hart), "entry.S");
_Static_assert(STATE_DETACHED == NACC_FRAME_DETACHED &&
	       STATE_DETACHED + 1 == NACC_FRAME_LINKED &&
	       SPACE_LIVE == NACC_SPACE_LIVE, "entry.S");
_Static_assert(NEW == NACC_PTE_NEW && NEW == NACC_POLICY_NEW << 8 &&
	       GAINS == (NACC_PTE_RWX | NACC_PTE_U) && FENCE == NACC_SET_FENCE &&
	       WRITE == NACC_PTE_W, "entry.S");

uint32_t nacc_cbo_bytes;
uint64_t nacc_lock_waits[NACC_MAX_HARTS];

static struct nacc_span pool, meta, ops;
static u32 fence_event;

/* Each hart writes its own: what nacc_arch_unfit found. */
static bool ad_faults[NACC_MAX_HARTS];

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

static bool pmp_protects(void)
{
	const unsigned int rw = NACC_PMP_R | NACC_PMP_W;
	struct nacc_pmp pmp;

	pmp_read(&pmp);
	return nacc_pmp_permits(&pmp, &pool, NACC_PMP_R, rw) &&
	       nacc_pmp_permits(&pmp, &meta, 0, rw) &&
	       nacc_pmp_permits(&pmp, &ops, rw, rw);
}

#define PTE_V		0x01UL
#define PTE_RW		0x06UL
#define PTE_A		0x40UL
#define SELF_TEST_VA	NACC_FRAME_SIZE

/* One access with S-mode's eyes; the fault that it met, 0 for none. */
static unsigned long self_test_access(bool store)
{
	struct sbi_trap_info trap = { 0 };

	__asm__ __volatile__("sfence.vma" : : : "memory");
	if (store)
		sbi_store_u64((u64 *)SELF_TEST_VA, 0, &trap);
	else
		sbi_load_u64((u64 *)SELF_TEST_VA, &trap);
	return trap.cause;
}

/*
 * Does this hart fault on A=0 and on D=0, instead of updating the entry? No
 * register tells for sure: some harts without menvcfg fault, some update.
 * @page serves as a table of all three levels: its first entry points to
 * itself, its second one is the leaf.
 */
static bool self_test_ad(volatile uint64_t *page)
{
	const uint64_t self = (uintptr_t)page >> NACC_FRAME_SHIFT << 10 | PTE_V;
	const unsigned long satp = INSERT_FIELD(0, SATP64_MODE, SATP_MODE_SV39) |
				   (uintptr_t)page >> NACC_FRAME_SHIFT;
	bool faults;

	csr_write(CSR_MSTATUS, INSERT_FIELD(csr_read(CSR_MSTATUS), MSTATUS_MPP, PRV_S));
	csr_write(CSR_SATP, satp);
	faults = csr_read(CSR_SATP) == satp;
	page[0] = self;
	page[1] = self | PTE_RW;
	faults = faults && self_test_access(false) == CAUSE_LOAD_PAGE_FAULT;
	page[1] = self | PTE_RW | PTE_A;
	faults = faults && !self_test_access(false) &&
		 self_test_access(true) == CAUSE_STORE_PAGE_FAULT;
	csr_write(CSR_SATP, 0);
	__asm__ __volatile__("sfence.vma" : : : "memory");
	page[0] = 0;
	page[1] = 0;
	return faults;
}

const char *nacc_arch_unfit(void)
{
	unsigned int hart = current_hartindex();
	nacc_pa_t page = { ops.base + hart * NACC_FRAME_SIZE };

	if (!pmp_protects())
		return "has PMP registers that do not protect the pool";
	ad_faults[hart] = self_test_ad(nacc_arch_ptr(page));
	/*
	 * By the ISA an update of an entry in the pool faults, and would do so
	 * for ever; on QEMU 10 it goes past the PMP.
	 */
	return ad_faults[hart] ? NULL : "updates A and D bits by itself";
}

uint64_t nacc_arch_hart_flags(void)
{
	struct sbi_scratch *scratch = sbi_scratch_thishart_ptr();
	uint64_t flags = 0;

	if (ad_faults[current_hartindex()] &&
	    (sbi_hart_priv_version(scratch) < SBI_HART_PRIV_VER_1_12 ||
	     !(csr_read(CSR_MENVCFG) & ENVCFG_ADUE)))
		flags |= NACC_HART_AD_OFF;
	if (pmp_protects())
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

uint64_t nacc_arch_lock_waits(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < NACC_MAX_HARTS; i++)
		sum += ((const volatile uint64_t *)nacc_lock_waits)[i];
	return sum;
}

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
