#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# gcc and make build a small C project with two jobs, and its result runs.
. "$(dirname "$0")/app.sh"

for i in 1 2 3 4; do
	cat >"part$i.c" <<C
#include "parts.h"

static unsigned long table[64];

unsigned long part$i(unsigned long seed)
{
	unsigned long i, sum = 0;

	for (i = 0; i < 64; i++)
		table[i] = seed = seed * 6364136223846793005UL + $i;
	for (i = 0; i < 64; i++)
		sum ^= table[i] >> (i % $i);
	return sum;
}
C
done
cat >parts.h <<'C'
unsigned long part1(unsigned long seed);
unsigned long part2(unsigned long seed);
unsigned long part3(unsigned long seed);
unsigned long part4(unsigned long seed);
C
cat >main.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include "parts.h"

int main(int argc, char **argv)
{
	unsigned long x = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;

	printf("%lx\n", part1(x) ^ part2(x) ^ part3(x) ^ part4(x));
	return 0;
}
C
cat >Makefile <<'MAKE'
CFLAGS = -O2 -Wall -Wextra -Werror
OBJECTS = main.o part1.o part2.o part3.o part4.o
program: $(OBJECTS)
	$(CC) -o $@ $(OBJECTS)
$(OBJECTS): parts.h
MAKE
make -j2 >out 2>err
is 0 $? "make -j2 builds the project" 
is "" "$(cat err)" "without a complaint"
[ -x program ]
ok $? "the program is there" "$(cat out err)"
result program "$(./program 7)" "$(./program 99)"
result text "$(sha256sum <program | cut -c 1-16)"
make -q
is 0 $? "and there is nothing left to do"
plan
