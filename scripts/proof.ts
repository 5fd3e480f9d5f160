import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { PROOFS, type Proof, type Size } from './proof/proofs.ts';

// npm run proof [-- --quick] [--only TEXT]
//
// Runs what proves that nothing is lost, nothing is counted twice and nobody is let in: one after the other, at the end two at
// once of those that need one core each. Prints a table, row by row, with the seconds that each took, the figures and the
// seeds that repeat them. Ends with status 1 when one fails.
// --quick does little of each and shows that every proof runs.

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const size: Size = values.quick ? 'quick' : 'full';

interface Row {
  readonly name: string;
  readonly holds: boolean;
  readonly figure: string;
  readonly seconds: number;
}

async function prove({ name, run, figure }: Proof): Promise<Row> {
  const { script, args } = run(size);
  const started = performance.now();
  const { code, output } = await outputOf(['run', script, '--', ...args]);
  const found = figure(output);
  const holds = code === 0 && found !== undefined;
  if (!holds) console.log(`\n${name} does not hold. It said:\n${output.slice(-4_000)}\n`);
  return {
    name,
    holds,
    figure: found ?? 'it told no figure',
    seconds: (performance.now() - started) / 1000,
  };
}

function outputOf(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

const proofs = PROOFS.filter(({ name }) => name.includes(values.only));
const names = Math.max(...proofs.map(({ name }) => name.length));
const rows: Row[] = [];
const started = performance.now();

async function proveNext(waiting: Proof[]): Promise<void> {
  for (let proof = waiting.shift(); proof !== undefined; proof = waiting.shift()) {
    const row = await prove(proof);
    rows.push(row);
    const { name, holds, figure, seconds } = row;
    // Each as soon as it is known: all of them take long.
    console.log(
      `${holds ? 'holds ' : 'FAILED'}  ${name.padEnd(names)}  ${seconds.toFixed(0).padStart(5)} s  ${figure}`,
    );
  }
}

const narrow = proofs.filter(({ isNarrow }) => isNarrow === true);
await proveNext(proofs.filter(({ isNarrow }) => isNarrow !== true));
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => proveNext(narrow)));
const held = rows.filter(({ holds }) => holds).length;
console.log(
  `\n${String(held)} of ${String(rows.length)} proofs hold, in ${((performance.now() - started) / 60_000).toFixed(0)} minutes.`,
);
if (held < rows.length || rows.length === 0) process.exitCode = 1;
