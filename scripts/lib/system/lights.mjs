// Lights and button on a kernel's GPIO chip: the PL061's lines, read and pressed from outside of the machine.
import assert from 'node:assert/strict';
import { join } from 'node:path';

export const green = 5, amber = 6, red = 7;
// QEMU wires its power button to this line and holds it for a tenth of a second.
const button = 3;
// The shortest flash is a fifth of a second; looking costs the machine some of its time.
const look = 60;
const names = new Map([[green, 'green'], [amber, 'amber'], [red, 'red']]);
const lit = level => [...names].filter(([line]) => level & (1 << line)).map(([, name]) => name).join('+') || 'off';

/** Which lights are seen, one after the other, until it is enough. */
export class Watch {
  seen = [];

  constructor(machine) {
    this.running = (async () => {
      while (!this.stopping) {
        const now = lit(await machine.pins());
        if (this.seen.at(-1)?.lights !== now) this.seen.push({ lights: now, at: performance.now() });
        this.enough?.();
        await new Promise(resolve => setTimeout(resolve, look));
      }
    })();
    this.running.catch(() => {});
  }

  /** What was seen, repetitions counted. */
  get summary() {
    const runs = [];
    for (let i = 0; i < this.seen.length; i += 2) {
      const pair = this.seen.slice(i, i + 2).map(s => s.lights).join(', ');
      if (runs.at(-1)?.pair === pair) runs.at(-1).times++; else runs.push({ pair, times: 1 });
    }
    return runs.map(r => r.times > 1 ? `${r.times} x (${r.pair})` : r.pair).join(', ');
  }

  get order() { return this.seen.map(s => s.lights).join(' '); }

  /** Waits until the order of what was seen has this in it. */
  async until(pattern, patience = 30 * 60_000) {
    const begun = performance.now();
    while (!pattern.test(this.order)) {
      if (performance.now() - begun > patience) throw new Error(`never ${pattern}: ${this.order}`);
      await new Promise(resolve => { this.enough = resolve; });
    }
  }

  async stop() {
    this.stopping = true;
    await this.running;
    return this;
  }
}

/** A short press, by QEMU's power button. */
export const press = machine => machine.order('system_powerdown');

export async function lights(run) {
  const { box, machine, checks, sheet } = run;
  await checks.check('the lights are the lines of the GPIO chip: starting, then ready', async () => {
    // The kernel's own use of that button ends.
    await box.run('echo gpio-keys > /sys/bus/platform/drivers/gpio-keys/unbind; echo blacklist gpio_keys > /etc/modprobe.d/button.conf');
    const settings = { Chip: 0, GreenLine: green, AmberLine: amber, RedLine: red, ButtonLine: button, ButtonActiveHigh: true };
    await box.run(`sed -i 's|^{|{\\n  "Lights": ${JSON.stringify(settings)},|' /etc/edgeserve/appsettings.json`);
    const watch = new Watch(machine);
    await box.run('systemctl restart edgeserve');
    await watch.until(/amber off.*green/);
    await box.serves();
    await watch.stop();
    assert.deepEqual([await machine.outputs(), lit(await machine.pins())], [(1 << green) | (1 << amber) | (1 << red), 'green']);
    sheet.row('lights while it starts, on the PL061\'s pins', watch.summary);
  });
}
