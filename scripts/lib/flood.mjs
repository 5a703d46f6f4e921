// Sends requests with well-formed keys that nobody has, so many a second whether answers come or not, until it is told to end.
//   node flood.mjs HTTPS_URL CA_FILE PER_SECOND      prints {"sent", "per_second", "statuses"} on SIGTERM
import { connect } from 'node:tls';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [address, authority, perSecond] = process.argv.slice(2);
const url = new URL(address), connections = 4, tickMs = 5;

const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xEDB88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
const crc = bytes => (~bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), ~0)) >>> 0;
const key = () => { const secret = randomBytes(32), check = Buffer.alloc(4); check.writeUInt32BE(crc(secret)); return 'esk_' + Buffer.concat([secret, check]).toString('base64url'); };
const request = () => `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${key()}\r\nContent-Length: 2\r\n\r\n{}`;
const requests = Array.from({ length: 512 }, request);

const statuses = {};
let sent = 0, began = 0;
const sockets = await Promise.all(Array.from({ length: connections }, () => new Promise((done, failed) => {
  const socket = connect({ host: url.hostname, port: url.port, ca: readFileSync(authority) }, () => done(socket));
  socket.on('error', failed);
  socket.on('data', data => { for (const m of data.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) statuses[m[1]] = (statuses[m[1]] ?? 0) + 1; });
})));
began = performance.now();
const timer = setInterval(() => {
  let due = Math.floor((performance.now() - began) / 1000 * perSecond) - sent;
  for (const socket of sockets) {
    const count = Math.ceil(due / sockets.length);
    if (count <= 0 || socket.destroyed) continue;
    socket.write(Array.from({ length: count }, () => requests[sent++ % requests.length]).join(''));
  }
}, tickMs);
process.on('SIGTERM', () => {
  clearInterval(timer);
  console.log(JSON.stringify({ sent, per_second: Math.round(sent / (performance.now() - began) * 1000), statuses }));
  process.exit(0);
});
console.log('ready');
