// SPDX-License-Identifier: BSD-2-Clause
/*
 * Start of the monitor, and BOOT_LOCK. Layout of the metadata region: frame
 * descriptors, spaces, harts, kernel-half template, in that order.
 */
#include "call.h"
#include "epoch.h"
#include "state.h"

#define SATP_MODE_SHIFT		60
#define SATP_MODE_SV39		8	/* Sv48 is 9, Sv57 is 10 */
#define SATP_MODE_SV57		10
#define SV39_ROOT_LEVEL		2

#define HART_ALIGN		64UL

struct nacc_monitor nacc_monitor;
struct nacc_short nacc_short __attribute__((aligned(64)));

_Static_assert(offsetof(struct nacc_short, pieces[1]) == 64,
	       "one cache line, up to the first piece");

/* Offsets in the metadata region, bytes. */
struct layout {
	uint64_t spaces;
	uint64_t harts;
	uint64_t template;
	uint64_t size;
	uint32_t space_count;
};

static uint64_t round_up(uint64_t x, uint64_t to)
{
	return (x + to - 1) / to * to;
}

static struct layout layout_of(uint64_t pool_size)
{
	uint64_t frames = pool_size >> NACC_FRAME_SHIFT;
	uint64_t spaces = frames / 4;
	struct layout l;

	if (spaces < NACC_MIN_SPACES)
		spaces = NACC_MIN_SPACES;
	if (spaces > NACC_MAX_SPACES)
		spaces = NACC_MAX_SPACES;
	l.space_count = spaces;
	l.spaces = frames * sizeof(struct nacc_frame);
	l.harts = round_up(l.spaces + spaces * sizeof(struct nacc_space),
			   HART_ALIGN);
	l.template = l.harts + NACC_MAX_HARTS * sizeof(struct nacc_hart);
	l.size = round_up(l.template + NACC_TEMPLATE_SLOTS * sizeof(uint64_t),
			  NACC_FRAME_SIZE);
	return l;
}

size_t nacc_meta_size(uint64_t pool_size)
{
	return layout_of(pool_size).size;
}

static bool span_sane(const struct nacc_span *span)
{
	return span->size && span->base + span->size > span->base &&
	       !((span->base | span->size) & (NACC_FRAME_SIZE - 1));
}

static bool spans_overlap(const struct nacc_span *a, const struct nacc_span *b)
{
	return a->base < b->base + b->size && b->base < a->base + a->size;
}

static bool ram_sane(const struct nacc_config *config)
{
	unsigned int i;

	if (config->ram_count > NACC_MAX_RAM)
		return false;
	for (i = 0; i < config->ram_count; i++) {
		const struct nacc_span *ram = &config->ram[i];

		if (!span_sane(ram) || spans_overlap(ram, &config->pool) ||
		    spans_overlap(ram, &config->meta) ||
		    spans_overlap(ram, &config->ops))
			return false;
		if (i && ram[-1].base + ram[-1].size > ram->base)
			return false;
	}
	return true;
}

static bool config_sane(const struct nacc_config *config)
{
	const struct nacc_span *pool = &config->pool;
	uint64_t frames = pool->size >> NACC_FRAME_SHIFT;

	if (!span_sane(pool) || !span_sane(&config->meta) ||
	    !span_sane(&config->ops))
		return false;
	if ((pool->size & (pool->size - 1)) || (pool->base & (pool->size - 1)))
		return false;
	if (frames < 2 || frames > NACC_MAX_POOL_FRAMES)
		return false;
	if (!config->harts || config->harts > NACC_MAX_HARTS ||
	    config->ops.size < (uint64_t)config->harts << NACC_FRAME_SHIFT ||
	    config->meta.size < nacc_meta_size(pool->size))
		return false;
	if (spans_overlap(pool, &config->meta) ||
	    spans_overlap(pool, &config->ops) ||
	    spans_overlap(&config->meta, &config->ops))
		return false;
	return ram_sane(config);
}

static void zero_pages(uint64_t base, uint64_t size)
{
	uint64_t offset;

	for (offset = 0; offset < size; offset += NACC_FRAME_SIZE)
		nacc_arch_zero_frame(nacc_arch_ptr((nacc_pa_t){ base + offset }));
}

static void state_zero(void)
{
	volatile uint64_t *word = (volatile uint64_t *)&nacc_monitor;
	size_t i;

	for (i = 0; i < sizeof(nacc_monitor) / sizeof(*word); i++)
		word[i] = 0;
}

static void limits_init(const struct nacc_config *config)
{
	struct nacc_limits *limits = &nacc_monitor.limits;
	unsigned int i;

	for (i = 0; i < config->ram_count; i++)
		limits->ram[i] = config->ram[i];
	limits->ram_count = config->ram_count;
	limits->image_count = 0;
	limits->svpbmt = config->svpbmt;
	limits->svnapot = config->svnapot;
	nacc_limits_update(limits);
}

/* No call is under way, or none that finds a table to write to. */
static void short_update(void)
{
	const struct nacc_monitor *m = &nacc_monitor;
	unsigned int i;

	nacc_short.pool_base = m->config.pool.base;
	nacc_short.pool_size = m->config.pool.size;
	nacc_short.frames = m->frames;
	nacc_short.spaces = m->spaces;
	nacc_short.harts = m->harts;
	nacc_short.legal = NACC_LEAF_SET;
	for (i = 0; i < NACC_PIECES; i++)
		nacc_short.pieces[i] = m->limits.pieces[i];
	nacc_short.read_only = m->limits.read_only;
}

int nacc_init(const struct nacc_config *config)
{
	struct layout l = layout_of(config->pool.size);
	struct nacc_monitor *m = &nacc_monitor;
	uint64_t meta = config->meta.base;

	if (!config_sane(config))
		return -1;

	zero_pages(meta, l.size);
	zero_pages(config->pool.base, config->pool.size);
	state_zero();
	m->config = *config;
	m->frames = nacc_arch_ptr((nacc_pa_t){ meta });
	m->spaces = nacc_arch_ptr((nacc_pa_t){ meta + l.spaces });
	m->harts = nacc_arch_ptr((nacc_pa_t){ meta + l.harts });
	m->template = nacc_arch_ptr((nacc_pa_t){ meta + l.template });
	m->roots = nacc_arch_ptr((nacc_pa_t){ config->pool.base });
	m->frame_count = config->pool.size >> NACC_FRAME_SHIFT;
	m->kept = round_up(m->frame_count * sizeof(uint64_t), NACC_FRAME_SIZE) >>
		  NACC_FRAME_SHIFT;
	m->space_count = l.space_count;
	limits_init(config);
	short_update();
	nacc_epoch_init();
	nacc_space_init(m->space_count);
	nacc_freelist_init(m->kept, m->frame_count - m->kept);
	return 0;
}

static bool range_sane(const struct nacc_range *range)
{
	struct nacc_span span = { range->base, range->size };

	return span_sane(&span) && range->kind < NACC_RANGE_KINDS;
}

/* A kernel table in the pool would be one that the kernel cannot write. */
static bool template_sane(uint64_t value)
{
	const struct nacc_config *config = &nacc_monitor.config;
	uint64_t pa = nacc_pte_pa(value);

	if (!(value & NACC_PTE_V))
		return true;
	if (value & (NACC_PTE_U | NACC_PTE_RESERVED | NACC_PTE_N))
		return false;
	/*
	 * A leaf may cover the pool: the linear map has leaves of 1 GiB, and
	 * PMP is what keeps its stores out.
	 */
	return !nacc_pte_is_link(value) ||
	       (pa - config->pool.base >= config->pool.size &&
		pa - config->meta.base >= config->meta.size);
}

static unsigned int template_read(const volatile uint64_t *page,
				  unsigned int *index)
{
	unsigned int i;

	for (i = 0; i < NACC_TEMPLATE_SLOTS; i++) {
		uint64_t value = page[NACC_TEMPLATE_OFFSET / 8 + i];

		*index = i;
		if (!template_sane(value))
			return NACC_CAUSE_TEMPLATE;
		nacc_monitor.template[i] = value;
	}
	return NACC_CAUSE_NONE;
}

static unsigned int ranges_read(const volatile uint64_t *page,
				unsigned int count, unsigned int *index)
{
	const volatile uint64_t *word = page + NACC_RANGES_OFFSET / 8;
	unsigned int i;

	for (i = 0; i < count; i++, word += 3) {
		struct nacc_range range = { word[0], word[1], word[2] };

		*index = i;
		if (!range_sane(&range))
			return NACC_CAUSE_RANGE;
		nacc_monitor.limits.image[i] = range;
	}
	return NACC_CAUSE_NONE;
}

/* What a refused call leaves in template and image[] is read by nobody. */
static unsigned int boot_lock_locked(unsigned int hart, unsigned int count,
				     unsigned int *index)
{
	const volatile uint64_t *page = nacc_op_page(hart);
	uint64_t mode = nacc_arch_satp() >> SATP_MODE_SHIFT;
	unsigned int cause;

	if (nacc_monitor.locked)
		return NACC_CAUSE_LOCKED;
	if (mode < SATP_MODE_SV39 || mode > SATP_MODE_SV57)
		return NACC_CAUSE_MODE;
	cause = template_read(page, index);
	if (!cause)
		cause = ranges_read(page, count, index);
	if (cause)
		return cause;

	nacc_monitor.limits.image_count = count;
	nacc_limits_update(&nacc_monitor.limits);
	short_update();
	nacc_monitor.root_level = mode - SATP_MODE_SV39 + SV39_ROOT_LEVEL;
	/* No table is bound before this, so nobody has used the limits yet. */
	nacc_arch_mb();
	nacc_write_once(nacc_monitor.locked, 1);
	return NACC_CAUSE_NONE;
}

unsigned int nacc_boot_lock(unsigned int hart, unsigned int count,
			    unsigned int *index)
{
	unsigned int cause;

	*index = 0;
	nacc_arch_lock(&nacc_monitor.boot_lock);
	cause = boot_lock_locked(hart, count, index);
	nacc_arch_unlock(&nacc_monitor.boot_lock);
	return cause;
}
