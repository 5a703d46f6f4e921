// How fast a backlog of telemetry leaves over whatever the loopback interface is here, beside curl posting the same bytes. Prints JSON:
// bytes; by turn, ratios, speeds in MB/s, and the most memory of its own in MB above what the program had before; the same memory for a quarter of the backlog.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { models, product, quick, sleep, start, work } from './measure.mjs';

const bytes = quick ? 20e6 : 100e6, batch = 64 << 10, port = 18851, again = quick ? 1 : 3;
const own = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/RssAnon:\s+(\d+)/)[1]) / 1024;
const server = { url: 'http://127.0.0.1:18850' };
const waiting = async () => (await (await fetch(`${server.url}/edge/v1/sync`)).json()).classes.find(c => c.class === 'record').waiting;
const desk = resolve(mkdtempSync(join(work, 'telemetry-')));

// Takes what comes, proves it as a collector does, and notes when the first request was there and the last.
let begun = 0, last = 0, taken = 0, bodies = [], open, gate = Promise.resolve();
const sink = createServer((request, response) => {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk));
  request.on('end', async () => {
    await gate;
    last = performance.now();
    begun ||= last;
    const body = Buffer.concat(chunks);
    taken += body.length;
    bodies.push(body);
    response.writeHead(200, { 'Content-Type': 'application/x-protobuf', 'Content-Length': 0 }).end();
  });
});
sink.keepAliveTimeout = 60000;
await new Promise(done => sink.listen(port, '127.0.0.1', done));
const settings = { EDGESERVE__Sync__Endpoint: `http://127.0.0.1:${port}`, EDGESERVE__Sync__SpreadSeconds: '0', EDGESERVE__Sync__IntervalSeconds: '1', EDGESERVE__Telemetry__MaxBytes: String(4 * bytes) };

async function drain(data, bytes) {
  execFileSync('dotnet', ['tests/EdgeServe.Benchmarks/bin/Release/net10.0/EdgeServe.Benchmarks.dll', 'outbox', data, String(bytes), String(batch)], { stdio: 'ignore' });
  [begun, last, taken, bodies] = [0, 0, 0, []];
  gate = new Promise(done => open = done);
  Object.assign(process.env, settings);
  const child = await start(product, ['serve', '--models', models, '--data', data, '--urls', server.url, '--grpc-urls', ''], server.url + '/v2/health/ready');
  Object.keys(settings).forEach(name => delete process.env[name]);
  await sleep(3000);   // the first request waits at the gate, everything else behind it
  const before = own(child.pid);
  let most = before;
  open();
  const watch = setInterval(() => { most = Math.max(most, own(child.pid)); }, 10);
  while (await waiting() > 0) await sleep(100);
  clearInterval(watch);
  await child.end();
  rmSync(data, { recursive: true, force: true });
  return { speed: taken / (last - begun) / 1000, more: most - before };
}

async function curl() {
  const config = join(desk, 'curl');
  writeFileSync(config, bodies.map((body, n) => {
    const path = join(desk, `body-${n}`);
    writeFileSync(path, body);
    return `url = "http://127.0.0.1:${port}/v1/logs"\ndata-binary = "@${path}"\nheader = "Content-Type: application/x-protobuf"\nheader = "Content-Encoding: gzip"\nheader = "Expect:"\n`;
  }).join('next\n'));
  const post = parallel => {
    [begun, last, taken, bodies] = [0, 0, 0, []];
    return new Promise((done, failed) => execFile('curl', ['-sS', '--fail', ...parallel, '-K', config], e => e ? failed(e) : done(taken / (last - begun) / 1000)));
  };
  return Math.max(await post([]), await post(['--parallel', '--parallel-max', '4']));
}

const { more: quarter } = await drain(join(desk, 'quarter'), bytes / 4);
const ratios = [], speeds = [], more = [];
for (let i = 0; i < again; i++) {
  const ours = await drain(join(desk, `data-${i}`), bytes);
  ratios.push(ours.speed / await curl());
  speeds.push(ours.speed);
  more.push(ours.more);
}
sink.closeAllConnections();
await new Promise(done => sink.close(done));
rmSync(desk, { recursive: true, force: true });
console.log(JSON.stringify({ bytes, ratios, speeds, more, quarter }));
