// SPDX-License-Identifier: BSD-2-Clause
/*
 * A plugin for QEMU that counts how often each instruction runs, between a
 * workload's two marks. bench.c reads instret at each mark and nothing else in
 * the guest does, so every such read turns counting on or off. At the end one
 * line for each block: ADDRESS-OF-INSTRUCTION COUNT. One hart only.
 *
 * Debian ships QEMU without the header of its plugins; what is used of the
 * interface (version 4) is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { CB_NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	void (*cb)(unsigned int vcpu, void *data), int flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to,
			     size_t size);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 4;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv);

/* csrrs rd, instret, x0, whatever rd is. */
#define RDINSTRET	0xc0202073U
#define RD_MASK		0x00000f80U

struct place {
	uint64_t address;
	uint64_t count;
	struct place *next;
};

#define BUCKETS		65536

static struct place *places[BUCKETS];
static bool counting;
static const char *path;

static struct place *place_at(uint64_t address)
{
	struct place **bucket = &places[(address >> 1) % BUCKETS];
	struct place *place;

	for (place = *bucket; place; place = place->next)
		if (place->address == address)
			return place;
	place = calloc(1, sizeof(*place));
	if (!place)
		abort();
	place->address = address;
	place->next = *bucket;
	*bucket = place;
	return place;
}

static void ran(unsigned int vcpu, void *data)
{
	struct place *place = data;

	(void)vcpu;
	place->count += counting;
}

static void mark(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	counting = !counting;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i;

	(void)id;
	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t word = 0;

		if (qemu_plugin_insn_data(insn, &word, sizeof(word)) == sizeof(word) &&
		    (word & ~RD_MASK) == RDINSTRET)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, CB_NO_REGS,
							       NULL);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, ran, CB_NO_REGS,
			place_at(qemu_plugin_insn_vaddr(insn)));
	}
}

static void end(qemu_plugin_id_t id, void *data)
{
	FILE *out = fopen(path, "w");
	struct place *place;
	size_t i;

	(void)id;
	(void)data;
	if (!out)
		return;
	for (i = 0; i < BUCKETS; i++)
		for (place = places[i]; place; place = place->next)
			if (place->count)
				fprintf(out, "%016" PRIx64 " %" PRIu64 "\n",
					place->address, place->count);
	fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	path = argv[0] + 4;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, end, NULL);
	return 0;
}
