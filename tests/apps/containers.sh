#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Containers by crun through nacc-crun: busybox and Debian, several at once, a
# program that joins one, stop and remove; what is in them is guarded unless
# the annotation org.nacc.guard says off. On the stock kernel crun runs them.
# shellcheck disable=SC2034 # app.sh reads it
plain_shell=1
. "$(dirname "$0")/app.sh"

case $mode in
stock) runtime=crun ;;
*) runtime=nacc-crun ;;
esac
root=$work/state

oci()
{
	"$runtime" --root "$root" --cgroup-manager=cgroupfs "$@"
}

# bundle NAME ROOTFS ANNOTATION COMMAND... - a bundle that runs this.
bundle()
{
	mkdir -p "$1"
	(cd "$1" && rm -f config.json && crun spec)
	python3 - "$@" <<'PYTHON'
import json, sys
name, rootfs, annotation, *args = sys.argv[1:]
config = json.load(open(name + "/config.json"))
config["process"]["args"] = args
config["process"]["terminal"] = False
config["root"] = {"path": rootfs, "readonly": True}
if annotation:
    config["annotations"] = {"org.nacc.guard": annotation}
json.dump(config, open(name + "/config.json", "w"))
PYTHON
}

# guarded_is WANT TEXT - what /proc/self/nacc in a container said.
guarded_is()
{
	[ "$mode" != stock ] || return 0
	[ "$mode" != all ] || set -- yes "$2"
	is "guarded:	$1" "$(grep '^guarded:' out)" "$2"
}

mkdir -p busybox/bin busybox/proc busybox/dev busybox/sys debian
cp /usr/bin/busybox busybox/bin/
for applet in sh cat sleep echo; do
	ln -s busybox "busybox/bin/$applet"
done
mount --bind / debian

bundle one "$work/busybox" '' sh -c 'echo from busybox; cat /proc/self/nacc 2>/dev/null; exit 7'
oci run --bundle one one >out 2>err
is 7 $? "a busybox container runs and ends with its status"
ok "$(grep -cqx 'from busybox' out; echo $?)" "with its output" "$(cat out err)"
guarded_is yes "it is guarded"
bundle off "$work/busybox" off cat /proc/self/nacc
oci run --bundle off off >out 2>err
guarded_is no "with org.nacc.guard off it is not"
bundle on "$work/busybox" require cat /proc/self/nacc
oci run --bundle on on >out 2>err
guarded_is yes "with org.nacc.guard require it is"
if [ "$mode" != stock ]; then
	bundle odd "$work/busybox" perhaps echo never
	oci run --bundle odd odd >out 2>err
	is 1 $? "with another value it does not start"
	ok "$(grep -q org.nacc.guard err; echo $?)" "and that is told" "$(cat out err)"
fi

bundle debian-bundle "$work/debian" '' python3 -c 'print(sum(range(1000)))'
oci run --bundle debian-bundle debian >out 2>err
is 0 $? "a Debian container runs python3"
result debian "$(cat out)"

for name in a b c; do
	bundle "$name" "$work/busybox" '' sleep 1000
	oci create --bundle "$name" "$name" </dev/null >"$name.out" 2>&1
	ok $? "container $name is made" "$(cat "$name.out")"
	oci start "$name" >out 2>&1
	ok $? "and started" "$(cat out)"
done
result running "$(oci list -q | sort | tr '\n' ' ')"
for name in a b c; do
	guarded "$(crun --root "$root" state "$name" | sed -n 's/.*"pid": \([0-9]*\).*/\1/p')" \
		"container $name"
done
oci exec b sh -c 'echo joined; cat /proc/self/nacc 2>/dev/null; exit 0' >out 2>err
is 0 $? "a program joins b"
ok "$(grep -qx joined out; echo $?)" "and runs in it" "$(cat out err)"
guarded_is yes "guarded"
for name in a b c; do
	oci delete --force "$name" >out 2>&1
	ok $? "container $name is removed" "$(cat out)"
done
is "" "$(oci list -q)" "none is left"
umount debian
plan
