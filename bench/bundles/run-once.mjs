// One cold start: loads a bundle and calls its handler once, in a process that nothing else was loaded into. Prints the
// milliseconds from before the bundle is read to after the handler's answer, and of them the processor's, as JSON.
// Arguments: the bundle, the file with the event. Plain JavaScript without imports of ours, as Lambda's runtime is.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [bundle, eventFile] = process.argv.slice(2);
const load = createRequire(import.meta.url);
const event = JSON.parse(readFileSync(eventFile, 'utf8'), toBytes);
const context = { getRemainingTimeInMillis: () => 300_000 };

const cpuBefore = process.cpuUsage();
const began = performance.now();
const { handler } = load(bundle);
const initMs = performance.now() - began;
const answer = await handler(event, context);
const totalMs = performance.now() - began;
const { user, system } = process.cpuUsage(cpuBefore);

console.log(JSON.stringify({ initMs, totalMs, cpuMs: (user + system) / 1_000, answer: answer ?? null }));
process.exit(0);

/** Binary values of DynamoDB, which came from the wire as base64. @param {string} key @param {unknown} value */
function toBytes(key, value) {
  return key === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value;
}
