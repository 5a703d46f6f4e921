// The measurements behind the README's table. Each ratio compares two servers (or a server and the engine alone) that take
// turns within one run; what is reported is the median over the turns.
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, release } from 'node:os';
import { join } from 'node:path';

const quick = process.argv.includes('--quick');
const turns = quick ? 3 : 5, seconds = quick ? 1 : 2;
const work = 'artifacts/bench', models = join(work, 'models');
const product = 'artifacts/linux-x64/edgeserve', bare = 'artifacts/bare/bare';
const rows = [];

const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const file = name => join(models, name, '1', 'model.onnx');

function row(what, target, result, note = '') {
  rows.push({ what, target, result, note });
  console.log(`${what}: ${result} (target ${target})${note ? ' - ' + note : ''}`);
}

async function start(command, args, url) {
  const child = spawn(command, args, { stdio: 'ignore' });
  child.end = () => new Promise(resolve => { child.once('exit', resolve); child.kill('SIGKILL'); });
  const begun = performance.now();
  for (;;) {
    const ok = url === null ? true : await fetch(url).then(r => r.status > 0, () => false);
    if (ok) break;
    if (performance.now() - begun > 60000) throw new Error(`${command} ${args.join(' ')} does not answer`);
    await sleep(5);
  }
  return child;
}

async function serve(port, folder = models, extra = []) {
  const data = mkdtempSync(join(tmpdir(), 'edgeserve-bench-'));
  const child = await start(product, ['serve', '--models', folder, '--data', data, '--urls', `http://127.0.0.1:${port}`, '--grpc-urls', `http://127.0.0.1:${port + 1}`, ...extra],
    `http://127.0.0.1:${port}/v2/health/ready`);
  await fetch(`http://127.0.0.1:${port}/v2/health/ready`).then(async r => { while (!r.ok) { await sleep(10); r = await fetch(r.url); } });
  return { child, port, data, url: `http://127.0.0.1:${port}`, stop: async () => { await child.end(); rmSync(data, { recursive: true, force: true }); } };
}

// The shortest decimal that reads back as the same 32-bit float.
function shortest(value) {
  for (let digits = 1; ; digits++)
    if (Math.fround(Number(value.toPrecision(digits))) === value) return Number(value.toPrecision(digits));
}

// One request in both forms as a wrk script.
function requests(model, input, shape) {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: count }, (_, i) => Math.fround(((i * 7919) % 10007) / 10007));
  const raw = Buffer.from(values.buffer);
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: input, shape, datatype: 'FP32', parameters: { binary_data_size: raw.length } }], parameters: { binary_data_output: true } }));
  const json = Buffer.from(JSON.stringify({ inputs: [{ name: input, shape, datatype: 'FP32', data: Array.from(values, shortest) }] }));
  const write = (form, body, headers) => {
    writeFileSync(join(work, `${model}.${form}`), body);
    const lua = join(work, `${model}.${form}.lua`);
    writeFileSync(lua, `wrk.method = "POST"\nlocal f = io.open("${join(work, `${model}.${form}`)}", "rb")\nwrk.body = f:read("*a")\nf:close()\n${headers}`);
    return lua;
  };
  return {
    binary: write('binary', Buffer.concat([head, raw]), `wrk.headers["Inference-Header-Content-Length"] = "${head.length}"\n`),
    json: write('json', json, 'wrk.headers["Content-Type"] = "application/json"\n'),
    path: `/v2/models/${model}/infer`,
  };
}

function wrk(url, lua, connections, time = seconds) {
  const text = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${time}s`, '--latency', '-s', lua, url], { encoding: 'utf8' });
  if (/Non-2xx/.test(text) || /Requests\/sec:\s+0\.00/.test(text)) throw new Error(`${url} answered errors or nothing:\n${text}`);
  const unit = { us: 1e-3, ms: 1, s: 1000 };
  const latency = share => { const m = text.match(new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`)); return m ? Number(m[1]) * unit[m[2]] : NaN; };
  return { rate: Number(text.match(/Requests\/sec:\s+([\d.]+)/)[1]), p50: latency(50), p99: latency(99) };
}

const engine = (model, time) => JSON.parse(execFileSync(bare, ['engine', file(model), String(time)], { encoding: 'utf8' }));
const round = (value, digits = 2) => value.toFixed(digits);
const spread = list => `${round(Math.min(...list))}-${round(Math.max(...list))}`;

async function againstEngine(server, model, request, targets) {
  const ratios = Object.fromEntries(Object.keys(targets).map(c => [c, []])), gaps = [];
  for (let i = 0; i < turns; i++) {
    const alone = engine(model, seconds * 3);
    for (const connections of Object.keys(targets))
      ratios[connections].push(wrk(server.url + request.path, request.binary, connections).rate / alone.best);
    gaps.push(wrk(server.url + request.path, request.binary, 1).p50 - alone.median_us / 1000);
  }
  for (const [connections, target] of Object.entries(targets))
    row(`\`${model}\` binary, ${connections} connections / bare engine at its best`, `>= ${target}`, round(median(ratios[connections])), `${spread(ratios[connections])} over ${turns} turns`);
  return gaps;
}

async function againstBare(server, model, request, connections, target) {
  const ratios = [];
  const other = await start(bare, ['http', file(model), 'http://127.0.0.1:18200'], 'http://127.0.0.1:18200/');
  wrk('http://127.0.0.1:18200/', request.binary, connections, 1);
  wrk(server.url + request.path, request.binary, connections, 1);
  for (let i = 0; i < turns; i++)
    ratios.push(wrk(server.url + request.path, request.binary, connections).rate / wrk('http://127.0.0.1:18200/', request.binary, connections).rate);
  await other.end();
  row(`\`${model}\` binary, ${connections} connection${connections > 1 ? 's' : ''} / bare Kestrel handler`, `>= ${target}`, round(median(ratios)), `${spread(ratios)} over ${turns} turns`);
}

async function pair(what, target, a, b, better = 'rate') {
  const ratios = [];
  a(); b();
  for (let i = 0; i < turns; i++) ratios.push(a()[better] / b()[better]);
  row(what, target, round(median(ratios)), `${spread(ratios)} over ${turns} turns`);
}

const grpc = (server, url, model, connections, shapes = []) => {
  const text = execFileSync(product, ['bench', model, '--url', server.url, '--grpc-url', url, '--protocol', 'grpc', '--connections', String(connections), '--seconds', String(seconds), '--json', ...shapes],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { rate: JSON.parse(text)[0].per_second };
};

async function startUp(name, folder, target, path) {
  const times = [];
  for (let i = 0; i < turns; i++) {
    const data = mkdtempSync(join(tmpdir(), 'edgeserve-bench-'));
    if (i === 0) await run(data);   // fills the cache of optimised graphs
    times.push(await run(data));
    rmSync(data, { recursive: true, force: true });
    async function run(dir) {
      const begun = performance.now();
      const child = spawn(product, ['serve', '--models', folder, '--data', dir, '--urls', 'http://127.0.0.1:18400', '--grpc-urls', 'http://127.0.0.1:18401'], { stdio: 'ignore' });
      for (;;) {
        if (await fetch('http://127.0.0.1:18400' + path).then(r => r.ok, () => false)) break;
        await sleep(2);
      }
      const took = performance.now() - begun;
      child.kill();
      await new Promise(resolve => child.once('exit', resolve));
      return took / 1000;
    }
  }
  row(name, `<= ${target} s`, `${round(median(times))} s`, `${spread(times)} over ${turns} starts`);
}

const resident = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
const ticks = pid => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' '); return Number(f[13]) + Number(f[14]); };

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

const table = `# Results

\`scripts/bench\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores of ${cpus()[0].model.trim()}, Linux ${release()}, server and loader (wrk for HTTP, \`edgeserve bench\`
for gRPC) on the same machine. Ratios are medians over turns within one run; the machine is shared and noisy, so absolute figures are left out.

| work | target | measured | |
|---|---|---|---|
${rows.map(r => `| ${r.what} | ${r.target} | ${r.result} | ${r.note} |`).join('\n')}
`;
if (quick) console.log(table);
else writeFileSync('tests/EdgeServe.Benchmarks/results.md', table);
