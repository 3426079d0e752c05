// SPDX-License-Identifier: BSD-2-Clause
/* What the attacks on processes share. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"

#define ATTACK_FILE	"/sys/kernel/debug/nacc_attack"
#define PAGEMAP_PFN	((1UL << 55) - 1)

void attack_result(const char *name, const char *outcome)
{
	printf("attack %s | %s\n", name, outcome);
	fflush(stdout);
}

int attack_store(const char *how, uint64_t pa, uint64_t value)
{
	/* What is copied from user space: the module is told where it lies. */
	uint64_t word = value;
	char text[64];
	ssize_t ret;

	if (!strcmp(how, "user"))
		value = (uintptr_t)&word;
	snprintf(text, sizeof(text), "%s 0x%lx 0x%lx", how, pa, value);
	ret = file_write(ATTACK_FILE, text);
	return ret < 0 ? (int)ret : 0;
}

void attack_flush(void)
{
	if (attack_store("flush", 0, 0))
		tap_bail("nacc_attack does not flush");
}

void attack_walk(pid_t pid, unsigned long va, struct poke *walk)
{
	int ret = poke(pid, va, "walk", 0, walk);

	if (ret)
		tap_bail("nacc_poke: %s", strerror(-ret));
}

uint64_t attack_pa(const volatile void *at)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)at / PAGE * 8) !=
		      sizeof(entry) || !(entry & PAGEMAP_PFN))
		tap_bail("pagemap of %p: %s", at, strerror(errno));
	close(fd);
	return (entry & PAGEMAP_PFN) * PAGE;
}

void attack_pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("sched_setaffinity: %s", strerror(errno));
}
