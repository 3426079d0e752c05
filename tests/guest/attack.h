/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the attacks on processes share. Each prints what came of it as
 * `attack NAME | OUTCOME`; tests/attack/table says what it should be.
 */
#ifndef NACC_GUEST_ATTACK_H
#define NACC_GUEST_ATTACK_H

#include "guest.h"

#define PTE_V		0x001UL
#define PTE_R		0x002UL
#define PTE_W		0x004UL
#define PTE_X		0x008UL
#define PTE_U		0x010UL
#define PTE_A		0x040UL
#define PTE_D		0x080UL
#define PTE_SOFT	0x200UL		/* hardware ignores it */
#define PTE_PFN		0x003ffffffffffc00UL

void attack_result(const char *name, const char *outcome);

/* A store by the module nacc_attack. Returns 0 or -errno. */
int attack_store(const char *how, uint64_t pa, uint64_t value);
void attack_flush(void);

/* The walk to @va in @pid; dies when there is none. */
void attack_walk(pid_t pid, unsigned long va, struct poke *walk);

/* Physical address of this process's page at @at, which is mapped. */
uint64_t attack_pa(const volatile void *at);

/* Everything on one hart: what was freed last is allocated first. */
void attack_pin(void);

static inline uint64_t pte_at(uint64_t pa, uint64_t bits)
{
	return pa >> 12 << 10 | bits;
}

static inline uint64_t pte_pa(uint64_t pte)
{
	return (pte & PTE_PFN) >> 10 << 12;
}

#endif /* NACC_GUEST_ATTACK_H */
