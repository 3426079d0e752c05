/* SPDX-License-Identifier: BSD-2-Clause */
/* Where adopt_mixture has what, so that adopt_mixed can say what it must find. */
#ifndef NACC_ADOPT_MIXTURE_H
#define NACC_ADOPT_MIXTURE_H

#include "mm.h"

#define MIXTURE_GROUP	"/sys/fs/cgroup/adopt_mixed"

/* Nothing else lies in these GiB. */
#define HOME		0x1000000000UL
#define HUGE		(2 * MIB)

/* Tables of level 0, all below the one of level 1 for HOME. */
#define BOTH		(HOME + 0 * HUGE)	/* old entries and new ones */
#define OLD		(HOME + 1 * HUGE)	/* only old ones */
#define REFILLED	(HOME + 2 * HUGE)	/* an old link, only new entries */
#define REMADE		(HOME + 3 * HUGE)	/* freed and made again */
#define ADDED		(HOME + 4 * HUGE)	/* did not exist before */
#define ZEROES		(HOME + 5 * HUGE)	/* the zero page, some written since */
#define BARRED		(HOME + 6 * HUGE)	/* no access while it is adopted */
#define CAME_HERE	(HOME + 8 * HUGE)	/* old entries, a new link */

/* Tables that move: from here ... */
#define GOES		(HOME + 1 * GIB)	/* two of level 0 */
#define GIB_GOES	(HOME + 8 * GIB)	/* two of level 1 */
/* ... to CAME_HERE and to these, of which all links are new. */
#define CAME		(HOME + 2 * GIB)
#define GIB_CAME	(HOME + 16 * GIB)
/* In another quarter of the user half: the entry of the root is new. */
static inline unsigned long far_away(void)
{
	return 1UL << (paging_levels() * 9 + 12 - 2);
}

#define THP		(HOME + 3 * GIB)	/* whole, split since, made since */
#define HUGETLB		(HOME + 5 * GIB)	/* two old, one new */
#define SWAP		(HOME + 6 * GIB)
#define FILES		(HOME + 7 * GIB)	/* shared, then private */

#define SOME		64UL			/* pages of an old table */
#define MORE		4UL			/* new ones beside them */
#define SPARSE		8UL			/* tables of level 0 in a GiB that moves */
#define SPARSE_PAGES	4UL			/* pages in each of them */
#define SWAP_PAGES	1024UL
#define FILE_PAGES	32UL

#endif /* NACC_ADOPT_MIXTURE_H */
