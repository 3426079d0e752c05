// SPDX-License-Identifier: BSD-2-Clause
/* A process that uses up the pool. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "hog.h"

void hog_settle(void)
{
	static char in[64], out[64];

	setvbuf(stdin, in, _IOFBF, sizeof(in));
	setvbuf(stdout, out, _IOFBF, sizeof(out));
	if (mlockall(MCL_CURRENT))
		tap_bail("mlockall: %s", strerror(errno));
}

char *hog_area(void)
{
	char *at = mmap(NULL, HOG_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	return at;
}

size_t hog_fill(char *area)
{
	size_t done = 0;

	errno = 0;
	while (done < HOG_BYTES && !madvise(area + done, PAGE, MADV_POPULATE_WRITE))
		done += TABLE_BYTES;
	return done;
}
