// The power is cut under load, again and again: what was acknowledged is there afterwards, once, with its answer.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Tablets } from './tablet.mjs';

const model = 'breast-cancer';
const golden = JSON.parse(readFileSync(`models/${model}/1/golden/eight-rows.json`, 'utf8'));
const { data, absolute_tolerance: tolerance } = golden.expected[0];
const isRight = body => body.outputs[0].data.length === data.length && body.outputs[0].data.every((v, i) => Math.abs(v - data[i]) <= tolerance);
const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const slower = 60_000; // bytes a second
const clients = 4, mostJobsALife = 60, longestWait = 3000, mostHeld = 12;

export async function cutPower(run) {
  const { checks, sheet, disk, cuts, tabletPort } = run;
  const key = (await run.box.json('edgeserve tablet add --name ward --scope operate --json')).key;
  await run.box.run('edgeserve tablet trust --out /root/authority.pem');
  const authority = await run.box.run('cat /root/authority.pem');
  await checks.check('powers off in order', () => run.machine.powerOff());
  disk.flush();

  const tablets = new Tablets({ port: tabletPort, authority, key, model, body: JSON.stringify(golden.request), clients });
  const ready = [], lost = [];
  const start = async () => {
    const begun = performance.now();
    await run.boot({ tabletPort });
    tablets.on();
    await tablets.ready();
    ready.push((performance.now() - begun) / 1000);
  };

  await checks.check(`the power is cut ${cuts} times under ${clients} tablets`, async () => {
    for (let cut = 1; cut <= cuts; cut++) {
      await start();
      if (cut === Math.ceil(cuts / 2)) await interruptImport(run);
      await tablets.more(1 + Math.floor(Math.random() * mostJobsALife));
      // Any moment will do but those at which the disk has everything: nothing could be lost then.
      await new Promise(resolve => setTimeout(resolve, Math.random() * longestWait));
      await disk.fail(1 + Math.floor(Math.random() * mostHeld), longestWait / 100);
      const had = tablets.acknowledged.size, { kept, lost: dropped } = await run.machine.cutPower(disk);
      tablets.off();
      lost.push(dropped);
      console.log(`  cut ${cut}: ${had} acknowledged so far; ${dropped} of ${kept + dropped} cached blocks never reached the disk; ready ${ready.at(-1).toFixed(1)} s after power on`);
    }
    await start();
  });

  await checks.check('nothing acknowledged is lost or doubled, every answer is right', async () => {
    await tablets.finish();
    const audit = await tablets.audit(isRight);
    sheet.row(`${cuts} power cuts under ${clients} tablets: jobs acknowledged`, `${audit.acknowledged}`, `by TLS and a key; ${audit.foundLater} of ${audit.unanswered} unanswered ones were kept and found by their key`);
    sheet.row('the same: lost, doubled, answered wrongly', `${audit.lost}, ${audit.doubled}, ${audit.wrong}`);
    sheet.row('the same: 4 KiB blocks in the disk\'s cache that a cut took back', `${median(lost)}`, `${Math.min(...lost)}-${Math.max(...lost)}`);
    sheet.row('power on to ready, after a cut', `${median(ready).toFixed(1)} s`, `${Math.min(...ready).toFixed(1)}-${Math.max(...ready).toFixed(1)} over ${ready.length} starts`);
    sheet.row('job to 202, p50', `${median(tablets.latencies).toFixed(0)} ms`);
    assert.ok(audit.acknowledged >= cuts, 'too few jobs to say anything');
    assert.deepEqual([audit.lost, audit.doubled, audit.wrong], [0, 0, 0]);
  });

  await checks.check('an import that a power cut interrupted goes on with the next plugging in', async () => {
    const { box, machine, sticks } = run, cursor = await box.cursor();
    await machine.plug('orange', run.interrupted);
    await sticks.installed(4, cursor);
    await sticks.done();
    assert.equal((await box.json('edgeserve update status --json')).active.release, 4);
    await machine.pull('orange');
  });

  await checks.check('the box is whole: file system, databases, audit log', async () => {
    const { box, machine } = run;
    assert.doesNotMatch(await box.run('dmesg'), /EXT4-fs (error|warning)/);
    assert.equal((await machine.try('edgeserve audit verify')).status, 0);
    const { status, output } = await machine.try('edgeserve status');
    assert.equal(status, 0, output);
    assert.match((await machine.try('edgeserve doctor 2>&1')).output, /ready for the field/);
    sheet.row('resident memory at the end', `${await box.memory()} MB`);
    sheet.row('memory that is free then, of the machine\'s', `${(await box.run("awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo")).trim()} of ${sheet.memory} MB`);
  });
}

/** One cut comes while a stick is copied. */
async function interruptImport(run) {
  const { box, machine, sticks } = run;
  run.interrupted = sticks.stick('orange', 4, [...sticks.small, 'models/face-detection/1']);
  await machine.plug('orange', run.interrupted, slower);
  await box.run('for i in $(seq 3000); do s=$(stat -c %s /var/lib/edgeserve/ingest/*.part 2>/dev/null | sort -n | tail -n 1); [ "${s:-0}" -gt 100000 ] && exit 0; sleep 0.1; done; exit 1');
}
