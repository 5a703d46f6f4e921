// Says what CycloneDX's published JSON schema has against a bill of materials; exit 1 when it has anything.
import { readFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

const text = readFileSync(process.argv[2], 'utf8');
const against = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
if (against !== null) { console.log(JSON.stringify(against, null, 1)); process.exit(1); }
console.log('valid CycloneDX', JSON.parse(text).specVersion);
