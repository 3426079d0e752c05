#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The commands that show what happens while it happens: nacc top, nacc trace.
here=$(dirname "$0")
. "$here/tap.sh"

out=$(nacc run sh -c 'nacc top -i 0.05 -c 2')
is 2 "$(echo "$out" | grep -c '^frames [0-9]* in use, ')" "nacc top -c 2 without a terminal: two looks as text"
is 2 "$(echo "$out" | grep -c '^ *[0-9]* .* nacc top -i 0.05 -c 2$')" "which list a guarded process"
json "$(nacc run sh -c 'nacc top --json -i 0.05 -c 1')" \
	"\{\"counters\": \{(\"[a-z_]+\": [0-9]+, ){6}\"refusals\": [0-9]+\}, \"rates\": \{(\"[a-z]+\": [0-9]+\.[0-9], ){3}\"ops_per_trap\": [0-9]+\.[0-9][0-9]\}, \"processes\": \[(\{$space, $level\},)*\{$space, $level\}\]\}" \
	"nacc top --json"
# Of its screen, what a person reads: the sequences between do not matter here.
screen=$(TERM=vt100 nacc run "$here/pty" 'nacc top - ' ' pq' nacc top -i 30)
is 0 $? "nacc top on a terminal ends with the key q"
for text in 'nacc top - ' 'by frames' 'frames in use' 'entries per trap' \
	'PID *SPACE *FRAMES' 'nacc top -i 30'; do
	echo "$screen" | grep -q "$text"
	ok $? "and has shown '$text'" "$screen"
done
out=$(TERM=no-such "$here/pty" x x nacc top)
is 1 $? "nacc top on a terminal that it does not know: status 1"
case $out in *"terminal type \`no-such"*"set TERM"*) true ;; *) false ;; esac
ok $? "and says so, and what to do" "$out"
TERM=vt100 nacc check | grep -q "$(printf '\033')"
is 1 $? "nacc check: no colours in a pipe"
TERM=vt100 "$here/pty" x x nacc check | grep -q "$(printf '\033')\\[32mok"
is 0 $? "nacc check: colours on a terminal"

# Processes that wait for a line, do something for which they need the monitor, and end.
mkfifo /tmp/go /tmp/there
traced=$(mktemp)
start_traced()
{
	nacc run sh -c "echo >/tmp/there; read -r line </tmp/go; exec '$here/hello' >/dev/null" &
	pid=$!
	cat /tmp/there >/dev/null
}
# Ready when it waits in poll with its event on.
wait_traced()
{
	until grep -qs 1 /sys/kernel/tracing/instances/"nacc.$1"/events/nacc/nacc_call/enable; do
		kill -0 "$1" || return
		usleep 10000
	done
}
start_traced
nacc trace $pid >"$traced" 2>&1 &
tracer=$!
wait_traced $tracer
nacc run true
echo >/tmp/go
wait $tracer
is 0 $? "nacc trace ends with its process: status 0"
out=$(grep "^ *[0-9]*\.[0-9]\{6\} *$pid/[0-9]*  " "$traced")
is "$(wc -l <"$traced")" "$(echo "$out" | wc -l)" "nacc trace: lines of this process and no other"
for call in 'SET slot=0x[0-9a-f]* value=0x[0-9a-f]* fence=0x[01] (.*) = ok' \
	'COMMIT ops=[0-9]* fence=0x[01] = done=[0-9]*' \
	'SPACE_CREATE frame=0x[0-9a-f]* tag=0x[0-9a-f]* policy=0x[0-9a-f]* = space=0x[0-9a-f]*'; do
	echo "$out" | grep -q "  $call\$"
	ok $? "nacc trace decodes ${call%% *}" "$(cat "$traced")"
done
is "" "$(ls /sys/kernel/tracing/instances)" "and its buffer is gone"
start_traced
nacc trace --json -c 3 $pid >"$traced" 2>&1 &
tracer=$!
wait_traced $tracer
echo >/tmp/go
wait $tracer
is 3 "$(grep -c "^{\"time\": [0-9.]*, \"thread\": $pid, .*, \"error\": 0.*}\$" "$traced")" "nacc trace --json -c 3: three objects"
start_traced
nacc trace $pid >"$traced" 2>&1 &
tracer=$!
wait_traced $tracer
kill -INT $tracer
wait $tracer
is "" "$(ls /sys/kernel/tracing/instances)" "nacc trace, interrupted, leaves no buffer behind"
echo >/tmp/go
wait $pid
nacc trace 999999 2>/dev/null
is 1 $? "nacc trace of no process: status 1"
nacc trace 2>/dev/null
is 2 $? "nacc trace of nothing: status 2"
rm /tmp/go /tmp/there "$traced"
echo "1..$n"
