// SPDX-License-Identifier: BSD-2-Clause
/*
 * Harts as threads, all at once, with random calls on the same few frames and
 * spaces. Nothing can be said of the single results; afterwards the invariants
 * must hold and everything must come back. NACC_SEED and NACC_STEPS as in
 * model_test.
 */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "script.h"

#define HARTS	4

static uint64_t seed;
static unsigned long steps = 4000;
static uint64_t ids[SCRIPT_IDS];

struct hart_thread {
	pthread_t thread;
	unsigned int hart;
	unsigned int levels, frames;
	uint64_t done;
};

static void answer_ipi(unsigned int hart)
{
	if (__atomic_exchange_n(&host_hart(hart)->ipi, false, __ATOMIC_SEQ_CST))
		nacc_hart_fence(hart);
}

static void *hart_main(void *arg)
{
	struct hart_thread *me = arg;
	uint64_t random = seed * (me->hart + 1);
	struct script script = {
		.next = script_xorshift, .arg = &random, .ids = ids,
		.frames = me->frames, .levels = me->levels,
	};
	unsigned long i;

	host_run_as(me->hart);
	for (i = 0; i < steps; i++) {
		struct script_call call;
		struct nacc_ret ret;

		script_step(&script, &call);
		ret = script_perform(&script, me->hart, &call);
		me->done += !ret.error;
		answer_ipi(me->hart);
		if (script_xorshift(&random) % 256 == 0) {
			nacc_hart_stop(me->hart);
			nacc_hart_start(me->hart);
		}
	}
	/* An idle hart still answers; here it is as good as stopped. */
	nacc_hart_stop(me->hart);
	return NULL;
}

static void run_threads(unsigned int levels, unsigned int frames)
{
	struct machine machine = {
		.harts = HARTS, .levels = levels, .frames = frames,
		.svpbmt = true, .svnapot = true,
	};
	struct hart_thread threads[HARTS];
	unsigned int i;

	machine_start(&machine);
	for (i = 0; i < SCRIPT_IDS; i++)
		ids[i] = 0;
	for (i = 0; i < HARTS; i++) {
		threads[i] = (struct hart_thread){
			.hart = i, .levels = levels, .frames = frames,
		};
		assert_int_equal(pthread_create(&threads[i].thread, NULL,
						hart_main, &threads[i]), 0);
	}
	for (i = 0; i < HARTS; i++)
		pthread_join(threads[i].thread, NULL);
	for (i = 0; i < HARTS; i++) {
		assert_true(threads[i].done > steps / 10);
		host_run_as(i);
		nacc_hart_start(i);
	}
	if (!check_all())
		fail_msg("seed %lu, %u levels, %u frames", seed, levels, frames);
	assert_int_equal(machine_sweep(), 0);
	assert_int_equal(machine_info(NACC_INFO_SPACES), 0);
}

static void harts_at_once__few_frames__invariants_hold(void **state)
{
	(void)state;
	run_threads(3, 16);
	run_threads(5, 16);
}

static void harts_at_once__more_frames__invariants_hold(void **state)
{
	(void)state;
	run_threads(3, 128);
	run_threads(4, 64);
	run_threads(5, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(harts_at_once__few_frames__invariants_hold),
		test(harts_at_once__more_frames__invariants_hold),
	};

	seed = time(NULL);
	if (getenv("NACC_SEED"))
		seed = strtoul(getenv("NACC_SEED"), NULL, 0);
	if (getenv("NACC_STEPS"))
		steps = strtoul(getenv("NACC_STEPS"), NULL, 0);
	seed += !seed;
	print_message("seed %lu\n", seed);
	return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
