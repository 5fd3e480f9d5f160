import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { conditionMutants } from './condition-mutants.ts';
import { MUTANTS, plant, type Edit, type Mutant } from './mutant-list.ts';

// npm run simulate:mutants [-- --seeds N] [--only TEXT]
//
// How strong the simulation is: every defect of mutant-list.ts, and the loss of every condition that is found in the source, is
// planted in a copy of the source. The simulation must find it in a race that is named there, by a fault at a place that is
// named there, in a scene of the crash matrix, or within N seeds (1,000 unless said); what only concerns one store may be found
// by the test of that store. A mutant that survives is a defect of the tests; those that change nothing that anybody could
// notice are listed with their reason in condition-mutants.ts.

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
});

const root = resolve(import.meta.dirname, '../..');
const COPIED = [
  'core',
  'adapters',
  'functions',
  'infra',
  'local',
  'scripts',
  'test',
  'jest.config.js',
  'jest.project.js',
  'package.json',
];

/** The number of seeds after which it was found, and by what; undefined when it survived. */
interface Found {
  readonly seeds: number;
  readonly violation: string;
}

async function run(mutant: Mutant): Promise<Found | undefined> {
  return await inCopy(mutant.edits, (folder) => find(folder, mutant));
}

/** Does something in a copy of the source with these defects. */
async function inCopy<Result>(
  edits: readonly Edit[],
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyhook-mutant-'));
  try {
    for (const path of COPIED) cpSync(join(root, path), join(folder, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const edit of edits) {
      const path = join(folder, edit.file);
      writeFileSync(path, plant(readFileSync(path, 'utf8'), edit));
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function find(folder: string, { race, place, test }: Mutant): Promise<Found | undefined> {
  if (test !== undefined) return firstFailure(await jestIn(folder, test));
  if (race !== undefined)
    return firstProblem(await outputOf(folder, 'interleavings.ts', '--workers', '1', '--only', race));
  if (place !== undefined)
    return firstOfMatrix(
      await outputOf(
        folder,
        'crash-matrix.ts',
        ...['--rounds', '2', '--pairs', 'none', '--only', place, ...ONE],
      ),
    );
  return (
    firstOfScenes(await outputOf(folder, 'crash-matrix.ts', '--rounds', '0', ...ONE)) ??
    firstViolation(await outputOf(folder, 'main.ts', '--seeds', values.seeds, '--workers', '1'))
  );
}

/** A test that fails without any defect finds none. */
async function expectToPass(tests: ReadonlySet<string>): Promise<void> {
  if (tests.size === 0) return;
  const failed = await inCopy([], async (folder) => firstFailure(await jestIn(folder, ...tests)));
  if (failed !== undefined) throw new Error(`Without any defect there is a failure ${failed.violation}.`);
}

/** As many mutants at once as there are workers, so each has one; and one violation is enough. */
const ONE = ['--workers', '1', '--first'];

interface Ended {
  readonly output: string;
  readonly code: number | null;
}

const outputOf = (folder: string, script: string, ...args: readonly string[]): Promise<Ended> =>
  nodeIn(folder, join(folder, 'test/simulation', script), ...args);

const jestIn = (folder: string, ...tests: readonly string[]): Promise<Ended> => {
  const jest = join(folder, 'node_modules/jest/bin/jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return nodeIn(folder, ...flags, jest, '-w', '1', ...tests);
};

function nodeIn(folder: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((done) => child.on('close', (code) => done({ output, code })));
}

/** Node's exit code when nothing is left to do and something is still waited for. */
const NEVER_SETTLED = 13;

function firstViolation({ output, code }: Ended): Found | undefined {
  if (code === NEVER_SETTLED || output.includes(`ended with ${String(NEVER_SETTLED)}.`))
    return { seeds: 0, violation: 'of any: the run never ended' };
  const summary = /^(\d+) seeds from .*\.$|^(\d+) seeds from [^]*$/m.exec(output);
  if (summary === null) throw new Error(`The simulation of a mutant did not report: ${output}`);
  if (output.includes(' 0 violations.')) return undefined;
  const [, violation = ''] = /^seed (\d+: .*)$/m.exec(output) ?? [];
  return { seeds: Number(summary[1] ?? summary[2]), violation };
}

/** Of the scenes of the crash matrix, without any fault. */
function firstOfScenes({ output, code }: Ended): Found | undefined {
  if (code === NEVER_SETTLED) return { seeds: 0, violation: 'of any: a scene never ended' };
  if (!/^\d+ scenes in \d+ schedules: /m.test(output))
    throw new Error(`The scenes of a mutant did not report: ${output}`);
  return firstTold(output, 'in a scene');
}

/** Of the faults at one place. */
function firstOfMatrix({ output }: Ended): Found | undefined {
  if (!/ reached on \d+ ways .*: \d+ violations\.$/m.test(output))
    throw new Error(`The crash matrix of a mutant did not report: ${output}`);
  return firstTold(output, 'at a place');
}

/** Of the tests of a store. */
function firstFailure({ output }: Ended): Found | undefined {
  if (!/^Tests: /m.test(output) || output.includes('Test suite failed to run'))
    throw new Error(`The tests of a mutant did not report: ${output}`);
  const [, failed] = /^ {2}● (.*)$/m.exec(output) ?? [];
  return failed === undefined ? undefined : { seeds: 0, violation: `in a test: ${failed}` };
}

/** The first violation that a run of scenes has printed. */
function firstTold(output: string, where: string): Found | undefined {
  const [, violation] = /^(".*" *, schedule .*)$/m.exec(output) ?? [];
  return violation === undefined ? undefined : { seeds: 0, violation: `${where}: ${violation}` };
}

/** Of a race that was tried in every order. */
function firstProblem({ output }: Ended): Found | undefined {
  if (!/: \d+ problems/.test(output)) throw new Error(`The race of a mutant did not report: ${output}`);
  if (!/: [1-9]\d* problems/.test(output)) return undefined;
  return { seeds: 0, violation: `in a race: ${output.split('\n', 1)[0] ?? ''}` };
}

const started = performance.now();
const all = [...MUTANTS, ...conditionMutants(root)];
const chosen = all.filter(({ name }) => name.includes(values.only));
await expectToPass(new Set(chosen.flatMap(({ test }) => test ?? [])));
const survivors: string[] = [];
const left = [...chosen];
const worker = async (): Promise<void> => {
  for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
    const found = await run(mutant);
    if (found === undefined) survivors.push(mutant.name);
    console.log(
      found === undefined
        ? `SURVIVED  ${values.seeds} seeds    ${mutant.name}`
        : `caught    ${String(found.seeds).padStart(5)} seeds   ${mutant.name}   (seed ${found.violation.slice(0, 110)})`,
    );
  }
};
await Promise.all(Array.from({ length: Number(values.workers) }, worker));
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${String(chosen.length - survivors.length)} of ${String(chosen.length)} mutants caught, with seeds 1 to ${values.seeds}, in ${seconds} s.`,
);
if (survivors.length > 0) process.exitCode = 1;
