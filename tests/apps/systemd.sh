#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# systemd is process 1 and has reached multi-user: what it says of itself, a
# service that it starts, watches and stops, and a container of podman in a control
# group that it makes.
. "$(dirname "$0")/app.sh"

is systemd "$(cat /proc/1/comm)" "process 1 is systemd"
guarded 1 systemd
is active "$(systemctl is-active multi-user.target)" "multi-user is reached"
failed=$(systemctl list-units --failed --plain --no-legend | awk '{ print $1 }' | sort | tr '\n' ' ')
result failed "$failed"
result active "$(systemctl list-units --type=service --state=active --plain --no-legend |
	awk '{ print $1 }' | grep -v '^guest' | sort | tr '\n' ' ')"
out=$(systemd-run --quiet --wait --pipe --property DynamicUser=yes \
	--property PrivateTmp=yes --property MemoryMax=64M sh -c 'id -un; echo done' 2>&1)
is "done" "$(echo "$out" | tail -n 1)" "systemd-run runs a service with a user of its own"
systemd-run --quiet --unit=sleeper sleep 1000
pid=$(systemctl show -p MainPID --value sleeper)
guarded "$pid" "a service"
systemctl kill --signal=KILL sleeper
wait_until "systemd sees that a service was killed" systemctl -q is-failed sleeper
runtime=/usr/bin/nacc-crun
[ "$mode" != stock ] || runtime=/usr/bin/crun
busybox tar -C /usr/bin -cf tiny.tar busybox
podman import -q tiny.tar localhost/tiny >out 2>&1
ok $? "podman imports an image" "$(cat out)"
podman --runtime $runtime run --rm --network none --memory 64m localhost/tiny \
	/busybox sh -c '/busybox echo in a container; /busybox cat /proc/self/nacc' \
	>out 2>err
is "in a container" "$(head -n 1 out)" "podman runs a container"
if [ "$mode" != stock ]; then
	is "guarded:	yes" "$(grep '^guarded:' out)" "which is guarded"
fi
is "" "$(journalctl -b -p 2 --no-pager -q)" "nothing critical in the journal"
plan
