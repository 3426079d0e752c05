/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees that are none: tables with two parents, of others, at a wrong level. */
#include "attack.h"

static bool is_linked_at(unsigned long slot, unsigned long frame)
{
	return *high(slot) == entry(frame, PTE_V);
}

static const char *link(unsigned long slot, unsigned long frame)
{
	try_set(slot, entry(frame, PTE_V));
	return outcome(is_linked_at(slot, frame));
}

static const char *twice(void)
{
	struct victim v = victim_make();

	return link(v.middle + 8, v.low);
}

static const char *other_space(void)
{
	struct victim v = victim_make(), other = victim_make();

	return link(v.middle + 8, frame_bound(&other, 0));
}

static const char *wrong_level(void)
{
	struct victim v = victim_make();

	return link(v.root + 8, frame_bound(&v, 0));
}

static const char *own_root(void)
{
	struct victim v = victim_make();

	return link(v.middle + 8, v.root);
}

static const char *over_link(void)
{
	struct victim v = victim_make();

	return link(v.middle, frame_bound(&v, 0));
}

static const char *outside_pool(void)
{
	struct victim v = victim_make();

	return link(v.middle + 8, DATA);
}

static const char *with_bits(unsigned long bits)
{
	struct victim v = victim_make();
	unsigned long value = entry(frame_bound(&v, 0), PTE_V | bits);

	try_set(v.middle + 8, value);
	return outcome(*high(v.middle + 8) == value);
}

static const char *with_u(void)
{
	return with_bits(PTE_U);
}

static const char *with_a_and_d(void)
{
	return with_bits(PTE_A | PTE_D);
}

static const char *kernel_half(void)
{
	struct victim v = victim_make();

	return link(v.root + 256 * 8, frame_bound(&v, 1));
}

static const char *at_level_0(void)
{
	struct victim v = victim_make();

	return link(v.low + 8, frame_take());
}

/* A table that no entry points to has to be free to leave. */
static const char *unlinked_child(void)
{
	struct victim v = victim_make();

	must_set(v.middle, 0);
	return frame_state(v.low) == NACC_FRAME_DETACHED ? "is DETACHED" : "works";
}

const struct attack attacks_links[] = {
	{ "link-twice", twice },
	{ "link-other-space", other_space },
	{ "link-wrong-level", wrong_level },
	{ "link-own-root", own_root },
	{ "link-over-link", over_link },
	{ "link-outside-pool", outside_pool },
	{ "link-U", with_u },
	{ "link-A-D", with_a_and_d },
	{ "link-kernel-half", kernel_half },
	{ "link-level-0", at_level_0 },
	{ "link-unlinked-child", unlinked_child },
	{ NULL, NULL },
};
