// SPDX-License-Identifier: BSD-2-Clause
/*
 * badmap: an mmap() that fails when tables and entries of it are there already:
 * the driver maps half of it and then gives an error (tests/modules/nacc_map.c).
 * Linux frees the tables from within mmap(). Runs guarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define SIZE	(8 * MIB)
/* Images are smaller, and lie at the start of RAM. */
#define KERNEL_END	((off_t)(2 * GIB + 64 * MIB))

/* RAM that user space may map: near this very page, but not the kernel's. */
static off_t own_frame(void *at)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	*(volatile char *)at = 1;
	if (fd < 0 || pread(fd, &entry, sizeof(entry),
			    (off_t)((uintptr_t)at / PAGE * sizeof(entry))) !=
			      (ssize_t)sizeof(entry))
		tap_bail("pagemap: %s", strerror(errno));
	close(fd);
	return (off_t)((entry & ((1UL << 55) - 1)) * PAGE);
}

int main(void)
{
	int fd = open("/dev/nacc_half", O_RDWR | O_CLOEXEC), i, wrong = 0;
	static const unsigned long where[] = { 10 * GIB, 90 * GIB, 200 * GIB };
	static char page[4096] __attribute__((aligned(4096)));
	off_t own = own_frame(page) / SIZE * SIZE;
	off_t frame = own < KERNEL_END ? KERNEL_END : own;
	struct balance before;
	void *at;

	if (!is_guarded() || fd < 0)
		tap_bail("not guarded, or no nacc_half");
	balance_take(&before);
	for (i = 0; i < 60; i++) {
		at = mmap((void *)where[i % 3], SIZE, PROT_READ,
			  MAP_SHARED | MAP_FIXED, fd, frame);
		wrong += at != MAP_FAILED || errno != EIO;
	}
	tap_is(wrong, 0, "60 mappings that fail half made: EIO each time");
	balance_check(&before, "and every table of them is back");
	return tap_done();
}
