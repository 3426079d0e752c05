// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory comes and goes. What comes after boot is not RAM to the monitor: it
 * stays offline. What was there at boot may go, and come back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

/* Where nacc_hotplug puts its block. */
#define WHERE	(64UL << 30)

static const char blocks[] = "/sys/devices/system/memory/";

static bool state_is(const char *path, const char *want)
{
	char text[32];

	return file_read(path, text, sizeof(text)) >= 0 &&
	       !strncmp(text, want, strlen(want));
}

static unsigned long block_size(void)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "%sblock_size_bytes", blocks);
	if (file_read(path, text, sizeof(text)) < 0)
		tap_bail("%s: %s", path, strerror(errno));
	return strtoul(text, NULL, 16);
}

static void late_block(void)
{
	char path[64];

	if (module_load("nacc_hotplug"))
		tap_bail("nacc_hotplug: %s", strerror(errno));
	snprintf(path, sizeof(path), "%smemory%lu/state", blocks, WHERE / block_size());
	tap_ok(state_is(path, "offline"), "a block of memory is added");
	tap_is((long)file_write(path, "online"), -EPERM, "it does not come online");
	tap_ok(state_is(path, "offline"), "and stays as it was");
	tap_ok(log_has("nacc: memory at page", "stays offline"), "the log says why");
	tap_is(module_unload("nacc_hotplug"), 0, "it is removed");
}

/* Some blocks hold pages that cannot move: one will do. */
static void early_block(void)
{
	unsigned long size = block_size();
	unsigned long nr = 0x80000000UL / size;
	char path[64];

	do
		snprintf(path, sizeof(path), "%smemory%lu/state", blocks, nr++);
	while (state_is(path, "online") && file_write(path, "offline") < 0);
	if (!state_is(path, "offline")) {
		tap_skip("a block of boot's memory comes back", "none can be spared");
		return;
	}
	tap_ok(file_write(path, "online") >= 0 && state_is(path, "online"),
	       "a block of boot's memory comes back");
}

int main(void)
{
	if (!has_monitor())
		tap_bail("there is no monitor");
	late_block();
	early_block();
	return tap_done();
}
