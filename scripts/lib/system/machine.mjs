// The emulated machine: QEMU's "virt" with a Cortex-A72, a disk, sticks that come and go, lines of a PL061 and, if wanted, a wire to a tablet.
import { spawn } from 'node:child_process';
import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lines } from './lines.mjs';

// Emulation may be stopped for minutes by whoever needs the processors.
const patience = 30 * 60_000;
// All eight lines of the PL061 at once, and which of them are outputs (Arm DDI 0190B, 3.3).
const gpioData = '0x90303fc', gpioDirection = '0x9030400';

export class Machine {
  #asked = new Map();
  #waiting = [];
  #number = 0;

  /** @param system folder with vmlinuz and initrd  @param disk its disk  @param folder for sockets and the console  @param tabletPort forwarded to the box's 8443; 0: no network card at all */
  static async start({ system, disk, folder, memory, tabletPort = 0 }) {
    const machine = new Machine();
    machine.booted = performance.now();
    const [qmp, agent] = [join(folder, 'qmp'), join(folder, 'agent')];
    for (const socket of [qmp, agent]) rmSync(socket, { force: true });
    // restrict: the only way out of the wire is the answer to who came in by the forwarded port.
    const network = tabletPort ? ['-netdev', `user,id=wire,restrict=on,hostfwd=tcp:127.0.0.1:${tabletPort}-10.0.2.15:8443`, '-device', 'virtio-net-pci,netdev=wire,romfile='] : ['-nic', 'none'];
    machine.process = spawn('nice', ['-n', '19', 'qemu-system-aarch64', '-machine', 'virt', '-cpu', 'cortex-a72', '-smp', '2', '-m', `${memory}`, '-accel', 'tcg,thread=multi',
      '-display', 'none', '-no-reboot', '-kernel', join(system, 'vmlinuz'), '-initrd', join(system, 'initrd'), '-append', 'console=ttyAMA0 quiet', '-serial', 'stdio', '-monitor', 'none',
      '-qmp', `unix:${qmp},server=on,wait=off`, '-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${agent},server=on,wait=off`, '-device', 'virtserialport,chardev=agent,name=edgeserve.agent',
      // Flushes of the guest reach the disk, nothing else makes a write last.
      '-blockdev', `driver=nbd,node-name=system,server.type=unix,server.path=${disk.socket},cache.direct=on,cache.no-flush=off`, '-device', 'virtio-blk-pci,drive=system,write-cache=on',
      '-device', 'qemu-xhci,id=usb', ...network], { stdio: ['ignore', 'pipe', 'pipe'] });
    machine.console = '';
    const log = createWriteStream(join(folder, 'console.log'), { flags: 'a' });
    for (const stream of [machine.process.stdout, machine.process.stderr]) stream.on('data', d => { machine.console = (machine.console + d).slice(-20_000); log.write(d); });
    machine.ended = new Promise(resolve => machine.process.once('exit', code => { machine.exit = code ?? 'killed'; machine.#wake(); resolve(); }));
    machine.qmp = await lines(qmp, l => machine.#answer(JSON.parse(l)));
    machine.agent = await lines(agent, l => machine.#said(l));
    await machine.order('qmp_capabilities');
    return machine;
  }

  /** Waits until the system inside takes commands. */
  async up() {
    await this.#until('the agent answers', () => this.bootId);
    return this;
  }

  /** Runs a shell command inside as root; what it printed. Throws when it fails. */
  async run(command) {
    const { status, output } = await this.try(command);
    if (status !== 0) throw new Error(`inside the machine, '${command}' ended with ${status}: ${output}`);
    return output;
  }

  async try(command) {
    const number = ++this.#number;
    const answer = new Promise(resolve => this.#asked.set(`${number}`, resolve));
    this.agent.write(`${number} ${Buffer.from(command).toString('base64')}\n`);
    return await this.#orEnd(answer, command);
  }

  /** Tells QEMU something over QMP. */
  async order(execute, args) {
    const id = `q${++this.#number}`;
    const answer = new Promise(resolve => this.#asked.set(id, resolve));
    this.qmp.write(`${JSON.stringify({ execute, arguments: args, id })}\n`);
    const { error, ...said } = await this.#orEnd(answer, execute);
    if (error) throw new Error(`QEMU refuses ${execute}: ${error.desc}`);
    return said.return;
  }

  /** A stick is plugged in. @param bytesPerSecond how fast it reads; 0: as fast as it can */
  async plug(name, image, bytesPerSecond = 0) {
    await this.order('blockdev-add', { driver: 'raw', 'node-name': `${name}-image`, file: { driver: 'file', filename: image } });
    await this.order('object-add', { 'qom-type': 'throttle-group', id: `${name}-speed`, limits: { 'bps-read': bytesPerSecond } });
    await this.order('blockdev-add', { driver: 'throttle', 'node-name': name, 'throttle-group': `${name}-speed`, file: `${name}-image` });
    await this.order('device_add', { driver: 'usb-storage', id: `${name}-stick`, bus: 'usb.0', drive: name });
  }

  /** It is pulled, whatever the machine does with it. */
  async pull(name) {
    const gone = this.#event(e => e.event === 'DEVICE_DELETED' && e.data.device === `${name}-stick`);
    await this.order('device_del', { id: `${name}-stick` });
    await this.#orEnd(gone, 'the stick goes');
    await this.order('blockdev-del', { 'node-name': name });
    await this.order('blockdev-del', { 'node-name': `${name}-image` });
    await this.order('object-del', { id: `${name}-speed` });
  }

  /** The lines of the PL061 as seen from outside of the machine: what its pins carry. */
  async pins() { return await this.#register(gpioData); }

  /** Which of them are outputs. */
  async outputs() { return await this.#register(gpioDirection); }

  async #register(at) { return Number((await this.order('human-monitor-command', { 'command-line': `xp /1wx ${at}` })).split(':')[1]) & 0xff; }

  /** The power is gone. */
  async cutPower(disk) {
    // nice became QEMU by exec: this is its own process.
    this.process.kill('SIGKILL');
    await this.ended;
    this.qmp.destroy();
    this.agent.destroy();
    return disk.cut();
  }

  async powerOff() {
    this.try('systemctl poweroff').catch(() => {});
    await Promise.race([this.ended, new Promise((_, reject) => setTimeout(() => reject(new Error('it does not power off')), patience).unref())]);
  }

  #answer(message) {
    if (message.id && this.#asked.has(message.id)) {
      this.#asked.get(message.id)(message);
      this.#asked.delete(message.id);
    } else {
      this.#waiting.forEach(w => w(message));
    }
  }

  #event(matches) { return new Promise(resolve => { const w = m => { if (!matches(m)) return; this.#waiting = this.#waiting.filter(x => x !== w); resolve(m); }; this.#waiting.push(w); }); }

  #said(line) {
    const [number, status, output = ''] = line.split(' ');
    const text = Buffer.from(output, 'base64').toString();
    if (number === '0') {
      this.bootId = text.trim();
      this.#wake();
      return;
    }
    this.#asked.get(number)?.({ status: Number(status), output: text });
    this.#asked.delete(number);
  }

  #wake() { this.wakers?.splice(0).forEach(w => w()); }

  async #until(what, holds) {
    const begun = performance.now();
    while (!holds()) {
      if (this.exit !== undefined || performance.now() - begun > patience) throw new Error(`waited in vain until ${what}:\n${this.console}`);
      await new Promise(resolve => { (this.wakers ??= []).push(resolve); setTimeout(resolve, 5000).unref(); });
    }
  }

  async #orEnd(answer, what) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no answer to '${what}':\n${this.console}`)), patience); });
    const ended = this.ended.then(() => { throw new Error(`the machine ended during '${what}':\n${this.console}`); });
    try { return await Promise.race([answer, late, ended]); } finally { clearTimeout(timer); ended.catch(() => {}); }
  }
}
