// What keys, limits and TLS cost: one server, asked on loopback without a key and by the network's rules with one, turn by turn.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { alternate, asker } from './alternate.mjs';
import { error, median, models, product, quick, report, requests, round, row, seconds, sleep, spread, start, turns, work, wrk } from './measure.mjs';

// Limits in force, with room for the load.
Object.assign(process.env, { EDGESERVE__Security__KeyRequestsPerSecond: '1000000', EDGESERVE__Server__LanUrls: 'https://127.0.0.2:18802', EDGESERVE__Server__TrustPageUrls: 'http://127.0.0.2:18803' });
const loopback = 'http://127.0.0.1:18800', plain = 'http://127.0.0.2:18800', tls = 'https://127.0.0.2:18802';
const data = mkdtempSync(join(work, 'data-'));
const child = await start(product, ['serve', '--models', models, '--data', data, '--urls', `${loopback};${plain}`, '--insecure', '--grpc-urls', ''], loopback + '/v2/health/ready');
while (!(await fetch(loopback + '/v2/health/ready')).ok) await sleep(10);
const keyFile = resolve(join(work, 'bench.key')), authority = resolve(join(work, 'bench-ca.pem'));
const key = execFileSync(product, ['tablet', 'add', '--name', 'bench', '--data', data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
writeFileSync(keyFile, key, { mode: 0o600 });

const cancer = requests('breast-cancer', 'features', [1, 30]);
const face = requests('face-detection', 'input:0', [1, 128, 128, 3]);
const withKey = request => {
  const lua = request.binary.replace(/\.lua$/, '.key.lua');
  writeFileSync(lua, `dofile("${request.binary}")\nwrk.headers["Authorization"] = "Bearer ${key}"\n`);
  return lua;
};

// Both ways in each turn, each twice in the order a b b a, so that what drifts meets both alike.
function ratio(a, b, turns) {
  a(); b();
  const list = [];
  for (let i = 0; i < turns; i++) {
    const [a1, b1, b2, a2] = [a(), b(), b(), a()].map(r => r.rate);
    list.push((a1 + a2) / (b1 + b2));
  }
  return list;
}

const cost = (what, target, list) => row(what, target, `${round((1 - median(list)) * 100, 1)} %`,
  `standard error ${round(error(list) * 100, 1)}; ${round((1 - Math.max(...list)) * 100, 1)} to ${round((1 - Math.min(...list)) * 100, 1)} over ${list.length} turns`);

{
  const lua = withKey(cancer);
  cost('`breast-cancer`, key and limits in force: cost of throughput, 8 connections', '<= 4 %',
    ratio(() => wrk(plain + cancer.path, lua, 8), () => wrk(loopback + cancer.path, cancer.binary, 8), quick ? 3 : 10));
}

{
  // One percent of so long a request is less than the machine wanders from second to second: blocks of 16 requests.
  const body = readFileSync(join(work, 'face-detection.binary')), header = { 'Inference-Header-Content-Length': readFileSync(face.binary, 'utf8').match(/Length"\] = "(\d+)"/)[1] };
  const ask = (url, headers) => asker(new URL(url).hostname, new URL(url).port, face.path, body, { ...header, ...headers });
  cost('`face-detection`, key and limits in force: cost of throughput, 8 connections', '<= 1 %',
    await alternate(ask(plain, { Authorization: `Bearer ${key}` }), ask(loopback, {}), quick ? 100 : 2000, 16));
}

{
  const lua = withKey(cancer);
  const list = ratio(() => wrk(tls + cancer.path, lua, 8), () => wrk(plain + cancer.path, lua, 8), turns);
  row('`breast-cancer` with a key, TLS with keep-alive / plain, 8 connections', '>= 0.8', round(median(list)), `${spread(list)} over ${turns} turns`);
}

{
  const der = Buffer.from(await (await fetch('http://127.0.0.2:18803/edgeserve-ca.crt')).arrayBuffer());
  writeFileSync(authority, `-----BEGIN CERTIFICATE-----\n${der.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`);
  const right = time => new Promise((done, failed) => execFile(product,
    ['bench', 'breast-cancer', '--url', tls, '--key-file', keyFile, '--cacert', authority, '--protocol', 'http-binary', '--connections', '8', '--seconds', String(time), '--rate', '200', '--json'],
    (e, out, err) => e ? failed(new Error(out + err)) : done(JSON.parse(out)[0])));
  const alone = [], during = [], rates = [];
  let failed = 0, answered = 0, refused = 0;
  await right(seconds);
  for (let i = 0; i < turns; i++) {
    alone.push((await right(seconds * 3)).p99_milliseconds);
    const flood = spawn('node', ['scripts/lib/flood.mjs', `${tls}/v2/models/breast-cancer/infer`, authority, '5000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    await new Promise(done => flood.stdout.on('data', d => { said += d; done(); }));
    await sleep(200);
    const measured = await right(seconds * 3);
    const end = new Promise(done => flood.once('exit', done));
    flood.kill('SIGTERM');
    await end;
    const told = JSON.parse(said.split('\n').find(l => l.startsWith('{')));
    during.push(measured.p99_milliseconds);
    rates.push(told.per_second);
    failed += measured.failed;
    answered += measured.requests;
    refused += (told.statuses[401] ?? 0) + (told.statuses[429] ?? 0);
    if (Object.keys(told.statuses).some(s => s !== '401' && s !== '429')) throw new Error(`a wrong key was answered ${JSON.stringify(told.statuses)}`);
  }
  const base = median(alone), allowed = Math.max(2 * base, base + 5);
  row('a right key at 200 requests/s over TLS while 5,000 wrong keys/s arrive: p99', `<= ${round(allowed)} ms`, `${round(median(during))} ms`,
    `${round(base)} ms alone; ${spread(during)} over ${turns} turns; ${median(rates)} wrong keys/s were sent from this machine, ${refused} refused`);
  row('the same: failed requests of the right key', '0', String(failed), `of ${answered}`);
}

await child.end();
rmSync(data, { recursive: true, force: true });
report('security', 'Keys, limits and TLS', 'Ratios are medians over turns within one run, both ways in each turn. The network is another loopback address.');
