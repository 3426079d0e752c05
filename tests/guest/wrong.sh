#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# wrong.sh LABEL CASE - in a guest that cannot guard: nothing runs unguarded in
# silence, and each command says why and what to do. CASE:
#   no-kernel   a kernel without NaCC
#   no-monitor  a firmware without the monitor, or one that found no pool
#   off         nacc=off
#   argument    nacc= with a value that does not exist
#   refused     the monitor refuses the kernel's first call: nacc.fail=3, BOOT_LOCK
here=$(dirname "$0")
label=$1
failed=0

ok()
{
	if [ "$1" = 0 ]; then
		echo "ok - $label wrong: $2"
	else
		failed=1
		echo "not ok - $label wrong: $2"
		shift 2
		echo "$*" | sed 's/^/# /'
	fi
}

# says TEXT PATTERN WHAT
says()
{
	echo "$1" | grep -q "$2"
	ok $? "$3" "$1"
}

out=$(nacc run "$here/hello" 2>&1)
status=$?
[ "$status" = 125 ]
ok $? "nacc run exits with 125" "status $status"
says "$out" "was not run" "nacc run: says that the program was not run"
! echo "$out" | grep -qx hello
ok $? "nacc run: and it was not" "$out"
case $2 in
no-kernel) says "$out" "this kernel has no NaCC support" "nacc run: says why" ;;
off | argument) says "$out" "was booted with nacc=off, or a nacc=" "nacc run: says why" ;;
*) says "$out" "no monitor that it can use" "nacc run: says why" ;;
esac
says "$out" "^nacc: boot " "nacc run: says what to do"

out=$(nacc run --best-effort "$here/hello" 2>&1)
status=$?
[ "$status" = 0 ] && echo "$out" | grep -qx hello
ok $? "nacc run --best-effort: runs it all the same" "status $status: $out"
says "$out" "^nacc: $here/hello runs UNGUARDED: " "nacc run --best-effort: says that it is not guarded, and why"
says "$out" "^nacc: boot " "nacc run --best-effort: says what to do"

for command in ps stat top "trace 1" settle check "attach 1" "map 1"; do
	# shellcheck disable=SC2086
	out=$(nacc $command 2>&1)
	status=$?
	if [ "$command" = "map 1" ] && [ "$2" != no-kernel ]; then
		says "$out" "not guarded" "nacc $command: not guarded"
	else
		says "$out" "^nacc: boot " "nacc $command: says what to do"
	fi
	[ "$status" = 1 ]
	ok $? "nacc $command: status 1" "status $status"
done

[ ! -e /sys/kernel/nacc ]
ok $? "/sys/kernel/nacc is not there"
if [ "$2" = no-kernel ]; then
	[ ! -e /proc/self/nacc ]
	ok $? "/proc/PID/nacc is not there"
else
	says "$(cat /proc/self/nacc 2>&1)" "^guarded:	no$" "/proc/PID/nacc says no"
fi
out=$("$here/hello")
[ "$out" = hello ]
ok $? "a plain program runs" "$out"

log=$(dmesg | grep nacc: )
case $2 in
no-monitor)
	says "$log" "nacc: the firmware has no monitor" "the kernel log says why"
	;;
refused)
	says "$log" "BOOT_LOCK refused: MODE .*nothing will be guarded" "the kernel log says why"
	;;
argument)
	says "$log" "unknown value in nacc=" "the kernel log names the argument"
	says "$log" "use on, off or all" "and the values that exist"
	;;
esac
echo "# $label: lane wrong complete"
exit $failed
