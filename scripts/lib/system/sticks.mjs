// Sticks that are plugged in, pulled at the wrong moment and plugged in again.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Author } from '../author.mjs';
import { press, Watch } from './lights.mjs';
import { makeStick, readStick } from './stick-image.mjs';

const small = ['models/breast-cancer/1', 'models/digits/1'];
const large = [...small, 'models/voice-activity/1'];
const slow = 300_000; // bytes a second: a poor stick

export async function carry(run) {
  const { machine, box, checks, sheet, office, work, folder } = run;
  // Fifteen minutes are for people.
  await box.run(`sed -i 's|"Updates": {|"Updates": {\\n    "ProbationMinutes": 1,|' /etc/edgeserve/appsettings.json && systemctl restart edgeserve`);
  await box.serves();
  await box.run('systemd-run --quiet --unit=mounts sh -c "exec findmnt --poll -n -o ACTION,TARGET,FS-OPTIONS > /run/mounts"');

  const stick = (name, release, models, options) => {
    const layout = office.release(release, models);
    office.stick(layout, folder(name));
    if (release === 1) office.enrolment(folder(name));
    return makeStick(join(work, `${name}.img`), folder(name), options);
  };
  const report = (image, system) => JSON.parse(readStick(image, 'edgeserve/status.json', system)).devices[0];
  // Asked of the machine that runs by then: after a power cut it is another.
  const installed = (release, cursor) => run.box.says(`release ${release} is installed`, cursor);
  const readOnlyAgain = () => run.box.run('for i in $(seq 600); do grep -q " /run/edgeserve/media/sd[a-z]1 .* - [a-z0-9]* [^ ]* ro" /proc/self/mountinfo && exit 0; sleep 0.1; done; cat /proc/self/mountinfo; exit 1');
  const isOut = () => run.box.run('for i in $(seq 600); do grep -q /run/edgeserve-stick/ /proc/self/mountinfo || exit 0; sleep 0.1; done; cat /proc/self/mountinfo; exit 1');
  const done = () => run.box.run(`for i in $(seq 600); do edgeserve stick status --json 2>/dev/null | grep -qE '"state": *"(done|refused)"' && exit 0; sleep 0.2; done; edgeserve stick status; exit 1`);
  run.sticks = { stick, report, installed, done, small, slow };

  await checks.check('a FAT32 stick is mounted by itself, enrols the box and installs release 1', async () => {
    const image = stick('blue', 1, small), cursor = await box.cursor();
    const before = performance.now();
    await machine.plug('blue', image);
    await installed(1, cursor);
    sheet.row('stick plugged in to release 1 serving', `${sheet.seconds(before)} s`, 'FAT32, 0.3 MB, enrolment and golden samples included');
    await done();
    const mount = await box.run('findmnt -n -o FSTYPE,VFS-OPTIONS,FS-OPTIONS /run/edgeserve/media/sda1');
    assert.match(mount, /^vfat /);
    for (const option of ['nosuid', 'nodev', 'noexec']) assert.ok(mount.includes(option), `${option} in ${mount}`);
    await readOnlyAgain();
    await machine.pull('blue');
    await isOut();
    const { title } = report(image);
    assert.equal(title, 'Updated');
    assert.match(readStick(image, 'edgeserve/pairing.html'), /<html/);
    const history = await box.run('cat /run/mounts');
    assert.match(history, /remount[^\n]*\brw\b/, `never writable: ${history}`);
    assert.match(history, /remount[^\n]*\brw\b[^]*remount[^\n]*\bro\b/, `not read-only again: ${history}`);
  });

  await checks.check('pulled while it is copied, the stick harms nothing; plugged in again, only the rest is copied', async () => {
    const image = stick('green', 2, large);
    let cursor = await box.cursor();
    await machine.plug('green', image, slow);
    // Until the largest file is being copied and has come by a good part.
    const part = (await box.run('for i in $(seq 3000); do s=$(stat -c %s /var/lib/edgeserve/ingest/*.part 2>/dev/null | sort -n | tail -n 1); [ "${s:-0}" -gt 800000 ] && { echo $s; exit 0; }; sleep 0.1; done; exit 1')).trim();
    await machine.pull('green');
    await box.says('Medium .* is gone', cursor);
    await isOut();
    const status = await box.json('edgeserve update status --json');
    assert.equal(status.active.release, 1);
    assert.match(await box.run('edgeserve status 2>/dev/null'), /Serving  *ready/);
    cursor = await box.cursor();
    const before = performance.now(), watch = new Watch(machine);
    await machine.plug('green', image, slow);
    await installed(2, cursor);
    const { last } = await box.json('edgeserve update status --json');
    sheet.row('pulled while copying, then plugged in again: bytes of the second time', `${last.bytes}`, `${part} of one file were there when it was pulled; ${sheet.seconds(before)} s at ${slow / 1000} kB/s`);
    await done();
    await readOnlyAgain();
    // Read: amber flickers. Done: one short flash of green, again and again.
    await watch.until(/(amber off ){3}.*(green off ){3}/);
    sheet.row('lights with that stick, on the pins', (await watch.stop()).summary);
    assert.equal(report(image).title, 'Updated');
  });

  await checks.check('a press of the button lets go of the stick', async () => {
    await press(machine);
    await isOut();
    await machine.pull('green');
    await box.serves();
  });

  await checks.check('an ext4 stick works too', async () => {
    const image = stick('black', 3, small, { system: 'ext4' }), cursor = await box.cursor();
    await machine.plug('black', image);
    await installed(3, cursor);
    await done();
    await readOnlyAgain();
    await machine.pull('black');
    await isOut();
    assert.equal(report(image, 'ext4').title, 'Updated');
  });

  await checks.check('a stick that head office did not sign changes nothing', async () => {
    const stranger = new Author(office.program, folder('stranger'));
    stranger.stick(stranger.release(4, small), folder('red'));
    const image = makeStick(join(work, 'red.img'), folder('red'));
    const watch = new Watch(machine);
    await machine.plug('red', image);
    await done();
    await readOnlyAgain();
    await watch.until(/red off red off red off red/);
    await watch.stop();
    await machine.pull('red');
    await isOut();
    assert.equal(report(image).title, 'Not from head office');
    assert.equal((await box.json('edgeserve update status --json')).active.release, 3);
  });

  sheet.row('resident memory after three releases by stick', `${await box.memory()} MB`);
}
