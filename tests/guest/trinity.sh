#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# trinity.sh SECONDS [SEED] - in the guest: random memory system calls, by a user
# without privilege, in guarded processes on all harts. Trinity and its C library
# come from Debian, in /host (scripts/fetch trinity). What is looked for is a
# report of the kernel, a frame that is lost, a monitor that does not hold.
. "$(dirname "$0")/tap.sh"

seconds=$1 seed=${2-$(date +%s)}
here=$(cd "$(dirname "$0")" && pwd)
host=/host/usr
min_ops=10000

counter()
{
	cat "/sys/kernel/nacc/$1"
}

# guarded COMMAND... - the status is the command's.
guarded()
{
	nacc run "$here/nobody" "$@"
}

echo "# seed $seed"
mkdir -p /tmp/trinity
chmod 777 /tmp/trinity
cd /tmp/trinity || exit 1
ops=$(counter ops) calls=$(counter traps)
end=$(($(date +%s) + seconds))
rounds=0
# A round ends with its calls done, or when trinity has killed itself.
while left=$((end - $(date +%s))) && [ "$left" -gt 0 ]; do
	guarded timeout "$left" "$host/lib/ld-linux-riscv64-lp64d.so.1" \
		--library-path "$host/lib/riscv64-linux-gnu" "$host/bin/trinity" \
		-g vm -q -l off -C "$(nproc)" -N 100000 -s $((seed + rounds)) \
		>log 2>&1
	rounds=$((rounds + 1))
	# What it has forked outlives it for a moment.
	"$here/nobody" kill -9 -1 2>/dev/null
	sleep 1
done
tail -n 3 log | sed 's/^/# /'
ops=$(($(counter ops) - ops)) calls=$(($(counter traps) - calls))
echo "# $rounds rounds, $calls calls of the monitor, $ops entries written"
[ "$ops" -gt "$min_ops" ]
ok $? "for $seconds s it has made work for the monitor"
nacc check >report 2>&1
ok $? 'the monitor and its protection hold'
guarded true
ok $? 'a process can be guarded afterwards'
rm -r /tmp/trinity
echo "1..$n"
