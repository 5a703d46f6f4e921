// The soak: one server, three kinds of work side by side in step, a sample every second.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { median, product, resident, round, sleep, start, work } from './measure.mjs';

const quick = process.argv.includes('--quick');
const part = process.argv.includes('--part') ? Number(process.argv[process.argv.indexOf('--part') + 1]) : quick ? 0.03 : 1;
const goal = { requests: 2e6 * part, swaps: Math.ceil(2000 * part), imports: Math.ceil(200 * part) };
// For whoever looks for what grew: some kinds of work only, with a comma between them.
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : null;
for (const kind of Object.keys(goal)) if (only?.includes(kind) === false) goal[kind] = 0;
const done = { requests: 0, failed: 0, swaps: 0, imports: 0, jobs: 0 };
const allowed = 1.05, walBound = 8 << 20;
// The thread pool's own come and go from second to second.
const poolThreads = 3;
const desk = resolve(mkdtempSync(join(work, 'soak-'))), media = join(desk, 'media'), data = join(desk, 'data');
const http = 'http://127.0.0.1:18800', grpc = 'http://127.0.0.1:18801';
const run = (...args) => execFileSync(product, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const constant = ['breast-cancer', 'digits-8x8', 'face-detection', 'voice-activity'];
const mix = [
  ['breast-cancer', 'http-binary', 30000], ['digits', 'grpc', 10000], ['breast-cancer', 'http-json', 20000], ['digits-8x8', 'http-binary', 20000],
  ['face-detection', 'grpc', 500], ['breast-cancer', 'grpc', 20000], ['digits', 'http-json', 5000], ['face-detection', 'http-binary', 500], ['digits-8x8', 'http-json', 10000],
];
let ended = false;

// Releases: the same models every time, and digits with a new version, so that every import swaps one model in.
mkdirSync(media);
const key = join(desk, 'office.pem'), packed = join(desk, 'packed');
run('key', 'generate', key);
for (const model of constant) run('bundle', 'pack', join('models', model, '1'), '--out', packed);
let written = 0;
function write() {
  written++;
  const version = join(desk, 'authors', 'digits', String(written)), stick = join(desk, 'stick'), layout = join(stick, 'edgeserve');
  mkdirSync(version, { recursive: true });
  cpSync(join('models', 'digits', '1'), version, { recursive: true });
  mkdirSync(stick);
  cpSync(packed, layout, { recursive: true });
  run('bundle', 'pack', version, '--out', layout);
  rmSync(version, { recursive: true });
  run('channel', 'build', ...constant.map(m => `${layout}:${m}-1`), `${layout}:digits-${written}`, '--channel', 'soak', '--release', String(written), '--device-class', 'any', '--out', layout);
  run('channel', 'sign', layout, '--channel', 'soak', '--key', key);
  return stick;
}

Object.assign(process.env, {
  EDGESERVE__Updates__Channel: 'soak', EDGESERVE__Updates__DeviceClass: 'any', EDGESERVE__Updates__TrustedKeys__0: key + '.pub', EDGESERVE__Updates__MediaDirectory: media,
});
const server = await start(product, ['serve', '--data', data, '--urls', http, '--grpc-urls', grpc], http + '/v2/health/live');
server.once('exit', code => { if (!ended) { console.error(`the server ended by itself (${code})`); process.exit(1); } });

async function plug() {
  const stick = write(), name = join(media, `stick-${written}`);
  renameSync(stick, name);
  const report = join(name, 'edgeserve', 'status.json');
  for (const until = performance.now() + 120_000; !existsSync(report); await sleep(20))
    if (performance.now() > until) throw new Error(`no report on ${name}`);
  const title = JSON.parse(readFileSync(report)).devices[0].title;
  if (title !== 'Updated') throw new Error(`stick ${written}: ${title}`);
  renameSync(name, join(desk, 'pulled'));
  // What the box had open there may still write.
  for (let tries = 0; existsSync(join(desk, 'pulled')); tries++) {
    try { rmSync(join(desk, 'pulled'), { recursive: true }); } catch (e) { if (tries > 100) throw e; await sleep(50); }
  }
  done.imports++;
}

const load = (model, protocol, requests) => new Promise((resolve, reject) => execFile(product,
  ['bench', model, '--url', http, '--grpc-url', grpc, '--protocol', protocol, '--connections', '4', '--requests', String(requests), '--seconds', '600', '--json'],
  (e, out, err) => {
    if (e) return reject(new Error(out + err));
    const row = JSON.parse(out)[0];
    done.requests += row.requests;
    done.failed += row.failed;
    resolve();
  }));
const whole = () => Object.keys(goal).every(k => done[k] >= goal[k]);
// Swaps and imports keep in step with the requests, so that every fifth of the run is the same work.
const turn = async what => { while (!whole() && done[what] >= goal[what] * (goal.requests > 0 ? Math.min(1, done.requests / goal.requests) : 1)) await sleep(20); };
async function loads(first) { for (let i = first; !whole(); i++) await load(mix[i % mix.length][0], mix[i % mix.length][1], Math.ceil(mix[i % mix.length][2] * (quick ? 0.05 : 0.3))); }
async function swaps() {
  for (; !whole(); done.swaps++) {
    await turn('swaps');
    const answer = await fetch(`${http}/v2/repository/models/digits/load`, { method: 'POST' });
    if (!answer.ok) throw new Error(await answer.text());
  }
}
async function imports() { while (!whole()) { await turn('imports'); if (!whole() && done.imports < goal.imports) await plug(); else await sleep(100); } }
const body = JSON.stringify({ inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: Array(30).fill(1) }] });
async function jobs() {
  for (; !whole(); await sleep(200)) {
    const job = await (await fetch(`${http}/edge/v1/models/breast-cancer/jobs`, { method: 'POST', body })).json();
    const end = await (await fetch(`${http}/edge/v1/jobs/${job.id}?wait=30s`)).json();
    if (end.state !== 'succeeded') throw new Error(`job ${job.id}: ${end.state}`);
    await fetch(`${http}/edge/v1/jobs/${job.id}`, { method: 'DELETE' });
    done.jobs++;
  }
}

const status = (proc, what) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`${proc}/status`, 'utf8'))[1]) / 1024;
const size = path => existsSync(path) ? statSync(path).size : 0;
const samples = [];
async function watch() {
  const begun = performance.now();
  for (let i = 0; !whole(); i++, await sleep(1000)) {
    const proc = `/proc/${server.pid}`;
    samples.push({
      memory: resident(server.pid), anonymous: status(proc, 'RssAnon'), file: status(proc, 'RssFile'), descriptors: readdirSync(proc + '/fd').length, threads: readdirSync(proc + '/task').length,
      jobs: size(join(data, 'jobs.db-wal')), outbox: size(join(data, 'outbox.db-wal')),
    });
    const line = `${round((performance.now() - begun) / 1000, 0)} s: ${done.requests} requests, ${done.swaps} swaps, ${done.imports} imports; ${round(samples.at(-1).memory, 1)} MB (${round(samples.at(-1).anonymous, 1)} anonymous), ${samples.at(-1).descriptors} descriptors, ${samples.at(-1).threads} threads`;
    // For whoever looks for what grew: the mappings once it has settled, and at the end.
    if (only !== null && (i === 20 || i % 60 === 59)) writeFileSync(join(work, `soak-maps-${i === 20 ? 'settled' : 'end'}`), readFileSync(`${proc}/smaps`));
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K`);
    else if (i % 30 === 0) process.stderr.write(line + '\n');
  }
  process.stderr.write('\n');
  return (performance.now() - begun) / 1000;
}

let took, trouble = null;
try {
  await plug();
  const kinds = { requests: () => [loads(0), loads(4), jobs()], swaps: () => [swaps()], imports: () => [imports()] };
  [took] = await Promise.all([watch(), ...Object.keys(kinds).filter(k => goal[k] > 0).flatMap(k => kinds[k]())]);
} catch (e) {
  trouble = e;
}
// What is kept for the next request only goes back when there is none for a while.
let rested;
if (!trouble) { await sleep(90_000); rested = resident(server.pid); }
ended = true;
if (trouble) { await server.end(); console.error(trouble.message); process.exit(1); }

// The rule: the run is cut into fifths; the first is the start and settles, the median of the last may be 5 % above the second's.
const fifth = n => samples.slice(Math.floor(n * samples.length / 5), Math.floor((n + 1) * samples.length / 5));
const medians = what => [0, 1, 2, 3, 4].map(n => median(fifth(n).map(s => s[what])));
const checks = [
  ['resident memory, MB', medians('memory'), m => m[4] <= m[1] * allowed, 1],
  ['file descriptors', medians('descriptors'), m => m[4] <= m[1] * allowed, 0],
  ['threads', medians('threads'), m => m[4] <= m[1] + poolThreads, 0],
];
const wal = what => Math.max(...samples.map(s => s[what])) / (1 << 20);
const rows = [
  ...checks.map(([name, m, ok, digits]) => `| ${name} | ${m.map(v => round(v, digits)).join(' | ')} | ${round((m[4] / m[1] - 1) * 100, 1)} % | ${ok(m) ? 'flat' : '**grew**'} |`),
  ...['jobs', 'outbox'].map(w => `| most in ${w}.db-wal, MB | | | | | ${round(wal(w))} | | ${wal(w) * (1 << 20) <= walBound ? 'bounded' : '**beyond 8 MiB**'} |`),
  `| resident memory after a rest of 90 s, MB | | | | | ${round(rested, 1)} | | |`,
];
const good = checks.every(([, m, ok]) => ok(m)) && ['jobs', 'outbox'].every(w => wal(w) * (1 << 20) <= walBound) && done.failed === 0;
await server.end();
writeFileSync(join(work, 'soak.json'), JSON.stringify(samples));
const sheet = `# Soak

\`scripts/soak${part === 1 ? '' : ` --part ${part}`}\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} cores of ${cpus()[0].model.trim()}, Linux ${release()}, server and loaders on the same machine.
In ${round(took / 60, 1)} minutes ${done.requests.toLocaleString('en')} requests (HTTP and gRPC, JSON and binary, four models; ${done.failed} failed), ${done.swaps.toLocaleString('en')} reloads of a model that serves, ${done.imports}
releases imported from a stick folder (each a new version of a model, tried and swapped in), ${done.jobs.toLocaleString('en')} jobs. A sample a second, medians of fifths of the run;
the first fifth settles, the last may be 5 % above the second, by ${poolThreads} threads; no write-ahead log may pass 8 MiB.

| | 1st | 2nd | 3rd | 4th | last fifth | last / 2nd | |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
console.log(sheet);
if (!quick && only === null) writeFileSync('tests/EdgeServe.Benchmarks/soak.md', sheet);
rmSync(desk, { recursive: true, force: true });
process.exit(good ? 0 : 1);
