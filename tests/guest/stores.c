// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stores of the kernel to the tables of a process: at every level they fault
 * when it is guarded, and work when it is plain. Then an attack in miniature:
 * the entry of one page is made to name another page's frame.
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"

#define ENTRY_PFN	0x003ffffffffffc00UL

static struct poke seen;

static void aim(pid_t pid, unsigned long va, const char *kind, uint64_t value)
{
	int ret = poke(pid, va, kind, value, &seen);

	if (ret)
		tap_bail("nacc_poke: %s", strerror(-ret));
}

static void flip_path(const struct hello *hello, unsigned long va,
		      const char *want, const char *who, const char *what)
{
	int i;

	aim(hello->child.pid, va, "flip", 0);
	tap_is(seen.levels, paging_levels(), "%s: %s: stores at every level", who,
	       what);
	for (i = 0; i < seen.levels; i++)
		tap_ok(!strcmp(seen.level[i].result, want),
		       "%s: store to the level-%d entry of its %s: %s", who,
		       seen.level[i].level, what, seen.level[i].result);
}

static void says(struct hello *hello, const char *want, const char *who,
		 const char *when)
{
	char line[32];

	hello_read(hello, line, sizeof(line));
	tap_ok(!strcmp(line, want), "%s: %s its page says %s", who, when, line);
}

static void redirect(struct hello *hello, bool guarded, const char *who)
{
	uint64_t own, target;

	aim(hello->child.pid, hello->other, "walk", 0);
	target = seen.level[seen.levels - 1].entry;
	aim(hello->child.pid, hello->page, "walk", 0);
	own = seen.level[seen.levels - 1].entry;
	tap_ok(((own ^ target) & ENTRY_PFN) != 0, "%s: two pages, two frames", who);

	says(hello, "apple", who, "before the attack");
	aim(hello->child.pid, hello->page, "set",
	    (own & ~ENTRY_PFN) | (target & ENTRY_PFN));
	tap_ok(!strcmp(seen.level[seen.levels - 1].result,
		       guarded ? "faulted" : "written"),
	       "%s: the forged entry: %s", who,
	       seen.level[seen.levels - 1].result);
	says(hello, guarded ? "apple" : "secret", who, "after it");
	if (guarded)
		return;
	aim(hello->child.pid, hello->page, "set", own);
	says(hello, "apple", who, "with its entry restored");
}

static void attack(bool guarded)
{
	const char *who = guarded ? "guarded" : "plain";
	const char *want = guarded ? "faulted" : "written";
	struct hello hello;

	hello_start(&hello, guarded);
	flip_path(&hello, hello.text, want, who, "text");
	flip_path(&hello, hello.page, want, who, "data");
	flip_path(&hello, hello.stack, want, who, "stack");
	redirect(&hello, guarded, who);
	tap_ok(exited_with(child_end(&hello.child), 0), "%s: it exits with 0", who);
}

int main(void)
{
	if (!all_guarded())
		attack(false);
	if (has_monitor())
		attack(true);
	return tap_done();
}
