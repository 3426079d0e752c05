// SPDX-License-Identifier: BSD-2-Clause
/*
 * A stray store of the kernel to a table, with nothing to catch it: to a plain
 * process's it works; to a guarded one's it ends the task that was at it, and
 * nothing else. The kernel reports an oops, so the lane runs nothing but this.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "guest.h"

#define PANIC_ON_OOPS	"/proc/sys/kernel/panic_on_oops"

static struct poke seen;

static int stray_child(void *arg)
{
	const struct hello *hello = arg;

	return poke(hello->child.pid, hello->page, "stray", 0, &seen) ? 1 : 0;
}

static void stray(bool guarded)
{
	const char *who = guarded ? "guarded" : "plain";
	struct hello hello;
	char line[32];
	int status;

	hello_start(&hello, guarded);
	status = in_child(stray_child, &hello);
	if (guarded)
		tap_ok(killed_by(status, SIGSEGV),
		       "guarded: the task that stores is killed (0x%x)",
		       (unsigned int)status);
	else
		tap_ok(exited_with(status, 0), "plain: the store works (0x%x)",
		       (unsigned int)status);
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "%s: its page says %s", who, line);
	tap_ok(exited_with(child_end(&hello.child), 0), "%s: it exits with 0", who);
}

int main(void)
{
	struct balance before;

	if (file_write(PANIC_ON_OOPS, "0") < 0)
		tap_bail(PANIC_ON_OOPS ": %s", strerror(errno));
	balance_take(&before);
	stray(false);
	stray(true);
	balance_check(&before, "afterwards");
	return tap_done();
}
