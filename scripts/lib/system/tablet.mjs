// Tablets on the box's network: TLS by the box's own authority, a key, and jobs that are sent again until they are acknowledged. They
// remember what they were promised.
import { Agent, request } from 'node:https';
import { checkServerIdentity } from 'node:tls';

const box = '10.0.2.15';
const patience = 30 * 60_000, pause = 200, answerWithin = 60_000;
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

export class Tablets {
  acknowledged = new Map();
  unanswered = 0;
  foundLater = 0;
  changed = 0;
  latencies = [];
  #number = 0;
  #on = false;
  #resume = () => {};
  #count = () => {};

  /** @param body of each job, as infer takes it */
  constructor({ port, authority, key, model, body, clients }) {
    Object.assign(this, { port, authority, key, model, body });
    this.running = Promise.all(Array.from({ length: clients }, () => this.#work()));
    this.running.catch(() => {});
  }

  /** The box is there. */
  on() {
    this.connections = new Agent({ keepAlive: true, ca: this.authority, checkServerIdentity: (_, certificate) => checkServerIdentity(box, certificate) });
    this.#on = true;
    this.#resume();
  }

  /** It is not: nobody tries. */
  off() {
    this.#on = false;
    this.connections?.destroy();
  }

  /** Waits until that many more are acknowledged. */
  more(count) {
    const target = this.acknowledged.size + count;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no job is acknowledged any more')), patience);
      this.#count = () => { if (this.acknowledged.size >= target) { clearTimeout(late); resolve(); } };
      this.#count();
    });
  }

  /** Everybody gets the job at hand acknowledged and stops. */
  async finish() {
    this.stopping = true;
    await this.running;
  }

  ask(method, path, body, headers = {}) {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, method, path, agent: this.connections, timeout: answerWithin, headers: { Host: `${box}:8443`, Authorization: `Bearer ${this.key}`, ...headers } }, answer => {
        const parts = [];
        answer.on('data', d => parts.push(d)).on('error', reject).on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: answer.statusCode, headers: answer.headers, text, get json() { return JSON.parse(text); } });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Asks until it is ready. */
  async ready() {
    const begun = performance.now();
    let last;
    for (;;) {
      const answer = await this.ask('GET', '/v2/health/ready').catch(e => ({ status: 0, text: e.message }));
      if (answer.status === 200) return;
      last = answer.text;
      if (performance.now() - begun > patience) throw new Error(`the box does not get ready: ${last}`);
      await sleep(pause);
    }
  }

  /** What is there, against what was promised. */
  async audit(isRight) {
    const kept = new Map();
    for (let cursor = ''; ;) {
      const page = await this.ask('GET', `/edge/v1/jobs?limit=1000${cursor}`);
      if (page.status !== 200) throw new Error(page.text);
      page.json.jobs.forEach(j => kept.set(j.id, j.state));
      if (!page.json.next) break;
      cursor = `&cursor=${page.json.next}`;
    }
    const promised = new Set(this.acknowledged.values());
    let lost = 0, wrong = 0;
    for (const id of promised) {
      const result = await this.ask('GET', `/edge/v1/jobs/${id}/result?wait=60s`);
      if (!kept.has(id) || result.status === 404 || result.status === 410) lost++;
      else if (result.status !== 200 || !isRight(result.json)) { wrong++; console.log(`job ${id}: ${result.status} ${result.text.slice(0, 300)}`); }
    }
    const doubled = [...kept.keys()].filter(id => !promised.has(id)).length + (this.acknowledged.size - promised.size) + this.changed;
    return { acknowledged: this.acknowledged.size, lost, wrong, doubled, unanswered: this.unanswered, foundLater: this.foundLater };
  }

  async #work() {
    while (!this.stopping) await this.#submit(`visit-${++this.#number}`);
  }

  async #submit(name) {
    let unanswered = false;
    for (;;) {
      if (!this.#on) {
        await new Promise(resolve => { const next = this.#resume; this.#resume = () => { next(); resolve(); }; });
        continue;
      }
      try {
        const begun = performance.now();
        const answer = await this.ask('POST', `/edge/v1/models/${this.model}/jobs`, this.body, { 'Idempotency-Key': name, 'Content-Type': 'application/json' });
        if (answer.status === 202) return this.#remember(name, answer, unanswered, performance.now() - begun);
        if (![429, 503, 507].includes(answer.status)) throw Object.assign(new Error(`a job was answered ${answer.status}: ${answer.text}`), { final: true });
        await sleep(pause);
      } catch (error) {
        if (error.final) { console.log(error.message); throw error; }
        if (!unanswered) this.unanswered++;
        unanswered = true;
        await sleep(pause);
      }
    }
  }

  #remember(name, answer, unanswered, milliseconds) {
    const id = answer.json.id;
    if (unanswered && answer.headers['idempotency-replayed']) this.foundLater++;
    if (this.acknowledged.has(name) && this.acknowledged.get(name) !== id) this.changed++;
    this.acknowledged.set(name, id);
    this.latencies.push(milliseconds);
    this.#count();
  }
}
