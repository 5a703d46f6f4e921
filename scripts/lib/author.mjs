// Head office for a test: a key, a channel, enrolment files and sticks, by the author's verbs of the program.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export class Author {
  /** @param program the command of the verbs, a list  @param folder where it keeps its key and layouts */
  constructor(program, folder, channel = 'clinic', deviceClass = 'pi') {
    Object.assign(this, { program, folder, channel, deviceClass });
    mkdirSync(folder, { recursive: true });
    this.key = join(folder, 'office.pem');
    this.run('key', 'generate', this.key);
  }

  run(...args) {
    const [command, ...first] = this.program;
    return execFileSync(command, [...first, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A signed release of models, each "models/NAME/VERSION"; the layout's folder. */
  release(number, models) {
    const layout = join(this.folder, `release-${number}`);
    const tags = models.map(m => m.split('/').slice(-2).join('-'));
    for (const model of models) this.run('bundle', 'pack', model, '--out', layout);
    this.run('channel', 'build', ...tags.map(t => `${layout}:${t}`), '--channel', this.channel, '--release', `${number}`, '--device-class', this.deviceClass, '--out', layout);
    this.run('channel', 'sign', layout, '--channel', this.channel, '--key', this.key);
    return layout;
  }

  /** What a stick with that release has on it. */
  stick(layout, folder) {
    mkdirSync(folder, { recursive: true });
    this.run('stick', 'write', folder, '--from', layout, '--channel', this.channel);
    return folder;
  }

  enrolment(out) {
    this.run('fleet', 'init', '--channel', this.channel, '--key', `${this.key}.pub`, '--device-class', this.deviceClass, '--out', out);
    return out;
  }
}
