// Adds up the test reports (Common Test Report Format) of a folder and prints the closing line.
//   count-results.mjs FOLDER               every test by its last run; NAME.again.ctrf.json is the second run of NAME.ctrf.json
//   count-results.mjs --failed REPORT      the methods that failed in one report, a line each
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const results = file => JSON.parse(readFileSync(file, 'utf8')).results;
const method = test => test.name.split('(')[0];
const said = test => (test.message ?? test.trace ?? '').trim().split('\n').slice(0, 12).map(l => `        ${l.slice(0, 400)}`).join('\n');

if (process.argv[2] === '--failed') {
  const names = results(process.argv[3]).tests.filter(t => t.status === 'failed').map(method);
  console.log([...new Set(names)].join('\n'));
  process.exit(0);
}

const folder = process.argv[2];
let passed = 0, failed = 0, skipped = 0;
for (const file of readdirSync(folder).filter(f => f.endsWith('.ctrf.json') && !f.endsWith('.again.ctrf.json'))) {
  const { summary, tests } = results(join(folder, file));
  passed += summary.passed;
  failed += summary.failed;
  skipped += summary.skipped + (summary.pending ?? 0);
  const second = join(folder, `${basename(file, '.ctrf.json')}.again.ctrf.json`);
  const again = new Map(existsSync(second) ? results(second).tests.map(t => [t.name, t]) : []);
  for (const test of tests ?? []) {
    if (test.status === 'failed' && again.get(test.name)?.status === 'passed') {
      failed--;
      passed++;
      console.log(`FLAKY   ${test.name}: failed, then passed when run again alone\n${said(test)}`);
    } else if (test.status === 'failed') {
      console.log(`FAILED  ${test.name}\n${said(again.get(test.name) ?? test)}`);
    }
    if (test.status === 'skipped') console.log(`skipped ${test.name}${test.message ? ': ' + test.message : ''}`);
  }
}
if (passed + failed === 0) { console.error('no test ran'); process.exit(1); }
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
