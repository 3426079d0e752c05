#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The nacc command as a user meets it, on a machine that can guard.
here=$(dirname "$0")
. "$here/tap.sh"

out=$(nacc check 2>&1)
ok $? "nacc check: the protection holds" "$out"
count=$(echo "$out" | grep -c '^ok - ')
[ "$count" -ge 8 ]
ok $? "nacc check: at least 8 observations" "$out"
harts=$(grep -c '^processor' /proc/cpuinfo)
for hart in $(seq 0 $((harts - 1))); do
	echo "$out" | grep -q "^ok - .*hart $hart\b"
	ok $? "nacc check: speaks of hart $hart" "$out"
done
out=$(setpriv --reuid 65534 nacc check 2>&1 ||
	su -s /bin/sh nobody -c 'nacc check' 2>&1)
case $out in *"needs root"*) true ;; *) false ;; esac
ok $? "nacc check: not root, says so" "$out"

out=$(nacc run "$here/hello")
is hello "$out" "nacc run hello prints hello"
nacc run sh -c 'exit 42'
is 42 $? "nacc run: the status of the command"
nacc run /no/such/program 2>/dev/null
is 127 $? "nacc run: 127 when there is no such command"
nacc run /etc/passwd 2>/dev/null
is 126 $? "nacc run: 126 when it cannot be executed"
nacc run 2>/dev/null
is 125 $? "nacc run: 125 without a command"
is '-c --help' "$(nacc run -- echo -c --help)" "nacc run leaves the command's options alone"
is '--help' "$(nacc run echo --help)" "also without --"

out=$(nacc run sh -c 'nacc map $$ && nacc ps | grep " $$ "')
ok $? "a guarded shell finds itself in map and ps" "$out"
levels=$(echo "$out" | grep -c '^ *[0-4]  [0-9]* [KMGT]iB')
mode=$(sed -n 's/^mmu.*: sv//p' /proc/cpuinfo | head -n 1)
is $(((mode - 12) / 9)) "$levels" "nacc map shows each level of sv$mode"
out=$(nacc map $$)
is 1 $? "nacc map of a plain process: status 1"
case $out in *"not guarded"*) true ;; *) false ;; esac
ok $? "and words" "$out"
out=$(nacc run sh -c 'nacc map --svg - $$')
is $(((mode - 12) / 9)) "$(echo "$out" | grep -c '>level [0-4]<')" \
	"nacc map --svg draws each level"
is '</svg>' "$(echo "$out" | tail -n 1)" "and ends its drawing"
nacc run sh -c 'nacc map --svg /dev/full $$' 2>/dev/null
is 1 $? "nacc map --svg: status 1 when it cannot be written"
nacc map --json --svg x $$ 2>/dev/null
is 2 $? "nacc map: one form at a time"

# An exec after the attach would be a space that was born guarded.
out=$(sh -c 'sleep 100 & until grep -q sleep /proc/$!/comm; do :; done
	nacc attach --tree $$ && cat /proc/$$/nacc /proc/$!/nacc; kill $!' 2>&1)
is 2 "$(echo "$out" | grep -c '^origin:	adopted')" "nacc attach --tree: a shell and its child"
out=$(nacc attach 999999 2>&1)
is 1 $? "nacc attach to no process: status 1"
case $out in *"no such process"*) true ;; *) false ;; esac
ok $? "and says so" "$out"
for wrong in "" "1 2" nonsense 0 -x; do
	# shellcheck disable=SC2086
	nacc attach $wrong 2>/dev/null
	is 2 $? "nacc attach $wrong: status 2"
done

nacc map 999999 2>/dev/null
is 1 $? "nacc map of no process: status 1"
nacc ps | grep -q " $$ "
is 1 $? "nacc ps leaves plain processes out"

nacc map 4294967297 2>/dev/null
is 2 $? "nacc map of a number that no process has: status 2"
nacc stat >/dev/full 2>/dev/null
is 1 $? "nacc stat: status 1 when its output cannot be written"
nacc ps >/dev/full 2>/dev/null
is 1 $? "nacc ps: the same"

range="\"start\": \"0x[0-9a-f]+\", \"end\": \"0x[0-9a-f]+\", $level"
ranges="\"ranges\": \[(    \{$range\},)*    \{$range\}\]"
json "$(nacc run sh -c 'nacc ps --json; : "a quote"')" \
	"\[(  \{$space, $level\},)*  \{$space, $level\}\]" "nacc ps --json"
json "$(nacc run sh -c 'nacc map --json $$')" \
	"\{$space, \"root\": \"0x[0-9a-f]+\", \"levels\": \[(  \{\"level\": [1-4], $level, $ranges\},){$((levels - 1))}  \{\"level\": 0, $level, $ranges\}\]\}" \
	"nacc map --json"
json "$(nacc stat --json)" '\{("[a-z_]+": [0-9]+, ){6}"refusals": [0-9]+\}' "nacc stat --json"
is 2 "$(nacc stat --json -i 0.05 -c 2 | grep -c '^{.*}$')" "nacc stat --json -i: a line each"

json "$(nacc check --json)" '\{"checks": \[(  \{"ok": true, "text": "[^"]*"\},?)+\], "passed": [0-9]+, "failed": 0\}' "nacc check --json"

out=$(nacc run --best-effort "$here/hello" 2>&1)
is "nacc: guarding $here/hello
hello" "$out" "nacc run --best-effort: says that it guards"
out=$(nacc run --require "$here/hello" 2>&1)
is hello "$out" "nacc run --require says nothing of itself"
nacc run --best-effort --require no-such-command 2>/dev/null
is 127 $? "nacc run --best-effort: 127 when there is no such command"

out=$(nacc stat)
is 7 "$(echo "$out" | wc -l)" "nacc stat shows seven numbers"
is 3 "$(nacc stat -i 0.05 -c 2 | wc -l)" "nacc stat -i: a head and as many lines as asked"
nacc stat -i nonsense 2>/dev/null
is 2 $? "nacc stat -i nonsense: status 2"
nacc settle
is 0 $? "nacc settle"
is Y "$(cat /sys/module/nacc/parameters/batch)" "nacc.batch is a parameter"
is "nacc 1.0" "$(nacc --version | head -n 1)" "nacc --version"
nacc nonsense 2>/dev/null
is 2 $? "unknown command: status 2"
for command in run attach ps map stat top trace settle check; do
	nacc $command --help | grep -q "^Usage: nacc $command"
	ok $? "nacc $command --help"
done
echo "1..$n"
