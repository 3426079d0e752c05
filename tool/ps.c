// SPDX-License-Identifier: BSD-2-Clause
/* `nacc ps`: which processes are guarded. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nacc.h"

static const char ps_help[] =
	"Usage: nacc ps [-j]\n"
	"List the guarded processes whose tables you may look at (all, for root).\n"
	"\n"
	"  SPACE    id of the guarded address space; threads and vfork share it\n"
	"  FRAMES   frames of the pool that its tables occupy, the root included\n"
	"  OLD NEW  valid entries by the NEW bit\n"
	"\n"
	"  -j, --json  an array of objects\n";

int command_ps(int argc, char **argv)
{
	struct counters counters;
	struct guarded *list;
	bool json;
	size_t n;
	int ret;

	ret = options_parse(argc, argv, ps_help, &json);
	if (ret >= 0)
		return ret;
	if (optind != argc) {
		fputs("nacc: ps takes no argument\n", stderr);
		return 2;
	}
	ret = counters_read(&counters);
	if (ret) {
		kernel_missing(ret);
		return 1;
	}
	ret = guarded_list(&list, &n);
	if (ret) {
		fprintf(stderr, "nacc: cannot list /proc: %s\n", strerror(-ret));
		return 1;
	}
	if (json) {
		guarded_json(stdout, list, n, "\n  ");
		putchar('\n');
	} else {
		guarded_lines(stdout, list, n);
	}
	free(list);
	return 0;
}
