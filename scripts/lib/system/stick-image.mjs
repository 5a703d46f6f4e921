// Sticks as files: a partition table, one partition with FAT32 or ext4, and what is on it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const begin = 1 << 20;
const run = (command, args, options) => execFileSync(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });

export function makeStick(image, folder, { system = 'vfat', megabytes = 160 } = {}) {
  rmSync(image, { force: true });
  writeFileSync(image, '');
  truncateSync(image, megabytes << 20);
  run('sfdisk', ['--quiet', image], { input: `start=2048, type=${system === 'vfat' ? 'c' : '83'}\n` });
  const part = `${image}.part`;
  writeFileSync(part, '');
  truncateSync(part, (megabytes << 20) - begin);
  if (system === 'vfat') {
    run('mkfs.vfat', ['-F', '32', '-n', 'BLUE', part]);
    for (const entry of readdirSync(folder)) run('mcopy', ['-s', '-i', part, join(folder, entry), '::']);
  } else {
    run('mkfs.ext4', ['-q', '-L', 'BLUE', '-d', folder, part]);
  }
  run('dd', [`if=${part}`, `of=${image}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
  rmSync(part);
  return image;
}

/** A file on it, as another computer reads it. */
export function readStick(image, name, system = 'vfat') {
  if (system === 'vfat') return run('mcopy', ['-n', '-i', `${image}@@${begin}`, `::${name}`, '-'], { encoding: 'utf8' });
  const folder = mkdtempSync(join(tmpdir(), 'stick-'));
  try {
    const part = join(folder, 'part');
    run('dd', [`if=${image}`, `of=${part}`, 'bs=1M', 'skip=1', 'conv=sparse', 'status=none']);
    return run('debugfs', ['-R', `cat /${name}`, part], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
