/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the device tree and the loader's choices, places the monitor's memory
 * and adds it to OpenSBI's root domain. It changes nothing in the tree.
 */
#include <libfdt.h>
#include <sbi/sbi_console.h>
#include <sbi/sbi_domain.h>
#include <sbi/sbi_platform.h>
#include <sbi/sbi_scratch.h>
#include <sbi/sbi_string.h>
#include <sbi_utils/fdt/fdt_helper.h>

#include <nacc_abi.h>

#include "place.h"
#include "platform.h"

/* Later fix-ups grow the tree in place; Linux and others write into it. */
#define FDT_GROWTH	(64UL << 10)
/* What a next stage of unknown size may use until it reads the tree. */
#define STAGE_BYTES	(64UL << 20)

#define IMAGE_SIZE_OFFSET	16
#define IMAGE_MAGIC_OFFSET	56
#define IMAGE_MAGIC		0x05435352	/* "RSC\5": Linux boot image */

static struct nacc_map map;

static void take_nodes(const void *fdt, int parent, bool no_map_only)
{
	uint64_t base, size;
	int node, i;

	fdt_for_each_subnode(node, fdt, parent) {
		if (no_map_only && !fdt_getprop(fdt, node, "no-map", NULL))
			continue;
		for (i = 0; !fdt_get_node_addr_size(fdt, node, i, &base, &size); i++)
			nacc_map_take(&map, base, size);
	}
}

static void add_ram(const void *fdt)
{
	uint64_t base, size;
	int node = -1, i;

	for (;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type",
						     "memory", sizeof("memory"));
		if (node < 0)
			return;
		if (!fdt_node_is_enabled(fdt, node))
			continue;
		for (i = 0; !fdt_get_node_addr_size(fdt, node, i, &base, &size); i++)
			nacc_map_ram(&map, base, size);
	}
}

/* Firmware, and whatever else a board gives to M-mode alone. */
static void take_regions(void)
{
	struct sbi_domain_memregion *region;

	sbi_domain_for_each_memregion(&root, region) {
		if (region->flags & (SBI_DOMAIN_MEMREGION_SU_ACCESS_MASK |
				     SBI_DOMAIN_MEMREGION_MMIO))
			continue;
		nacc_map_take(&map, region->base, 1UL << region->order);
	}
}

static bool cell_read(const void *fdt, int node, const char *name, uint64_t *value)
{
	const fdt32_t *cell;
	int length;

	cell = fdt_getprop(fdt, node, name, &length);
	if (!cell || (length != 4 && length != 8))
		return false;
	*value = fdt32_to_cpu(cell[0]);
	if (length == 8)
		*value = *value << 32 | fdt32_to_cpu(cell[1]);
	return true;
}

static void take_initrd(const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	uint64_t start, end;

	if (chosen < 0 || !cell_read(fdt, chosen, "linux,initrd-start", &start) ||
	    !cell_read(fdt, chosen, "linux,initrd-end", &end) || end <= start)
		return;
	nacc_map_take(&map, start, end - start);
}

static bool is_ram(uint64_t base, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < map.ram_count; i++)
		if (map.ram[i].base <= base &&
		    base - map.ram[i].base + size <= map.ram[i].size)
			return true;
	return false;
}

static void take_next_stage(uint64_t base)
{
	uint64_t size = 0;
	uint32_t magic = 0;

	if (is_ram(base, IMAGE_MAGIC_OFFSET + sizeof(magic))) {
		sbi_memcpy(&magic, (void *)(base + IMAGE_MAGIC_OFFSET), sizeof(magic));
		sbi_memcpy(&size, (void *)(base + IMAGE_SIZE_OFFSET), sizeof(size));
	}
	if (magic != IMAGE_MAGIC || !size)
		size = STAGE_BYTES;
	nacc_map_take(&map, base, size);
}

static void map_read(const void *fdt)
{
	uint64_t base, size;
	int i, reserved;

	add_ram(fdt);
	take_regions();
	reserved = fdt_path_offset(fdt, "/reserved-memory");
	if (reserved >= 0)
		take_nodes(fdt, reserved, false);
	for (i = 0; i < fdt_num_mem_rsv(fdt); i++)
		if (!fdt_get_mem_rsv(fdt, i, &base, &size))
			nacc_map_take(&map, base, size);
	take_initrd(fdt);
	take_next_stage(root.next_addr);
	nacc_map_take(&map, (uintptr_t)fdt, fdt_totalsize(fdt) + FDT_GROWTH);
}

/*
 * What the loader or the user asks for: the command line goes before the
 * property. Returns the text, NULL when nothing is asked.
 */
static const char *want_text(const void *fdt, size_t *length)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), config, bytes;
	const char *text, *value;

	if (chosen < 0)
		return NULL;
	text = fdt_getprop(fdt, chosen, "bootargs", &bytes);
	value = text ? nacc_want_find(text, bytes, "nacc.pool", length) : NULL;
	if (value)
		return value;
	config = fdt_node_offset_by_compatible(fdt, chosen, "opensbi,config");
	if (config < 0)
		return NULL;
	text = fdt_getprop(fdt, config, "nacc,pool", &bytes);
	*length = text ? sbi_strnlen(text, bytes) : 0;
	return text;
}

#define refuse(...) \
	do { \
		sbi_printf("nacc: not offered: " __VA_ARGS__); \
		sbi_printf("\n"); \
	} while (0)

static bool want_read(const void *fdt, struct nacc_want *want)
{
	const char *text, *wrong;
	char shown[40];
	size_t length;

	text = want_text(fdt, &length);
	if (!text) {
		want->size = nacc_pow2(nacc_map_ram_bytes(&map) / 64);
		if (want->size < NACC_POOL_SIZE_DEFAULT)
			want->size = NACC_POOL_SIZE_DEFAULT;
		want->fixed = false;
		return true;
	}
	wrong = nacc_want_parse(text, length, want);
	if (!wrong)
		return true;
	if (length > sizeof(shown) - 1)
		length = sizeof(shown) - 1;
	sbi_memcpy(shown, text, length);
	shown[length] = 0;
	refuse("pool size \"%s\" %s; give e.g. nacc.pool=64M", shown, wrong);
	return false;
}

static bool pool_find(const struct nacc_want *want, struct nacc_span *pool)
{
	if (!want->fixed)
		return nacc_map_find(&map, want->size, ~0UL, pool);
	pool->base = want->base;
	pool->size = want->size;
	return nacc_map_fits(&map, pool);
}

/* Below the pool if there is room, else as high as possible. */
static bool beside_find(const struct nacc_span *pool, uint64_t size,
			struct nacc_span *span)
{
	if (!nacc_map_find(&map, size, pool->base, span) &&
	    !nacc_map_find(&map, size, ~0UL, span))
		return false;
	nacc_map_take(&map, span->base, span->size);
	return true;
}

static bool spans_find(const struct nacc_want *want, struct nacc_config *config)
{
	if (!pool_find(want, &config->pool))
		return false;
	nacc_map_take(&map, config->pool.base, config->pool.size);
	return beside_find(&config->pool, nacc_pow2(nacc_meta_size(want->size)),
			   &config->meta) &&
	       beside_find(&config->pool, nacc_pow2(config->harts * NACC_FRAME_SIZE),
			   &config->ops);
}

static int region_add(const struct nacc_span *span, unsigned long flags)
{
	return sbi_domain_root_add_memrange(span->base, span->size, span->size, flags);
}

bool nacc_memory_place(const void *fdt, struct nacc_config *config)
{
	struct nacc_want want;

	if (config->harts > NACC_MAX_HARTS) {
		refuse("%u harts are more than %u", config->harts, NACC_MAX_HARTS);
		return false;
	}
	map_read(fdt);
	if (map.overflow) {
		refuse("more than %u memory ranges in the device tree", NACC_MAP_MAX);
		return false;
	}
	if (!want_read(fdt, &want))
		return false;
	if (!spans_find(&want, config)) {
		if (want.fixed)
			refuse("a pool of 0x%lx bytes at 0x%lx is not in free RAM; give nacc.pool=SIZE alone",
			       want.size, want.base);
		else
			refuse("no free RAM for a pool of 0x%lx bytes; give a smaller nacc.pool=SIZE",
			       want.size);
		return false;
	}
	if (region_add(&config->pool, SBI_DOMAIN_MEMREGION_SHARED_SUR_MRW) ||
	    region_add(&config->meta, SBI_DOMAIN_MEMREGION_M_READABLE |
				      SBI_DOMAIN_MEMREGION_M_WRITABLE) ||
	    region_add(&config->ops, SBI_DOMAIN_MEMREGION_SHARED_SURW_MRW)) {
		refuse("the root domain takes no more memory regions");
		return false;
	}
	return true;
}

static void region_remove(const struct nacc_span *span)
{
	struct sbi_domain_memregion *region;
	bool found = false;

	sbi_domain_for_each_memregion(&root, region) {
		if (region->base == span->base && 1UL << region->order == span->size)
			found = true;
		if (found)
			region[0] = region[1];
		if (!region->order)
			return;
	}
}

bool nacc_memory_check(unsigned int entries, const struct nacc_config *config)
{
	struct sbi_domain_memregion *region;
	unsigned int count = 0;

	sbi_domain_for_each_memregion(&root, region)
		count++;
	if (count <= entries)
		return true;
	refuse("this hart has %u PMP entries, %u are needed", entries, count);
	region_remove(&config->pool);
	region_remove(&config->meta);
	region_remove(&config->ops);
	return false;
}

bool nacc_memory_ram(const void *fdt, struct nacc_config *config)
{
	static struct nacc_span ram[NACC_MAX_RAM + 1];
	int reserved = fdt_path_offset(fdt, "/reserved-memory");

	map.ram_count = 0;
	map.taken_count = 0;
	add_ram(fdt);
	take_regions();
	if (reserved >= 0)
		take_nodes(fdt, reserved, true);
	nacc_map_take(&map, config->pool.base, config->pool.size);
	nacc_map_take(&map, config->meta.base, config->meta.size);
	nacc_map_take(&map, config->ops.base, config->ops.size);
	config->ram_count = nacc_map_free(&map, ram, NACC_MAX_RAM + 1);
	/* What is left out could not be mapped by any guarded process. */
	if (map.overflow || config->ram_count > NACC_MAX_RAM) {
		refuse("RAM is in more than %u pieces", NACC_MAX_RAM);
		return false;
	}
	sbi_memcpy(config->ram, ram, sizeof(config->ram));
	return true;
}
