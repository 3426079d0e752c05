/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ISA extensions of the harts, as the device tree names them: the words of
 * riscv,isa-extensions (separated by NUL) or of riscv,isa (by '_').
 */
#include <libfdt.h>
#include <sbi/sbi_string.h>
#include <sbi_utils/fdt/fdt_helper.h>

#include <nacc_abi.h>

#include "platform.h"

static const char *const isa_properties[] = { "riscv,isa-extensions", "riscv,isa" };

static bool is_separator(char c)
{
	return !c || c == '_';
}

/* Where @name stands as a whole word in @text; NULL if it does not. */
static const char *word_find(const char *text, int length, const char *name)
{
	int i, bytes = sbi_strlen(name);

	for (i = 0; i + bytes <= length; i++) {
		if (i && !is_separator(text[i - 1]))
			continue;
		if (i + bytes < length && !is_separator(text[i + bytes]))
			continue;
		if (!sbi_memcmp(text + i, name, bytes))
			return text + i;
	}
	return NULL;
}

static const char *cpu_word(const void *fdt, int cpu, const char *property,
			    const char *name)
{
	const char *text;
	int length;

	text = fdt_getprop(fdt, cpu, property, &length);
	return text ? word_find(text, length, name) : NULL;
}

static bool cpu_has(const void *fdt, int cpu, const char *name)
{
	unsigned int i;

	for (i = 0; i < array_size(isa_properties); i++)
		if (cpu_word(fdt, cpu, isa_properties[i], name))
			return true;
	return false;
}

/* Only harts with an MMU come up in S-mode. */
static bool cpu_counts(const void *fdt, int cpu)
{
	u32 hartid;

	return !fdt_parse_hart_id(fdt, cpu, &hartid) &&
	       fdt_node_is_enabled(fdt, cpu) &&
	       fdt_getprop(fdt, cpu, "mmu-type", NULL);
}

bool nacc_isa_all(const void *fdt, const char *name)
{
	int cpu, cpus = fdt_path_offset(fdt, "/cpus");
	bool all = false;

	fdt_for_each_subnode(cpu, fdt, cpus) {
		if (!cpu_counts(fdt, cpu))
			continue;
		if (!cpu_has(fdt, cpu, name))
			return false;
		all = true;
	}
	return all;
}

uint32_t nacc_isa_cbo_bytes(const void *fdt)
{
	int cpu, cpus = fdt_path_offset(fdt, "/cpus");
	const fdt32_t *cell;
	uint32_t bytes = 0;

	if (!nacc_isa_all(fdt, "zicboz"))
		return 0;
	fdt_for_each_subnode(cpu, fdt, cpus) {
		if (!cpu_counts(fdt, cpu))
			continue;
		cell = fdt_getprop(fdt, cpu, "riscv,cboz-block-size", NULL);
		if (!cell || (bytes && fdt32_to_cpu(*cell) != bytes))
			return 0;
		bytes = fdt32_to_cpu(*cell);
	}
	if (bytes < sizeof(uint64_t) || bytes > NACC_FRAME_SIZE || bytes & (bytes - 1))
		return 0;
	return bytes;
}

void nacc_isa_hide_svadu(void *fdt)
{
	int cpu, cpus = fdt_path_offset(fdt, "/cpus");
	const char *word;
	unsigned int i;

	/* The names are equally long, so the tree keeps its size. */
	fdt_for_each_subnode(cpu, fdt, cpus) {
		for (i = 0; i < array_size(isa_properties); i++) {
			word = cpu_word(fdt, cpu, isa_properties[i], "svadu");
			if (word)
				sbi_memcpy((char *)word, "svade", 5);
		}
	}
}
