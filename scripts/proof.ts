import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { PROOFS, type Proof, type Size } from './proof/proofs.ts';

// npm run proof [-- --quick] [--only TEXT]
//
// Runs what proves that nothing is lost, nothing is counted twice and nobody is let in, one after the other, and prints a
// table with the figures, the seeds that repeat them and the seconds that each took. Ends with status 1 when one of them fails.
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

const rows: Row[] = [];
for (const proof of PROOFS.filter(({ name }) => name.includes(values.only))) {
  console.log(`… ${proof.name}`);
  rows.push(await prove(proof));
}
const width = (of: (row: Row) => string): number => Math.max(...rows.map((row) => of(row).length));
const names = width(({ name }) => name);
const figures = width(({ figure }) => figure);
console.log('');
for (const { name, holds, figure, seconds } of rows) {
  console.log(
    `${holds ? 'holds ' : 'FAILED'}  ${name.padEnd(names)}  ${figure.padEnd(figures)}  ${seconds.toFixed(0).padStart(5)} s`,
  );
}
if (rows.some(({ holds }) => !holds)) process.exitCode = 1;
