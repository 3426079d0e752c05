#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Podman with nacc-crun: images of busybox and of Debian as they are, several
# containers at once, with limits, programs that join one, stop and remove. What is
# in them is guarded unless the annotation org.nacc.guard says off. On the stock
# kernel crun runs them.
# shellcheck disable=SC2034 # app.sh reads it
plain_shell=1
. "$(dirname "$0")/app.sh"

case $mode in
stock) runtime=/usr/bin/crun ;;
*) runtime=/usr/bin/nacc-crun ;;
esac

pod()
{
	podman --runtime $runtime --cgroup-manager cgroupfs --events-backend file "$@"
}

# run OPTION... IMAGE COMMAND... - to its end; its output is in `out`.
run()
{
	pod run --rm --network none "$@" >out 2>err
}

# guarded_is WANT TEXT - what /proc/self/nacc in a container said.
guarded_is()
{
	[ "$mode" != stock ] || return 0
	[ "$mode" != all ] || set -- yes "$2"
	is "guarded:	$1" "$(grep '^guarded:' out)" "$2"
}

# occupied - spaces and frames, when nothing is on its way any more.
occupied()
{
	nacc settle
	cat /sys/kernel/nacc/spaces /sys/kernel/nacc/frames_in_use
}

# The image of busybox, as busybox installs itself.
mkdir -p busybox/bin busybox/etc
cp /usr/bin/busybox busybox/bin/
for applet in $(busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "busybox/bin/$applet"
done
echo 'root:x:0:0:root:/:/bin/sh' >busybox/etc/passwd
tar -C busybox -cf busybox.tar .

for name in busybox debian; do
	tar=$work/$name.tar
	[ -e "$tar" ] || tar=/var/lib/nacc/$name.tar
	pod import -q "$tar" localhost/$name >out 2>&1
	ok $? "podman imports the image of $name" "$(cat out)"
done
pod save -q -o saved.tar localhost/busybox >out 2>&1 &&
	pod rmi localhost/busybox >>out 2>&1 && pod load -q -i saved.tar >>out 2>&1
ok $? "and saves, removes and loads one" "$(cat out)"
[ "$mode" != guarded ] || before=$(occupied)

run localhost/busybox sh -c 'echo from busybox; cat /proc/self/nacc 2>/dev/null; exit 7'
is 7 $? "a busybox container runs and ends with its status"
ok "$(grep -qx 'from busybox' out; echo $?)" "with its output" "$(cat out err)"
guarded_is yes "it is guarded"
run --annotation org.nacc.guard=off localhost/busybox cat /proc/self/nacc
guarded_is no "with org.nacc.guard=off it is not"
run --annotation org.nacc.guard=require localhost/busybox cat /proc/self/nacc
guarded_is yes "with org.nacc.guard=require it is"
if [ "$mode" != stock ]; then
	! run --annotation org.nacc.guard=perhaps localhost/busybox echo never &&
		! grep -q never out && grep -q org.nacc.guard err
	ok $? "with another value it does not start, and that is told" "$(cat out err)"
fi
# shellcheck disable=SC2016 # the container's shell expands it
run localhost/debian sh -c '. /etc/os-release && echo $ID &&
	seq 20000 | sort -rn | sha256sum && grep Seccomp: /proc/self/status'
is 0 $? "a Debian container runs a pipe"
result debian "$(tr -s '\n\t' ' ' <out)"

pod run -d --network none --name a localhost/busybox sleep 1000 >out 2>&1
ok $? "container a runs in the background" "$(cat out)"
pod run -d --network host --name b --memory 64m --pids-limit 20 localhost/debian \
	sh -c 'echo b is up; exec sleep 1000' >out 2>&1
ok $? "so does b, with limits" "$(cat out)"
pod run -d --network none --name c --annotation org.nacc.guard=off \
	localhost/busybox sleep 1000 >out 2>&1
ok $? "and c, which is not guarded" "$(cat out)"
result running "$(pod ps --format '{{.Names}}' | sort | tr '\n' ' ')"
for name in a b; do
	guarded "$(pod inspect --format '{{.State.Pid}}' $name)" "container $name"
done
result logs "$(pod logs b)"
result memory "$(cat "/sys/fs/cgroup$(cut -d : -f 3 \
	"/proc/$(pod inspect --format '{{.State.Pid}}' b)/cgroup")/memory.max")"
for name in a b c; do
	pod exec $name sh -c 'echo joined; cat /proc/self/nacc 2>/dev/null; exit 0' \
		>out 2>err
	is 0 $? "a program joins $name"
	ok "$(grep -qx joined out; echo $?)" "and runs in it" "$(cat out err)"
	case $name in
	c) guarded_is no "unguarded" ;;
	*) guarded_is yes "guarded" ;;
	esac
done
pod exec a sh -c 'exit 9'
is 9 $? "the status of one that joined"
pod stop -t 1 a >out 2>&1
ok $? "a stops" "$(cat out)"
pod kill b >out 2>&1
ok $? "b is killed" "$(cat out)"
pod rm -f -t 0 a b c >out 2>&1
ok $? "all are removed" "$(cat out)"
is "" "$(pod ps -aq)" "none is left"
if [ "$mode" = guarded ]; then
	is "$before" "$(occupied)" "spaces and frames are those of before"
fi
pod rmi -f localhost/busybox localhost/debian >out 2>&1
ok $? "nor an image" "$(cat out)"
plan
