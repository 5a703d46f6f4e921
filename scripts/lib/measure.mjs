// What measurements share: servers, loaders, medians. What is reported is the median over turns within one run.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

export const quick = process.argv.includes('--quick');
export const turns = quick ? 3 : 5, seconds = quick ? 1 : 2;
export const work = 'artifacts/bench', models = join(work, 'models');
export const product = process.env.EDGESERVE_BINARY ?? 'artifacts/linux-x64/edgeserve', bare = 'artifacts/bare/bare';
export const rows = [];

export const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
/** Standard error of a median, as if the turns were spread normally. */
export const error = list => {
  const mean = list.reduce((a, b) => a + b) / list.length;
  return 1.2533 * Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (list.length - 1) / list.length);
};
export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
export const file = name => join(models, name, '1', 'model.onnx');

export function row(what, target, result, note = '') {
  rows.push({ what, target, result, note });
  console.log(`${what}: ${result} (target ${target})${note ? ' - ' + note : ''}`);
}

export async function start(command, args, url) {
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

export async function serve(port, folder = models, extra = []) {
  const data = mkdtempSync(join(work, 'data-'));
  const child = await start(product, ['serve', '--models', folder, '--data', data, '--urls', `http://127.0.0.1:${port}`, '--grpc-urls', `http://127.0.0.1:${port + 1}`, ...extra],
    `http://127.0.0.1:${port}/v2/health/ready`);
  await fetch(`http://127.0.0.1:${port}/v2/health/ready`).then(async r => { while (!r.ok) { await sleep(10); r = await fetch(r.url); } });
  return { child, port, data, url: `http://127.0.0.1:${port}`, stop: async () => { await child.end(); rmSync(data, { recursive: true, force: true }); } };
}

// The shortest decimal that reads back as the same 32-bit float.
export function shortest(value) {
  for (let digits = 1; ; digits++)
    if (Math.fround(Number(value.toPrecision(digits))) === value) return Number(value.toPrecision(digits));
}

// One request in both forms as a wrk script.
export function requests(model, input, shape) {
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

export function wrk(url, lua, connections, time = seconds) {
  const text = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${time}s`, '--latency', '-s', lua, url], { encoding: 'utf8' });
  if (/Non-2xx/.test(text) || /Requests\/sec:\s+0\.00/.test(text)) throw new Error(`${url} answered errors or nothing:\n${text}`);
  const unit = { us: 1e-3, ms: 1, s: 1000 };
  const latency = share => { const m = text.match(new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`)); return m ? Number(m[1]) * unit[m[2]] : NaN; };
  return { rate: Number(text.match(/Requests\/sec:\s+([\d.]+)/)[1]), p50: latency(50), p99: latency(99) };
}

export const engine = (model, time) => JSON.parse(execFileSync(bare, ['engine', file(model), String(time)], { encoding: 'utf8' }));
export const round = (value, digits = 2) => value.toFixed(digits);
export const spread = list => `${round(Math.min(...list))}-${round(Math.max(...list))}`;

export async function againstEngine(server, model, request, targets) {
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

export async function againstBare(server, model, request, connections, target) {
  const ratios = [];
  const other = await start(bare, ['http', file(model), 'http://127.0.0.1:18200'], 'http://127.0.0.1:18200/');
  wrk('http://127.0.0.1:18200/', request.binary, connections, 1);
  wrk(server.url + request.path, request.binary, connections, 1);
  for (let i = 0; i < turns; i++)
    ratios.push(wrk(server.url + request.path, request.binary, connections).rate / wrk('http://127.0.0.1:18200/', request.binary, connections).rate);
  await other.end();
  row(`\`${model}\` binary, ${connections} connection${connections > 1 ? 's' : ''} / bare Kestrel handler`, `>= ${target}`, round(median(ratios)), `${spread(ratios)} over ${turns} turns`);
}

export async function pair(what, target, a, b, better = 'rate') {
  const ratios = [];
  a(); b();
  for (let i = 0; i < turns; i++) ratios.push(a()[better] / b()[better]);
  row(what, target, round(median(ratios)), `${spread(ratios)} over ${turns} turns`);
}

export const grpc = (server, url, model, connections, shapes = []) => {
  const text = execFileSync(product, ['bench', model, '--url', server.url, '--grpc-url', url, '--protocol', 'grpc', '--connections', String(connections), '--seconds', String(seconds), '--json', ...shapes],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { rate: JSON.parse(text)[0].per_second };
};

export async function startUp(name, folder, target, path) {
  const times = [];
  for (let i = 0; i < turns; i++) {
    const data = mkdtempSync(join(work, 'data-'));
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


export const resident = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
export const ticks = pid => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' '); return Number(f[13]) + Number(f[14]); };

export function report(name, title, remark) {
  const table = `# ${title}

\`scripts/bench ${name}\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores of ${cpus()[0].model.trim()}, Linux ${release()}, server and loader on the same
machine. ${remark}

| work | target | measured | |
|---|---|---|---|
${rows.map(r => `| ${r.what} | ${r.target} | ${r.result} | ${r.note} |`).join('\n')}
`;
  if (quick) console.log(table);
  else writeFileSync(`tests/EdgeServe.Benchmarks/${name}.md`, table);
}
