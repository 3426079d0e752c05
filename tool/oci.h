/* SPDX-License-Identifier: BSD-2-Clause */
/* What nacc-crun has to know of the OCI runtime specification and of crun. */
#ifndef NACC_TOOL_OCI_H
#define NACC_TOOL_OCI_H

#include <stdbool.h>
#include <stddef.h>

/* A runtime's command line, as far as guarding depends on it. */
struct oci_command {
	const char *name;	/* NULL: none, only options */
	const char *bundle;	/* of create and run */
	const char *config;	/* NULL: config.json in the bundle */
	const char *root;	/* where the runtime keeps its state; NULL: default */
	const char *container;	/* of exec */
};

enum oci_guard { OCI_GUARD_REQUIRE, OCI_GUARD_OFF, OCI_GUARD_UNKNOWN };

/* oci_command_parse - from the arguments of crun, as of main(). Uses getopt. */
void oci_command_parse(int argc, char *const *argv, struct oci_command *command);

/*
 * oci_config_path - the config.json that the command goes by: for exec the copy
 * that crun keeps of the one that the container was made from. Returns false
 * when the command is known to start nothing in a container. @path is empty when
 * there is none to name or it is too long.
 */
bool oci_config_path(const struct oci_command *command, char *path, size_t size);

/*
 * oci_guard - what the annotation org.nacc.guard in the config.json at @path asks
 * for; require when there is none, when the file cannot be read, and when it is
 * no JSON: crun reads it again, tells what is wrong, and starts nothing.
 */
enum oci_guard oci_guard(const char *path);

#endif /* NACC_TOOL_OCI_H */
