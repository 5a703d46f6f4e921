// What a stranger's clients and a carrier's stick get from the arm64 program under user-mode emulation.
//   arm64-acceptance.mjs REPORT PROGRAM...      PROGRAM: the emulator, its options and the program
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Author } from './author.mjs';
import { Checks } from './acceptance.mjs';
import { Served } from './served.mjs';

const [report, ...program] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'edgeserve-arm64-'));
const checks = new Checks('arm64');
const model = '/v2/models/breast-cancer';
const golden = JSON.parse(readFileSync('models/breast-cancer/1/golden/eight-rows.json', 'utf8'));
const expected = golden.expected[0];

const near = values => {
  assert.equal(values.length, expected.data.length);
  values.forEach((v, i) => assert.ok(Math.abs(v - expected.data[i]) <= expected.absolute_tolerance, `value ${i} is ${v}, not ${expected.data[i]}`));
};
const answered = body => near(body.outputs[0].data);

async function rest(server) {
  await checks.check('REST health and metadata', async () => {
    for (const path of ['/v2/health/live', '/v2/health/ready', `${model}/ready`]) assert.equal((await server.ask(path)).status, 200, path);
    const { name, extensions } = (await server.ask('/v2')).json;
    assert.equal(name, 'edgeserve');
    assert.ok(extensions.includes('binary_tensor_data'));
    const metadata = (await server.ask(model)).json;
    assert.deepEqual([metadata.name, metadata.versions, metadata.inputs], ['breast-cancer', ['1'], [{ name: 'features', datatype: 'FP32', shape: [-1, 30] }]]);
  });
  await checks.check('REST infer, JSON', async () => answered((await server.ask(`${model}/infer`, { method: 'POST', body: JSON.stringify(golden.request) })).json));
  await checks.check('REST infer, binary in and out', async () => {
    const input = golden.request.inputs[0], raw = Buffer.from(Float32Array.from(input.data).buffer);
    const head = Buffer.from(JSON.stringify({ inputs: [{ name: input.name, shape: input.shape, datatype: 'FP32', parameters: { binary_data_size: raw.length } }], parameters: { binary_data_output: true } }));
    const response = await fetch(`${server.url}${model}/infer`, { method: 'POST', headers: { 'Inference-Header-Content-Length': `${head.length}` }, body: Buffer.concat([head, raw]) });
    const body = Buffer.from(await response.arrayBuffer()), length = Number(response.headers.get('Inference-Header-Content-Length'));
    const said = JSON.parse(body.subarray(0, length)).outputs[0];
    assert.deepEqual([said.shape, said.parameters.binary_data_size], [expected.shape, expected.data.length * 4]);
    near(expected.data.map((_, i) => body.readFloatLE(length + 4 * i)));
  });
  await checks.check('REST refusals', async () => {
    assert.equal((await server.ask('/v2/models/nobody')).status, 404);
    const wrong = await server.ask(`${model}/infer`, { method: 'POST', body: JSON.stringify({ inputs: [{ ...golden.request.inputs[0], shape: [4, 60] }] }) });
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.error, /^unexpected shape for input 'features'/);
  });
}

// @grpc/grpc-js, by the rules of its acceptance test that need no other models.
async function grpc(server) {
  const folder = join(work, 'grpc');
  const rules = /^(ServerLive|ServerReady|ServerMetadata|ModelReady|ModelMetadata|ModelInfer|ModelStreamInfer|raw contents|wrong|grpc\.health)/;
  await checks.check('gRPC client installs', async () => {
    cpSync('tests/EdgeServe.AcceptanceTests/Grpc/GrpcJs', folder, { recursive: true });
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], { cwd: folder, stdio: 'pipe' });
  }) && await checks.check('gRPC client runs', () => {
    const output = execFileSync('node', ['client.mjs', join(process.cwd(), 'src/EdgeServe/Grpc'), server.grpc], { cwd: folder, encoding: 'utf8', env: { ...process.env, ONLY_RULES: rules.source } });
    const results = output.split('\n').filter(l => l.startsWith('{')).map(l => JSON.parse(l));
    results.forEach(r => checks.add(`gRPC ${r.rule}`, r.error, r.milliseconds));
    assert.ok(results.length > 15, output);
  });
}

// Killed while its jobs wait: each is there afterwards, once, with the right answer.
async function jobs(server, restart) {
  const count = 40, jobsOf = '/edge/v1/models/breast-cancer/jobs';
  const submit = (to, i) => to.ask(jobsOf, { method: 'POST', headers: { 'Idempotency-Key': `visit-${i}` }, body: JSON.stringify(golden.request) });
  await checks.check('acknowledged jobs outlive kill -9, each once', async () => {
    const numbers = Array.from({ length: count }, (_, i) => i);
    const promised = new Map();
    // The kill comes when half of them were promised and the others are under way.
    let killed;
    await Promise.allSettled(numbers.map(async i => {
      const answer = await submit(server, i);
      if (answer.status === 202) promised.set(i, answer.json.id);
      if (promised.size === count / 2) killed ??= server.kill();
    }));
    assert.ok(killed, `only ${promised.size} were acknowledged`);
    await killed;
    server = await restart();
    for (const i of numbers) {
      const again = await submit(server, i);
      assert.equal(again.status, 202, again.text);
      if (promised.has(i)) assert.deepEqual([again.json.id, again.headers.get('Idempotency-Replayed')], [promised.get(i), 'true']);
      const result = await server.ask(`/edge/v1/jobs/${again.json.id}/result?wait=60s`);
      assert.equal(result.status, 200, result.text);
      answered(result.json);
    }
    const status = (await server.ask('/edge/v1/status')).json.jobs;
    assert.equal(status.succeeded, count);
  });
  return server;
}

async function stick(enrolled, office) {
  await checks.check('a stick installs a signed release', async () => {
    const server = await enrolled.start();
    try {
      const from = office.stick(office.release(1, ['models/breast-cancer/1', 'models/digits/1']), join(work, 'stick'));
      renameSync(from, join(enrolled.media, 'BLUE'));
      const page = join(enrolled.media, 'BLUE', 'edgeserve', 'status.json');
      await server.until('the stick has its report', () => existsSync(page));
      assert.equal(JSON.parse(readFileSync(page)).devices[0].title, 'Updated');
      answered((await server.ask(`${model}/infer`, { method: 'POST', body: JSON.stringify(golden.request) })).json);
      const update = (await server.ask('/edge/v1/updates')).json;
      assert.deepEqual([update.active.release, update.last.code], [1, 'activated']);
    } finally {
      await server.kill();
    }
  });
  await checks.check('after kill -9 the release serves on; a stick of somebody else changes nothing', async () => {
    const server = await enrolled.start();
    try {
      assert.equal((await server.ask('/edge/v1/updates')).json.active.release, 1);
      const stranger = new Author(office.program, join(work, 'stranger'));
      renameSync(stranger.stick(stranger.release(2, ['models/digits/1']), join(work, 'foreign')), join(enrolled.media, 'FOREIGN'));
      const page = join(enrolled.media, 'FOREIGN', 'edgeserve', 'status.json');
      await server.until('the foreign stick has its report', () => existsSync(page));
      assert.equal(JSON.parse(readFileSync(page)).devices[0].title, 'Not from head office');
      assert.equal((await server.ask('/edge/v1/updates')).json.active.release, 1);
    } finally {
      await server.kill();
    }
  });
}

try {
  mkdirSync(join(work, 'models'));
  cpSync('models/breast-cancer', join(work, 'models', 'breast-cancer'), { recursive: true });
  const start = () => Served.start(program, ['--models', join(work, 'models'), '--data', join(work, 'data')]);
  let server = await start();
  try {
    console.log(`ready after ${(server.readyAfter / 1000).toFixed(1)} s`);
    await rest(server);
    await grpc(server);
    server = await jobs(server, start);
  } finally {
    await server.kill();
  }

  // The author's laptop is this machine's own kind, where that program was published.
  const native = 'artifacts/linux-x64/edgeserve';
  const office = new Author(existsSync(native) && process.arch === 'x64' ? [native] : program, join(work, 'office'));
  const data = join(work, 'fleet-data'), media = join(work, 'media');
  mkdirSync(media);
  execFileSync(program[0], [...program.slice(1), 'device', 'enroll', office.enrolment(join(work, 'enrolment.json')), '--data', data], { stdio: 'pipe' });
  await stick({ media, start: () => Served.start(program, ['--data', data], { EDGESERVE__Updates__MediaDirectory: media }) }, office);
} catch (error) {
  checks.add('runs to its end', String(error.stack ?? error), 0);
} finally {
  rmSync(work, { recursive: true, force: true });
}
checks.write(report, 'scripts/test-arm64');
process.exit(checks.failed ? 1 : 0);
