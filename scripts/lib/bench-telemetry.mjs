// What telemetry, records and drift cost; what a record takes; how fast a backlog leaves, beside curl posting the same bytes.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { median, models, product, quick, report, requests, resident, round, row, serve, sleep, spread, start, turns, work, wrk } from './measure.mjs';

const cancer = requests('breast-cancer', 'features', [1, 30]);
const face = requests('face-detection', 'input:0', [1, 128, 128, 3]);
const highest = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;
const sync = async server => (await fetch(`${server.url}/edge/v1/sync`)).json();

{
  // Two servers, one of them idle at any moment; each turn in the order a b b a, so that what drifts meets both alike.
  const on = await serve(18820);
  Object.assign(process.env, { EDGESERVE__Telemetry__Enabled: 'false', EDGESERVE__Telemetry__Drift: 'false' });
  const off = await serve(18830);
  delete process.env.EDGESERVE__Telemetry__Enabled;
  delete process.env.EDGESERVE__Telemetry__Drift;
  for (const [name, request, target] of [['face-detection', face, 2], ['breast-cancer', cancer, 10]]) {
    const rate = server => wrk(server.url + request.path, request.binary, 8).rate;
    rate(on); rate(off);
    const list = [];
    for (let i = 0; i < turns; i++) {
      const [a1, b1, b2, a2] = [rate(on), rate(off), rate(off), rate(on)];
      list.push((a1 + a2) / (b1 + b2));
    }
    row(`\`${name}\`, telemetry, records and drift all on / all off: cost of throughput, 8 connections`, `<= ${target} %`, `${round((1 - median(list)) * 100, 1)} %`,
      `${round((1 - Math.max(...list)) * 100, 1)} to ${round((1 - Math.min(...list)) * 100, 1)} over ${turns} turns`);
  }
  await on.stop();
  await off.stop();
}

{
  process.env.EDGESERVE__Telemetry__RecordsPerMinute = '60000';
  const server = await serve(18840);
  delete process.env.EDGESERVE__Telemetry__RecordsPerMinute;
  // A few a second more than ten thousand: what no full record tells is only counted.
  execFileSync(product, ['bench', 'breast-cancer', '--url', server.url, '--protocol', 'http-binary', '--connections', '4', '--requests', '10500', '--rate', '500', '--seconds', '60', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let records;
  for (let i = 0; i < 60; i++) {
    records = (await sync(server)).classes.find(c => c.class === 'record');
    if (records.waiting_items >= 10000) break;
    await sleep(1000);
  }
  const exit = new Promise(done => server.child.once('exit', done));
  server.child.kill('SIGTERM');
  await exit;
  const whole = statSync(join(server.data, 'outbox.db')).size / 1e6;
  row('10,000 records of inferences in the outbox, compressed payloads', '<= 1.5 MB', `${round(records.bytes * 10000 / records.waiting_items / 1e6)} MB`,
    `${records.waiting_items} records of \`breast-cancer\` at 500 a second; the whole database with logs and metrics has ${round(whole)} MB`);
  rmSync(server.data, { recursive: true, force: true });
}

{
  const bytes = quick ? 20e6 : 100e6, batch = 64 << 10, port = 18851, again = quick ? 1 : 3;
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
  const ratios = [], more = [], speeds = [];
  for (let i = 0; i < again; i++) {
    const data = join(desk, `data-${i}`), server = { url: 'http://127.0.0.1:18850' };
    execFileSync('dotnet', ['tests/EdgeServe.Benchmarks/bin/Release/net10.0/EdgeServe.Benchmarks.dll', 'outbox', data, String(bytes), String(batch)]);
    [begun, last, taken, bodies] = [0, 0, 0, []];
    gate = new Promise(done => open = done);
    Object.assign(process.env, settings);
    const child = await start(product, ['serve', '--models', models, '--data', data, '--urls', server.url, '--grpc-urls', ''], server.url + '/v2/health/ready');
    Object.keys(settings).forEach(name => delete process.env[name]);
    await sleep(3000);   // the first request waits at the gate, everything else behind it
    const before = resident(child.pid);
    writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
    open();
    while ((await sync(server)).classes.find(c => c.class === 'record').waiting > 0) await sleep(100);
    more.push(highest(child.pid) - before);
    const drained = taken / (last - begun) / 1000;
    await child.end();
    rmSync(data, { recursive: true, force: true });

    const config = join(desk, 'curl');
    writeFileSync(config, bodies.map((body, n) => {
      const path = join(desk, `body-${n}`);
      writeFileSync(path, body);
      return `url = "http://127.0.0.1:${port}/v1/logs"\ndata-binary = "@${path}"\nheader = "Content-Type: application/x-protobuf"\nheader = "Content-Encoding: gzip"\nheader = "Expect:"\n`;
    }).join('next\n'));
    const bestOf = parallel => {
      [begun, last, taken, bodies] = [0, 0, 0, []];
      return new Promise((done, failed) => execFile('curl', ['-sS', '--fail', ...parallel, '-K', config], e => e ? failed(e) : done(taken / (last - begun) / 1000)));
    };
    const curl = Math.max(await bestOf([]), await bestOf(['--parallel', '--parallel-max', '4']));
    bodies = [];
    ratios.push(drained / curl);
    speeds.push(drained);
  }
  sink.closeAllConnections();
  await new Promise(done => sink.close(done));
  rmSync(desk, { recursive: true, force: true });
  row(`a backlog of ${round(bytes / 1e6, 0)} MB to a collector over loopback: speed / \`curl\` posting the same bytes, the better of one and four at a time`, '>= 0.8', round(median(ratios)),
    `${spread(ratios)} over ${again} turns; ${round(median(speeds), 0)} MB/s with every batch read, checked, proven and deleted on the disk`);
  row('the same: most memory above what it had before', '<= 16 MB', `${round(Math.max(...more), 1)} MB`, 'whatever the backlog');
}

report('telemetry', 'Telemetry', 'Ratios are medians over turns within one run, both ways in each turn. The collector is on the same machine, over loopback: no network is in these figures.');
