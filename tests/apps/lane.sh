#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# lane.sh LABEL MODE APP... - in the guest's Debian image: run these programs
# and pass their TAP on, each line with LABEL and the program's name. APP may be
# NAME:ARGUMENT. MODE:
#   stock    as they are
#   guarded  each by `nacc run`, but containers by nacc-crun
#   all      as they are, in a guest that guards everything
# Then, guarded: what they occupied in the pool is given back.
here=$(dirname "$0")
label=$1
export NACC_APP_MODE="$2"
shift 2
failed=0

line()
{
	echo "$1"
	case $1 in 'not ok'*) failed=1 ;; esac
}

# app NAME COMMAND...
app()
{
	name=$1
	shift
	out=/tmp/app.out
	"$@" >$out 2>&1
	status=$?
	count=$(grep -cE '^(not )?ok [0-9]+ - ' $out)
	while IFS= read -r text; do
		case $text in
		'ok '* | 'not ok '*)
			line "${text%%[0-9]*}- $label $name: ${text#*- }" ;;
		'= '*) echo "= $name ${text#= }" ;;
		1..*) plan=${text#1..} ;;
		*) echo "# $label $name: $text" ;;
		esac
	done <$out
	if [ "$status" = 0 ] && [ "${plan-}" = "$count" ]; then
		line "ok - $label $name: ended after $count results"
	else
		line "not ok - $label $name: status $status, $count of ${plan:-?} results"
	fi
	plan=
}

# spaces and frames in use, when nothing is on its way any more
occupied()
{
	nacc settle
	cat /sys/kernel/nacc/spaces /sys/kernel/nacc/frames_in_use | tr '\n' ' '
}

[ "$NACC_APP_MODE" != guarded ] || before=$(occupied)
for app; do
	set -- "$here/${app%%:*}.sh"
	case $app in *:*) set -- "$@" "${app#*:}" ;; esac
	# These guard what they run by themselves.
	case $NACC_APP_MODE:$app in
	*:containers | *:podman | *:packages:*) ;;
	guarded:*) set -- nacc run "$@" ;;
	esac
	app "${app%%:*}" "$@"
done
if [ "$NACC_APP_MODE" = guarded ]; then
	after=$(occupied)
	if [ "$before" = "$after" ]; then
		line "ok - $label pool: all is given back"
	else
		line "not ok - $label pool: all is given back"
		echo "# spaces and frames before: $before after: $after"
	fi
	if [ "$(cat /sys/kernel/nacc/refusals)" = 0 ]; then
		line "ok - $label pool: nothing was refused"
	else
		line "not ok - $label pool: $(cat /sys/kernel/nacc/refusals) refusals"
	fi
fi
echo "# $label: lane complete"
exit $failed
