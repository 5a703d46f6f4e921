// A connection to a Unix socket that speaks in lines.
import { connect } from 'node:net';

const retry = 50, patience = 60_000;

export async function lines(socket, onLine) {
  const begun = performance.now();
  for (;;) {
    const connection = await new Promise((resolve, reject) => {
      const c = connect(socket, () => resolve(c));
      c.once('error', reject);
    }).catch(() => null);
    if (connection) {
      let rest = '';
      connection.setEncoding('utf8');
      connection.on('data', text => {
        const all = (rest + text).split('\n');
        rest = all.pop();
        all.filter(l => l.length > 0).forEach(onLine);
      });
      connection.on('error', () => {});
      return connection;
    }
    if (performance.now() - begun > patience) throw new Error(`${socket} does not answer`);
    await new Promise(resolve => setTimeout(resolve, retry));
  }
}
