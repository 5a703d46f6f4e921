// The package on an emulated arm64 machine, from the installation to the tenth power cut.
//   run.mjs SYSTEM PACKAGE AUTHOR SHEET REPORT [CUTS]
// SYSTEM has kernel and base disk, PACKAGE is the .deb, AUTHOR the program for head office's verbs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks } from '../acceptance.mjs';
import { Author } from '../author.mjs';
import { Box } from './box.mjs';
import { cutPower } from './cuts.mjs';
import { Disk } from './disk.mjs';
import { install } from './install.mjs';
import { lights } from './lights.mjs';
import { Machine } from './machine.mjs';
import { Sheet } from './sheet.mjs';
import { carry } from './sticks.mjs';

const [system, deb, author, sheetFile, report, cuts = '10'] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'edgeserve-system-'));
const run = {
  work, deb, cuts: Number(cuts), sheet: new Sheet(), checks: new Checks('emulated system', { announce: true }),
  office: new Author([author], join(work, 'office')), tabletPort: 10_000 + Math.floor(Math.random() * 22_000),
  folder(name) { const path = join(work, name); mkdirSync(path, { recursive: true }); return path; },
};
const { sheet, checks } = run;

execFileSync('cp', ['--sparse=always', '--reflink=auto', join(system, 'base.img'), join(work, 'disk.img')]);
const disk = run.disk = new Disk(join(work, 'disk.img'), join(work, 'disk.sock'));
await disk.listen();

/** Boots the machine from its disk. */
run.boot = async ({ tabletPort = 0 } = {}) => {
  run.machine = await Machine.start({ system, disk, folder: work, memory: sheet.memory, tabletPort });
  await run.machine.up();
  run.box = new Box(run.machine);
  return run.box;
};

try {
  await run.boot();
  sheet.row('power on to systemd', `${sheet.seconds(run.machine.booted)} s`, 'no network card');
  await install(run);
  await lights(run);
  await carry(run);
  await cutPower(run);
} catch (error) {
  checks.add('runs to its end', `${error.stack ?? error}\n${run.machine?.console ?? ''}`, 0);
} finally {
  if (run.machine?.exit === undefined) run.machine?.process.kill('SIGKILL');
  await run.machine?.ended;
  disk.close();
  if (process.env.KEEP_SYSTEM) console.log(`kept: ${work}`); else rmSync(work, { recursive: true, force: true });
}
checks.write(report, 'scripts/test-arm64 --system');
sheet.write(sheetFile, checks);
process.exit(checks.failed ? 1 : 0);
