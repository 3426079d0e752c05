#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# sqlite3: inserts, indices, joins, updates and deletes, in a file with a
# write-ahead log (whose index is shared memory) and mapped reads.
. "$(dirname "$0")/app.sh"

cat >speed.sql <<'SQL'
pragma journal_mode = wal;
pragma mmap_size = 67108864;
create table a (id integer primary key, x integer, text text);
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into a select i, (i * 7919) % 20011, hex(i * 104729) from n;
commit;
create index a_x on a (x);
create index a_text on a (text);
select count(*), sum(x), min(text), max(text) from a;
select count(*) from a where x between 500 and 9000;
select count(*), sum(p.id) from a p join a q on p.x = q.id;
begin;
update a set x = x + 1, text = text || '-' where id % 3 = 0;
delete from a where id % 5 = 0;
commit;
select count(*), sum(x), sum(length(text)) from a;
create table b as select x % 100 as k, count(*) as n, sum(id) as s from a group by k;
select k, n, s from b order by s desc limit 3;
vacuum;
pragma wal_checkpoint(truncate);
pragma integrity_check;
SQL
sqlite3 speed.db <speed.sql >out 2>err
is 0 $? "sqlite3 runs the script"
is "" "$(cat err)" "without a complaint"
is ok "$(tail -n 1 out)" "the database is sound"
result digest "$(sha256sum <out | cut -c 1-16)" "$(wc -l <out)"
plan
