#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# completion_test.sh NACC - bash completion and manual know each command and
# option that NACC, built for this host, names in its help. Prints TAP.
here=$(cd "$(dirname "$0")" && pwd)
nacc=$1
n=0 bad=0

# The completion asks nacc for guarded processes: there is none here.
nacc()
{
	[ -z "$fake_ps" ] || printf '%s\n' "$fake_ps"
}

ok()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		bad=1
	fi
}

# complete_line WORD... - what is offered for the last word; in $offered.
complete_line()
{
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_nacc
	offered=" ${COMPREPLY[*]} "
}

# offers WORD
offers()
{
	[[ $offered == *" $1 "* ]]
}

# shellcheck source=/dev/null
. "$here/nacc.bash-completion"
[[ $(complete -p nacc) == *'-F _nacc nacc' ]]
ok $? 'completion: registered for nacc'

commands=$("$nacc" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 8 ]
ok $? 'nacc --help lists the commands'
for command in $commands; do
	complete_line nacc ''
	offers "$command"
	ok $? "completion: offers $command"
	grep -q "^\.It Cm $command\$\|^\.It Cm $command " "$here/nacc.1"
	ok $? "manual: describes $command"
	help=$("$nacc" "$command" --help)
	[[ $help == "Usage: nacc $command"* ]]
	ok $? "nacc $command --help"
	complete_line nacc "$command" -
	for option in $(echo "$help --help" | grep -oE '(^|[ ,|[])--[a-z-]+' |
		grep -oE -- '--[a-z-]+' | sort -u); do
		offers "$option"
		ok $? "completion: $command offers $option"
		grep -q "\(Fl\|,\) -${option#--}\b" "$here/nacc.1"
		ok $? "manual: has $option of $command"
	done
	# And nothing that is not there.
	for option in $offered; do
		"$nacc" "$command" "$option" --help 2>&1 </dev/null |
			grep -q 'unrecognized\|invalid'
		[ $? = 1 ]
		ok $? "completion: $command has $option"
	done
done

complete_line nacc t
[ "$offered" = ' top trace ' ]
ok $? 'completion: by the first letters'
complete_line nacc --v
[ "$offered" = ' --version ' ]
ok $? 'completion: --version'
complete_line nacc top --sort ''
[ "$offered" = ' frames old new pid ' ]
ok $? 'completion: keys of top'
complete_line nacc stat -i ''
[ "$offered" = '  ' ]
ok $? 'completion: nothing for a number'
fake_ps=$(printf '  PID SPACE\n   71 1\n  712 2')
complete_line nacc map 7
[ "$offered" = ' 71 712 ' ]
ok $? 'completion: guarded processes for map'
fake_ps=
complete_line nacc trace ''
offers $$
ok $? 'completion: any process where nacc cannot tell'
complete_line nacc run tru
offers true
ok $? 'completion: programs for run'
complete_line nacc run --best-effort tru
offers true
ok $? 'completion: programs behind an option'
complete_line nacc run -- -
! offers --help
ok $? 'completion: no options of ours behind --'
complete_line nacc run true --h
! offers --help
ok $? 'completion: none of ours behind the program'
echo "1..$n"
exit $bad
