// What the installed thing costs: start, memory and disk at rest, sizes, and from an unpacked package in a bare Debian to its first answer.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { median, quick, report, requests, resident, round, row, serve, sleep, spread, startUp, turns, work } from './measure.mjs';

const packages = 'artifacts/packages', one = mkdtempSync(join(work, 'one-'));
cpSync('models/breast-cancer', join(one, 'breast-cancer'), { recursive: true });
const cancer = requests('breast-cancer', 'features', [1, 30]);
const written = pid => Number(readFileSync(`/proc/${pid}/io`, 'utf8').match(/^write_bytes: (\d+)/m)[1]);

await startUp('start to ready, `breast-cancer` only', one, 0.3, '/v2/health/ready');

{
  const small = await serve(18900, one), all = await serve(18910, 'models'), minutes = quick ? 1 : 10;
  await sleep(60000);
  row('resident memory idle, `breast-cancer` only', '<= 80 MB', `${round(resident(small.child.pid), 0)} MB`, 'a minute after its start');
  row('resident memory idle, all shipped models', '<= 160 MB', `${round(resident(all.child.pid), 0)} MB`);
  const before = written(all.child.pid);
  await sleep(minutes * 60000);
  const bytes = written(all.child.pid) - before;
  row('written to the disk while idle, all shipped models', '<= 4 MB a day', `${round(bytes / minutes * 1440 / 1e6, 1)} MB a day`, `${round(bytes / 1024, 0)} KiB in ${minutes} minutes`);
  await small.stop();
  await all.stop();
}

{
  // A Debian as debootstrap makes it, kept for the next time; the network is this machine's, the files are its own.
  const base = resolve('artifacts/chroot/base');
  if (!existsSync(join(base, 'complete'))) {
    console.log('Making a Debian to unpack into (a minute)...');
    rmSync(base, { recursive: true, force: true });
    mkdirSync(base, { recursive: true });
    execFileSync('bash', ['-c', `. scripts/lib/apt-arm64 && . /etc/os-release && debootstrap "$VERSION_CODENAME" ${base} "$(debian_mirror)"`], { stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('touch', [join(base, 'complete')]);
  }

  const deb = resolve(packages, readdirSync(packages).find(f => f.endsWith('_amd64.deb'))), times = [];
  for (let i = 0; i < turns; i++) {
    const root = resolve(mkdtempSync(join(work, 'root-')));
    execFileSync('cp', ['-a', '--reflink=auto', base + '/.', root]);
    cpSync('models', join(root, 'srv/models'), { recursive: true });
    const begun = performance.now();
    execFileSync('dpkg-deb', ['-x', deb, root]);
    const child = spawn('chroot', [root, '/usr/bin/edgeserve', 'serve', '--models', '/srv/models', '--data', '/srv/data', '--urls', 'http://127.0.0.1:18920', '--grpc-urls', ''], { stdio: 'ignore' });
    const head = readFileSync(cancer.binary, 'utf8').match(/Length"\] = "(\d+)"/)[1], body = readFileSync(join(work, 'breast-cancer.binary'));
    const asked = () => fetch('http://127.0.0.1:18920' + cancer.path, { method: 'POST', body, headers: { 'Inference-Header-Content-Length': head } }).then(r => r.ok, () => false);
    while (!await asked()) {
      if (child.exitCode !== null) throw new Error('the unpacked program does not run');
      await sleep(5);
    }
    times.push((performance.now() - begun) / 1000);
    child.kill();
    await new Promise(done => child.once('exit', done));
    rmSync(root, { recursive: true, force: true });
  }
  row('a `.deb` unpacked in a chroot to its first answer, x64', '<= 5 s', `${round(median(times))} s`, `${spread(times)} over ${turns} turns; all models beside it, none cached`);
}

for (const kind of ['.tar.gz', '.deb']) {
  for (const name of readdirSync(packages).filter(f => f.endsWith(kind)))
    row(`size of \`${name}\`, without models`, name.includes('arm64') ? '<= 60 MB' : '-', `${round(statSync(join(packages, name)).size / 1e6, 1)} MB`);
}

rmSync(one, { recursive: true, force: true });
report('appliance', 'The appliance', 'Memory and writes are of the native program with everything compiled in and its default settings.');
