/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that uses up the pool: all in it that has to go on with no frame left. */
#ifndef NACC_HOG_H
#define NACC_HOG_H

#include <stddef.h>

#include "guest.h"

/* Bytes that one table of the last level maps. */
#define TABLE_BYTES	(2 * MIB)
/* More than any pool has tables for. */
#define HOG_BYTES	(64 * 1024 * MIB)

/*
 * Before all else: what it has mapped has its tables now, and stdio needs no new
 * page, which may want one.
 */
void hog_settle(void);

/* HOG_BYTES of address space that is not reserved; ends the process where there is none. */
char *hog_area(void);

/*
 * A page in each TABLE_BYTES of @area, until one is refused. Returns the bytes that
 * have their tables; errno is why it ended, 0 if nothing was refused.
 */
size_t hog_fill(char *area);

#endif /* NACC_HOG_H */
