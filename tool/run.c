// SPDX-License-Identifier: BSD-2-Clause
/*
 * `nacc run` and `nacc settle`: the two commands that change something. run
 * falls back to an unguarded program only with --best-effort, and says so.
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
	"Usage: nacc run [--require|--best-effort] [--] CMD [ARG]...\n"
	"Run CMD with guarded page tables, and all that it forks and executes.\n"
	"\n"
	"  -r, --require      do not run CMD when it cannot be guarded (the default)\n"
	"  -b, --best-effort  then run it as it is; which of the two happened is told\n"
	"                     on stderr\n"
	"\n"
	"Exit status: CMD's own, or\n"
	"  125  CMD could not be guarded, so it was not run; or wrong usage\n"
	"  126  CMD was found but cannot be executed\n"
	"  127  CMD was not found\n";

static const char settle_help[] =
	"Usage: nacc settle\n"
	"Let go of every address space that an idle hart still holds, return cached\n"
	"frames and wait until none is in quarantine: the numbers of `nacc stat` are\n"
	"exact afterwards. Needs root.\n";

static const struct option options[] = {
	{ "require", no_argument, NULL, 'r' },
	{ "best-effort", no_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* Does the kernel's command line turn NaCC off? The last nacc= counts. */
static bool booted_off(void)
{
	static const char *const values[] = { "on", "all" };
	char text[4096], *word, *save;
	bool off = false;
	FILE *file = fopen("/proc/cmdline", "r");
	size_t i;

	if (!file)
		return false;
	word = fgets(text, sizeof(text), file);
	fclose(file);
	for (word = word ? strtok_r(text, "\n ", &save) : NULL; word;
	     word = strtok_r(NULL, "\n ", &save)) {
		if (strncmp(word, "nacc=", 5))
			continue;
		off = true;
		for (i = 0; i < sizeof(values) / sizeof(*values); i++)
			if (!strcmp(word + 5, values[i]))
				off = false;
	}
	return off;
}

static void failure_explain(int error, const char **why, const char **todo)
{
	switch (error) {
	case EINVAL:
	case ENOSYS:
		*why = "this kernel has no NaCC support";
		*todo = "boot a kernel with CONFIG_NACC on firmware with the NaCC monitor";
		break;
	case EOPNOTSUPP:
		if (booted_off()) {
			*why = "the kernel was booted with nacc=off, or a nacc= that it does not know";
			*todo = "boot with nacc=on or nacc=all, or without nacc=";
			break;
		}
		*why = "the kernel has NaCC, but no monitor that it can use";
		*todo = "boot firmware with the NaCC monitor; `dmesg | grep nacc` and the firmware's console say why there is none";
		break;
	case ENOMEM:
		*why = "memory or the pool's frames ran out";
		*todo = "if `nacc stat` shows a full pool, end guarded processes or boot with a larger nacc.pool=";
		break;
	default:
		*why = strerror(error);
		*todo = "see `dmesg | grep nacc`";
		break;
	}
}

/* Returns 0, or why the next exec will not be guarded. */
static int guard_next_exec(void)
{
	int status;

	if (prctl(PR_NACC, NACC_PR_GUARD_EXEC, 0, 0, 0))
		return errno;
	status = prctl(PR_NACC, NACC_PR_STATUS, 0, 0, 0);
	return status >= 0 && status & NACC_STATUS_GUARD_EXEC ? 0 : EOPNOTSUPP;
}

/* What became of it, before CMD can say something of its own. */
static void outcome_tell(const char *cmd, int error, bool best_effort)
{
	const char *why, *todo;

	if (!error) {
		if (best_effort)
			fprintf(stderr, "nacc: guarding %s\n", cmd);
		return;
	}
	failure_explain(error, &why, &todo);
	if (best_effort)
		fprintf(stderr, "%snacc: %s runs UNGUARDED: %s%s\nnacc: %s\n",
			colour(stderr, COLOUR_BAD), cmd, why,
			colour(stderr, COLOUR_NONE), todo);
	else
		fprintf(stderr, "nacc: cannot guard %s: %s\nnacc: %s was not run\nnacc: %s\n",
			cmd, why, cmd, todo);
}

/*
 * Returns the exit status; only when CMD could not be executed. A new root is
 * a frame of the pool, and there may be none.
 */
static int execute(char **argv, bool best_effort)
{
	const char *why, *todo;
	int error;

	execvp(argv[0], argv);
	error = errno;
	if (error == ENOMEM && best_effort &&
	    !prctl(PR_NACC, NACC_PR_UNGUARD_EXEC, 0, 0, 0)) {
		outcome_tell(argv[0], error, best_effort);
		execvp(argv[0], argv);
		error = errno;
	}
	fprintf(stderr, "nacc: cannot run %s: %s\n", argv[0], strerror(error));
	if (error == ENOMEM) {
		failure_explain(error, &why, &todo);
		fprintf(stderr, "nacc: %s: %s\n", why, todo);
	}
	return error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND :
						     EXIT_CANNOT_EXEC;
}

int command_run(int argc, char **argv)
{
	bool best_effort = false;
	int opt, error;

	/* The '+' leaves CMD's own options alone. */
	while ((opt = getopt_long(argc, argv, "+rbh", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			best_effort = false;
			break;
		case 'b':
			best_effort = true;
			break;
		case 'h':
			fputs(run_help, stdout);
			return 0;
		default:
			fputs("nacc: see `nacc run --help`\n", stderr);
			return EXIT_NOT_GUARDED;
		}
	}
	argv += optind;
	if (!argv[0]) {
		fputs("nacc: run: no command given\n", stderr);
		fputs(run_help, stderr);
		return EXIT_NOT_GUARDED;
	}
	error = guard_next_exec();
	outcome_tell(argv[0], error, best_effort);
	if (error && !best_effort)
		return EXIT_NOT_GUARDED;
	return execute(argv, best_effort);
}

int command_settle(int argc, char **argv)
{
	int ret = options_parse(argc, argv, settle_help, NULL);

	if (ret >= 0)
		return ret;
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
