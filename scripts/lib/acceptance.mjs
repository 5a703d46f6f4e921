// Named checks, one after the other, and their report (Common Test Report Format).
import { writeFileSync } from 'node:fs';

export class Checks {
  tests = [];

  /** @param announce says what begins, for what takes minutes */
  constructor(prefix, { announce = false } = {}) { Object.assign(this, { prefix, announce }); }

  /** Runs one; what it throws is the failure. False: it failed. */
  async check(name, work) {
    const begun = performance.now();
    let message;
    if (this.announce) console.log(`${new Date().toISOString().slice(11, 19)} ${name}...`);
    try { await work(); } catch (error) { message = String(error?.stack ?? error).slice(0, 4000); }
    this.add(name, message, performance.now() - begun);
    return message === undefined;
  }

  add(name, message, milliseconds) {
    const test = { name: `${this.prefix} ${name}`, status: message === undefined ? 'passed' : 'failed', duration: Math.round(milliseconds), message };
    this.tests.push(test);
    console.log(`${test.status} ${test.name} (${(milliseconds / 1000).toFixed(1)} s)${message ? ': ' + message : ''}`);
  }

  get failed() { return this.tests.filter(t => t.status === 'failed').length; }

  write(file, tool) {
    const summary = { tests: this.tests.length, passed: this.tests.length - this.failed, failed: this.failed, skipped: 0, pending: 0, other: 0, start: 0, stop: 0 };
    writeFileSync(file, JSON.stringify({ results: { tool: { name: tool }, summary, tests: this.tests } }));
  }
}
