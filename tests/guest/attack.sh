#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# attack.sh - in the guest: attack processes, from harmless to destructive.
# Prints `attack NAME | OUTCOME` for each attack; scripts/attack knows what to
# make of it.
#
# shellcheck disable=SC2086 # $guard is two words, or none
here=$(dirname "$0")
status=0
for module in nacc_poke nacc_forge nacc_map nacc_root nacc_attack nacc_reuse nacc_open; do
	insmod "$here/../modules/$module.ko" || status=1
done

attack()
{
	"$@" || { echo "# $*: status $?"; status=1; }
}

# The attacker himself is guarded where it is his own tables that he forges,
# and then, where that is possible, once more as a plain process.
guard=
[ ! -d /sys/kernel/nacc ] || guard='nacc run'
attack "$here/attack_write"
# The mirror forks: parent and child are guarded alike.
attack $guard "$here/attack_roots"
attack "$here/attack_open"
attack $guard "$here/attack_reuse" dirty
[ -z "$guard" ] || attack "$here/attack_reuse" plain
exit "$status"
