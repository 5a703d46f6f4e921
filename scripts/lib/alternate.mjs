// Two ways of asking one server in short blocks, a b b a, again and again: a machine whose speed wanders within seconds
// meets both alike, so that a difference below a percent can be told from none.
import http from 'node:http';

const connections = 8;

/** Sends requests of one kind over its own connections, kept alive. */
export function asker(host, port, path, body, headers) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  return () => new Promise((done, failed) => {
    const request = http.request({ host, port, path, method: 'POST', agent, headers: { 'Content-Length': body.length, ...headers } }, response => {
      if (response.statusCode !== 200) failed(new Error(`${path} was answered ${response.statusCode}`));
      response.resume();
      response.once('end', done);
    });
    request.once('error', failed);
    request.end(body);
  });
}

async function block(ask, requests) {
  let left = requests;
  const begun = performance.now();
  await Promise.all(Array.from({ length: connections }, async () => { while (left-- > 0) await ask(); }));
  return performance.now() - begun;
}

/** Throughput of a / throughput of b, once for each turn of four blocks. */
export async function alternate(a, b, turns, requests) {
  await block(a, requests);
  await block(b, requests);
  const ratios = [];
  for (let i = 0; i < turns; i++) {
    const a1 = await block(a, requests), b1 = await block(b, requests), b2 = await block(b, requests), a2 = await block(a, requests);
    ratios.push((b1 + b2) / (a1 + a2));
  }
  return ratios;
}
