#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# postgresql: initdb, a server with several clients (pgbench), and what has to
# hold in its data afterwards.
. "$(dirname "$0")/app.sh"

bin=$(echo /usr/lib/postgresql/*/bin)
data=$work/data
mkdir "$data"
chown postgres:postgres "$data" "$work"

as_postgres()
{
	setpriv --reuid postgres --regid postgres --clear-groups "$@"
}

query()
{
	as_postgres "$bin/psql" -h "$work" -U postgres -At -c "$1" postgres
}

as_postgres "$bin/initdb" -D "$data" -U postgres --no-sync --locale C \
	-E UTF8 >out 2>&1
ok $? "initdb" "$(cat out)"
as_postgres "$bin/pg_ctl" -D "$data" -l "$work/log" -w -t 120 \
	-o "-k $work -c listen_addresses= -c fsync=off" start >out 2>&1
ok $? "the server starts" "$(cat out log)"
master=$(head -n 1 "$data/postmaster.pid")
guarded "$master" "its postmaster"
child=$(cut -d ' ' -f 1 "/proc/$master/task/$master/children")
guarded "$child" "its $(cat "/proc/$child/comm")"
as_postgres "$bin/pgbench" -h "$work" -U postgres -i -s 1 -q postgres >out 2>&1
ok $? "pgbench -i" "$(cat out)"
as_postgres "$bin/pgbench" -h "$work" -U postgres -c 4 -j 2 -t 50 postgres >out 2>&1
ok $? "pgbench" "$(cat out)"
result transactions "$(sed -n 's/^number of transactions actually processed: //p' out)"
result failed "$(sed -n 's/^number of failed transactions: \([0-9]*\).*/\1/p' out)"
result rows "$(query 'select (select count(*) from pgbench_accounts), (select count(*) from pgbench_history)')"
is t "$(query 'select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history) and (select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches)')" \
	"the balances agree"
as_postgres "$bin/pg_ctl" -D "$data" -m fast -w stop >out 2>&1
ok $? "the server stops" "$(cat out)"
is "" "$(grep -E 'PANIC|FATAL|terminated by signal' log)" "with nothing bad in its log"
plan
