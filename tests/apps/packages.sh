#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The packages of scripts/deb, revisions 1 and 2 in /host: install, use,
# upgrade, remove, and what is left then.
. "$(dirname "$0")/app.sh"

# The running system's own commands give way, and come back.
for program in nacc nacc-crun; do
	umount /usr/bin/$program && rm /usr/bin/$program
done
before=$(find /usr /etc -xdev | grep -v '^/usr/lib/nacc\b' | sort | sha256sum)

# installed REVISION - both packages, whole and in this revision.
installed()
{
	for package in nacc-firmware nacc-tools; do
		is "install ok installed 1.0-$1" \
			"$(dpkg-query -W -f '${Status} ${Version}' "$package")" \
			"$package 1.0-$1 is installed"
		is "" "$(dpkg --verify "$package" 2>&1)" "and whole"
	done
}

dpkg -i /host/*-1_*.deb >out 2>&1
ok $? "dpkg installs them" "$(cat out)"
installed 1
is "nacc 1.0" "$(nacc --version | head -n 1)" "nacc runs"
result files "$(dpkg -L nacc-firmware nacc-tools | grep -c ^/)"
for file in fw_dynamic.bin fw_jump.bin; do
	[ -s "/usr/lib/nacc-firmware/$file" ]
	ok $? "the firmware has $file"
done
if [ "$mode" != stock ]; then
	is yes "$(nacc run sh -c 'sed -n "s/^guarded:.//p" /proc/self/nacc')" \
		"what it runs is guarded"
fi
dpkg -i /host/*-2_*.deb >out 2>&1
ok $? "dpkg upgrades them" "$(cat out)"
installed 2
dpkg --purge nacc-firmware nacc-tools >out 2>&1
ok $? "dpkg removes them" "$(cat out)"
is "$before" "$(find /usr /etc -xdev | grep -v '^/usr/lib/nacc\b' | sort | sha256sum)" \
	"and nothing is left"
for program in nacc nacc-crun; do
	: >/usr/bin/$program
	mount --bind /run/guest/bin/$program /usr/bin/$program
done
plan
