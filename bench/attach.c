// SPDX-License-Identifier: BSD-2-Clause
/* What it takes to guard a process that runs. Stock has nothing to compare. */
#include <linux/nacc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static int ready[2];

static void child_grow_wait(size_t bytes)
{
	touch(map_anon(bytes), bytes);
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static unsigned long attach_run(size_t bytes)
{
	int pidfd, status;
	pid_t pid;
	char c;

	if (pipe(ready))
		fail("pipe");
	pid = spawn(child_grow_wait, bytes);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || read(ready[0], &c, 1) != 1)
		fail("the process to be attached");
	mark_begin();
	if (prctl(PR_NACC, NACC_PR_ATTACH, pidfd, 0, 0))
		fail("attach");
	mark_end();
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	close(pidfd);
	close(ready[0]);
	close(ready[1]);
	return bytes / MIB;
}

const struct workload attach_workloads[] = {
	{ "attach", "MiB", attach_run, 3,
	  { MIB, 16 * MIB, 64 * MIB, 256 * MIB }, 3 },
	{ NULL, NULL, NULL, 0, { 0 }, 0 },
};
