// What telemetry, records and drift cost; what a record takes; how fast a backlog leaves, beside curl posting the same bytes.
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { error, median, product, quick, report, requests, round, row, serve, sleep, spread, wrk } from './measure.mjs';

const cancer = requests('breast-cancer', 'features', [1, 30]);
const face = requests('face-detection', 'input:0', [1, 128, 128, 3]);
const sync = async server => (await fetch(`${server.url}/edge/v1/sync`)).json();

{
  // Two servers, one of them idle at any moment; each turn in the order a b b a, so that what drifts meets both alike.
  const on = await serve(18820);
  Object.assign(process.env, { EDGESERVE__Telemetry__Enabled: 'false', EDGESERVE__Telemetry__Drift: 'false' });
  const off = await serve(18830);
  delete process.env.EDGESERVE__Telemetry__Enabled;
  delete process.env.EDGESERVE__Telemetry__Drift;
  for (const [name, request, target, turns] of [['face-detection', face, 2, quick ? 3 : 25], ['breast-cancer', cancer, 10, quick ? 3 : 10]]) {
    const rate = server => wrk(server.url + request.path, request.binary, 8).rate;
    rate(on); rate(off);
    const list = [];
    for (let i = 0; i < turns; i++) {
      const [a1, b1, b2, a2] = [rate(on), rate(off), rate(off), rate(on)];
      list.push((a1 + a2) / (b1 + b2));
    }
    row(`\`${name}\`, telemetry, records and drift all on / all off: cost of throughput, 8 connections`, `<= ${target} %`, `${round((1 - median(list)) * 100, 1)} %`,
      `standard error ${round(error(list) * 100, 1)}; ${round((1 - Math.max(...list)) * 100, 1)} to ${round((1 - Math.min(...list)) * 100, 1)} over ${turns} turns`);
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
  const drain = (...link) => JSON.parse(execFileSync(link[0] ?? process.execPath, [...link.slice(1), ...(link.length ? [process.execPath] : []), 'scripts/lib/bench-drain.mjs', ...(quick ? ['--quick'] : [])],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  // The fastest link a board has: a loopback of its own, held to a gigabit.
  const gigabit = drain('unshare', '--net', '--map-root-user', 'sh', '-c', 'ip link set lo up && tc qdisc add dev lo root tbf rate 1gbit burst 256kb latency 50ms && exec "$0" "$@"');
  const told = ({ ratios, speeds }) => `${spread(ratios)} over ${ratios.length} turns; ${round(median(speeds), 0)} MB/s with every batch read, checked, proven and deleted on the disk`;
  const what = `a backlog of ${round(gigabit.bytes / 1e6, 0)} MB to a collector`, best = 'speed / `curl` posting the same bytes, the better of one and four at a time';
  row(`${what} over a gigabit link: ${best}`, '>= 0.8', round(median(gigabit.ratios)), told(gigabit));
  const loopback = drain();
  row(`${what} over loopback, no link at all: ${best}`, '', round(median(loopback.ratios)), told(loopback));
  row('the same: most memory of its own above what it had before', 'flat', `${round(Math.max(...gigabit.more, ...loopback.more), 1)} MB`,
    `with a quarter of the backlog ${round(Math.max(gigabit.quarter, loopback.quarter), 1)} MB`);
}

report('telemetry', 'Telemetry', 'Ratios are medians over turns within one run, both ways in each turn. The collector is on the same machine; the gigabit link is a loopback interface in a network namespace, held to that rate by the kernel.');
