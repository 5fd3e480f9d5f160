import { parseArgs } from 'node:util';
import { hostileRequest } from './fuzz-ingest/hostile-request.ts';
import { runFuzz } from './fuzz-ingest/run-fuzz.ts';

// `npm run fuzz:ingest -- --bodies N [--seed S]`: N generated requests through the real ingest function, on stores in
// memory. Ends non-zero when one of them crashes it, or gets an answer that is not documented.
// `--seed S --only I` repeats the request I of a run and shows it.

const { values } = parseArgs({
  options: {
    bodies: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
});

const seed = wholeNumber('seed', values.seed);
const only = values.only === undefined ? undefined : wholeNumber('only', values.only);
const bodies = only === undefined ? wholeNumber('bodies', values.bodies) : 1;

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  console.error(`--${name} must be a whole number, not "${text}".`);
  process.exit(2);
}

if (only !== undefined) console.log(JSON.stringify(hostileRequest(seed, only), null, 2));

const started = performance.now();
const report = await runFuzz({ seed, bodies, ...(only !== undefined && { from: only }) }, (done) => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${bodies}`);
});
if (process.stderr.isTTY) process.stderr.write('\r');
const seconds = (performance.now() - started) / 1000;

const statuses = [...report.statuses].sort(([left], [right]) => left - right);
console.log(`seed                 ${seed}`);
console.log(
  `bodies               ${report.bodies} in ${seconds.toFixed(1)} s (${Math.round(bodies / seconds)} per second)`,
);
console.log(`answers              ${statuses.map(([status, count]) => `${status}: ${count}`).join(', ')}`);
console.log(`events stored        ${report.storedEvents}`);
console.log(`slowest              ${report.slowestMs.toFixed(1)} ms (--only ${report.slowestIndex})`);
console.log(`memory               ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
console.log(`crashes              ${report.crashes}`);
console.log(`undocumented answers ${report.undocumented}`);
for (const finding of report.findings) console.error(finding);
if (report.crashes > 0 || report.undocumented > 0) process.exitCode = 1;
