// SPDX-License-Identifier: BSD-2-Clause
/*
 * Long random sequences of calls from several harts, each compared with the
 * abstract model. The seed is printed; NACC_SEED=N runs that one again,
 * NACC_STEPS=N makes it longer.
 */
#include "test.h"

#include <stdlib.h>
#include <time.h>

#include "play.h"

static struct play play;
static uint64_t seed;
static unsigned long steps = 6000;

static void run_all(unsigned int levels, bool extensions)
{
	const struct machine machine = {
		.harts = 4, .levels = levels, .frames = 64,
		.svpbmt = extensions, .svnapot = extensions,
	};
	uint64_t random = seed;
	unsigned long step;

	play_start(&play, &machine, script_xorshift, &random);
	for (step = 0; step < steps && !play_full(&play); step++)
		if (!play_step(&play))
			fail_msg("seed %lu, step %lu, %u levels", seed, step,
				 levels);
	print_message("seed %lu, %u levels: %lu done, %lu refused, %u spaces\n",
		      seed, levels, play.done, play.refused,
		      play.model.spaces_used);
	assert_true(play.done > steps / 10 && play.refused > steps / 10);
	assert_true(play_end());
}

static void random_calls__three_levels__as_the_model_says(void **state)
{
	(void)state;
	run_all(3, false);
}

static void random_calls__four_levels__as_the_model_says(void **state)
{
	(void)state;
	run_all(4, true);
}

static void random_calls__five_levels__as_the_model_says(void **state)
{
	(void)state;
	run_all(5, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(random_calls__three_levels__as_the_model_says),
		test(random_calls__four_levels__as_the_model_says),
		test(random_calls__five_levels__as_the_model_says),
	};

	seed = time(NULL);
	if (getenv("NACC_SEED"))
		seed = strtoul(getenv("NACC_SEED"), NULL, 0);
	if (getenv("NACC_STEPS"))
		steps = strtoul(getenv("NACC_STEPS"), NULL, 0);
	seed += !seed;
	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
