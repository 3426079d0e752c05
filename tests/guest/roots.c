// SPDX-License-Identifier: BSD-2-Clause
/*
 * A forged root: the kernel is made to believe that the root of a process is
 * a page of ordinary memory, or the root of another process. A plain process
 * runs on what it is given; a guarded one never does: the next context switch
 * finds that the registry knows better, gives it its own root and kills it.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define ROOT	"/sys/kernel/debug/nacc_root"

static void forge_root(const struct hello *hello, const char *what)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %s", hello->child.pid, what);
	if (file_write(ROOT, text) < 0)
		tap_bail("nacc_root: %s: %s", text, strerror(errno));
}

/* Everything on one hart: whoever runs next was switched to. */
static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tap_bail("sched_setaffinity: %s", strerror(errno));
}

static void plain(void)
{
	struct hello hello;
	char line[32];

	hello_start(&hello, false);
	forge_root(&hello, "copy");
	hello_read(&hello, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "plain: runs on a copied root (%s)", line);
	forge_root(&hello, "restore");
	tap_ok(exited_with(child_end(&hello.child), 0), "plain: and ends");
}

/* Does the log tell of it? The counter does; here is who dies and who not. */
static void guarded(const char *what, const struct hello *other)
{
	struct balance before, after;
	struct hello victim;
	char to[16] = "copy";
	int status;

	balance_take(&before);
	hello_start(&victim, true);
	if (other)
		snprintf(to, sizeof(to), "%d", other->child.pid);
	forge_root(&victim, to);
	/* It is switched to, and back on its true root; then the kill arrives. */
	child_say(&victim.child, "\n");
	if (waitpid(victim.child.pid, &status, 0) != victim.child.pid)
		tap_bail("waitpid: %s", strerror(errno));
	close(victim.child.in);
	close(victim.child.out);
	tap_ok(killed_by(status, SIGKILL), "guarded, %s: killed (0x%x)", what,
	       (unsigned int)status);
	balance_take(&after);
	tap_ok(after.counters.value[COUNTER_REFUSALS] >
	       before.counters.value[COUNTER_REFUSALS],
	       "guarded, %s: the refusal is counted", what);
	before.counters.value[COUNTER_REFUSALS] =
		after.counters.value[COUNTER_REFUSALS];
	balance_check(&before, what);
}

/* The monitor knows whose root it is, whatever the mm says. */
static void cleared_word(void)
{
	struct balance before, after;
	struct hello victim;
	char line[32];
	int status;

	balance_take(&before);
	hello_start(&victim, true);
	forge_root(&victim, "word");
	hello_read(&victim, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "a cleared word: it is still there (%s)", line);
	status = child_end(&victim.child);
	tap_ok(exited_with(status, 0) || killed_by(status, SIGKILL),
	       "a cleared word: it ends (0x%x)", (unsigned int)status);
	balance_take(&after);
	before.counters.value[COUNTER_REFUSALS] =
		after.counters.value[COUNTER_REFUSALS];
	balance_check(&before, "a cleared word");
}

/*
 * An mm that the kernel never made, in the place of a process's own. Only
 * where all are guarded is it known that there can be no such mm.
 */
static void forged_mm(void)
{
	struct balance before, after;
	struct hello victim;
	int status;

	balance_take(&before);
	hello_start(&victim, true);
	forge_root(&victim, "mm");
	/* It wakes up in the kernel, which then copies to its memory. */
	child_say(&victim.child, "\n");
	if (waitpid(victim.child.pid, &status, 0) != victim.child.pid)
		tap_bail("waitpid: %s", strerror(errno));
	close(victim.child.in);
	close(victim.child.out);
	tap_ok(killed_by(status, SIGKILL), "a forged mm: killed (0x%x)",
	       (unsigned int)status);
	if (file_write(ROOT, "0 mm") < 0)
		tap_bail("nacc_root: 0 mm: %s", strerror(errno));
	balance_take(&after);
	tap_ok(after.counters.value[COUNTER_REFUSALS] >
	       before.counters.value[COUNTER_REFUSALS],
	       "a forged mm: the refusal is counted");
	before.counters.value[COUNTER_REFUSALS] =
		after.counters.value[COUNTER_REFUSALS];
	balance_check(&before, "a forged mm");
}

int main(int argc, char **argv)
{
	bool all = argc == 2 && !strcmp(argv[1], "all");
	struct hello other;
	char line[32];

	pin();
	if (!all)
		plain();
	if (!has_monitor())
		return tap_done();
	hello_start(&other, true);
	guarded("a root in ordinary memory", NULL);
	guarded("the root of another process", &other);
	hello_read(&other, line, sizeof(line));
	tap_ok(!strcmp(line, "apple"), "the other process is unharmed (%s)", line);
	tap_ok(exited_with(child_end(&other.child), 0), "and ends");
	cleared_word();
	if (all)
		forged_mm();
	return tap_done();
}
