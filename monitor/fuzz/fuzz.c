// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sequences of calls from several harts, compared with the abstract model after
 * each call. Without --random=CALLS libFuzzer chooses the bytes that become
 * calls; with it a generator does (--seed=N, else the time). A divergence
 * aborts; how many calls there were is printed at the end in either case.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "play.h"

#define RANDOM_STEPS	1000	/* calls before a new machine */

static struct play play;
static uint64_t total;
static uint64_t seed;
static struct timespec begin;

static void report(void)
{
	struct timespec now;
	double s;

	clock_gettime(CLOCK_MONOTONIC, &now);
	s = now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9;
	printf("fuzz: %lu calls in %.0f s, %.0f a second, seed %lu\n",
	       total, s, s > 0 ? total / s : 0, seed);
	fflush(stdout);
}

static void diverged(const char *what)
{
	fprintf(stderr, "fuzz: %s, call %lu of this machine (%u levels, %u frames, %u harts)\n",
		what, play.done + play.refused, play.machine.levels,
		play.machine.frames, play.machine.harts);
	report();
	abort();
}

/* A machine of one of the kinds that a number below 256 names. */
static struct machine machine_of(unsigned int kind)
{
	return (struct machine){
		.harts = 1 + (kind & 3), .levels = 3 + (kind >> 2 & 3) % 3,
		.frames = 16 << (kind >> 4 & 3) % 3,
		.svpbmt = kind >> 6 & 1, .svnapot = kind >> 7,
	};
}

static void run(unsigned int kind, uint64_t (*next)(void *), void *arg,
		bool (*more)(void *))
{
	const struct machine machine = machine_of(kind);

	play_start(&play, &machine, next, arg);
	while (more(arg) && !play_full(&play)) {
		total++;
		if (!play_step(&play))
			diverged("the machine differs from the model");
	}
	if (!play_end())
		diverged("not everything came back");
}

/* The fuzzer's bytes: 255 announces eight of them, any other is the number. */
struct bytes {
	const uint8_t *at, *end;
};

static uint64_t bytes_next(void *arg)
{
	struct bytes *b = arg;
	uint64_t number = 0;

	if (b->at == b->end)
		return 0;
	if (*b->at != 255 || b->end - b->at < 9)
		return *b->at++;
	memcpy(&number, b->at + 1, sizeof(number));
	b->at += 9;
	return number;
}

static bool bytes_left(void *arg)
{
	const struct bytes *b = arg;

	return b->at != b->end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1) {
		struct bytes bytes = { data + 1, data + size };

		run(data[0], bytes_next, &bytes, bytes_left);
	}
	return 0;
}

struct random {
	uint64_t state;
	unsigned int steps;
};

static uint64_t random_next(void *arg)
{
	struct random *r = arg;

	return script_xorshift(&r->state);
}

static bool random_left(void *arg)
{
	struct random *r = arg;

	return r->steps-- > 0;
}

static void random_run(uint64_t calls)
{
	struct random random = { .state = seed };

	while (total < calls) {
		random.steps = RANDOM_STEPS;
		run(random_next(&random) >> 32 & 0xff, random_next, &random,
		    random_left);
	}
}

static uint64_t option(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);
	int i;

	for (i = 1; i < argc; i++)
		if (!strncmp(argv[i], name, length))
			return strtoull(argv[i] + length, NULL, 0);
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint64_t calls = option(*argc, *argv, "--random=");

	clock_gettime(CLOCK_MONOTONIC, &begin);
	seed = option(*argc, *argv, "-seed=");
	atexit(report);
	if (!calls)
		return 0;
	seed = option(*argc, *argv, "--seed=");
	if (!seed)
		seed = time(NULL);
	random_run(calls);
	exit(0);
}
