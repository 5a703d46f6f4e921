// What a run on the emulated machine measured, as a table to commit.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

export class Sheet {
  memory = 1024;
  rows = [];

  row(what, measured, note = '') {
    this.rows.push({ what, measured, note });
    console.log(`  ${what}: ${measured}${note ? ` (${note})` : ''}`);
  }

  seconds(since) { return ((performance.now() - since) / 1000).toFixed(1); }

  write(file, checks) {
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
    const qemu = execFileSync('qemu-system-aarch64', ['--version'], { encoding: 'utf8' }).match(/version (\S+)/)[1];
    writeFileSync(file, [
      '# The package on an emulated machine', '',
      `\`scripts/test-arm64 --system\` on ${new Date().toISOString().slice(0, 10)}: QEMU ${qemu} "virt", two Cortex-A72, ${this.memory} MiB, on ${cpus().length} cores, Linux ${release()}, commit ${commit}.`,
      `${checks.tests.length - checks.failed} of ${checks.tests.length} checks hold. Times are those of emulation, many times a real board's.`, '',
      '| what | measured | |', '|---|---|---|',
      ...this.rows.map(r => `| ${r.what} | ${r.measured} | ${r.note} |`), '',
      '## Checks', '',
      ...checks.tests.map(t => `- ${t.status === 'passed' ? '' : 'FAILED: '}${t.name.replace('emulated system ', '')} (${(t.duration / 1000).toFixed(0)} s)`), '',
    ].join('\n'));
  }
}
