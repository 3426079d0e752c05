// SPDX-License-Identifier: BSD-2-Clause
/*
 * nacc-crun: crun, an OCI runtime, with guarded containers. It takes crun's
 * command line and executes `nacc run crun ...` when the command starts
 * something in a container, and crun as it is otherwise. The annotation
 * org.nacc.guard of a container says "require" (what holds without it) or "off".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oci.h"

/* A whole file as text; NULL with errno. */
static char *text_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	ssize_t got = -1;
	char *text;

	if (fd < 0)
		return NULL;
	text = fstat(fd, &stat) ? NULL : malloc((size_t)stat.st_size + 1);
	if (text)
		got = read(fd, text, (size_t)stat.st_size);
	if (got < 0) {
		free(text);
		text = NULL;
	} else {
		text[got] = '\0';
	}
	close(fd);
	return text;
}

/* Whether the file at @path asks for no guarding; -1 on a value unknown. */
static int config_off(const char *path)
{
	char *config = text_read(path);
	enum oci_guard guard;

	/* crun tells what is wrong with it, and starts nothing. */
	if (!config)
		return 0;
	guard = oci_guard(config);
	free(config);
	if (guard != OCI_GUARD_UNKNOWN)
		return guard == OCI_GUARD_OFF;
	fprintf(stderr, "nacc-crun: %s: annotation org.nacc.guard is neither \"require\" nor \"off\"\n",
		path);
	return -1;
}

/* What was asked for when the container of an exec was made. */
static int exec_off(const struct oci_command *command)
{
	char path[4096], bundle[3072];
	const char *value;
	char *status;
	bool known;

	if (!command->container)
		return 0;
	snprintf(path, sizeof(path), "%s/%s/status", command->root,
		 command->container);
	status = text_read(path);
	value = status ? json_member(status, "bundle") : NULL;
	known = value && json_text(value, bundle, sizeof(bundle));
	free(status);
	if (!known)
		return 0;
	snprintf(path, sizeof(path), "%s/config.json", bundle);
	return config_off(path);
}

/* 1: leave crun alone; 0: guard what it starts; -1: refuse. */
static int command_off(const struct oci_command *command)
{
	char path[4096];

	if (!command->name)
		return 1;
	if (!strcmp(command->name, "exec"))
		return exec_off(command);
	if (strcmp(command->name, "create") && strcmp(command->name, "run") &&
	    strcmp(command->name, "restore"))
		return 1;
	if (command->config)
		return config_off(command->config);
	snprintf(path, sizeof(path), "%s/config.json", command->bundle);
	return config_off(path);
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
	oci_command_parse(words + 4, &command);
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
