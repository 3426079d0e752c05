#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2034 # the readers of this file use these
#
# What the shell tests in the guest share: a script reads this file, and prints
# "1..$n" at its end.
n=0

# ok STATUS TEXT [OUTPUT]... - one line of TAP, with the output if it is bad.
ok()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		shift 2
		echo "$*" | sed 's/^/# /'
	fi
}

# is WANT GOT TEXT
is()
{
	[ "$1" = "$2" ]
	ok $? "$3" "want $1, got $2"
}

# json TEXT PATTERN WHAT - all of TEXT, its lines joined, is the pattern.
json()
{
	echo "$1" | tr -d '\n' | grep -qE "^$2\$"
	ok $? "$3" "$1"
}
string='"([^"\]|\\.)*"'
space="\"pid\": [0-9]+, \"command\": $string, \"space\": \"[0-9a-f]+\", \"origin\": \"born\", \"state\": \"live\""
level='"frames": [0-9]+, "old": [0-9]+, "new": [0-9]+'
