// SPDX-License-Identifier: BSD-2-Clause
/*
 * nacc-crun: crun, an OCI runtime, with guarded containers. It takes crun's
 * command line and executes `nacc run crun ...` when the command starts
 * something in a container, and crun as it is otherwise. The annotation
 * org.nacc.guard of a container says "require" (what holds without it) or "off".
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oci.h"

/* 1: leave crun alone; 0: guard what it starts; -1: refuse. */
static int command_off(const struct oci_command *command)
{
	char path[PATH_MAX];
	enum oci_guard guard;

	if (!oci_config_path(command, path, sizeof(path)))
		return 1;
	guard = oci_guard(path);
	if (guard != OCI_GUARD_UNKNOWN)
		return guard == OCI_GUARD_OFF;
	fprintf(stderr, "nacc-crun: %s: annotation org.nacc.guard is neither \"require\" nor \"off\"\n",
		path);
	return -1;
}

int main(int argc, char **argv)
{
	struct oci_command command;
	char **words;
	int off, skip;

	words = calloc((size_t)argc + 4, sizeof(*words));
	if (!words) {
		perror("nacc-crun");
		return 1;
	}
	words[0] = "nacc";
	words[1] = "run";
	words[2] = "--";
	words[3] = "crun";
	if (argc > 1)
		memcpy(words + 4, argv + 1, (size_t)(argc - 1) * sizeof(*words));
	oci_command_parse(argc, argv, &command);
	off = command_off(&command);
	if (off >= 0) {
		skip = off ? 3 : 0;
		execvp(words[skip], words + skip);
		fprintf(stderr, "nacc-crun: cannot execute %s: %s\n",
			words[skip], strerror(errno));
	}
	free(words);
	return 1;
}
