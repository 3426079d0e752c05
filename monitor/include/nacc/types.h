/* SPDX-License-Identifier: BSD-2-Clause */
/* Types that core, arch and glue share. */
#ifndef NACC_TYPES_H
#define NACC_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Physical and virtual addresses, in bytes; they do not mix. */
typedef struct { uint64_t pa; } nacc_pa_t;
typedef struct { uint64_t va; } nacc_va_t;

/* [base, base + size), physical, in bytes. size 0 is empty. */
struct nacc_span {
	uint64_t base;
	uint64_t size;
};

/* What an SBI call returns: a0 and a1. */
struct nacc_ret {
	long error;
	uint64_t value;
};

#define NACC_MAX_HARTS	128
#define NACC_MAX_RAM	16

/* Rare: out of line, so that the common case saves no registers for it. */
#define nacc_cold	__attribute__((noinline, cold))
#define nacc_likely(x)		__builtin_expect(!!(x), 1)
#define nacc_unlikely(x)	__builtin_expect(!!(x), 0)

#endif /* NACC_TYPES_H */
