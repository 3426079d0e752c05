#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# node: compiled JavaScript, worker threads with shared memory, child
# processes, a server and its client.
. "$(dirname "$0")/app.sh"

cat >program.js <<'JS'
const { Worker, isMainThread, workerData, parentPort } = require('worker_threads');
const { execFileSync } = require('child_process');
const crypto = require('crypto');
const http = require('http');

function primes(n) {
	const sieve = new Uint8Array(n + 1);
	let count = 0;
	for (let i = 2; i <= n; i++) {
		if (sieve[i]) continue;
		count++;
		for (let j = i * 2; j <= n; j += i) sieve[j] = 1;
	}
	return count;
}

if (!isMainThread) {
	const shared = new Int32Array(workerData);
	for (let i = 0; i < 1000; i++) Atomics.add(shared, 0, 1);
	parentPort.postMessage(primes(20000));
} else {
	console.log('primes', primes(300000));
	console.log('child', execFileSync('sh', ['-c', 'echo from a child']).toString().trim());
	const buffer = new SharedArrayBuffer(16);
	const workers = [1, 2, 3].map(() => new Promise((done, fail) => {
		const w = new Worker(__filename, { workerData: buffer });
		w.on('message', done);
		w.on('error', fail);
	}));
	Promise.all(workers).then((counts) => {
		console.log('workers', counts.join(','), new Int32Array(buffer)[0]);
		const server = http.createServer((request, answer) => answer.end('x'.repeat(100000)));
		server.listen(0, '127.0.0.1', () => {
			http.get({ port: server.address().port }, (answer) => {
				const hash = crypto.createHash('sha256');
				answer.on('data', (d) => hash.update(d));
				answer.on('end', () => {
					console.log('http', hash.digest('hex').slice(0, 16));
					server.close();
				});
			});
		});
	});
}
JS
node program.js >out 2>err
is 0 $? "node runs the program"
is "" "$(cat err)" "without a complaint"
while read -r line; do
	result "$line"
done <out
is 4 "$(wc -l <out)" "all of it"
plan
