// What the driver asks of the box inside the emulated machine.

export class Box {
  constructor(machine) { this.machine = machine; }

  run(command) { return this.machine.run(command); }

  /** Waits inside, by the journal's own signal, for a line of the service after a cursor. */
  async says(text, cursor) {
    const pattern = text.replaceAll("'", "'\\''");
    const journal = `journalctl -u edgeserve -o cat --no-pager -f ${cursor ? `--after-cursor='${cursor}'` : '-n +1'} 2> /dev/null`;
    return this.run(`grep -m 1 -E '${pattern}' < <(${journal}); found=$?; kill $! 2> /dev/null; exit $found`);
  }

  async cursor() { return (await this.run('journalctl -u edgeserve -n 0 --show-cursor --no-pager')).replace(/^[^]*-- cursor: /, '').trim(); }

  async property(unit, name) { return (await this.run(`systemctl show -p ${name} --value ${unit}`)).trim(); }

  async processId() { return Number(await this.property('edgeserve', 'MainPID')); }

  /** Serves: the service said so to systemd and answers. */
  async serves() { return this.run('for i in $(seq 1200); do edgeserve status 2>/dev/null | grep -q "Serving  *ready" && exit 0; sleep 0.5; done; journalctl -u edgeserve --no-pager | tail -n 40; exit 1'); }

  async memory() {
    const status = await this.run(`cat /proc/${await this.processId()}/status`);
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
  }

  async json(command) { return JSON.parse(await this.run(`${command} 2>/dev/null`)); }
}
