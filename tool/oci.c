// SPDX-License-Identifier: BSD-2-Clause
/*
 * As much of a container's configuration and of crun's command line as nacc-crun
 * has to understand. It decides only whether to guard; crun reads and checks
 * everything itself.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "oci.h"

/* crun's commands that start nothing in a container. */
static const char *const idle_commands[] = {
	"checkpoint", "delete", "features", "kill", "list", "mounts", "pause", "ps",
	"resume", "spec", "start", "state", "update",
};

enum { OPTION_BUNDLE = 'b', OPTION_CONFIG = 'f', OPTION_ROOT = 256, OPTION_OTHER };

/* crun's options whose value may be the next word: those before the command, and its own. */
static const struct option options[] = {
	{ "cgroup-manager", required_argument, NULL, OPTION_OTHER },
	{ "log", required_argument, NULL, OPTION_OTHER },
	{ "log-format", required_argument, NULL, OPTION_OTHER },
	{ "log-level", required_argument, NULL, OPTION_OTHER },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "rootless", required_argument, NULL, OPTION_OTHER },
	{ "apparmor", required_argument, NULL, OPTION_OTHER },
	{ "bundle", required_argument, NULL, OPTION_BUNDLE },
	{ "cap", required_argument, NULL, OPTION_OTHER },
	{ "cgroup", required_argument, NULL, OPTION_OTHER },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "console-socket", required_argument, NULL, OPTION_OTHER },
	{ "cwd", required_argument, NULL, OPTION_OTHER },
	{ "env", required_argument, NULL, OPTION_OTHER },
	{ "image-path", required_argument, NULL, OPTION_OTHER },
	{ "lsm-mount-context", required_argument, NULL, OPTION_OTHER },
	{ "lsm-profile", required_argument, NULL, OPTION_OTHER },
	{ "manage-cgroups-mode", required_argument, NULL, OPTION_OTHER },
	{ "pid-file", required_argument, NULL, OPTION_OTHER },
	{ "preserve-fds", required_argument, NULL, OPTION_OTHER },
	{ "process", required_argument, NULL, OPTION_OTHER },
	{ "process-label", required_argument, NULL, OPTION_OTHER },
	{ "user", required_argument, NULL, OPTION_OTHER },
	{ "work-path", required_argument, NULL, OPTION_OTHER },
	{ NULL, 0, NULL, 0 }
};

/* A string may hold a NUL: its length counts. Anything else has none. */
static bool json_is(struct json_object *value, const char *text)
{
	size_t len = strlen(text);

	return (size_t)json_object_get_string_len(value) == len &&
	       !memcmp(json_object_get_string(value), text, len);
}

enum oci_guard oci_guard(const char *path)
{
	struct json_object *config = json_object_from_file(path);
	struct json_object *annotations, *value;
	enum oci_guard guard = OCI_GUARD_UNKNOWN;

	if (!json_object_object_get_ex(config, "annotations", &annotations) ||
	    !json_object_object_get_ex(annotations, "org.nacc.guard", &value) ||
	    json_is(value, "require"))
		guard = OCI_GUARD_REQUIRE;
	else if (json_is(value, "off"))
		guard = OCI_GUARD_OFF;
	json_object_put(config);
	return guard;
}

/* Options up to the next word that is none; optind is there then. */
static void options_take(int argc, char *const *argv, struct oci_command *command)
{
	int option;

	while ((option = getopt_long(argc, argv, "+b:c:e:f:p:u:", options,
				     NULL)) != -1) {
		if (option == OPTION_BUNDLE)
			command->bundle = optarg;
		else if (option == OPTION_CONFIG)
			command->config = optarg;
		else if (option == OPTION_ROOT)
			command->root = optarg;
	}
}

void oci_command_parse(int argc, char *const *argv, struct oci_command *command)
{
	*command = (struct oci_command){ .bundle = "." };
	opterr = 0;		/* crun complains */
	optind = 0;		/* begin anew */
	options_take(argc, argv, command);
	if (optind < argc)
		command->name = argv[optind++];
	options_take(argc, argv, command);
	/* Behind it is the program of exec, not ours to read. */
	if (optind < argc)
		command->container = argv[optind];
}

/* Where crun keeps what it knows of the container, by its own rule. */
static int state_path(const struct oci_command *command, char *path, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (!command->container)
		return 0;
	if (command->root)
		return snprintf(path, size, "%s/%s/config.json", command->root,
				command->container);
	return snprintf(path, size, "%s/crun/%s/config.json",
			runtime && *runtime ? runtime : "/run", command->container);
}

bool oci_config_path(const struct oci_command *command, char *path, size_t size)
{
	size_t i;
	int len;

	*path = '\0';
	if (!command->name)
		return false;
	for (i = 0; i < sizeof(idle_commands) / sizeof(idle_commands[0]); i++)
		if (!strcmp(command->name, idle_commands[i]))
			return false;
	if (!strcmp(command->name, "exec"))
		len = state_path(command, path, size);
	else if (command->config && strcmp(command->config, "config.json"))
		len = snprintf(path, size, "%s", command->config);
	else
		len = snprintf(path, size, "%s/config.json", command->bundle);
	if ((size_t)len >= size)
		*path = '\0';
	return true;
}
