#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# lane.sh stock|guarded|all LINES - in the guest, from the disk that
# scripts/build-selftests makes: run the tests in LINES, each a line of
# tests/parity/list behind its number. What tests/parity/results reads:
#   @begin NUMBER SUITE SECONDS COMMAND
#                         before a test, so that it is known if the guest dies
#   > TEXT                a line that it has printed
#   @end STATUS SECONDS   how it ended, and after what time
#   @before KEY NUMBER... what the machine counts, before the first test
#   @after KEY NUMBER...  and behind the last one
#   @complete             it was the last one
here=$(cd "$(dirname "$0")" && pwd)
mode=$1 lines=$2
output=/tmp/parity.out

# What scripts and programs expect of a system, as far as the guest has not got
# it. The programs are linked with a C library that lies on the disk.
prepare()
{
	ln -s "$here/usr/lib" /lib
	for program in "$here"/usr/bin/*; do
		[ -e "/usr/bin/${program##*/}" ] ||
			ln -s "$program" "/usr/bin/${program##*/}"
	done
	ln -s /usr/bin/bash /bin/bash
	ln -s /proc/self/fd /dev/fd
	echo 256M >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null
	swapon /dev/zram0
}

# guarded COMMAND... - is what COMMAND starts guarded?
guarded()
{
	"$@" grep -q '^guarded:	yes' /proc/self/nacc
}

check_mode()
{
	case $mode in
	stock) [ ! -e /proc/self/nacc ] ;;
	guarded) ! guarded env && guarded nacc run ;;
	all) guarded env ;;
	esac && return
	echo "lane.sh: processes are not what mode $mode says" >&2
	exit 1
}

# set_all KEY=VALUE,... - sysctls; prints what sets them back.
set_all()
{
	for setting in $(echo "$1" | tr ',' ' '); do
		[ "$setting" != - ] || continue
		file=/proc/sys/$(echo "${setting%%=*}" | tr . /)
		echo "${setting%%=*}=$(cat "$file")"
		echo "${setting#*=}" >"$file"
	done | tr '\n' ','
}

# members SESSION - the processes in it.
members()
{
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v session="$1" '
		{ pid = $1; sub(/.*\) /, ""); if ($4 == session) print pid }'
}

# run SECONDS COMMAND - sets $status. What it leaves behind ends with it.
run()
{
	case $mode in
	guarded) set -- nacc run timeout -s KILL "$1" sh -c "$2" ;;
	*) set -- timeout -s KILL "$1" sh -c "$2" ;;
	esac
	setsid "$@" >$output 2>&1 </dev/null &
	session=$!
	wait $session
	status=$?
	# shellcheck disable=SC2046 # a list of processes
	kill -KILL $(members $session) 2>/dev/null
}

# test_run NUMBER SUITE SECONDS SETTINGS COMMAND
test_run()
{
	echo "@begin $1 $2 $3 $5"
	cd "$here/selftests/$2" || return
	# Huge pages need memory in one piece.
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
	before=$(set_all "$4")
	start=$(date +%s)
	run "$3" "$5"
	set_all "${before%,}" >/dev/null
	head -c 2000000 $output | tr -d '\000\r' | awk '{ print "> " $0 }'
	echo "@end $status $(($(date +%s) - start))"
}

# counts [SPACES FRAMES] - pages swapped out; where there is a monitor also what
# `balance` prints.
counts()
{
	awk '/^pswpout / { printf "swapped %s ", $2 }' /proc/vmstat
	if [ "$mode" = stock ]; then
		echo
	else
		balance "$@"
	fi
}

prepare
check_mode
counts >$output
read -r at_first <$output
echo "@before $at_first"
while read -r number suite seconds settings command; do
	test_run "$number" "$suite" "$seconds" "$settings" "$command"
done <<LINES
$lines
LINES
# shellcheck disable=SC2046 # two numbers, or none
counts $(echo "$at_first" | sed -n 's/.*spaces \(.*\) frames \(.*\) refusals.*/\1 \2/p') >$output
read -r at_last <$output
echo "@after $at_last"
echo '@complete'
