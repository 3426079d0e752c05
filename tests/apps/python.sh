#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# python3: subprocess, multiprocessing by fork and by spawn, shared memory,
# threads and mmap.
. "$(dirname "$0")/app.sh"

cat >program.py <<'PYTHON'
import hashlib, mmap, multiprocessing, os, subprocess, sys, threading
from multiprocessing import shared_memory

def work(n):
    h = hashlib.sha256()
    for i in range(n, n + 300):
        h.update(str(i * i).encode())
    return h.hexdigest()

def write_shared(name, at):
    m = shared_memory.SharedMemory(name=name)
    m.buf[at] = at
    m.close()

def main():
    out = [subprocess.run(["sh", "-c", "echo $((%d * 7))" % i],
                          capture_output=True, text=True, check=True).stdout.strip()
           for i in range(20)]
    print("subprocess", ",".join(out))
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(3) as pool:
            sums = pool.map(work, range(0, 3000, 300))
        print(method, hashlib.sha256("".join(sums).encode()).hexdigest()[:16])
    shared = shared_memory.SharedMemory(create=True, size=8192)
    children = [multiprocessing.get_context("fork").Process(
        target=write_shared, args=(shared.name, at)) for at in (0, 7, 200)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("shared", shared.buf[7], shared.buf[200], [c.exitcode for c in children])
    shared.close()
    shared.unlink()
    with open("file", "w+b") as f:
        f.truncate(1 << 20)
        m = mmap.mmap(f.fileno(), 1 << 20)
        for at in range(0, 1 << 20, 4096):
            m[at] = at // 4096 % 251
        m.flush()
        m.close()
    print("mmap", hashlib.sha256(open("file", "rb").read()).hexdigest()[:16])
    total = []
    threads = [threading.Thread(target=lambda n: total.append(work(n)), args=(n,))
               for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("threads", hashlib.sha256("".join(sorted(total)).encode()).hexdigest()[:16])

if __name__ == "__main__":
    main()
PYTHON
python3 program.py >out 2>err
is 0 $? "python3 runs the program"
is "" "$(cat err)" "without a complaint"
while read -r line; do
	result "$line"
done <out
is 7 "$(wc -l <out)" "all of it"
plan
