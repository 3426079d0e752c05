/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The invariants of the whole monitor, checked from its state and the pool
 * when no call is under way.
 */
#ifndef NACC_HOST_CHECK_H
#define NACC_HOST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* check_all - true when all hold; else says on stderr what does not. */
bool check_all(void);

/*
 * check_digest - a number of all state but the counters of harts: pool,
 * descriptors, spaces, lists. The same before and after a refused call.
 */
uint64_t check_digest(void);

/* check_page - may a user leaf map this page, as the configuration says? */
bool check_page_is_ram(uint64_t pa);
bool check_page(uint64_t pa, bool write);

#endif /* NACC_HOST_CHECK_H */
