#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# redis-server and redis-benchmark: many clients, and a snapshot that a forked
# child writes while the parent changes the pages that both share.
. "$(dirname "$0")/app.sh"

start()
{
	redis-server --port 0 --unixsocket "$work/socket" --dir "$work" \
		--save '' --daemonize no >>server.log 2>&1 &
	server=$!
}

ask()
{
	redis-cli -s "$work/socket" "$@"
}

start
wait_until "redis-server answers" ask ping
guarded $server redis-server
redis-benchmark -s "$work/socket" -n 2000 -c 20 -r 500 -d 100 --csv \
	-t set,get,incr,lpush,lrange_100,mset >bench 2>err
is 0 $? "redis-benchmark ends well"
result tests "$(tail -n +2 bench | cut -d , -f 1 | tr '\n' ' ')"
ask eval 'for i = 1, 20000 do redis.call("set", "k" .. i, string.rep("v", 300) .. i) end return 1' 0 >/dev/null
ask bgsave >/dev/null
ask eval 'for i = 1, 20000, 3 do redis.call("append", "k" .. i, "changed") end return 1' 0 >/dev/null
saved()
{
	ask info persistence | grep -q 'rdb_bgsave_in_progress:0' &&
		ask info persistence | grep -q 'rdb_last_bgsave_status:ok'
}
wait_until "a forked child saves" saved
ask save >/dev/null
digest=$(ask eval 'local s = 0 for i = 1, 20000 do s = s + string.len(redis.call("get", "k" .. i)) end return s' 0)
result digest "$digest"
ask shutdown nosave >/dev/null 2>&1
wait $server
is 0 $? "redis-server ends well"
start
wait_until "redis-server answers again" ask ping
wait_until "and has loaded what it saved" sh -c "redis-cli -s '$work/socket' get k20000 | grep -q v20000"
is "$digest" "$(ask eval 'local s = 0 for i = 1, 20000 do s = s + string.len(redis.call("get", "k" .. i)) end return s' 0)" \
	"which is all"
ask shutdown nosave >/dev/null 2>&1
wait $server
is 0 $? "redis-server ends well again"
plan
