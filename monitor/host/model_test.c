// SPDX-License-Identifier: BSD-2-Clause
/*
 * Long random sequences of calls from several harts, each compared with the
 * abstract model. The seed is printed; NACC_SEED=N runs that one again,
 * NACC_STEPS=N makes it longer.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model.h"
#include "script.h"

static struct model model;
static uint64_t seed;
static unsigned long steps = 6000;

struct run {
	struct machine machine;
	struct script script;
	uint64_t random;
	uint64_t done, refused;
};

/* A hart does something that is no call: switches root, fences, stops, starts. */
static void hart_event(struct run *run)
{
	unsigned int hart = script_xorshift(&run->random) % run->machine.harts;
	uint64_t frame = script_xorshift(&run->random) % run->machine.frames;
	struct host_hart *h = host_hart(hart);

	host_run_as(hart);
	switch (script_xorshift(&run->random) % 6) {
	case 0:
		/* The kernel loads no root but a registered one. */
		if (model.frames[frame].state == NACC_FRAME_ROOT)
			h->satp = 8UL << 60 | ((MACHINE_POOL_BASE >> 12) + frame);
		break;
	case 1:
		h->satp = 8UL << 60 | 0x80999;
		break;
	case 2:
		if (hart && model.harts[hart].running) {
			h->satp = 0;
			nacc_hart_stop(hart);
			model_stop(&model, hart);
		}
		break;
	case 3:
		if (!model.harts[hart].running) {
			nacc_hart_start(hart);
			model_fence(&model, hart);
		}
		break;
	default:
		if (h->ipi && model.harts[hart].running) {
			h->ipi = false;
			nacc_hart_fence(hart);
			model_fence(&model, hart);
		}
	}
}

static unsigned int running_hart(struct run *run)
{
	unsigned int hart;

	do {
		hart = script_xorshift(&run->random) % run->machine.harts;
	} while (!model.harts[hart].running);
	return hart;
}

static void run_step(struct run *run, unsigned long step)
{
	unsigned int hart = running_hart(run);
	struct script_call call;
	struct nacc_ret ret;

	host_run_as(hart);
	script_step(&run->script, &call);
	ret = script_perform(&run->script, hart, &call);
	if (ret.error)
		run->refused++;
	else
		run->done++;
	if (!model_check(&model, hart, &call, ret) ||
	    (step % 64 == 0 && !check_all()))
		fail_msg("seed %lu, step %lu, %u levels", seed, step,
			 run->machine.levels);
}

static void run_all(unsigned int levels, bool extensions)
{
	struct run run = {
		.machine = {
			.harts = 4, .levels = levels, .frames = 64,
			.svpbmt = extensions, .svnapot = extensions,
		},
		.random = seed,
	};
	uint64_t ids[SCRIPT_IDS] = { 0 };
	unsigned long step;

	run.script = (struct script){
		.next = script_xorshift, .arg = &run.random,
		.frames = run.machine.frames, .levels = levels, .ids = ids,
	};
	machine_start(&run.machine);
	model_start(&model, &run.machine);
	for (step = 0; step < steps && model.spaces_used < MODEL_SPACES; step++) {
		if (script_xorshift(&run.random) % 4 == 0)
			hart_event(&run);
		run_step(&run, step);
	}
	print_message("seed %lu, %u levels: %lu done, %lu refused, %u spaces\n",
		      seed, levels, run.done, run.refused, model.spaces_used);
	assert_true(run.done > steps / 10 && run.refused > steps / 10);
	/* Whatever happened, everything can be given back. */
	assert_int_equal(machine_sweep(), 0);
	assert_int_equal(machine_info(NACC_INFO_SPACES), 0);
	assert_true(check_all());
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
