#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# apps.sh guarded|plain - in the guest's Debian image: count what real programs
# take from their start to their end, servers that they talk to included. Where
# it is guarded, so is everything that it starts.
set -e
bench=$(dirname "$0")/bench state=$1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
work=$(mktemp -d)
cd "$work"

# app NAME COMMAND...
app()
{
	app_name=app-$1
	shift
	"$bench" --run "$app_name" "$state" "$@"
}

# until_true COMMAND... - an event of a server, some seconds at most.
until_true()
{
	for tries in $(seq 600); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	echo "apps.sh: not after $tries tries: $*" >&2
	return 1
}

cat >shell.sh <<'SH'
i=0
while [ $i -lt 500 ]; do
	/bin/true
	i=$((i + 1))
done
SH
app shell sh shell.sh

cat >insert.sql <<'SQL'
create table a (id integer primary key, x integer, text text);
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
insert into a select i, (i * 7919) % 10007, hex(i * 104729) from n;
commit;
create index a_x on a (x);
select count(*), sum(p.id) from a p join a q on p.x = q.id;
SQL
app sqlite sh -c 'rm -f speed.db; sqlite3 speed.db <insert.sql'

redis-server --port 6379 --save '' --daemonize no >redis.log 2>&1 &
redis=$!
until_true redis-cli ping
app redis redis-benchmark -q -n 2000 -c 20 -t set,get,lpush
redis-cli shutdown nosave >/dev/null 2>&1 || :
wait $redis

mkdir www
head -c 20000 /dev/zero | tr '\0' x >www/page
cat >nginx.conf <<CONF
daemon off;
pid $work/pid;
user root;
events { worker_connections 64; }
http { access_log off; server { listen 127.0.0.1:8080; root $work/www; } }
CONF
nginx -c "$work/nginx.conf" -e "$work/error.log" &
nginx=$!
until_true ab -n 1 http://127.0.0.1:8080/page
app nginx ab -q -n 500 -c 8 http://127.0.0.1:8080/page
kill $nginx
wait $nginx || :

app python-start python3 -c pass
cat >gc.py <<'PYTHON'
import gc
for _ in range(10):
    live = [[i, str(i), {i: [i]}] for i in range(5000)]
    for item in live:
        item.append(live)
    del live
    gc.collect()
PYTHON
app python-gc python3 gc.py

cat >file.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	qsort(argv, (size_t)argc, sizeof(*argv), compare);
	for (int i = 0; i < argc; i++)
		printf("%s\n", argv[i]);
	return 0;
}
C
app gcc gcc -O2 -o file file.c
