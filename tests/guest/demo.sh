#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The story that `make demo` tells, in the guest. Every line that begins with
# [seen] is something that was looked at here and now; one that is missing
# makes the exit status 1.
here=$(dirname "$0")
poke=/sys/kernel/debug/nacc_poke
failed=0

title() { printf '\n== %s\n\n' "$1"; }
say() { printf '%s\n' "$@" | fold -s -w 78; }
show() { sed 's/^/    /'; }

# seen STATUS TEXT
seen()
{
	if [ "$1" = 0 ]; then
		echo "  [seen] $2"
	else
		failed=1
		echo "  [NOT SEEN] $2"
	fi
}

# is WANT GOT TEXT
is()
{
	[ "$1" = "$2" ]
	seen $? "$3"
	[ "$1" = "$2" ] || echo "    expected $1, got $2"
}

# none_but COUNT PATTERN REPORT TEXT - REPORT has COUNT lines on levels, or at
# least one if COUNT is empty, and each of them matches.
none_but()
{
	levels=$(echo "$3" | grep -c '^level')
	[ "$levels" -gt 0 ] && [ "$levels" = "${1:-$levels}" ] &&
		[ "$(echo "$3" | grep '^level' | grep -c -- "$2")" = "$levels" ]
	seen $? "$4"
}

number() { cat "/sys/kernel/nacc/$1"; }

# Data pages of all processes, in kB, after every CPU has handed in its count.
data_kb()
{
	echo 1 >/proc/sys/vm/stat_refresh
	sed -n 's/^AnonPages: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# attack PID VA KIND [VALUE] - what the hostile module did, one line a level.
attack()
{
	echo "$*" >$poke && cat $poke
}

# The tables of a process, in words.
tables()
{
	attack "$1" 0 tables | sed -n \
		's/^level \(.\) table \(.*\) links \(.*\) leaves \(.*\) pool \(.*\)/\1 \2 \3 \4 \5/p' |
	while read -r level table links leaves pool; do
		case $pool in
		yes) place="in the pool" ;;
		*) place="in ordinary memory" ;;
		esac
		printf '    level %s  table at %s  %s  (%3d links, %4d pages)\n' \
			"$level" "$table" "$place" "$links" "$leaves"
	done
}

# word N LINE - the Nth word of `ready page P other O ...`.
word() { echo "$2" | cut -d ' ' -f "$1"; }

# entry PID VA - the entry that maps VA, as hardware sees it.
entry() { attack "$1" "$2" walk | sed -n '$s/.*entry \([^ ]*\) .*/\1/p'; }

# The entry that maps PAGE shall name the frame of OTHER: flags stay.
forge()
{
	own=$(entry "$1" "$2") other=$(entry "$1" "$3")
	attack "$1" "$2" set $(((own & 0x3ff) | (other & ~0x3ff))) |
		sed -n '$s/.* //p'
}

insmod "$here/../modules/nacc_poke.ko" || exit 1
mkfifo /tmp/plain.in /tmp/plain.out /tmp/guarded.in /tmp/guarded.out
nacc settle

title "1. A plain process"
say "hello runs as any process does. It has a page that says \"apple\", and" \
	"another one that says \"secret\"."
"$here/hello" --wait </tmp/plain.in >/tmp/plain.out &
plain=$!
exec 3>/tmp/plain.in 4</tmp/plain.out
read -r ready <&4
plain_page=$(word 3 "$ready") plain_other=$(word 5 "$ready")
say "" "These are its page tables, as the hardware walks them:"
tables $plain
none_but '' 'pool no' "$(attack $plain 0 tables)" \
	"none of them lies in the pool: the kernel can write each one"
is "guarded:	no" "$(cat /proc/$plain/nacc)" "/proc/$plain/nacc says: not guarded"

title "2. The same program, guarded: nacc run hello"
say "The pool is memory that the kernel may read and not write: the hardware's" \
	"PMP sees to that, and only the monitor in M-mode stores there."
attack $plain 0 tables | sed -n 's/^pool \(.*\) \(.*\)/    the pool: \2 bytes at \1/p'
frames_before=$(number frames_in_use)
spaces_before=$(number spaces)
data_before=$(data_kb)
nacc run "$here/hello" --wait </tmp/guarded.in >/tmp/guarded.out &
guarded=$!
exec 5>/tmp/guarded.in 6</tmp/guarded.out
read -r ready <&6
guarded_page=$(word 3 "$ready") guarded_other=$(word 5 "$ready")
say "" "Frame by frame:"
tables $guarded
report=$(attack $guarded 0 tables)
none_but '' 'pool yes' "$report" \
	"every table lies in the pool, the root too"
say "" "Level by level (nacc map $guarded):"
nacc map $guarded | show
frames=$(echo "$report" | grep -c '^level')
nacc settle
is "$frames" $(($(number frames_in_use) - frames_before)) \
	"frames_in_use grew by just these $frames"
is 1 $(($(number spaces) - spaces_before)) "and spaces by 1"

title "3. A bug in the kernel stores to a page table"
say "A kernel module does what an attacker makes a kernel bug do: it changes the" \
	"entry of the page that says \"apple\", so that it names the frame of the other."
echo >&3
read -r text <&4
say "" "  plain process: its page says \"$text\""
own_plain=$(entry "$plain" "$plain_page")
result=$(forge $plain "$plain_page" "$plain_other")
echo >&3
read -r text <&4
say "  the store: $result; now its page says \"$text\""
is "written secret" "$result $text" "the plain process's page table was forged"
echo >&5
read -r text <&6
say "" "  guarded process: its page says \"$text\""
result=$(forge $guarded "$guarded_page" "$guarded_other")
echo >&5
read -r text <&6
say "  the store: $result; its page still says \"$text\""
is "faulted apple" "$result $text" "the same store to the guarded one's entry faulted"
say "" "It faults at every level of the walk:"
levels=$(attack $guarded "$guarded_page" walk | grep -c '^level')
report=$(attack $guarded "$guarded_page" flip)
echo "$report" | sed -n \
	's/^level \(.\) table \([^ ]*\) .* \(.*\)/    level \1  entry in the table at \2: store \3/p'
none_but "$levels" 'faulted$' "$report" \
	"no level's entry could be written"

title "4. The end"
data_during=$(data_kb)
frames_during=$(number frames_in_use)
spaces_during=$(number spaces)
exec 5>&-
wait $guarded
is 0 $? "the guarded hello exits with 0"
exec 6<&-
nacc settle
printf '    %-22s %8s %8s %8s\n' '' before during after
printf '    %-22s %8s %8s %8s\n' "frames in use" "$frames_before" \
	"$frames_during" "$(number frames_in_use)"
printf '    %-22s %8s %8s %8s\n' "guarded spaces" "$spaces_before" \
	"$spaces_during" \
	"$(number spaces)"
data_after=$(data_kb)
printf '    %-22s %8s %8s %8s\n' "data pages, kB" "$data_before" \
	"$data_during" "$data_after"
is "$frames_before" "$(number frames_in_use)" "every frame is back"
is "$spaces_before" "$(number spaces)" "so is its space"
[ $((data_during - data_before)) -gt 8000 ] && [ $((data_after - data_before)) -lt 100 ]
seen $? "so are its data pages, but for less than 100 kB of others"
attack $plain "$plain_page" set "$own_plain" >/dev/null
exec 3>&-
wait $plain
is 0 $? "and the plain one, repaired, exits too"

title "5. A guarded shell"
say "Whatever a guarded process forks and executes is guarded too:" \
	"nacc run sh, then pipes, forks and other programs."
# shellcheck disable=SC2016
out=$(nacc run sh -c '
	echo "sh: $(head -n 1 /proc/$$/nacc)"
	sh -c "echo \"its child: \$(head -n 1 /proc/self/nacc)\""
	seq 1 1000 | sort -rn | sed -n 1,3p | tr "\n" " "; echo
	for i in 1 2 3; do (echo fork $i) & wait; done
	ls /usr/lib/nacc/tests | wc -l | sed "s/ *\(.*\)/\1 programs listed/"
	nacc ps' 2>&1)
seen $? "the guarded shell ends well"
echo "$out" | show
is 2 "$(echo "$out" | grep -c 'guarded:[[:space:]]yes')" "shell and child are guarded"
echo "$out" | grep -q '^1000 999 998 $'
seen $? "three programs in a pipe worked together"
is 3 "$(echo "$out" | grep -c '^fork')" "three forks ran"
nacc settle
is "$frames_before" "$(number frames_in_use)" "afterwards every frame is back"
is 0 "$(number refusals)" "and the monitor had nothing to refuse"

title "6. Does the protection hold on this machine?"
out=$(nacc check 2>&1)
seen $? "nacc check: $(echo "$out" | grep -c '^ok') observations, all as they should be"
echo "$out" | show
echo
if [ $failed = 0 ]; then
	say "All of it was seen. README.md says what it is good for, and what not."
else
	say "Something was NOT SEEN; see above."
fi
exit $failed
