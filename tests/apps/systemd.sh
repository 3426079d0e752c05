#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# systemd is process 1 and has reached multi-user: what it says of itself, and
# a service that it starts, watches and stops.
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
is "" "$(journalctl -b -p 2 --no-pager -q)" "nothing critical in the journal"
plan
