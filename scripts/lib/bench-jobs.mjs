// The measurements of durable jobs: against the plain library's inserts on the same disk, and against serving without jobs.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bare, error, median, product, quick, report, requests, round, row, seconds, serve, sleep, spread, turns, work, wrk } from './measure.mjs';

process.env.EDGESERVE__Jobs__MaxPending = '1000000';
const body = '{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[17.99,10.38,122.8,1001,0.118,0.278,0.3,0.147,0.242,0.0787,1.095,0.905,8.59,153.4,0.0064,0.049,0.0537,0.0159,0.03,0.0062,25.38,17.33,184.6,2019,0.162,0.666,0.712,0.265,0.46,0.119]}]}';
const small = join(work, 'job.lua');
writeFileSync(small, `wrk.method = "POST"\nwrk.body = '${body}'\n`);
const jobs = (server, model) => `${server.url}/edge/v1/models/${model}/jobs`;
const status = async server => (await fetch(`${server.url}/edge/v1/status`)).json();

{
  // Inserts before and after each turn, so that a disk that drifts meets both alike.
  const many = quick ? 3 : 11, one = [], ten = [], tail = [];
  const inserts = () => {
    const scratch = mkdtempSync(join(work, 'inserts-'));
    const raw = JSON.parse(execFileSync(bare, ['inserts', scratch, String(seconds * 3), String(body.length)], { encoding: 'utf8' }));
    rmSync(scratch, { recursive: true });
    return raw;
  };
  for (let i = 0, before = inserts(); i < many; i++) {
    const server = await serve(18500);
    wrk(jobs(server, 'breast-cancer'), small, 32, 1);
    const measured = wrk(jobs(server, 'breast-cancer'), small, 32, seconds * 2);
    await server.stop();
    const after = inserts();
    one.push(measured.rate / ((before.one + after.one) / 2));
    ten.push(measured.rate / ((before.ten + after.ten) / 2));
    tail.push(measured.p99 / ((before.fsync_ms + after.fsync_ms) / 2));
    before = after;
  }
  row(`durable enqueue (JSON of ${body.length} bytes, 32 connections) / inserts, one row a commit`, '>= 4.5', round(median(one)), `standard error ${round(error(one))}; ${spread(one)} over ${many} turns`);
  row('the same / inserts, ten rows a commit', '>= 0.5', round(median(ten)), `${spread(ten)} over ${many} turns`);
  row('the same: p99 / one fsync', '<= 30', round(median(tail), 1), `${spread(tail)} over ${many} turns`);
}

{
  // Enough jobs to drain for longer than the measurement; ten thousand would only drain on behind it.
  const ocr = requests('ocr-recognition', 'x', [1, 3, 48, 320]);
  const open = server => JSON.parse(execFileSync(product, ['bench', 'breast-cancer', '--url', server.url, '--protocol', 'http-binary', '--connections', '8', '--seconds', String(seconds * 3), '--rate', '200', '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))[0].p99_milliseconds;
  const server = await serve(18500), alone = [], beside = [], drained = [];
  const queued = quick ? 1000 : 10000;
  while ((await status(server)).jobs.queued < queued) wrk(jobs(server, 'ocr-recognition'), ocr.binary, 8, 2);
  const during = [];
  for (let i = 0; i < turns; i++) {
    const before = await status(server), begun = performance.now();
    during.push(open(server));
    const after = await status(server);
    drained.push((after.jobs.succeeded - before.jobs.succeeded) / ((performance.now() - begun) / 1000));
    if (after.jobs.queued === 0) throw new Error('the jobs were done before the measurement was');
  }
  await server.stop();
  const idle = await serve(18500);
  open(idle);
  for (let i = 0; i < turns; i++) alone.push(open(idle));
  await idle.stop();
  const base = median(alone), allowed = Math.max(1.5 * base, base + 3);
  row(`\`breast-cancer\` at 200 requests/s while ${queued.toLocaleString('en')} OCR jobs drain: p99`, `<= ${round(allowed)} ms`, `${round(median(during))} ms`,
    `${round(base)} ms alone; ${spread(during)} over ${turns} turns; ${round(median(drained), 0)} jobs/s drained meanwhile`);
}

{
  const past = [], fresh = [];
  const template = mkdtempSync(join(work, 'past-'));
  execFileSync('dotnet', ['tests/EdgeServe.Benchmarks/bin/Release/net10.0/EdgeServe.Benchmarks.dll', 'jobs', template, '100000', '10000']);
  const ready = async filled => {
    const data = mkdtempSync(join(work, 'ready-'));
    if (filled) execFileSync('cp', ['-r', join(template, '.'), data]);
    const begun = performance.now();
    const child = spawn(product, ['serve', '--models', join(work, 'models'), '--data', data, '--urls', 'http://127.0.0.1:18500', '--grpc-urls', ''], { stdio: 'ignore' });
    const ok = async path => { const r = await fetch('http://127.0.0.1:18500' + path).catch(() => null); return r !== null && r.ok ? r.json() : null; };
    for (;;) {
      // Ready to serve, and ready to take jobs.
      if (await ok('/v2/health/ready') && (await ok('/edge/v1/status'))?.state === 'ok') break;
      await sleep(2);
    }
    const took = (performance.now() - begun) / 1000;
    child.kill('SIGKILL');
    await new Promise(resolve => child.once('exit', resolve));
    rmSync(data, { recursive: true });
    return took;
  };
  await ready(false);
  for (let i = 0; i < turns; i++) { fresh.push(await ready(false)); past.push(await ready(true)); }
  rmSync(template, { recursive: true });
  row('start to ready, jobs included: with 100,000 finished and 10,000 waiting jobs minus with none', '<= 1 s', `${round(median(past) - median(fresh))} s`, `${round(median(fresh))} s with none`);
}

{
  const server = await serve(18500), image = requests('face-detection', 'input:0', [1, 128, 128, 3]);
  const written = () => Number(readFileSync(`/proc/${server.child.pid}/io`, 'utf8').match(/^write_bytes: (\d+)/m)[1]);
  const binary = readFileSync(join(work, 'face-detection.binary')), header = readFileSync(image.binary, 'utf8').match(/Length"\] = "(\d+)"/)[1];
  let bytes = 0;
  const once = async () => {
    const job = await (await fetch(jobs(server, 'face-detection'), { method: 'POST', body: binary, headers: { 'Inference-Header-Content-Length': header } })).json();
    const done = await (await fetch(`${server.url}/edge/v1/jobs/${job.id}?wait=30s`)).json();
    bytes += done.request_bytes + done.result_bytes;
  };
  await once();
  bytes = 0;
  const before = written(), count = quick ? 30 : 200;
  for (let i = 0; i < count; i++) await once();
  const each = (written() - before) / count, payload = bytes / count;
  row('bytes written for a job of 200 KB, minus 96 KiB, / (request + result)', '<= 1.15', round((each - 96 * 1024) / payload), `${round(each / 1024, 0)} KiB written for ${round(payload / 1024, 0)} KiB, one job at a time`);
  await server.stop();
}

report('jobs', 'Durable jobs', 'Ratios are medians over turns within one run on one disk.');
