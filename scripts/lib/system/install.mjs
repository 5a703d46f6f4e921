// Installation without a network, and whether the unit is what it says.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeStick } from './stick-image.mjs';

export async function install({ box, machine, checks, sheet, deb, folder, work }) {
  await checks.check('has no network at all', async () => assert.equal((await box.run('ls /sys/class/net')).trim(), 'lo'));

  const installed = await checks.check('apt installs the package from a stick, and nothing else', async () => {
    copyFileSync(deb, join(folder('installer'), 'edgeserve_arm64.deb'));
    await machine.plug('installer', makeStick(join(work, 'installer.img'), join(work, 'installer')));
    await box.run('for i in $(seq 600); do [ -b /dev/sda1 ] && break; sleep 0.1; done; mkdir -p /mnt/stick && mount -o ro /dev/sda1 /mnt/stick');
    const before = performance.now();
    const said = await box.run('apt-get install -y --no-install-recommends /mnt/stick/edgeserve_arm64.deb');
    sheet.row('`apt install` without a network', `${sheet.seconds(before)} s`);
    await box.serves();
    sheet.row('the same, to ready with nine models', `${sheet.seconds(before)} s`);
    assert.match(said, /0 upgraded, 1 newly installed/);
    await box.run('umount /mnt/stick');
    await machine.pull('installer');
  });
  if (!installed) throw new Error('without the package there is nothing to try');

  await checks.check('doctor says ready for the field', async () => {
    const { status, output } = await machine.try('edgeserve doctor 2>&1');
    assert.equal(status, 0, output);
    assert.match(output, /ready for the field/);
    sheet.row('`edgeserve doctor`', /ready for the field[^\n]*/.exec(output)[0].trim());
  });

  await checks.check('the unit runs in its sandbox', async () => {
    const id = await box.processId();
    const status = await box.run(`cat /proc/${id}/status`);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    // CAP_SYS_TIME and no other.
    assert.match(status, /^CapEff:\t0000000002000000$/m);
    assert.match(status, /^CapBnd:\t0000000002000000$/m);
    assert.equal((await box.run(`stat -c %U /proc/${id}`)).trim(), 'edgeserve');
    // All that its user may write to where it lives, but its data; what is in memory is gone with it.
    const writable = (await box.run(`nsenter -t ${id} -m -- setpriv --reuid edgeserve --regid edgeserve --init-groups find / \\( -path /proc -o -path /sys -o -path /var/lib/edgeserve \\) -prune -o \\( -type d -o -type f \\) -writable -print 2> /dev/null; true`)).trim().split('\n');
    assert.deepEqual(writable.sort(), ['/dev/mqueue', '/dev/shm', '/etc/avahi/services/edgeserve.service', '/tmp', '/var/tmp']);
    // Devices that are not its own are refused by the kernel even to root in that group of processes.
    const group = (await box.run(`cut -d: -f3 /proc/${id}/cgroup`)).trim();
    assert.equal((await machine.try(`sh -c 'echo $$ > /sys/fs/cgroup${group}/cgroup.procs; exec head -c 1 /dev/vda'`)).status, 1);
    for (const limit of ['memory.max', 'memory.high', 'pids.max']) assert.match(await box.run(`cat /sys/fs/cgroup${group}/${limit}`), /^\d+/, limit);
    assert.match(await box.run(`tr '\\0' '\\n' < /proc/${id}/environ`), /^ORT_DISABLE_TELEMETRY=1$/m);
    const security = await box.run('systemd-analyze security --no-pager edgeserve.service | tail -n 1');
    sheet.row('`systemd-analyze security`, as it runs', /: ([\d.]+ \w+)/.exec(security)[1]);
    sheet.row('resident memory, nine models', `${await box.memory()} MB`);
  });

  await checks.check('hung, it is started anew by the watchdog', async () => {
    const [id, cursor] = [await box.processId(), await box.cursor()];
    const before = performance.now();
    await box.run(`kill -STOP ${id}`);
    await box.says('Watchdog timeout', cursor);
    await box.serves();
    assert.notEqual(await box.processId(), id);
    sheet.row('hung to ready again, by the watchdog', `${sheet.seconds(before)} s`, '`WatchdogSec=60`');
  });

  await checks.check('killed, it comes back; with a wrong setting it rests', async () => {
    const restarts = Number(await box.property('edgeserve', 'NRestarts'));
    await box.run(`kill -KILL ${await box.processId()}`);
    await box.run(`for i in $(seq 600); do [ "$(systemctl show -p NRestarts --value edgeserve)" -gt ${restarts} ] && exit 0; sleep 0.2; done; exit 1`);
    await box.serves();
    assert.deepEqual([await box.property('edgeserve', 'StartLimitBurst'), await box.property('edgeserve', 'StartLimitIntervalUSec')], ['60', '1h']);
    await box.run('cp /etc/edgeserve/appsettings.json /root/good.json; sed -i \'s|"LanUrls": "[^"]*"|"LanUrls": "nonsense"|\' /etc/edgeserve/appsettings.json');
    await machine.try('systemctl restart edgeserve');
    assert.deepEqual([await box.property('edgeserve', 'ExecMainStatus'), await box.property('edgeserve', 'SubState'), await box.property('edgeserve', 'NRestarts')], ['2', 'failed', '0']);
    await box.run('cp /root/good.json /etc/edgeserve/appsettings.json; systemctl reset-failed edgeserve; systemctl start edgeserve');
    await box.serves();
  });
}
