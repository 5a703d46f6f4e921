// The measurements of updates: against cp and sha256sum of the same bytes, and against serving alone.
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, cpSync, createReadStream, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { median, models, product, quick, report, resident, round, row, seconds, sleep, spread, start, turns, work } from './measure.mjs';

const desk = resolve(mkdtempSync(join(work, 'updates-')));
const run = (...args) => execFileSync(product, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const key = join(desk, 'office.pem');
run('key', 'generate', key);

// A release with one model of so many floats a row and, if asked for, the next version of breast-cancer.
let release = 0;
function write(width, withCancer) {
  release++;
  const folder = join(desk, 'authors'), layout = join(desk, `layout-${release}`);
  rmSync(folder, { recursive: true, force: true });
  const dense = join(folder, 'dense', String(release));
  mkdirSync(dense, { recursive: true });
  execFileSync('dotnet', ['tests/EdgeServe.Benchmarks/bin/Release/net10.0/EdgeServe.Benchmarks.dll', 'dense', join(dense, 'model.onnx'), String(width)]);
  writeFileSync(join(dense, 'model.json'), '{"max_batch_size":8}');
  run('bundle', 'pack', dense, '--out', layout);
  const bundles = [`${layout}:dense-${release}`];
  if (withCancer) {
    const cancer = join(folder, 'breast-cancer', String(release));
    cpSync(join(models, 'breast-cancer', '1'), cancer, { recursive: true });
    run('bundle', 'pack', cancer, '--out', layout);
    bundles.push(`${layout}:breast-cancer-${release}`);
  }
  run('channel', 'build', ...bundles, '--channel', 'bench', '--release', String(release), '--device-class', 'any', '--out', layout);
  run('channel', 'sign', layout, '--channel', 'bench', '--key', key);
  return layout;
}

async function device(settings = {}) {
  const data = mkdtempSync(join(desk, 'data-'));
  Object.assign(process.env, {
    EDGESERVE__Updates__Channel: 'bench', EDGESERVE__Updates__DeviceClass: 'any', EDGESERVE__Updates__TrustedKeys__0: key + '.pub',
    EDGESERVE__Updates__MediaDirectory: '', EDGESERVE__Updates__InsecureRegistry: 'true', ...settings,
  });
  const url = 'http://127.0.0.1:18600';
  const child = await start(product, ['serve', '--data', data, '--urls', url, '--grpc-urls', ''], url + '/v2/health/live');
  return { child, data, url, stop: async () => { await child.end(); rmSync(data, { recursive: true, force: true }); } };
}

const updates = async server => (await fetch(`${server.url}/edge/v1/updates`)).json();
const largest = layout => readdirSync(join(layout, 'blobs', 'sha256')).map(f => join(layout, 'blobs', 'sha256', f)).sort((a, b) => statSync(b).size - statSync(a).size)[0];
const install = (server, layout) => new Promise((done, failed) => execFile(product, ['update', 'install', layout, '--data', server.data], (e, out, err) => e ? failed(new Error(out + err)) : done(out)));
const verb = (server, ...args) => execFileSync(product, [...args, '--data', server.data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const ms = async action => { const begun = performance.now(); await action(); return performance.now() - begun; };

{
  // Whole installations, and of these the part that cp and sha256sum have to do as well.
  const copying = [], whole = [];
  let bytes = 0;
  const server = await device();
  await install(server, write(1000, true));
  for (let i = 0; i < turns; i++) {
    const layout = write(15000 + i, true), blob = largest(layout);
    bytes = statSync(blob).size;
    const plain = await ms(() => execFileSync('sh', ['-c', 'cp "$0" "$1" && sha256sum "$1"', blob, join(desk, 'copy')], { stdio: 'ignore' }));
    let from = 0, to = 0, going = true;
    const watch = (async () => {
      while (going) {
        const step = (await updates(server)).activity?.step;
        if (step === 'copying' && from === 0) from = performance.now();
        if (from > 0 && to === 0 && step !== 'copying') to = performance.now();
        await sleep(2);
      }
    })();
    const took = await ms(() => install(server, layout));
    going = false;
    await watch;
    copying.push(plain / (to - from));
    whole.push(plain / took);
    rmSync(layout, { recursive: true });
  }
  await server.stop();
  row(`a release of ${round(bytes / 1e6, 0)} MB from a folder, copying, hashing and onto the disk: speed / \`cp\` + \`sha256sum\``, '>= 0.7', round(median(copying)), `${spread(copying)} over ${turns} turns`);
  row('the same, the whole of `edgeserve update install`: the program started, verified, copied, loaded, tried and serving', '-', round(median(whole)), `${spread(whole)}; most of it is loading the model`);
}

{
  const open = (server, time) => new Promise((done, failed) => execFile(product,
    ['bench', 'breast-cancer', '--url', server.url, '--protocol', 'http-binary', '--connections', '8', '--seconds', String(time), '--rate', '200', '--json'],
    (e, out, err) => e ? failed(new Error(out + err)) : done(JSON.parse(out)[0])));
  const alone = [], during = [];
  let failures = 0, answered = 0, swaps = 0;
  const server = await device();
  await install(server, write(15000, true));
  await open(server, seconds);
  for (let i = 0; i < turns; i++) {
    alone.push((await open(server, seconds * 3)).p99_milliseconds);
    const layouts = [write(15000, true), write(15001, true)];
    let busy = true;
    const load = open(server, seconds * 3).finally(() => busy = false);
    await sleep(300);
    for (const layout of layouts) if (busy) { await install(server, layout); swaps++; }
    const measured = await load;
    during.push(measured.p99_milliseconds);
    failures += measured.failed;
    answered += measured.requests;
    for (const layout of layouts) rmSync(layout, { recursive: true });
  }
  const base = median(alone), allowed = Math.max(1.5 * base, base + 3);
  row('`breast-cancer` at 200 requests/s while releases with a 60 MB model and itself are installed: p99', `<= ${round(allowed)} ms`, `${round(median(during))} ms`,
    `${round(base)} ms alone; ${spread(during)} over ${turns} turns`);
  row('the same: failed requests', '0', String(failures), `of ${answered}, over ${swaps} installed releases`);
  const back = await ms(() => verb(server, 'update', 'rollback'));
  row('roll back, from the command to serving', '< 1 s', `${round(back / 1000)} s`, 'the whole of `edgeserve update rollback`; nothing is read from a registry or a stick');
  await server.stop();
}

{
  // The last byte is wrong: everything is fetched and hashed, and no session is ever loaded.
  const peak = {};
  for (const width of [1500, 15000, 60000]) {
    const layout = write(width, false), blob = largest(layout), size = statSync(blob).size;
    const file = openSync(blob, 'r+');
    writeSync(file, Buffer.from([readFileSync(blob)[size - 1] ^ 1]), 0, 1, size - 1);
    closeSync(file);
    const registry = createServer((request, response) => {
      const name = decodeURIComponent(request.url.split('/').pop());
      const index = JSON.parse(readFileSync(join(layout, 'index.json')));
      const digest = name.startsWith('sha256:') ? name : index.manifests.find(m => m.annotations?.['org.opencontainers.image.ref.name'] === name)?.digest;
      if (request.url === '/v2/') return response.end('{}');
      if (digest === undefined) return response.writeHead(404).end('{}');
      const path = join(layout, 'blobs', 'sha256', digest.slice(7));
      const type = request.url.includes('/manifests/') ? JSON.parse(readFileSync(path)).mediaType : 'application/octet-stream';
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': statSync(path).size, 'Docker-Content-Digest': digest });
      request.method === 'HEAD' ? response.end() : createReadStream(path).pipe(response);
    });
    await new Promise(done => registry.listen(18700, '127.0.0.1', done));
    for (const way of ['registry', 'folder']) {
      const server = await device(way === 'registry' ? { EDGESERVE__Updates__Registry: '127.0.0.1:18700/bench' } : { EDGESERVE__Updates__Registry: '' });
      await sleep(500);
      writeFileSync(`/proc/${server.child.pid}/clear_refs`, '5');
      const before = resident(server.child.pid);
      const refused = await (way === 'registry' ? new Promise(done => execFile(product, ['update', 'now', '--data', server.data], (e, out, err) => done(out + err))) : install(server, layout).catch(e => e.message));
      if (!/other bytes|digest/i.test(refused)) throw new Error(`it was to be refused for its last byte: ${refused}`);
      const high = Number(readFileSync(`/proc/${server.child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;
      (peak[way] ??= []).push({ size: size / 1e6, more: high - before });
      await server.stop();
    }
    registry.closeAllConnections();
    await new Promise(done => registry.close(done));
    rmSync(layout, { recursive: true });
  }
  for (const way of ['registry', 'folder'])
    row(`fetching and hashing from a ${way}: most memory above idle`, '<= 16 MB more for any size', `${round(Math.max(...peak[way].map(p => p.more)) - peak[way][0].more, 1)} MB more`,
      peak[way].map(p => `${round(p.more, 1)} MB for ${round(p.size, 0)} MB`).join(', '));
}

rmSync(desk, { recursive: true, force: true });
report('updates', 'Updates', 'Ratios are medians over turns within one run on one disk.');
