// A disk with a volatile write cache, as cards and SSDs have one, for the emulated machine (an NBD server). A write that was answered is in the
// cache only; a flush, or a write with FUA, puts it on the disk. A power cut keeps of each cached 4 KiB block either the old or the
// new content, by chance and so in any order. Killing QEMU alone would be kinder than that: the host's page cache would keep all.
import { closeSync, openSync, readSync, writeSync, fstatSync } from 'node:fs';
import { createServer } from 'node:net';

const block = 4096;
// What a cache holds; the oldest go to the disk when there is more.
const cacheBlocks = 16384;
const [OPT_EXPORT_NAME, OPT_ABORT, OPT_INFO, OPT_GO] = [1, 2, 6, 7];
const [REP_ACK, REP_INFO, REP_UNSUPPORTED] = [1, 3, 0x80000001];
const transmissionFlags = 1 | 4 | 8; // there are flags; flush; FUA
const [READ, WRITE, DISCONNECT, FLUSH] = [0, 1, 2, 3];

export class Disk {
  #cache = new Map();
  #failing = null;
  #dead = false;

  /** @param file a raw image, the lasting part  @param socket where QEMU connects */
  constructor(file, socket) {
    this.socket = socket;
    this.file = openSync(file, 'r+');
    this.size = fstatSync(this.file).size;
    this.flushes = 0;
    this.server = createServer(connection => this.#serve(connection).catch(() => connection.destroy()));
  }

  listen() { return new Promise(resolve => this.server.listen(this.socket, resolve)); }

  close() {
    this.server.close();
    closeSync(this.file);
  }

  /**
   * The power fails as soon as so many blocks are in the cache, or, when they never are, after some seconds: from then on
   * nothing is taken and nothing answered.
   */
  fail(blocks, seconds) {
    return new Promise(resolve => {
      this.#failing = { blocks, resolve, late: setTimeout(() => this.#failNow(), seconds * 1000) };
    });
  }

  #failNow() {
    this.#dead = true;
    clearTimeout(this.#failing.late);
    this.#failing.resolve();
    this.#failing = null;
  }

  /** Call it when nobody is connected any more. What became of the cached blocks; the next machine finds the disk alive. */
  cut() {
    let kept = 0, lost = 0;
    this.#dead = false;
    for (const [at, content] of this.#cache)
      if (Math.random() < 0.5) { kept++; this.#put(at, content); } else lost++;
    this.#cache.clear();
    return { kept, lost };
  }

  flush() {
    for (const [at, content] of this.#cache) this.#put(at, content);
    this.#cache.clear();
    this.flushes++;
  }

  #put(at, content) { writeSync(this.file, content, 0, block, at * block); }

  #load(at) {
    const cached = this.#cache.get(at);
    if (cached) return cached;
    const content = Buffer.alloc(block);
    readSync(this.file, content, 0, block, at * block);
    return content;
  }

  read(offset, length) {
    const content = Buffer.allocUnsafe(length);
    readSync(this.file, content, 0, length, offset);
    for (let at = Math.floor(offset / block); at * block < offset + length; at++) {
      const cached = this.#cache.get(at);
      if (!cached) continue;
      const from = Math.max(offset, at * block), to = Math.min(offset + length, (at + 1) * block);
      cached.copy(content, from - offset, from - at * block, to - at * block);
    }
    return content;
  }

  write(offset, content, through) {
    for (let at = Math.floor(offset / block); at * block < offset + content.length; at++) {
      const from = Math.max(offset, at * block), to = Math.min(offset + content.length, (at + 1) * block);
      const whole = to - from === block ? Buffer.allocUnsafe(block) : Buffer.from(this.#load(at));
      content.copy(whole, from - at * block, from - offset, to - offset);
      this.#cache.delete(at);
      if (through) this.#put(at, whole);
      else this.#cache.set(at, whole);
    }
    while (this.#cache.size > cacheBlocks) {
      const [at, oldest] = this.#cache.entries().next().value;
      this.#put(at, oldest);
      this.#cache.delete(at);
    }
  }

  async #serve(connection) {
    const wire = new Wire(connection);
    const greeting = Buffer.alloc(18);
    greeting.write('NBDMAGICIHAVEOPT', 0, 'latin1');
    greeting.writeUInt16BE(1 | 2, 16); // fixed newstyle, no zeroes
    connection.write(greeting);
    await wire.take(4);
    await this.#negotiate(wire, connection);
    for (;;) {
      const head = await wire.take(28);
      if (this.#dead) continue;
      const flags = head.readUInt16BE(4), type = head.readUInt16BE(6), offset = Number(head.readBigUInt64BE(16)), length = head.readUInt32BE(24);
      if (type === DISCONNECT) return void connection.end();
      const answer = Buffer.alloc(16);
      answer.writeUInt32BE(0x67446698, 0);
      head.copy(answer, 8, 8, 16);
      let content = null;
      if (type === READ) content = this.read(offset, length);
      else if (type === WRITE) this.write(offset, await wire.take(length), (flags & 1) !== 0);
      else if (type === FLUSH) this.flush();
      else answer.writeUInt32BE(22, 4);
      if (this.#failing && this.#cache.size >= this.#failing.blocks) this.#failNow();
      if (this.#dead) continue;
      connection.write(answer);
      if (content) connection.write(content);
    }
  }

  async #negotiate(wire, connection) {
    const reply = (option, type, data = Buffer.alloc(0)) => {
      const head = Buffer.alloc(20);
      head.writeBigUInt64BE(0x3e889045565a9n, 0);
      head.writeUInt32BE(option, 8);
      head.writeUInt32BE(type, 12);
      head.writeUInt32BE(data.length, 16);
      connection.write(Buffer.concat([head, data]));
    };
    for (;;) {
      const head = await wire.take(16);
      const option = head.readUInt32BE(8);
      await wire.take(head.readUInt32BE(12));
      const about = Buffer.alloc(12);
      about.writeBigUInt64BE(BigInt(this.size), 2);
      about.writeUInt16BE(transmissionFlags, 10);
      if (option === OPT_ABORT) throw new Error('aborted');
      if (option === OPT_EXPORT_NAME) return void connection.write(about.subarray(2));
      if (option !== OPT_GO && option !== OPT_INFO) { reply(option, REP_UNSUPPORTED); continue; }
      reply(option, REP_INFO, about);
      reply(option, REP_ACK);
      if (option === OPT_GO) return;
    }
  }
}

// Bytes of a connection, by the number that are wanted.
class Wire {
  #parts = [];
  #length = 0;
  #wanted = null;

  constructor(connection) {
    connection.on('data', part => { this.#parts.push(part); this.#length += part.length; this.#wake(); });
    const end = () => { this.ended = true; this.#wake(); };
    connection.on('end', end).on('error', end).on('close', end);
  }

  #wake() { this.#wanted?.(); }

  async take(count) {
    while (this.#length < count) {
      if (this.ended) throw new Error('the connection ended');
      await new Promise(resolve => { this.#wanted = resolve; });
      this.#wanted = null;
    }
    const all = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = count < all.length ? [all.subarray(count)] : [];
    this.#length -= count;
    return all.subarray(0, count);
  }
}
