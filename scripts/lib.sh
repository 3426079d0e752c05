# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # the readers of this file use these
#
# What the scripts share: places, errors, and steps with progress. A script
# sets $top to the root of the repository before it reads this file. Nothing
# here changes the machine.

# shellcheck disable=SC2154 # the reader of this file sets $top
build=${NACC_BUILD:-$top/build}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nacc
logs=$build/log
cross=riscv64-linux-gnu-
jobs=${JOBS:-$(nproc)}

# What a kernel or a firmware that found a defect prints: for grep -E.
defects='WARNING: |BUG: |kernel BUG at|Oops|Kernel panic|Unable to handle'
defects="$defects|rcu: INFO: |detected stall|blocked for more than"
defects="$defects|possible circular locking|list_(add|del) corruption"
defects="$defects|INFO: trying to register non-static|turning off the locking correctness"
defects="$defects|(Bad|Unused) swap (file|offset) entry"
defects="$defects|^sbi_trap_error|sbi_panic|nacc: BUG"

# die MESSAGE [WHAT-TO-DO] - say both and stop.
die()
{
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	[ -z "${2-}" ] || printf '  %s\n' "$2" >&2
	exit 1
}

# need PROGRAM... - stop unless all of them can be run.
need()
{
	for need_program; do
		command -v "$need_program" >/dev/null 2>&1 ||
			die "$need_program is not installed" "run: scripts/setup"
	done
}

# as_root COMMAND... - run it as root, by sudo if need be.
as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		die "this needs root: $*" "run it as root, or install sudo"
	fi
}

# step_tick PID TEXT EXPECTED - redraw one line until process PID has ended.
step_tick()
{
	tick_start=$(date +%s)
	while kill -0 "$1" 2>/dev/null; do
		tick_now=$(($(date +%s) - tick_start))
		printf '\r\033[K  ..  %s  %d s%s' "$2" "$tick_now" \
			"${3:+ (last time $3 s)}"
		sleep 1
	done
	printf '\r\033[K'
}

# end_tree PID - end a process and all that it has started: what runs in the
# background does not hear of Ctrl-C.
end_tree()
{
	# shellcheck disable=SC2046 # a list of process ids
	set -- "$1" $(cat "/proc/$1/task/$1/children" 2>/dev/null)
	kill "$1" 2>/dev/null || :
	shift
	for end_child; do
		end_tree "$end_child"
	done
}

# step NAME TEXT COMMAND... - run a long command with its output in
# build/log/NAME.log. A terminal sees what runs, for how long, and how long it
# took last time; a log sees one line at the end. On failure: the tail of the
# log, $step_help if set, and the command's status.
step()
{
	step_name=$1 step_text=$2
	shift 2
	step_log=$logs/$step_name.log
	step_times=$cache/times
	mkdir -p "$(dirname "$step_log")" "$step_times"
	step_last=$(cat "$step_times/$step_name" 2>/dev/null || :)
	step_start=$(date +%s)
	"$@" >"$step_log" 2>&1 </dev/null &
	step_pid=$!
	trap 'end_tree "$step_pid"; exit 130' INT TERM
	[ ! -t 1 ] || step_tick "$step_pid" "$step_text" "$step_last"
	step_status=0
	wait "$step_pid" || step_status=$?
	trap - INT TERM
	step_took=$(($(date +%s) - step_start))
	if [ "$step_status" -eq 0 ]; then
		printf '  ok  %s  %d s\n' "$step_text" "$step_took"
		# A run that had nothing to do says nothing about the next.
		[ "$step_took" -lt 2 ] ||
			echo "$step_took" >"$step_times/$step_name"
		return 0
	fi
	printf 'FAIL  %s  %d s\n' "$step_text" "$step_took"
	{
		printf -- '--- the end of %s\n' "$step_log"
		tail -n 30 "$step_log"
		printf -- '---\n'
		[ -z "${step_help-}" ] || printf '%s\n' "$step_help"
	} >&2
	return "$step_status"
}

# slots_open N, slot_take, slot_give, slots_wait - at most N jobs side by side: a
# pipe holds a token for each. A job is `slot_take; { ...; slot_give; } &`;
# slots_wait returns when all jobs have given theirs back. Uses descriptor 8.
slots_open()
{
	slots=$1
	mkdir -p "$logs"
	slots_pipe=$(mktemp -u "$logs/slots.XXXXXX")
	mkfifo "$slots_pipe"
	exec 8<>"$slots_pipe"
	rm "$slots_pipe"
	seq "$slots" >&8
}

slot_take()
{
	read -r slot_token <&8
}

slot_give()
{
	echo "$slot_token" >&8
}

slots_wait()
{
	for slot_each in $(seq "$slots"); do
		slot_take
	done
}
