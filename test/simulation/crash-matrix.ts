import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findCallSites } from './call-sites.ts';
import { takeOverNode } from './determinism.ts';
import { PLANNED_FAULTS, type FaultPlan, type PlannedFault } from './planned-faults.ts';
import { playScene, type Played } from './play.ts';
import { Rights } from './rights.ts';
import { SCENES } from './scenes.ts';
import { functionOf, type Send } from './sends.ts';
import { UNREACHED } from './unreached-sites.ts';

// npm run simulate:crash-matrix [-- --rounds N] [--pairs none] [--only TEXT] [--first]
//
// Every place that calls AWS, times every fault, times N rounds (20 unless said), each round another scene or another
// schedule of one: the fault hits that place, everything heals, queues drain, and the invariants must hold. Then all pairs of
// faults in the core scenes. The places are found in the source (call-sites.ts); one that no scene reaches fails, unless
// unreached-sites.ts says why. What functions are seen to do must be what they are granted (rights.ts). With `--rounds 0`, the scenes are
// only played; with `--first`, one violation is enough.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    pairs: { type: 'string', default: 'core' },
    only: { type: 'string', default: '' },
    first: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    worker: { type: 'boolean', default: false },
  },
});

/** The functions whose every place must be reached. */
const FUNCTIONS = ['ingest', 'process', 'reprocess', 'admin', 'imports'];
/** Of pairs: the stores that answer people are the same, and their scenes are long. */
const PAIRED_FUNCTIONS = ['ingest', 'process', 'reprocess'];
/** Of pairs; the others end like one of these, or in nothing. */
const PAIRED: readonly PlannedFault[] = [
  'fail before',
  'lose reply',
  'throttle',
  'conflict',
  'crash before',
  'crash after',
];

const SCHEDULES = 2;
/** How often a long list of runs says how far it is. */
const TOLD = 10;
/** Shorter ones say nothing. */
const TOLD_RUNS_MIN = 1_000;

const secondsSinceStart = (): string => (performance.now() / 1000).toFixed(0);

type Plan = readonly (readonly [number, PlannedFault])[];

/** One run, or one first fault with every second one. */
interface Task {
  readonly scene: number;
  readonly variant: number;
  readonly plan: Plan;
  readonly pairs?: boolean;
}

interface Finding {
  readonly task: Task;
  readonly runs: number;
  readonly violations: readonly string[];
}

const pointOf = ({ function: name, path }: Send): string => `${name} ${path}`;
const placeOf = ({ function: name, place }: Send): string => `${name} ${place}`;
const isMatter = ({ function: name }: Send): boolean => FUNCTIONS.includes(name);
const isPaired = ({ function: name }: Send): boolean => PAIRED_FUNCTIONS.includes(name);

async function play({ scene, variant, plan }: Omit<Task, 'pairs'>, rights?: Rights): Promise<Played> {
  const chosen = SCENES[scene];
  if (chosen === undefined) throw new RangeError('There is no such scene.');
  try {
    return await playScene(chosen, variant, new Map(plan) satisfies FaultPlan, (invocation, _, request) => {
      if (invocation?.faulty === true) rights?.note(functionOf(invocation), request);
    });
  } catch (error) {
    return { sends: [], sendsInScene: 0, violations: [`the run broke: ${String(error)}`] };
  }
}

const describe = ({ scene, variant, plan }: Task): string =>
  `"${SCENES[scene]?.name ?? ''}", schedule ${String(variant)}, ${plan.map(([number, fault]) => `${fault} at send ${String(number)}`).join(', ')}`;

/** All second faults behind a first one, each at the first use of each place. */
async function playPairs(task: Task): Promise<Finding> {
  const { sends, sendsInScene } = await play(task);
  const first = task.plan[0]?.[0] ?? 0;
  const later = sends.filter(({ number }) => number > first && number <= sendsInScene);
  const seconds = firstUses(later.filter(isPaired));
  const violations: string[] = [];
  let runs = 0;
  for (const { number } of seconds) {
    for (const fault of PAIRED) {
      const both: Task = { ...task, plan: [...task.plan, [number, fault]] };
      runs += 1;
      for (const violation of (await play(both)).violations)
        violations.push(`${describe(both)}: ${violation}`);
    }
  }
  return { task, runs, violations };
}

function firstUses(sends: readonly Send[]): readonly Send[] {
  return [...new Map(sends.toReversed().map((send) => [pointOf(send), send])).values()].toReversed();
}

function work(): void {
  takeOverNode();
  process.on('message', (task: Task) => {
    const done =
      task.pairs === true
        ? playPairs(task)
        : play(task).then((played): Finding => ({
            task,
            runs: 1,
            violations: played.violations.map((violation) => `${describe(task)}: ${violation}`),
          }));
    done.then(
      (finding) => process.send?.(finding),
      (error: unknown) =>
        process.send?.({
          task,
          runs: 1,
          violations: [`${describe(task)}: ${String(error)}`],
        } satisfies Finding),
    );
  });
}

interface Use {
  readonly scene: number;
  readonly variant: number;
  readonly number: number;
  readonly point: string;
}

/** Place → where it is used, over all scenes; of each point of a run the first and the last use. */
async function recordUses(variants: number, rights: Rights): Promise<ReadonlyMap<string, readonly Use[]>> {
  const uses = new Map<string, Use[]>();
  for (let variant = 1; variant <= variants; variant += 1) {
    for (const [scene, { name }] of SCENES.entries()) {
      const { sends, violations } = await play({ scene, variant, plan: [] }, rights);
      if (violations.length > 0)
        throw new Error(`"${name}" does not hold without faults: ${violations.join(', ')}`);
      const own = sends.filter(isMatter);
      for (const send of new Set([...firstUses(own), ...firstUses(own.toReversed())])) {
        const place = placeOf(send);
        uses.set(place, [
          ...(uses.get(place) ?? []),
          { scene, variant, number: send.number, point: pointOf(send) },
        ]);
      }
    }
  }
  return uses;
}

/** For each place and fault as many runs as there are rounds; every point at least once. */
function singles(uses: ReadonlyMap<string, readonly Use[]>, rounds: number): Task[] {
  return [...uses.values()].flatMap((all) => {
    const points = Map.groupBy(all, ({ point }) => point);
    // One of each point in turn, so that the rounds are spread over all ways to the place, and over the scenes.
    const turns = [...points.values()].map((some) => some.toSorted((a, b) => a.variant - b.variant));
    const ordered: Use[] = [];
    for (let turn = 0; ordered.length < all.length; turn += 1)
      for (const some of turns) ordered.push(...some.slice(turn, turn + 1));
    const chosen = Array.from(
      { length: Math.max(rounds, points.size) },
      (_, round) => ordered[round % ordered.length],
    );
    return PLANNED_FAULTS.flatMap((fault) =>
      chosen.flatMap((use, round): Task[] =>
        use === undefined
          ? []
          : [
              {
                scene: use.scene,
                variant: use.variant + Math.floor(round / ordered.length) * 1_000,
                plan: [[use.number, fault]],
              },
            ],
      ),
    );
  });
}

async function pairs(): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const [scene, { isCore }] of SCENES.entries()) {
    if (isCore !== true) continue;
    const { sends, sendsInScene } = await play({ scene, variant: 1, plan: [] });
    for (const { number } of firstUses(sends.slice(0, sendsInScene).filter(isPaired)))
      for (const fault of PAIRED) tasks.push({ scene, variant: 1, plan: [[number, fault]], pairs: true });
  }
  return tasks;
}

/** Hands the tasks to workers, and returns how many runs there were and what was found. */
async function carryOut(tasks: readonly Task[]): Promise<{ runs: number; violations: readonly string[] }> {
  const violations: string[] = [];
  let [next, runs] = [0, 0];
  const toldEvery = tasks.length < TOLD_RUNS_MIN ? Infinity : Math.ceil(tasks.length / TOLD);
  const workers = Array.from({ length: Number(values.workers) }, () =>
    fork(import.meta.filename, ['--worker']),
  );
  const busy = (worker: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      const give = (): void => {
        const task = values.first && violations.length > 0 ? undefined : tasks[next];
        next += 1;
        if (next % toldEvery === 0 && task !== undefined)
          console.log(`… ${String(next)} of ${String(tasks.length)} after ${secondsSinceStart()} s`);
        if (task === undefined) {
          worker.kill();
          resolve();
        } else worker.send(task);
      };
      worker.on('message', (finding: Finding) => {
        runs += finding.runs;
        violations.push(...finding.violations);
        for (const line of finding.violations.slice(0, 3)) console.log(line);
        give();
      });
      worker.once('exit', (code) =>
        reject(new Error(`A worker of the crash matrix ended with ${String(code)}.`)),
      );
      give();
    });
  await Promise.all(workers.map(busy));
  return { runs, violations };
}

/** The scenes alone, in some schedules, without faults. */
async function playAll(): Promise<void> {
  takeOverNode();
  let bad = 0;
  for (let variant = 1; variant <= SCHEDULES; variant += 1)
    for (const scene of SCENES.keys()) {
      if (values.first && bad > 0) break;
      const { violations } = await play({ scene, variant, plan: [] });
      bad += violations.length;
      for (const violation of violations.slice(0, 1))
        console.log(`"${SCENES[scene]?.name ?? ''}", schedule ${String(variant)}: ${violation}`);
    }
  console.log(
    `${String(SCENES.length)} scenes in ${String(SCHEDULES)} schedules: ${String(bad)} violations.`,
  );
  if (bad > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  const sites = findCallSites(resolve(import.meta.dirname, '../..'));
  takeOverNode();
  const rights = new Rights();
  const uses = await recordUses(Math.min(3, Math.ceil(rounds / 5)), rights);
  const missing = sites.flatMap(({ place, within, functions }) =>
    functions
      .filter((name) => FUNCTIONS.includes(name) && !uses.has(`${name} ${place}`))
      .map((name) => ({ name, place, within })),
  );
  const excused = missing.filter(({ name, within }) => UNREACHED.has(`${name} ${within}`));
  const lost = missing.filter((site) => !excused.includes(site));
  for (const { name, place, within } of lost) console.log(`NEVER REACHED  ${name}: ${within} (${place})`);
  const stale = [...UNREACHED.keys()].filter(
    (key) => !excused.some(({ name, within }) => key === `${name} ${within}`),
  );
  for (const key of stale) console.log(`REACHED AFTER ALL  ${key}: strike it from unreached-sites.ts`);

  const unlike = rights.differences();
  for (const line of unlike) console.log(line);

  const chosen = new Map([...uses].filter(([place]) => place.includes(values.only)));
  const one = await carryOut(singles(chosen, rounds));
  const two = values.pairs === 'none' ? { runs: 0, violations: [] } : await carryOut(await pairs());
  const bad = one.violations.length + two.violations.length;
  const points = new Set([...uses.values()].flat().map(({ point }) => point)).size;
  console.log(
    `${String(uses.size)} of ${String(uses.size + missing.length)} places of ${FUNCTIONS.join(', ')} reached on ${String(points)} ways (${String(excused.length)} excused), ` +
      `${String(PLANNED_FAULTS.length)} faults, ${String(rounds)} rounds, ${String(SCENES.length)} scenes: ${String(one.runs)} runs, ` +
      `and ${String(two.runs)} pairs of faults, in ${secondsSinceStart()} s: ${String(bad)} violations.`,
  );
  if (bad > 0 || lost.length > 0 || stale.length > 0 || unlike.length > 0) process.exitCode = 1;
}

if (values.worker) work();
else if (values.rounds === '0') await playAll();
else await main();
