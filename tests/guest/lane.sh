#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# lane.sh LABEL LANE SCALE - in the guest: load the hostile modules, then
# run the tests of one lane, or those that LANE names as =NAME[,NAME]...
# The list is NAME LANE[,LANE]... SECONDS CMD [ARG]...
#   every    on each combination of harts and paging mode
#   once     on one of them (what takes long, or is the same on all)
#   debug    on the kernel with its own checks on
#   all      with nacc=all, where every process is guarded unasked: without the tests
#            of who may ask for it and of plain processes
#   adopt    where pages are overwritten when they are freed
#   soak     what takes long
#   stock    on the kernel without NaCC: the tests' own control
#   numa     on a machine with two memory nodes; numa-stock: the control;
#            numa-all: with nacc=all
#   giant    with pages of 1 GiB; giant-stock: the control; giant-all: with nacc=all
#   switch-on  first after boot
#   init     where init is a test program; init-refused: it is refused something;
#            init-attached: the same without nacc=all
#   stray    alone, since the kernel reports what it does
#   trinity  random system calls, for long
#   fail     on the debug kernel, which can make calls fail; fail-all: with nacc=all
#   cost     where a nanosecond is an instruction
here=$(dirname "$0")
for module in nacc_poke nacc_forge nacc_map nacc_root; do
	insmod "$here/../modules/$module.ko" || echo "not ok - $1 $module: insmod"
done

exec "$here/runner" "$1" "$2" "$3" - <<'LIST'
check		every,once,debug	60	tool.sh
live		every,once,debug,all	60	live.sh
life		every,once,debug,all	60	life
inherit		every,once,debug	60	inherit
inherit-guarded	every,once,debug	60	nacc run inherit guarded
clone-vm	every,once,debug	60	nacc run clone_vm guarded
clone-vm-plain	once,stock		60	clone_vm plain
rules		every,once,debug	60	rules
pids		every,once,debug	60	pids
privilege	every,once,debug	60	privilege
stores		every,once,debug,stock,all	60	stores
forged		every,once,debug,all	60	forged
refused		every,once,debug,all	60	refused
roots		every,once,debug,stock	60	roots
anon		every,once,debug	60	nacc run mm_anon guarded
anon-plain	once,stock		60	mm_anon plain
file		every,once,debug	60	nacc run mm_file guarded
file-plain	once,stock		60	mm_file plain
reach		every,once,debug	60	nacc run mm_reach guarded
reach-plain	once,stock		60	mm_reach plain
special		every,once,debug	60	nacc run mm_special guarded
special-plain	stock			60	mm_special plain
giant		giant,giant-all		300	nacc run mm_special guarded
giant-plain	giant,giant-stock	300	mm_special plain
advice		every,once,debug,all	60	nacc run mm_advice guarded
advice-plain	stock			60	mm_advice plain
io		every,once,debug,all	60	nacc run mm_io guarded
io-plain	stock			60	mm_io plain
uffd		every,once,debug,all	60	nacc run mm_uffd guarded
uffd-plain	stock			60	mm_uffd plain
device		every,once,debug,all	60	nacc run mm_device guarded
device-plain	stock			60	mm_device plain
poison		every,once,debug,all	60	nacc run mm_poison guarded
poison-plain	stock			60	mm_poison plain
migrate		every,once,debug,all,adopt,numa,numa-all	120	nacc run mm_migrate guarded
migrate-plain	once,debug,stock,adopt,numa,numa-stock	120	mm_migrate plain
hotplug		once,debug,all		60	hotplug
numa		numa,numa-all		120	nacc run mm_numa guarded
numa-plain	numa,numa-stock		120	mm_numa plain
threads		every,once,debug	60	nacc run mm_threads guarded
threads-plain	stock			60	mm_threads plain
reclaim		once,debug		120	nacc run mm_reclaim guarded
reclaim-plain	stock			120	mm_reclaim plain
huge		every,once,debug,all	60	nacc run mm_huge guarded
huge-plain	stock			60	mm_huge plain
collapse	every,once,debug,all	60	nacc run mm_collapse guarded
collapse-plain	stock			60	mm_collapse plain
batches		every,once,debug,all	60	nacc run batches guarded
badexec		every,once,debug	60	badexec plain
badexec-guarded	every,once,debug	60	nacc run badexec guarded
badfork		every,once,debug	60	nacc run badfork
adopt		every,once,debug	60	adopt
adopt-refused	once,debug		120	adopt_refused
adopt-threads	every,debug		120	adopt_threads 1
adopt-threads-more	adopt		120	adopt_threads 3
adopt-loop	once,debug,adopt	120	adopt_loop 5
adopt-long	soak			1000	soak.sh 600
adopt-new	every,once,debug	60	adopt_new plain
adopt-same	once,debug		120	adopt_same plain
adopt-walkers	once,debug		120	adopt_walkers
adopt-reclaim	once,debug,adopt	120	adopt_reclaim
adopt-traffic	every,once,debug	60	adopt_traffic
adopt-mixed	every,once,debug	60	adopt_mixed
badmap		every,once,debug	60	nacc run badmap
killed		every,debug,all		120	killed 15
killed-long	once			300	killed 100
reaped		every,debug,stock,all	120	reaped 5
reaped-long	once			300	reaped 20
oom		every,once,debug,stock,all	120	oom
exhaust		once,debug		120	exhaust
bomb		once,debug,all		120	bomb
stray		stray			60	stray
switch-on	switch-on		120	switch_on
init		init			100	init_process
init-refused	init-refused,init-attached	100	init_process refused
trinity		trinity			900	trinity.sh 600
fail		fail,fail-all		300	nacc run fail one
fail-out	debug,fail,fail-all	120	nacc run fail out
fail-call	debug,fail,fail-all	120	nacc run fail_call
adopt-fail	debug,fail		120	adopt_fail
adopt-cost	cost			200	adopt_cost 16 64 256
all		all			60	all.sh
all-anon	all			60	mm_anon guarded
all-file	all			60	mm_file guarded
all-reach	all			60	mm_reach guarded
all-special	all			60	mm_special guarded
all-roots	all			60	roots all
all-threads	all			60	mm_threads guarded
all-inherit	all			60	inherit guarded
all-clone-vm	all			60	clone_vm guarded
all-reclaim	all			120	mm_reclaim guarded
all-badexec	all			60	badexec guarded
all-badmap	all			60	badmap
all-badfork	all			60	badfork
many		every,debug,all		120	many 30 20 10
many-long	once			300	many 1000 500 200
LIST
