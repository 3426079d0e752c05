/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of OpenSBI 1.6 that write memory at an address from S-mode, and do
 * not check it well enough: docs/design/firmware.md has the findings. The
 * linker puts these functions in front of upstream's (--wrap).
 */
#include <sbi/sbi_domain.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_pmu.h>

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
