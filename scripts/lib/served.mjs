// A server of the program for a test: started, asked, killed. Whatever emulates the program belongs to its command.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';

const patience = 300_000;

// A port that nobody has and that the kernel gives nobody by itself.
async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const taken = await new Promise(resolve => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    if (!taken) return port;
  }
}

export async function until(what, holds, end = () => null) {
  const begun = performance.now();
  for (;;) {
    const value = await holds();
    if (value) return value;
    const ended = end();
    if (ended || performance.now() - begun > patience) throw new Error(`waited in vain until ${what}${ended ? ': ' + ended : ''}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export class Served {
  /** @param program a list  @param settings environment */
  static async start(program, args, settings = {}) {
    const server = new Served();
    const [http, grpc] = [await freePort(), await freePort()];
    Object.assign(server, { url: `http://127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}`, log: '' });
    const [command, ...first] = program;
    const begun = performance.now();
    server.child = spawn(command, [...first, 'serve', ...args, '--urls', server.url, '--grpc-urls', `http://${server.grpc}`], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [server.child.stdout, server.child.stderr]) stream.on('data', d => { server.log += d; });
    server.ended = new Promise(resolve => server.child.once('exit', (code, signal) => { server.exit = signal ?? code; resolve(); }));
    await server.until('it is ready', () => fetch(`${server.url}/v2/health/ready`).then(r => r.ok, () => false));
    server.readyAfter = performance.now() - begun;
    return server;
  }

  until(what, holds) { return until(what, holds, () => this.exit !== undefined ? `it ended with ${this.exit}\n${this.log}` : null).catch(e => { throw new Error(`${e.message}\n${this.log}`); }); }

  async ask(path, init) {
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, get json() { return JSON.parse(text); } };
  }

  async kill() {
    if (this.exit === undefined) this.child.kill('SIGKILL');
    await this.ended;
  }
}
