#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# In a guest that was booted with nacc=all: everything is guarded, unasked.
here=$(dirname "$0")
. "$here/tap.sh"

grep -q '^guarded:	yes' /proc/1/nacc
ok $? "init is guarded" "$(cat /proc/1/nacc)"
grep -q '^guarded:	yes' /proc/self/nacc
ok $? "a program that nobody asked to guard is" "$(cat /proc/self/nacc)"
plain=$(grep -L '^guarded:	yes' /proc/[0-9]*/nacc 2>/dev/null |
	while read -r file; do
		[ -s "${file%nacc}cmdline" ] && echo "$file"
	done)
[ -z "$plain" ]
ok $? "no user process is plain" "$plain"
out=$(nacc run "$here/hello")
[ "$out" = hello ]
ok $? "nacc run still runs programs" "$out"
out=$(nacc check 2>&1)
ok $? "nacc check: the protection holds" "$out"
echo "1..$n"
