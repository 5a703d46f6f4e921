// Turns what `edgeserve model check --json` printed into a test report (Common Test Report Format) and a few lines of text.
import { readFileSync, writeFileSync } from 'node:fs';

const [source, target] = process.argv.slice(2);
const samples = JSON.parse(readFileSync(source, 'utf8') || '[]');
const tests = samples.map(s => ({
  name: `arm64 ${s.model} ${s.sample}`,
  status: s.passed ? 'passed' : 'failed',
  duration: Math.round(s.milliseconds),
  message: s.failures.join('; ') || undefined,
}));
if (tests.length === 0) tests.push({ name: 'arm64 golden samples', status: 'failed', duration: 0, message: 'the program gave no results' });
const count = status => tests.filter(t => t.status === status).length;
const summary = { tests: tests.length, passed: count('passed'), failed: count('failed'), skipped: 0, pending: 0, other: 0, start: 0, stop: 0 };
writeFileSync(target, JSON.stringify({ results: { tool: { name: 'edgeserve model check' }, summary, tests } }));
for (const t of tests) console.log(`${t.status} ${t.name}${t.message ? ': ' + t.message : ''}`);
