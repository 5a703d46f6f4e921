// Completes the bill of materials of the packages: the runtime that NativeAOT links in, the files as they are shipped,
// SQLite inside of its package, and the models. Sorted and dated by SOURCE_DATE_EPOCH: the same program, the same bytes.
//   sbom.mjs PACKAGES.json project.assets.json PROGRAM MODELS VERSION
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [packagesFile, assetsFile, program, models, version] = process.argv.slice(2);
const json = file => JSON.parse(readFileSync(file, 'utf8'));
const sha256 = bytes => ({ alg: 'SHA-256', content: createHash('sha256').update(bytes).digest('hex') });
const licences = id => [{ license: { id } }];
const byRef = (a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1);

const bom = json(packagesFile);
const assets = json(assetsFile);
const cache = Object.keys(assets.packageFolders)[0];
const folder = (name, v) => join(cache, name.toLowerCase(), v.toLowerCase());

// Some packages carry their licence as a file and no name of it.
function licenceIn(name, v) {
  for (const file of ['LICENSE', 'LICENSE.txt', 'LICENSE.TXT', 'LICENSE.md']) {
    const path = join(folder(name, v), file);
    if (existsSync(path) && /(^|\W)MIT License|The MIT License/.test(readFileSync(path, 'utf8'))) return 'MIT';
  }
  throw new Error(`${name} ${v}: its licence is not known`);
}

// Only for building: they add nothing to the program.
const buildOnly = /^Grpc\.Tools$|ILCompiler|ILLink|^Microsoft\.CodeAnalysis\./;
for (const component of bom.components) {
  component.licenses ??= licences(licenceIn(component.name, component.version));
  if (buildOnly.test(component.name)) component.scope = 'excluded';
}

const root = { type: 'application', 'bom-ref': `edgeserve@${version}`, name: 'edgeserve', version, licenses: licences('Apache-2.0'), purl: `pkg:generic/edgeserve@${version}` };
const links = new Map(bom.dependencies.map(d => [d.ref, d.dependsOn ?? []]));
const direct = links.get(bom.metadata.component['bom-ref']) ?? [];
links.delete(bom.metadata.component['bom-ref']);

function add(component, from) {
  if (bom.components.some(c => c['bom-ref'] === component['bom-ref'])) return;
  bom.components.push(component);
  links.set(component['bom-ref'], []);
  from.push(component['bom-ref']);
}

// The runtime and framework that are compiled and linked in. Their packs are downloads of the SDK, not dependencies.
for (const { name, version: range } of Object.values(assets.project.frameworks)[0].downloadDependencies ?? []) {
  const linked = /^microsoft\.(netcore\.app\.runtime\.nativeaot|aspnetcore\.app\.runtime)\./i.test(name);
  const compiler = /ilcompiler/i.test(name);
  if (!linked && !compiler) continue;
  const v = range.split(/[[\],]/)[1].trim();
  const checksum = join(folder(name, v), `${name.toLowerCase()}.${v.toLowerCase()}.nupkg.sha512`);
  add({
    type: linked ? 'framework' : 'application', 'bom-ref': `pkg:nuget/${name}@${v}`, name, version: v, scope: linked ? 'required' : 'excluded', licenses: licences('MIT'),
    hashes: [{ alg: 'SHA-512', content: Buffer.from(readFileSync(checksum, 'utf8').trim(), 'base64').toString('hex').toUpperCase() }], purl: `pkg:nuget/${name}@${v}`,
  }, direct);
}

// The files themselves, each with the package it came from.
const owner = { 'libonnxruntime.so': 'Microsoft.ML.OnnxRuntime', 'libonnxruntime_providers_shared.so': 'Microsoft.ML.OnnxRuntime', 'libe_sqlite3.so': 'SQLitePCLRaw.lib.e_sqlite3' };
for (const name of readdirSync(program).filter(n => n === 'edgeserve' || n.endsWith('.so')).sort()) {
  const bytes = readFileSync(join(program, name));
  const from = name === 'edgeserve' ? root : bom.components.find(c => c.name === owner[name]);
  if (!from) throw new Error(`${name}: nobody knows which package it comes from`);
  add({ type: 'file', 'bom-ref': `file:${name}`, name, version: from.version, licenses: from.licenses, hashes: [sha256(bytes)] }, name === 'edgeserve' ? direct : links.get(from['bom-ref']));
  if (name !== 'libe_sqlite3.so') continue;
  const sqlite = /\b3\.\d{1,2}\.\d{1,2}\b/.exec(bytes.toString('latin1'))[0];
  add({ type: 'library', 'bom-ref': `sqlite@${sqlite}`, name: 'sqlite', version: sqlite, licenses: licences('blessing'), purl: `pkg:generic/sqlite@${sqlite}`, cpe: `cpe:2.3:a:sqlite:sqlite:${sqlite}:*:*:*:*:*:*:*` }, links.get(`file:${name}`));
}

for (const name of readdirSync(models, { withFileTypes: true }).filter(e => e.isDirectory()).map(e => e.name).sort()) {
  for (const v of readdirSync(join(models, name)).filter(n => /^[1-9]\d*$/.test(n))) {
    const place = join(models, name, v);
    const definition = existsSync(join(place, 'model.json')) ? json(join(place, 'model.json')) : {};
    add({
      type: 'machine-learning-model', 'bom-ref': `model:${name}/${v}`, name, version: v, description: definition.description,
      licenses: definition.licence ? licences(definition.licence) : [], hashes: [sha256(readFileSync(join(place, 'model.onnx')))],
    }, direct);
  }
}

const unique = list => [...new Set(list)].sort();
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? 0);
process.stdout.write(JSON.stringify({
  bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
  metadata: { timestamp: new Date(epoch * 1000).toISOString().replace('.000Z', 'Z'), tools: bom.metadata.tools, component: root },
  components: bom.components.sort(byRef),
  dependencies: [{ ref: root['bom-ref'], dependsOn: unique(direct) }, ...[...links].sort(([a], [b]) => (a < b ? -1 : 1)).map(([ref, dependsOn]) => ({ ref, dependsOn: unique(dependsOn) }))],
}, null, 1) + '\n');
