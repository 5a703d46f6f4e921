// The settings of a package: those every board has, and what the published program's own say of its engine.
//   settings.mjs PACKAGE.json PUBLISHED.json
import { readFileSync } from 'node:fs';

const [common, published] = process.argv.slice(2).map(file => JSON.parse(readFileSync(file, 'utf8')));
const settings = published.Engine ? { ...common, Engine: published.Engine } : common;
process.stdout.write(JSON.stringify(settings, null, 2) + '\n');
