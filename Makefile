# SPDX-License-Identifier: BSD-2-Clause
#
# Verbs only: each runs a program of scripts/. `make help` lists them.

.DEFAULT_GOAL := help

help:		## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup:		## install the Debian packages that building and running need
	@scripts/setup

build: setup	## fetch sources; build firmware, kernel, tool and guest
	@scripts/build nacc

demo: build	## the story: a guarded process beside a plain one
	@scripts/demo

shell: build	## an interactive guest
	@$(if $(IMAGE),scripts/setup image && scripts/guest-image)
	@scripts/guest --shell $(if $(IMAGE),--image)

check:		## build everything, stock and debug kernels too, and run all tests
	@scripts/setup check
	@scripts/check

check-long:	## what is too long for make check: mutants, attack, parity, mutate and more (hours)
	@scripts/setup check parity
	@scripts/check --long

guest-image:	## Debian for the guest: make shell IMAGE=1, make check-apps
	@scripts/setup image
	@scripts/guest-image

check-apps:	## real programs in Debian, plain, guarded and with nacc=all
	@scripts/setup image deb
	@scripts/build nacc stock
	@scripts/guest-image
	@tests/run-app-tests

parity: selftests ## Linux' own selftests: stock, guarded and with nacc=all; the table of results
	@tests/run-parity

stress: selftests ## the same with stress-ng, with swap and little memory
	@tests/run-parity stress

selftests: build
	@scripts/setup parity
	@scripts/build stock
	@scripts/fetch selftests stress-ng
	@scripts/build-selftests

deb: build	## Debian packages of firmware, kernel and tools (build/deb)
	@scripts/setup deb
	@scripts/deb

pictures: build	## docs/pictures anew: demo, map and top, as a guest showed them
	@scripts/setup pictures
	@scripts/pictures

export-series:	## our change of Linux as a quilt series, tried on Debian's newest two
	@scripts/setup check
	@scripts/export-series

fuzz:		## random calls against the monitor's core and its model (FUZZ_S=seconds)
	@scripts/setup check
	@scripts/fuzz

prove:		## prove what the monitor's core keeps to, for small pools (CBMC)
	@scripts/setup check
	@scripts/prove

attack: build	## attack stock, guarded and nacc=all, and the monitor; compare with what is claimed
	@scripts/build stock
	@scripts/attack

bench: build	## what guarding costs, counted; QUICK=1 takes a few minutes
	@scripts/setup bench
	@scripts/build stock
	@$(if $(QUICK),,scripts/setup image && scripts/guest-image)
	@scripts/bench $(if $(QUICK),--quick)

mutants:	## take checks out of the monitor's core, one at a time: a test must fail
	@scripts/setup check
	@tests/run-mutants

mutate:		## leave out one hunk of the hooks at a time: a named test must fail (long)
	@scripts/setup check
	@scripts/build nacc debug
	@tests/run-hook-mutants

lint:		## style and static checks
	@scripts/setup check
	@scripts/fetch
	@scripts/lint

clean:		## remove build/ (downloads and compiled objects stay cached)
	rm -rf build

.PHONY: help setup build demo shell check check-long guest-image check-apps parity stress selftests deb \
	pictures export-series fuzz prove attack bench mutants mutate lint clean
