#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2034 # the readers of this file use these
#
# What the programs of tests/apps share. One that reads this file runs in the
# guest's Debian image, prints TAP and calls `plan` last. A line of
# `result` is what has to be the same on every kernel, guarded or not.
# $NACC_APP_MODE is stock, guarded or all. One that guards by itself what it
# runs sets plain_shell first.
# shellcheck source=tests/guest/tap.sh
. "$(dirname "$0")/../tests/tap.sh"
mode=${NACC_APP_MODE:-stock}
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C

# result NAME TEXT...
result()
{
	echo "= $*"
}

# wait_until WHAT COMMAND... - a minute at most.
wait_until()
{
	wait_what=$1 wait_left=600
	shift
	until "$@" >/dev/null 2>&1; do
		wait_left=$((wait_left - 1))
		if [ "$wait_left" = 0 ]; then
			ok 1 "$wait_what" "not within a minute"
			return 1
		fi
		sleep 0.1
	done
	ok 0 "$wait_what"
}

# guarded PID NAME - it is, unless this is the stock kernel.
guarded()
{
	[ "$mode" != stock ] || return 0
	grep -q '^guarded:	yes' "/proc/$1/nacc"
	ok $? "$2 is guarded" "$(cat "/proc/$1/nacc" 2>&1)"
}

# plan - the last line: how many results there are.
plan()
{
	echo "1..$n"
}

work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
[ -n "${plain_shell-}" ] || guarded $$ "its shell"
