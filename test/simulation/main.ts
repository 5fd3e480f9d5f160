import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { takeOverNode } from './determinism.ts';
import { runScenario, type ScenarioResult } from './scenario.ts';
import { isRecord } from './wire-item.ts';

// npm run simulate -- --seeds N          runs the seeds 1 to N
// npm run simulate -- --seed S           runs one seed; --trace prints what happens in it
// npm run simulate -- --from F --seeds N runs N seeds from F on
//
// Ends with status 1 at the first violation, unless --all is given, which goes on. See docs/simulation.md.

interface Totals {
  runs: number;
  calls: number;
  events: number;
  generations: number;
  faults: Record<string, number>;
  failed: { readonly seed: number; readonly violations: readonly string[] }[];
}

/** A seed takes a second at most; one that goes round without ever coming to rest takes for ever. */
const STUCK_MS = 120_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    all: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    share: { type: 'string' },
  },
});

async function runOne(seed: number): Promise<void> {
  takeOverNode();
  const trace = (line: string): void => console.log(line);
  const first = await runScenario(seed, values.trace ? { trace } : {});
  const again = await runScenario(seed);
  console.log(
    `seed ${String(seed)}: ${String(first.calls)} calls, ${String(first.events)} events, ${String(first.generations)} generations, digest ${first.digest}`,
  );
  if (again.digest !== first.digest) console.log(`It did not repeat itself: ${again.digest}.`);
  for (const violation of first.violations) console.log(`VIOLATION ${violation}`);
  process.exitCode = first.violations.length > 0 || again.digest !== first.digest ? 1 : 0;
}

/** One of several processes: every `workers`-th seed. */
async function runShare(share: number): Promise<void> {
  takeOverNode();
  const [from, workers, seeds] = [Number(values.from), Number(values.workers), Number(values.seeds)];
  for (let seed = from + share; seed < from + seeds; seed += workers) {
    process.send?.(
      await runScenario(seed).then(toMessage, (error: unknown) => ({
        seed,
        violations: [`the run broke: ${String(error)}`],
      })),
    );
  }
  process.disconnect();
}

function toMessage(result: ScenarioResult): object {
  return { ...result, faults: Object.fromEntries(result.faults) };
}

async function runAll(): Promise<void> {
  const started = performance.now();
  const totals: Totals = { runs: 0, calls: 0, events: 0, generations: 0, faults: {}, failed: [] };
  const shares = Array.from({ length: Number(values.workers) }, (_, share) =>
    fork(import.meta.filename, [
      ...process.argv.slice(2),
      '--share',
      String(share),
      '--workers',
      values.workers,
    ]),
  );
  await Promise.all(
    shares.map(
      (child, share) =>
        new Promise<void>((resolve, reject) => {
          let seed = Number(values.from) + share;
          const giveUp = (): void => {
            note(totals, { seed, violations: [`it never ends: nothing for ${String(STUCK_MS / 1000)} s`] });
            for (const each of shares) each.kill('SIGKILL');
          };
          let stuck = setTimeout(giveUp, STUCK_MS);
          child.once('exit', () => {
            clearTimeout(stuck);
          });
          child.on('message', (message) => {
            clearTimeout(stuck);
            stuck = setTimeout(giveUp, STUCK_MS);
            seed += Number(values.workers);
            note(totals, message);
            if (totals.failed.length > 0 && !values.all) for (const share of shares) share.kill();
          });
          child.on('exit', (code) => {
            if (code === 0 || totals.failed.length > 0) resolve();
            else reject(new Error(`A process of the simulation ended with ${String(code)}.`));
          });
        }),
    ),
  );
  report(totals, (performance.now() - started) / 1000);
}

function note(totals: Totals, message: unknown): void {
  if (!isRecord(message)) return;
  totals.runs += 1;
  totals.calls += Number(message['calls'] ?? 0);
  totals.events += Number(message['events'] ?? 0);
  totals.generations += Number(message['generations'] ?? 0);
  for (const [name, count] of Object.entries(isRecord(message['faults']) ? message['faults'] : {}))
    totals.faults[name] = (totals.faults[name] ?? 0) + Number(count);
  const violations = Array.isArray(message['violations']) ? message['violations'].map(String) : [];
  if (violations.length === 0) return;
  const seed = Number(message['seed']);
  totals.failed.push({ seed, violations });
  for (const violation of violations.slice(0, 5)) console.log(`seed ${String(seed)}: ${violation}`);
}

function report(totals: Totals, seconds: number): void {
  const faults = Object.entries(totals.faults).sort(([, a], [, b]) => b - a);
  console.log(
    [
      `${String(totals.runs)} seeds from ${values.from}, ${String(totals.events)} messages, ${String(totals.generations)} generations,`,
      `${String(totals.calls)} calls in ${seconds.toFixed(1)} s.`,
      `Faults: ${faults.map(([name, count]) => `${name} ${String(count)}`).join(', ')}.`,
      totals.failed.length === 0
        ? '0 violations.'
        : `${String(totals.failed.length)} seeds with violations: ${totals.failed.map(({ seed }) => seed).join(', ')}`,
    ].join(' '),
  );
  if (totals.failed.length > 0) process.exitCode = 1;
}

if (values.seed !== undefined) await runOne(Number(values.seed));
else if (values.share !== undefined) await runShare(Number(values.share));
else await runAll();
