#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# soak.sh SECONDS [SEED] - adopt_loop beside stress-ng. scripts/fetch stress-ng
# has unpacked Debian's package and its libraries; scripts/guest --share brings
# them as /host. As `soak.sh stress SEED` it is one round of stress-ng: four
# kinds of stress, chosen by SEED, on memory that KSM may merge.
here=$(dirname "$0")
kinds='vm vm-rw vm-splice vm-segv mmap mmapaddr mmapfixed mmapfork mmaphuge
	mmapmany mremap mprotect madvise mincore mlock msync munmap malloc memfd
	remap rmap pagemove shm shm-sysv userfaultfd tlb-shootdown memthrash
	fork vfork clone exec daemon zombie pthread switch futex sem pipe splice tee
	io-uring aio sigsegv sigchld ptrace membarrier poll sockpair dup fault'

one_round()
{
	log=/tmp/stress.$$
	chosen=$(echo "$kinds" | tr -s '[:space:]' '\n' | awk -v seed="$1" '
		NF { kind[n++] = $1 }
		END {
			srand(seed)
			for (i = 0; i < 4; i++)
				printf "--%s 1 ", kind[int(rand() * n)]
		}')
	# shellcheck disable=SC2086 # a list of options
	stress-ng $chosen --ksm --timeout 8 --seed "$1" --verify --temp-path /tmp \
		--vm-bytes 32m --mmap-bytes 32m --malloc-bytes 32m \
		--no-oom-adjust >"$log" 2>&1
	status=$?
	echo "stress $1: $chosen: $status"
	# 3 and 4: this machine has not got what that kind needs.
	case $status in
	0 | 3 | 4) status=0 ;;
	*) sed 's/^/  /' "$log" ;;
	esac
	rm -f "$log"
	return "$status"
}

if [ "$1" = stress ]; then
	one_round "$2"
	exit
fi
if ! [ -x /host/usr/bin/stress-ng ]; then
	echo "Bail out! no stress-ng: scripts/guest --share build/src/stress-ng"
	exit 1
fi
cp -a /host/usr/bin/stress-ng /usr/bin/
cp -a /host/usr/lib/. /usr/lib/
[ -e /lib ] || ln -s usr/lib /lib
exec "$here/adopt_loop" "$1" "${2:--}" "$here/soak.sh" stress
