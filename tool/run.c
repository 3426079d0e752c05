// SPDX-License-Identifier: BSD-2-Clause
/*
 * `nacc run` and `nacc settle`: the two commands that change something. run
 * never falls back to an unguarded program.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/nacc.h>

#include "nacc.h"

static const char run_help[] =
	"Usage: nacc run [--] CMD [ARG]...\n"
	"Run CMD with guarded page tables, and all that it forks and executes.\n"
	"\n"
	"Exit status: CMD's own, or\n"
	"  125  CMD could not be guarded, so it was not run\n"
	"  126  CMD was found but cannot be executed\n"
	"  127  CMD was not found\n";

static const char settle_help[] =
	"Usage: nacc settle\n"
	"Let go of every address space that an idle hart still holds, return cached\n"
	"frames and wait until none is in quarantine: the numbers of `nacc stat` are\n"
	"exact afterwards. Needs root.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static void guard_failed(const char *cmd, int error)
{
	const char *why, *todo;

	switch (error) {
	case EINVAL:
	case ENOSYS:
		why = "this kernel has no NaCC support";
		todo = "boot a kernel with CONFIG_NACC on firmware with the NaCC monitor";
		break;
	case EOPNOTSUPP:
		why = "the kernel has NaCC, but no monitor that it can use";
		todo = "boot firmware with the NaCC monitor, without nacc=off; `dmesg | grep nacc` and the firmware's console say why there is none";
		break;
	default:
		why = strerror(error);
		todo = "see `dmesg | grep nacc`";
		break;
	}
	fprintf(stderr, "nacc: cannot guard %s: %s\nnacc: %s was not run\nnacc: %s\n",
		cmd, why, cmd, todo);
}

int command_run(int argc, char **argv)
{
	int opt, status;

	/* The '+' leaves CMD's own options alone. */
	while ((opt = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (opt != 'h') {
			fputs("nacc: see `nacc run --help`\n", stderr);
			return EXIT_NOT_GUARDED;
		}
		fputs(run_help, stdout);
		return 0;
	}
	argv += optind;
	if (!argv[0]) {
		fputs("nacc: run: no command given\n", stderr);
		fputs(run_help, stderr);
		return EXIT_NOT_GUARDED;
	}
	if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0)) {
		guard_failed(argv[0], errno);
		return EXIT_NOT_GUARDED;
	}
	status = prctl(PR_NACC, NACC_PR_STATUS, 0, 0, 0);
	if (status < 0 || !(status & NACC_STATUS_GUARD_EXEC)) {
		guard_failed(argv[0], EOPNOTSUPP);
		return EXIT_NOT_GUARDED;
	}
	execvp(argv[0], argv);
	status = errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND :
						       EXIT_CANNOT_EXEC;
	fprintf(stderr, "nacc: cannot run %s: %s\n", argv[0], strerror(errno));
	return status;
}

int command_settle(int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt != 'h')
			return 2;
		fputs(settle_help, stdout);
		return 0;
	}
	if (optind != argc) {
		fputs("nacc: settle takes no argument\n", stderr);
		return 2;
	}
	if (!prctl(PR_NACC, NACC_PR_SETTLE, 0, 0, 0))
		return 0;
	switch (errno) {
	case EPERM:
		fputs("nacc: settle needs root (CAP_SYS_ADMIN)\n", stderr);
		break;
	case EAGAIN:
		fputs("nacc: frames are still in quarantine after one second: a hart does not fence\n"
		      "nacc: try again; if it stays so, `nacc stat` and dmesg say more\n",
		      stderr);
		break;
	case EINVAL:
	case EOPNOTSUPP:
		kernel_missing(-ENOENT);
		break;
	default:
		fprintf(stderr, "nacc: cannot settle: %s\n", strerror(errno));
		break;
	}
	return 1;
}
