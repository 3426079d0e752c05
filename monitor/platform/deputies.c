/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of OpenSBI 1.6 that write memory at an address from S-mode, or
 * complete an instruction of S-mode, and do not check it well enough:
 * docs/design/firmware.md has the findings. The linker puts these functions in
 * front of upstream's (--wrap).
 */
#include <sbi/riscv_asm.h>
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_domain.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_pmu.h>
#include <sbi/sbi_trap.h>
#include <sbi/sbi_trap_ldst.h>

/* One page of the answers: more than any caller asks about at once. */
#define PMU_EVENTS_MAX	256

bool __real_sbi_domain_check_addr_range(const struct sbi_domain *domain,
					unsigned long addr, unsigned long size,
					unsigned long mode, unsigned long access);
bool __wrap_sbi_domain_check_addr_range(const struct sbi_domain *domain,
					unsigned long addr, unsigned long size,
					unsigned long mode, unsigned long access);

/* Upstream's loop checks nothing at all when addr + size wraps. */
bool __wrap_sbi_domain_check_addr_range(const struct sbi_domain *domain,
					unsigned long addr, unsigned long size,
					unsigned long mode, unsigned long access)
{
	if (addr + size < addr)
		return false;
	return __real_sbi_domain_check_addr_range(domain, addr, size, mode, access);
}

int __real_sbi_pmu_event_get_info(unsigned long shmem_lo, unsigned long shmem_hi,
				  unsigned long events, unsigned long flags);
int __wrap_sbi_pmu_event_get_info(unsigned long shmem_lo, unsigned long shmem_hi,
				  unsigned long events, unsigned long flags);

/*
 * The size in bytes wraps before the range is checked, and the index is an
 * int: with 2^60 + 1 events upstream checks 16 bytes and writes far more.
 */
int __wrap_sbi_pmu_event_get_info(unsigned long shmem_lo, unsigned long shmem_hi,
				  unsigned long events, unsigned long flags)
{
	if (events > PMU_EVENTS_MAX)
		return SBI_EINVAL;
	return __real_sbi_pmu_event_get_info(shmem_lo, shmem_hi, events, flags);
}

int __real_sbi_misaligned_v_ld_emulator(int bytes, union sbi_ldst_data *value,
					struct sbi_trap_context *context);
int __wrap_sbi_misaligned_v_ld_emulator(int bytes, union sbi_ldst_data *value,
					struct sbi_trap_context *context);
int __real_sbi_misaligned_v_st_emulator(int bytes, union sbi_ldst_data value,
					struct sbi_trap_context *context);
int __wrap_sbi_misaligned_v_st_emulator(int bytes, union sbi_ldst_data value,
					struct sbi_trap_context *context);

/*
 * The instruction that upstream reads need not be the one that has trapped. If
 * it is one of vectors, on a hart without them or with them off, upstream traps
 * in M-mode, and that hart is gone.
 */
static bool has_vectors(void)
{
	return misa_extension('V') && csr_read(CSR_MSTATUS) & MSTATUS_VS;
}

int __wrap_sbi_misaligned_v_ld_emulator(int bytes, union sbi_ldst_data *value,
					struct sbi_trap_context *context)
{
	if (!has_vectors())
		return sbi_trap_redirect(&context->regs, &context->trap);
	return __real_sbi_misaligned_v_ld_emulator(bytes, value, context);
}

int __wrap_sbi_misaligned_v_st_emulator(int bytes, union sbi_ldst_data value,
					struct sbi_trap_context *context)
{
	if (!has_vectors())
		return sbi_trap_redirect(&context->regs, &context->trap);
	return __real_sbi_misaligned_v_st_emulator(bytes, value, context);
}
