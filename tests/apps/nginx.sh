#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# nginx: two workers serve files to clients at the same time, over a reload.
. "$(dirname "$0")/app.sh"

mkdir www
head -c 1000000 /dev/zero | tr '\0' x >www/large
for i in $(seq 50); do echo "file $i" >"www/$i"; done
cat >nginx.conf <<CONF
worker_processes 2;
pid $work/pid;
error_log $work/error.log;
user root;
events { worker_connections 64; }
http {
	access_log $work/access.log;
	sendfile on;
	server { listen 127.0.0.1:8080; root $work/www; }
}
CONF
cat >client.py <<'PYTHON'
import hashlib, sys, threading, urllib.request

sums = {}

def fetch(thread):
    digest = hashlib.sha256()
    for i in range(1, 51):
        for name in (str(i), "large") if i % 10 == 0 else (str(i),):
            with urllib.request.urlopen("http://127.0.0.1:8080/" + name) as r:
                digest.update(r.read())
    sums[thread] = digest.hexdigest()

threads = [threading.Thread(target=fetch, args=(t,)) for t in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(len(sums), len(set(sums.values())), sorted(sums.values())[0][:16])
PYTHON
nginx -c "$work/nginx.conf" -e "$work/error.log"
is 0 $? "nginx starts"
wait_until "and has its pid file" test -s pid
master=$(cat pid)
guarded "$master" "nginx's master"
# shellcheck disable=SC2013 # words, on one line
for worker in $(cat "/proc/$master/task/$master/children"); do
	guarded "$worker" "nginx's worker"
done
out=$(python3 client.py 2>&1)
is 0 $? "four clients get all files"
result fetched "$out"
nginx -c "$work/nginx.conf" -e "$work/error.log" -s reload
is 0 $? "nginx reloads"
is "$out" "$(python3 client.py 2>&1)" "and serves the same"
is "" "$(awk '$9 != 200' access.log)" "every answer was 200"
result requests "$(wc -l <access.log)"
nginx -c "$work/nginx.conf" -e "$work/error.log" -s quit
wait_until "nginx ends" sh -c "! kill -0 $master"
is "" "$(grep -E 'alert|crit|emerg|exited on signal' error.log)" "with nothing bad in its log"
plan
