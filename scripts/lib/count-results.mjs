// Adds up the test reports (Common Test Report Format) of a folder and prints the closing line.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
let passed = 0, failed = 0, skipped = 0;
for (const file of readdirSync(folder).filter(f => f.endsWith('.ctrf.json'))) {
  const { summary, tests } = JSON.parse(readFileSync(join(folder, file), 'utf8')).results;
  passed += summary.passed;
  failed += summary.failed;
  skipped += summary.skipped + (summary.pending ?? 0);
  for (const test of tests ?? []) {
    if (test.status === 'failed') console.log(`FAILED  ${test.name}`);
    if (test.status === 'skipped') console.log(`skipped ${test.name}${test.message ? ': ' + test.message : ''}`);
  }
}
if (passed + failed === 0) { console.error('no test ran'); process.exit(1); }
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
