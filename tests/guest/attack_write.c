// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attacks of class W on a process: stores to its tables, at every level, in
 * every way in which a kernel stores. It is guarded where there is a monitor.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"

#define PANIC_ON_OOPS	"/proc/sys/kernel/panic_on_oops"

static struct hello victim;
static uint64_t target;		/* of store_child() */

static uint64_t entry_now(int level)
{
	struct poke walk;

	attack_walk(victim.child.pid, victim.page, &walk);
	return walk.level[walk.levels - 1 - level].entry;
}

static uint64_t slot_of(int level)
{
	struct poke walk;

	attack_walk(victim.child.pid, victim.page, &walk);
	return walk.level[walk.levels - 1 - level].slot;
}

/* What is stored is there, or the store faulted; a third thing is said. */
static void flip(const char *name, const char *how, int level, uint64_t bits)
{
	uint64_t slot = slot_of(level), old = entry_now(level), now;
	int ret = attack_store(how, slot, old ^ bits);

	now = entry_now(level);
	if (!ret && attack_store(how, slot, old))
		tap_bail("the entry cannot be put back");
	attack_flush();
	if (ret)
		attack_result(name, ret != -EFAULT ? strerror(-ret) :
			      now == old ? "faults" : "faults, but has changed");
	else
		attack_result(name, now == (old ^ bits) ? "works" : "is lost");
}

/* A driver maps the table for its user, who stores there: physical memory. */
static int store_child(void *unused)
{
	volatile uint64_t *at = device_map(target & ~(PAGE - 1), PAGE, PROT_READ | PROT_WRITE);

	(void)unused;
	if (at == MAP_FAILED)
		return 1;
	at[target % PAGE / 8] ^= PTE_SOFT;
	at[target % PAGE / 8] ^= PTE_SOFT;
	return 0;
}

static void user_mapping(void)
{
	uint64_t old = entry_now(0);
	int status;

	target = slot_of(0);
	status = in_child(store_child, NULL);
	if (entry_now(0) != old)
		attack_result("store-user-mapping", "has changed");
	else if (killed_by(status, SIGSEGV) || killed_by(status, SIGBUS))
		attack_result("store-user-mapping", "faults");
	else if (killed_by(status, SIGKILL))
		attack_result("store-user-mapping", "killed");
	else
		attack_result("store-user-mapping", status ? "no mapping" : "works");
}

/* What the victim says is its page: "apple", or what the attacker wants. */
static void says(const char *name, bool stored)
{
	char line[32];

	hello_read(&victim, line, sizeof(line));
	if (!strcmp(line, "secret"))
		attack_result(name, "works");
	else if (strcmp(line, "apple"))
		attack_result(name, "the victim is harmed");
	else
		attack_result(name, stored ? "is lost" : "faults");
}

static void redirect_page(void)
{
	struct poke other;
	uint64_t slot = slot_of(0), old = entry_now(0);
	bool stored;

	attack_walk(victim.child.pid, victim.other, &other);
	stored = !attack_store("store", slot, other.level[other.levels - 1].entry);
	attack_flush();
	says("redirect-page", stored);
	if (stored && attack_store("store", slot, old))
		tap_bail("the entry cannot be put back");
	attack_flush();
}

/* A forged table: a copy of the true one, in the attacker's own memory. */
static void redirect_table(void)
{
	uint64_t *forged = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE,
				-1, 0);
	uint64_t slot = slot_of(1), old = entry_now(1), table = pte_pa(old);
	struct poke other;
	bool stored;

	if (forged == MAP_FAILED || attack_store("copy", attack_pa(forged), table))
		tap_bail("no copy of the table");
	attack_walk(victim.child.pid, victim.other, &other);
	forged[slot_of(0) % PAGE / 8] = other.level[other.levels - 1].entry;
	stored = !attack_store("store", slot, pte_at(attack_pa(forged), PTE_V));
	attack_flush();
	says("redirect-table", stored);
	if (stored && attack_store("store", slot, old))
		tap_bail("the entry cannot be put back");
	attack_flush();
	munmap(forged, PAGE);
}

/* Nothing catches a fault: whoever copies dies, and the kernel reports it. */
static int memcpy_child(void *unused)
{
	(void)unused;
	return attack_store("memcpy", target, entry_now(0) ^ PTE_SOFT) ? 1 : 0;
}

static void by_memcpy(void)
{
	uint64_t old = entry_now(0);
	int status;

	if (file_write(PANIC_ON_OOPS, "0") < 0)
		tap_bail(PANIC_ON_OOPS ": %s", strerror(errno));
	target = slot_of(0);
	status = in_child(memcpy_child, NULL);
	if (entry_now(0) != old)
		attack_result("store-memcpy", "works");
	else
		attack_result("store-memcpy", killed_by(status, SIGSEGV) ? "killed" :
			      "is lost");
	if (entry_now(0) != old && attack_store("store", target, old))
		tap_bail("the entry cannot be put back");
	attack_flush();
}

/* Every hart but the first goes and comes; then it stores. */
static void after_hotplug(void)
{
	long harts = sysconf(_SC_NPROCESSORS_CONF), hart;
	uint64_t slot = slot_of(0), old = entry_now(0);
	const char *result = "no second hart";
	cpu_set_t all, one;
	char path[64];
	int ret;

	sched_getaffinity(0, sizeof(all), &all);
	for (hart = 1; hart < harts; hart++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/online", hart);
		if (file_write(path, "0") < 0 || file_write(path, "1") < 0)
			tap_bail("%s: %s", path, strerror(errno));
		CPU_ZERO(&one);
		CPU_SET(hart, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			tap_bail("sched_setaffinity: %s", strerror(errno));
		ret = attack_store("store", slot, old ^ PTE_SOFT);
		result = entry_now(0) != old ? "works" : ret ? "faults" : "is lost";
		if (!ret && attack_store("store", slot, old))
			tap_bail("the entry cannot be put back");
		attack_flush();
		if (strcmp(result, "faults"))
			break;
	}
	sched_setaffinity(0, sizeof(all), &all);
	attack_result("store-after-hotplug", result);
}

int main(void)
{
	hello_start(&victim, has_monitor());
	flip("store-pte-W", "store", 0, PTE_W);
	flip("store-pte-X", "store", 0, PTE_X);
	flip("store-pte-U", "store", 0, PTE_U);
	flip("store-pmd", "store", 1, PTE_SOFT);
	flip("store-pud", "store", 2, PTE_SOFT);
	flip("store-root", "store", 3, PTE_SOFT);
	flip("store-amo", "amo", 0, PTE_SOFT);
	flip("store-lr-sc", "lrsc", 0, PTE_SOFT);
	flip("store-nofault", "nofault", 0, PTE_SOFT);
	flip("store-vmap", "vmap", 0, PTE_SOFT);
	flip("store-from-user", "user", 0, PTE_SOFT);
	after_hotplug();
	user_mapping();
	redirect_page();
	redirect_table();
	by_memcpy();
	if (!exited_with(child_end(&victim.child), 0))
		tap_bail("the victim does not end well");
	return 0;
}
