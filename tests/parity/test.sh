#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2154 # tests/run-script-tests has set them
#
# Does tests/parity/compare see what is worse than on stock, and nothing else? And
# does tests/parity/results read what lane.sh prints? tests/run-script-tests reads
# this file: $top, $work and result are its own.

parity=$top/tests/parity
samples=$work/parity
mkdir "$samples"
printf '%s\n' '1 s 60 - ./t' '2 s 60 - ./u' '3 s !CONFIG_V - ./v' >"$samples/list"

# results_of TEST RESULT:STOCK:AGAIN:GUARDED:ALL... - as tests/parity/results gives
# them for the four columns. What is - is missing.
results_of()
{
	results_test=$1
	shift
	for results_row; do
		echo "$results_row" | awk -F : -v out="$samples" -v test="$results_test" '{
			split("stock again guarded all", column, " ")
			for (i = 1; i <= 4; i++)
				if ($(i + 1) != "-")
					print test "\t" $1 "\t" $(i + 1) >>(out "/" column[i])
		}'
	done
}

# compare TEST - its lines.
compare()
{
	set -- "$1" of=wanted "$samples/wanted" of=list "$samples/list" \
		of=table "$samples/table"
	for column in stock again guarded all; do
		set -- "$@" "of=$column" "$samples/$column"
	done
	compare_test=$1
	shift
	"$parity/compare" -v new="$samples/new" "$@" >"$samples/all-lines" 2>"$work/err"
	awk -v name=" - $compare_test" 'index($0, name) { on = 1; print; next }
		/^(not )?ok/ { on = 0 } on' "$samples/all-lines" >"$work/out"
}

# sample TEST RESULT... - of one test, and whatever it gave is in the table.
sample()
{
	rm -f "$samples/stock" "$samples/again" "$samples/guarded" "$samples/all"
	touch "$samples/stock" "$samples/again" "$samples/guarded" "$samples/all"
	results_of "$@"
	sed -n 1p "$samples/list" >"$samples/wanted"
	: >"$samples/table"
	compare "$1"
	cp "$samples/new" "$samples/table"
	compare "$1"
}

# good, bad NAME TEST RESULT... - with a table that says the same. skipped - good,
# but nothing could be compared.
good()
{
	good_name=$1
	shift
	sample "$@"
	grep -q '^ok' "$work/out" && ! grep -q SKIP "$work/out"
	result $? "parity: $good_name: ok"
}

skipped()
{
	skipped_name=$1
	shift
	sample "$@"
	grep -q '^ok .* # SKIP' "$work/out"
	result $? "parity: $skipped_name: skipped"
}

bad()
{
	bad_name=$1
	shift
	sample "$@"
	grep -q '^not ok .*: no worse than on stock$' "$work/out"
	result $? "parity: $bad_name: not ok"
}

good 'all is well' 's ./t' a:ok:ok:ok:ok exit:ok:ok:ok:ok
good 'a failure everywhere' 's ./t' a:fail:fail:fail:fail b:ok:ok:ok:ok \
	'exit:exit 1:exit 1:exit 1:exit 1'
good 'a failure on stock alone' 's ./t' a:fail:fail:ok:ok 'exit:exit 1:exit 1:ok:ok'
good 'a time-out everywhere' 's ./t' a:ok:ok:ok:ok exit:timeout:timeout:timeout:timeout
good 'a time-out on stock after three, five with us' 's ./t' a:ok:ok:ok:ok b:ok:ok:ok:ok \
	c:ok:ok:ok:ok d:-:-:ok:ok e:-:-:skip:ok exit:timeout:timeout:ok:ok
good 'a failure, then a time-out on stock alone' 's ./t' a:fail:fail:fail:fail \
	b:-:-:ok:ok 'exit:timeout:timeout:exit 1:exit 1' c:ok:ok:ok:ok
good 'cut off later than stock' 's ./t' a:ok:ok:ok:ok 'b:no end:no end:ok:ok' \
	'c:-:-:no end:no end' exit:timeout:timeout:timeout:timeout
good 'cut off before what stock skips' 's ./t' a:ok:ok:ok:ok b:skip:skip:-:- \
	exit:timeout:timeout:timeout:timeout
good 'a result is flaky on stock, another passes' 's ./t' a:ok:fail:fail:ok b:ok:ok:ok:ok \
	'exit:ok:exit 1:exit 1:ok'
good 'a result that comes and goes on stock' 's ./t' a:ok:-:-:skip b:ok:ok:ok:ok \
	exit:ok:ok:ok:ok
skipped 'all of it flaky on stock' 's ./t' a:ok:fail:fail:ok 'exit:ok:exit 1:exit 1:ok'
skipped 'a test that skips itself' 's ./t' exit:skip:skip:skip:skip

bad 'a result that fails guarded' 's ./t' a:ok:ok:fail:ok 'exit:ok:ok:ok:ok'
bad 'a result that fails with nacc=all' 's ./t' a:ok:ok:ok:fail exit:ok:ok:ok:ok
bad 'a result that is skipped guarded' 's ./t' a:ok:ok:skip:ok exit:ok:ok:ok:ok
bad 'a result that is missing guarded' 's ./t' a:ok:ok:-:ok b:ok:ok:ok:ok exit:ok:ok:ok:ok
bad 'a result without an end guarded' 's ./t' 'a:ok:ok:no end:ok' exit:ok:ok:ok:ok
bad 'an end without a failure that is bad' 's ./t' a:ok:ok:ok:ok 'exit:ok:ok:ok:exit 1'
bad 'a signal' 's ./t' a:ok:ok:ok:ok 'exit:ok:ok:signal 11:ok'
bad 'a time-out' 's ./t' a:ok:ok:ok:ok exit:ok:ok:ok:timeout
bad 'the guest dies' 's ./t' a:ok:ok:ok:ok exit:ok:ok:died:ok
bad 'stock skips a result, guarded fails' 's ./t' a:skip:skip:fail:skip exit:ok:ok:ok:ok
bad 'stock skips the test, guarded fails' 's ./t' 'exit:skip:skip:exit 1:skip'
bad 'stock skips the test, with nacc=all it has a failure' 's ./t' a:-:-:-:fail \
	'exit:skip:skip:skip:exit 1'
bad 'stock hangs, guarded crashes' 's ./t' a:ok:ok:ok:ok \
	'exit:timeout:timeout:signal 11:timeout'
bad 'stock hangs, guarded ends with a status' 's ./t' a:ok:ok:ok:ok \
	'exit:timeout:timeout:exit 1:timeout'
bad 'stock hangs, guarded goes on to a failure' 's ./t' a:ok:ok:ok:ok b:-:-:fail:- \
	'exit:timeout:timeout:exit 1:timeout'
bad 'stock fails, guarded is killed' 's ./t' a:fail:fail:-:fail \
	'exit:exit 1:exit 1:signal 9:exit 1'
bad 'stock fails, guarded hangs' 's ./t' a:fail:fail:fail:fail \
	'exit:exit 1:exit 1:timeout:exit 1'
bad 'stock fails, guarded does not come to it' 's ./t' a:fail:fail:-:fail b:ok:ok:ok:ok \
	'exit:exit 1:exit 1:exit 1:exit 1'
bad 'another signal' 's ./t' 'exit:signal 6:signal 6:signal 6:signal 9'
bad 'another status' 's ./t' 'exit:exit 1:exit 1:exit 2:exit 1'
bad 'another status, the same failure' 's ./t' a:fail:fail:fail:fail \
	'exit:exit 1:exit 1:exit 2:exit 1'
bad 'cut off where stock is, but before what passes there' 's ./t' a:ok:ok:-:ok \
	exit:timeout:timeout:timeout:timeout
bad 'a result is flaky on stock, another fails guarded' 's ./t' a:ok:fail:ok:ok \
	b:ok:ok:fail:ok 'exit:ok:exit 1:exit 1:ok'
bad 'a result is flaky on stock, another fails that stock skips' 's ./t' a:ok:fail:ok:ok \
	b:skip:skip:skip:fail 'exit:ok:exit 1:exit 1:exit 1'
bad 'skipped or ok on stock, fails guarded' 's ./t' a:skip:ok:fail:ok exit:ok:ok:ok:ok
bad 'ok or failed on stock, missing guarded' 's ./t' a:ok:fail:-:ok b:ok:ok:ok:ok \
	'exit:ok:exit 1:ok:ok'
bad 'it did not run with nacc=all' 's ./t' a:fail:fail:fail:- \
	'exit:exit 1:exit 1:exit 1:-'
bad 'it did not run on stock' 's ./t' a:-:-:ok:ok exit:-:-:ok:ok
bad 'it did not run at all' 's ./t' a:-:-:-:-

# The guest's own results: all of them have to be good, wherever they are said.
boots='boots, and ends as it should'
swaps='memory is short, and pages are swapped out'
good 'a guest' 's guest' "$boots:ok:ok:ok:ok" 'nothing is refused:-:-:ok:ok' \
	"$swaps:ok:ok:ok:ok"
good 'a guest that stock does not survive either' 's guest' "$boots:fail:fail:fail:ok" \
	'nothing is refused:-:-:ok:ok' 'the kernel reports nothing:ok:ok:ok:ok'
bad 'the kernel reports something' 's guest' 'the kernel reports nothing:ok:ok:fail:ok'
bad 'something is refused guarded' 's guest' 'nothing is refused:-:-:fail:ok'
bad 'something is refused with nacc=all' 's guest' 'nothing is refused:-:-:ok:fail'
bad 'frames are lost' 's guest' 'frames and spaces are back:-:-:ok:fail'
bad 'memory is short nowhere' 's guest' "$swaps:fail:fail:fail:fail"
bad 'memory is not short on stock' 's guest' "$swaps:fail:ok:ok:ok"
bad 'memory is not short on stock, the second time' 's guest' "$swaps:ok:fail:ok:ok"

# against ok|bad NAME TEST RESULT... - with the table of the sample before it.
against()
{
	against_want=$1 against_name=$2 against_test=$3
	shift 2
	for column in stock again guarded all; do
		: >"$samples/$column"
	done
	results_of "$@"
	compare "$against_test"
	case $against_want in
	ok) grep -q '^ok' "$work/out" ;;
	bad) grep -q '^not ok .*: as in tests/parity/table$' "$work/out" ;;
	esac
	result $? "parity: the table: $against_name: $against_want"
}

sample 's ./t' a:fail:fail:fail:fail b:ok:ok:ok:ok 'exit:exit 1:exit 1:exit 1:exit 1'
against ok 'the same' 's ./t' a:fail:fail:fail:fail b:ok:ok:ok:ok \
	'exit:exit 1:exit 1:exit 1:exit 1'
against bad 'a failure that is mended' 's ./t' a:fail:fail:fail:ok b:ok:ok:ok:ok \
	'exit:exit 1:exit 1:exit 1:ok'
against bad 'one result more' 's ./t' a:fail:fail:fail:fail b:ok:ok:ok:ok c:ok:ok:ok:ok \
	'exit:exit 1:exit 1:exit 1:exit 1'
against bad 'one result gone' 's ./t' b:ok:ok:ok:ok 'exit:exit 1:exit 1:exit 1:exit 1'
against ok 'flaky now' 's ./t' a:fail:ok:fail:fail b:ok:ok:ok:ok \
	'exit:exit 1:ok:exit 1:exit 1'
sample 's ./t' a:fail:ok:fail:ok b:ok:ok:ok:ok c:fail:fail:fail:fail \
	'exit:exit 1:exit 1:exit 1:exit 1' d:-:-:skip:-
against ok 'flaky there' 's ./t' a:ok:ok:ok:ok b:ok:ok:ok:ok c:fail:fail:fail:fail \
	'exit:exit 1:exit 1:exit 1:exit 1' d:-:-:-:ok
against bad 'another result is flaky there' 's ./t' a:ok:ok:ok:ok b:ok:ok:ok:ok \
	c:fail:fail:fail:ok 'exit:exit 1:exit 1:exit 1:exit 1'
sample 's ./t' a:ok:ok:ok:ok exit:ok:ok:ok:ok
echo '# none' >"$samples/table"
against bad 'a flaky test that is not in it' 's ./t' a:ok:fail:ok:ok b:ok:ok:ok:ok \
	exit:ok:ok:ok:ok
sample 's guest' "$boots:ok:ok:ok:ok" 'nothing is refused:-:-:ok:ok'
against bad 'a guest that says less' 's guest' "$boots:ok:ok:ok:ok"

# Rows of what does not run stay, and what is not there has one of its own.
sample 's ./t' a:ok:ok:ok:ok exit:ok:ok:ok:ok
echo 's ./u  as it was' >>"$samples/table"
compare 's ./v'
grep -q '^ok .* # SKIP CONFIG_V is not there' "$work/out" &&
	[ "$(grep -c '^s ' "$samples/new")" = 4 ] && grep -q '^s ./u  as it was$' "$samples/new"
result $? 'parity: the table keeps the rows of other tests'

# read_as MODE SUITE NAME WANTED - what results reads out of stdin: lines of
# RESULT:VERDICT are among it.
read_as()
{
	read_name=$3 read_wanted=$4
	"$parity/results" -v suite="$2" -v mode="$1" >"$work/out" 2>"$work/err"
	printf '%s\n' "$read_wanted" | while read -r line; do
		awk -F '\t' -v line="$line" '$2 ":" $3 == line { found = 1 }
			END { exit !found }' "$work/out" || exit 1
	done
	result $? "parity: results: $read_name"
}

read_as stock s 'TAP' 'one:ok
two:fail
two (2):ok
three 0x:skip
a kind:skip
one to come:fail
exit:exit 1' <<'LOG'
@begin 1 s 60 ./t
> ok 1 one
> not ok 2 - two
> ok 3 two
> ok 4 three 0x7f00 # SKIP no
> ok 5 # SKIP a kind
> not ok 6 one to  come # XFAIL not yet
@end 1 3
LOG
read_as stock s 'forms of their own' 'a on anon:ok
b on shmem:skip
c on shmem:fail
d on shmem:no end
full: it collapses:ok
full: it splits:fail
full: it counts pages:ok' <<LOG
@begin 1 s 60 ./t
> Testing a on anon... done
> Testing b on shmem... skipped [reason: none]
> Testing c on shmem... failed [reason: some]
> Testing d on shmem... 
> Run test: full
> it collapses...     $(printf '\033[32m')OK$(printf '\033[0m')
> it splits...     $(printf '\033[31m')Fail$(printf '\033[0m')
> it counts pages   1/2...it counts pages   2/2...     $(printf '\033[32m')OK$(printf '\033[0m')
@end 0 3
LOG
for ending in '0 3 ok' '4 3 skip' '1 3 exit 1' '139 3 signal 11' '137 3 signal 9' \
	'137 60 timeout'; do
	want=${ending#* }
	read_as stock s "an end with ${ending%% *} after ${want%% *} s" "exit:${want#* }" <<-LOG
	@begin 1 s 60 ./t
	@end ${ending%% *} ${want%% *}
	LOG
done
read_as stock s 'a guest that dies' "exit:died
$boots:fail" <<'LOG'
@begin 1 s 60 ./t
@died 124
@begin 2 s 60 ./u
@end 0 3
@complete
LOG
read_as stock s 'a guest that never begins' "$boots:fail" <<'LOG'
guest: it ended before the command did
LOG

# own NAME WANTED - of the guest itself, with nacc=all, after two boots; $counts is
# what the last one says.
own()
{
	own_name=$1
	read_as all stress "$own_name" "$2" <<-LOG
	@before swapped 0 spaces 3 frames 0 refusals 0
	@begin 1 stress 60 ./t
	@died 124
	@before swapped 7 spaces 3 frames 1 refusals 0
	@begin 2 stress 60 ./u
	@end 0 3
	$counts
	LOG
}

counts='@after swapped 9 spaces 3 frames 1 refusals 0'
own 'a balance' 'frames and spaces are back:ok
nothing is refused:ok
memory is short, and pages are swapped out:ok'
counts='@after swapped 9 spaces 4 frames 1 refusals 0'
own 'a space is left' 'frames and spaces are back:fail'
counts='@after swapped 9 spaces 3 frames 2 refusals 0'
own 'a frame is left' 'frames and spaces are back:fail'
counts='@after swapped 9 spaces 3 frames 1 refusals 1'
own 'something is refused' 'nothing is refused:fail
frames and spaces are back:ok'
counts='@after swapped 7 spaces 3 frames 1 refusals 0'
own 'nothing is swapped' 'memory is short, and pages are swapped out:fail'
counts='@after swapped 9 '
own 'nothing is counted' 'frames and spaces are back:fail
nothing is refused:fail'
counts='@end'
own 'it dies before it counts' 'frames and spaces are back:fail
nothing is refused:fail
no process is killed for want of a frame:fail'
counts='@after swapped 9 spaces 3 frames 1 refusals 0
@complete
@console [    9.0] nacc: pid 9 (t): SET of 7 at 0xbe000000 refused: not in the pool'
own 'the log tells of a refusal' 'nothing is refused:fail
no process is killed for want of a frame:ok'
counts='@after swapped 9 spaces 3 frames 1 refusals 0
@complete
@console [    9.0] nacc: pid 9 (t) killed: no frame left for its page tables; see nacc.pool='
own 'the log tells of a process that is killed' 'no process is killed for want of a frame:fail
nothing is refused:ok'
