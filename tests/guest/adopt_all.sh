#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# adopt_all.sh LABEL - in a guest of its own: every user process is attached,
# init included.
here=$(dirname "$0")
label=$1
failed=0

ok()
{
	if [ "$1" = 0 ]; then
		echo "ok - $label all: $2"
	else
		failed=1
		echo "not ok - $label all: $2"
		shift 2
		echo "$*" | sed 's/^/# /'
	fi
}

# User processes that are not guarded.
plain()
{
	for dir in /proc/[0-9]*; do
		[ -s "$dir/cmdline" ] && grep -q '^guarded:	no' "$dir/nacc" &&
			basename "$dir"
	done 2>/dev/null
}

out=$(nacc attach 1 2>&1)
ok $? "init is attached" "$out"
grep -q '^origin:	adopted' /proc/1/nacc
ok $? "and says so" "$(cat /proc/1/nacc)"
out=$(nacc attach 1 2>&1)
ok $? "once more: no error" "$out"
case $out in *'guarded already'*) true ;; *) false ;; esac
ok $? "but a word" "$out"

sleep 1000 &
sleeper=$!
sh -c 'sleep 1000 & sleep 1000' &
out=$(nacc attach --tree 1 2>&1)
ok $? "the tree below init is attached" "$out"
left=$(plain)
[ -z "$left" ]
ok $? "no user process is plain" "$left"
grep -q '^origin:	adopted' /proc/$sleeper/nacc
ok $? "one that slept was adopted" "$(cat /proc/$sleeper/nacc)"

out=$("$here/hello")
[ "$out" = hello ]
ok $? "programs run" "$out"
out=$(sh -c 'grep guarded /proc/self/nacc')
[ "$out" = 'guarded:	yes' ]
ok $? "guarded, unasked" "$out"
# It asks where its tables lie.
insmod "$here/../modules/nacc_poke.ko"
out=$("$here/mm_anon" guarded | grep -v '^ok')
[ "${out#1..}" != "$out" ] && [ "$(echo "$out" | wc -l)" = 1 ]
ok $? "one that does a lot with memory passes its tests" "$out"
out=$(nacc check 2>&1)
ok $? "nacc check: the protection holds" "$out"
killall sleep
echo "# $label: lane adopt_all complete"
exit "$failed"
