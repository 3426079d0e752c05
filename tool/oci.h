/* SPDX-License-Identifier: BSD-2-Clause */
/* What nacc-crun has to know of the OCI runtime specification. */
#ifndef NACC_TOOL_OCI_H
#define NACC_TOOL_OCI_H

#include <stdbool.h>
#include <stddef.h>

/* A runtime's command line, as far as guarding depends on it. */
struct oci_command {
	const char *name;	/* NULL: none, only options */
	const char *bundle;	/* of create and run */
	const char *config;	/* NULL: config.json in the bundle */
	const char *root;	/* where the runtime keeps its state */
	const char *container;	/* of exec */
};

enum oci_guard { OCI_GUARD_REQUIRE, OCI_GUARD_OFF, OCI_GUARD_UNKNOWN };

/* oci_command_parse - from the arguments of crun, argv[0] left out. */
void oci_command_parse(char *const *argv, struct oci_command *command);

/*
 * json_member - the value of @key in the object at @json, or NULL when there
 * is none or the text is malformed before it. Of several, the last one.
 */
const char *json_member(const char *json, const char *key);

/*
 * json_text - the string at @json, unescaped. Returns false when it is no
 * string, is longer, or has an escape beyond ASCII.
 */
bool json_text(const char *json, char *text, size_t size);

/*
 * oci_guard - what the annotation org.nacc.guard of a config.json asks for;
 * require when there is none.
 */
enum oci_guard oci_guard(const char *config);

#endif /* NACC_TOOL_OCI_H */
