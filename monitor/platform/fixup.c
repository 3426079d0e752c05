/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the next stage, in its device tree, what it may not use. The pool and
 * the op pages are reserved without `no-map`: Linux then has struct pages and
 * a linear mapping for them, but never allocates from them. OpenSBI itself
 * adds a `no-map` node for the metadata, which S-mode cannot read.
 */
#include <libfdt.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_error.h>
#include <sbi/sbi_string.h>
#include <sbi_utils/fdt/fdt_fixup.h>

#include "platform.h"

#define NODE_BYTES	256	/* more than one of our nodes takes */

static const struct nacc_config *fixup_config;

static int reserve(void *fdt, int parent, const char *what, const struct nacc_span *span)
{
	char name[40];
	int node, rc;

	sbi_snprintf(name, sizeof(name), "%s@%lx", what, (unsigned long)span->base);
	node = fdt_add_subnode(fdt, parent, name);
	if (node < 0)
		return node;
	rc = fdt_appendprop_addrrange(fdt, parent, node, "reg", span->base, span->size);
	if (rc)
		return rc;
	return fdt_setprop_string(fdt, node, "compatible", what);
}

static void fixup(struct fdt_general_fixup *unused, void *fdt)
{
	int parent, rc;

	(void)unused;
	nacc_isa_hide_svadu(fdt);
	rc = fdt_open_into(fdt, fdt, fdt_totalsize(fdt) + 2 * NODE_BYTES);
	if (rc)
		goto failed;
	parent = rc = fdt_path_offset(fdt, "/reserved-memory");
	if (parent < 0)
		goto failed;
	rc = reserve(fdt, parent, "nacc,pool", &fixup_config->pool);
	if (rc)
		goto failed;
	rc = reserve(fdt, fdt_path_offset(fdt, "/reserved-memory"), "nacc,ops",
		     &fixup_config->ops);
	if (rc)
		goto failed;
	return;
failed:
	sbi_printf("nacc: device tree not updated (%s): the next stage may crash; give the tree more room\n",
		   fdt_strerror(rc));
}

static struct fdt_general_fixup nacc_fixup = {
	.name = "nacc",
	.do_fixup = fixup,
};

int nacc_fixup_register(const struct nacc_config *config)
{
	fixup_config = config;
	return fdt_register_general_fixup(&nacc_fixup);
}
