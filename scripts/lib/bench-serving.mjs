// The measurements of serving behind the README's first table. Each ratio compares two servers (or a server and the engine
// alone) that take turns within one run.
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { againstBare, againstEngine, bare, file, grpc, median, models, pair, product, quick, report, requests, resident, round, row, seconds, serve, sleep, spread, start, startUp, ticks, turns, work, wrk } from './measure.mjs';

const tiny = requests('breast-cancer', 'features', [1, 30]);
const face = requests('face-detection', 'input:0', [1, 128, 128, 3]);
const ocr = requests('ocr-recognition', 'x', [1, 3, 48, 320]);
const mlp = requests('mlp', 'x', [1, 784]), mlpOff = requests('mlp-unbatched', 'x', [1, 784]);
const digits = requests('digits', 'image', [1, 1, 20, 20]), digitsOff = requests('digits-unbatched', 'image', [1, 1, 20, 20]);

const one = join(work, 'one');
mkdirSync(one, { recursive: true });
execFileSync('cp', ['-r', join(models, 'breast-cancer'), one]);

await startUp('start to live', one, 0.12, '/v2/health/live');
await startUp('start to ready, `breast-cancer` only', one, 0.2, '/v2/health/ready');
await startUp('start to ready, all shipped models', 'models', 0.8, '/v2/health/ready');

{
  const server = await serve(18100, one);
  await sleep(3000);
  row('resident memory idle, `breast-cancer` only', '<= 64 MB', `${round(resident(server.child.pid), 0)} MB`);
  const load = total => {
    for (const [protocol, share] of [['http-json', 3], ['http-binary', 3], ['grpc', 3]])
      execFileSync(product, ['bench', 'breast-cancer', '--url', server.url, '--grpc-url', `http://127.0.0.1:18101`, '--protocol', protocol, '--connections', '32', '--seconds', '60', '--requests', String(Math.ceil(total / share)), '--json'], { stdio: 'ignore' });
  };
  const total = quick ? 20000 : 200000;
  load(total / 2);
  const half = resident(server.child.pid);
  load(total / 2);
  row(`growth over the second half of ${total.toLocaleString('en')} requests (JSON, binary, gRPC), 32 connections`, '<= 4 MB', `${round(resident(server.child.pid) - half, 1)} MB`, `${round(half, 0)} MB at half`);
  await server.stop();
}

const server = await serve(18100);
{
  await sleep(2000);
  const before = ticks(server.child.pid), length = quick ? 5 : 20;
  await sleep(length * 1000);
  row('idle CPU with all models loaded', '<= 0.3 % of a core', `${round(ticks(server.child.pid) - before, 2)} % x ${length} s`.replace(/^([\d.]+) % x (\d+) s$/, (_, t, s) => `${round(Number(t) / Number(s))} %`));
}

await againstEngine(server, 'ocr-recognition', ocr, { 8: 0.94, 32: 0.94 });
const gaps = await againstEngine(server, 'face-detection', face, { 8: 0.85 });
row('`face-detection` binary, p50 at one connection minus one bare run', '<= 0.35 ms', `${round(median(gaps))} ms`, `${spread(gaps)} over ${turns} turns`);
for (const connections of [1, 8, 32]) await againstBare(server, 'breast-cancer', tiny, connections, '0.90');
await pair('`breast-cancer` JSON / binary, 8 connections', '>= 0.95', () => wrk(server.url + tiny.path, tiny.json, 8), () => wrk(server.url + tiny.path, tiny.binary, 8));
await pair('`face-detection` JSON / binary, 8 connections', '>= 0.40', () => wrk(server.url + face.path, face.json, 8), () => wrk(server.url + face.path, face.binary, 8));

{
  const other = await start(bare, ['grpc', file('breast-cancer'), 'http://127.0.0.1:18300'], null);
  await sleep(1500);
  await pair('`breast-cancer` gRPC, 8 connections / bare Grpc.AspNetCore handler', '>= 0.88', () => grpc(server, 'http://127.0.0.1:18101', 'breast-cancer', 8), () => grpc(server, 'http://127.0.0.1:18300', 'breast-cancer', 8));
  await other.end();
  const binary = () => ({ rate: JSON.parse(execFileSync(product, ['bench', 'face-detection', '--url', server.url, '--protocol', 'http-binary', '--connections', '8', '--seconds', String(seconds), '--json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))[0].per_second });
  await pair('`face-detection` gRPC raw / HTTP binary, 8 connections', '>= 0.70', () => grpc(server, 'http://127.0.0.1:18101', 'face-detection', 8), binary);
}

{
  const p99 = [], kept = [];
  for (let i = 0; i < turns; i++) {
    const alone = wrk(server.url + ocr.path, ocr.binary, 8).rate;
    const heavy = spawn('wrk', ['-t1', '-c8', `-d${seconds + 1}s`, '-s', ocr.binary, server.url + ocr.path], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    heavy.stdout.on('data', d => text += d);
    await sleep(500);
    const light = spawn(product, ['bench', 'breast-cancer', '--url', server.url, '--protocol', 'http-binary', '--connections', '8', '--seconds', String(seconds), '--rate', '200', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let json = '';
    light.stdout.on('data', d => json += d);
    await new Promise(resolve => light.once('exit', resolve));
    await new Promise(resolve => heavy.once('exit', resolve));
    p99.push(JSON.parse(json)[0].p99_milliseconds);
    kept.push(Number(text.match(/Requests\/sec:\s+([\d.]+)/)[1]) / alone);
  }
  row('`breast-cancer` at 200 requests/s beside eight connections on `ocr-recognition`: p99', '<= 8 ms', `${round(median(p99))} ms`, `${spread(p99)} over ${turns} turns`);
  row('the same: `ocr-recognition` throughput kept', '>= 0.90', round(median(kept)), `${spread(kept)} over ${turns} turns`);
}

await pair('batching, MLP 784-1024-1024-10, 32 connections: on / off', '>= 1.5', () => wrk(server.url + mlp.path, mlp.binary, 32), () => wrk(server.url + mlpOff.path, mlpOff.binary, 32));
await pair('batching, `digits`, 32 connections: on / off', '>= 0.97', () => wrk(server.url + digits.path, digits.binary, 32), () => wrk(server.url + digitsOff.path, digitsOff.binary, 32));
await pair('batching, `digits`, p50 at one connection: on / off', '<= 1.03', () => wrk(server.url + digits.path, digits.binary, 1), () => wrk(server.url + digitsOff.path, digitsOff.binary, 1), 'p50');
await server.stop();

report('serving', 'Serving', 'Loaders: wrk for HTTP, `edgeserve bench` for gRPC. Ratios are medians over turns within one run; the machine is shared and noisy, so absolute figures are left out.');
