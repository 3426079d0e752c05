#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# packages.sh install|booted|removed - the packages of scripts/deb, revisions 1 and
# 2 in /host, one step after the other in guests that share a disk:
#   install  revision 1, on stock Linux
#   booted   its firmware and kernel run: use it, upgrade to revision 2
#   removed  those of revision 2 run: purge it, and see what is left
# shellcheck disable=SC2034 # app.sh reads it
plain_shell=1
. "$(dirname "$0")/app.sh"

hook_log=$HOME/kernel-hooks
release=$(ls /host/linux-image-*_*-1_riscv64.deb)
release=${release#/host/linux-image-} release=${release%%_*}
packages="nacc-firmware nacc-tools linux-image-$release"

# system_files - what could be left behind. The image has not all folders that the
# packages in it own.
system_files()
{
	find /usr /etc /boot -xdev ! -type d | sort
}

# installed REVISION - all packages, whole and in this revision.
installed()
{
	for package in $packages; do
		is "install ok installed 1.0-$1" \
			"$(dpkg-query -W -f '${Status} ${Version}' "$package")" \
			"$package 1.0-$1 is installed"
		is "" "$(dpkg --verify "$package" 2>&1)" "and whole"
	done
}

# hooks_ran STAGE - the distribution's hooks hear of the kernel and its image.
hooks_ran()
{
	is "$1 $release /boot/vmlinuz-$release" "$(tail -n 1 "$hook_log")" \
		"hooks of $1 were told of the kernel"
}

# runs - what is running came out of the packages, and guards.
runs()
{
	is "$release" "$(uname -r)" "the package's kernel runs"
	zcat /proc/config.gz | cmp - "/boot/config-$release"
	ok $? "with the configuration that its package shows"
	is "nacc-tools: /usr/bin/nacc" "$(dpkg -S /usr/bin/nacc)" "nacc is the package's"
	out=$(nacc check 2>&1)
	ok $? "nacc check: the protection holds" "$out"
	is yes "$(nacc run sh -c 'sed -n "s/^guarded:.//p" /proc/self/nacc')" \
		"what nacc run runs is guarded"
}

step_install()
{
	# The running system's own commands give way.
	for program in nacc nacc-crun; do
		umount /usr/bin/$program && rm /usr/bin/$program
	done
	for stage in postinst postrm; do
		mkdir -p /etc/kernel/$stage.d
		printf '#!/bin/sh\necho %s "$@" >>%s\n' $stage "$hook_log" \
			>/etc/kernel/$stage.d/zz-test
		chmod +x /etc/kernel/$stage.d/zz-test
	done
	system_files >"$HOME/files-before"
	dpkg -i /host/*_1.0-1_*.deb >out 2>&1
	ok $? "dpkg installs them" "$(cat out)"
	installed 1
	hooks_ran postinst
	is "nacc 1.0" "$(nacc --version | head -n 1)" "nacc runs"
	nacc run true 2>out
	is 125 $? "nacc run refuses on stock Linux"
}

step_booted()
{
	runs
	busybox tar -C /usr/bin -cf - busybox | podman import -q - localhost/tiny >out 2>&1
	ok $? "podman imports an image" "$(cat out)"
	podman --runtime nacc-crun --cgroup-manager cgroupfs --events-backend file \
		run --rm --network none localhost/tiny /busybox cat /proc/self/nacc >out 2>&1
	ok "$(grep -q '^guarded:	yes' out; echo $?)" \
		"podman knows nacc-crun, and it guards" "$(cat out)"
	dpkg -i /host/*_1.0-2_*.deb >out 2>&1
	ok $? "dpkg upgrades them" "$(cat out)"
	installed 2
	hooks_ran postinst
}

step_removed()
{
	runs
	# shellcheck disable=SC2086 # a list
	dpkg --purge $packages >out 2>&1
	ok $? "dpkg removes them" "$(cat out)"
	hooks_ran postrm
	is "" "$(system_files | diff "$HOME/files-before" -)" "and nothing is left"
	# shellcheck disable=SC2086
	is "" "$(dpkg-query -W $packages 2>/dev/null)" "dpkg knows none of them"
}

"step_$1"
plan
