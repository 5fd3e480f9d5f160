import { createHash } from 'node:crypto';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { apiPerson } from './api-people.ts';
import { ambush, editor, eraser, merger, prepare, sender, spoiler, type Stage } from './actors.ts';
import { comeToRest } from './come-to-rest.ts';
import { Deployment, MINUTE } from './deployment.ts';
import { TABLES } from './deployment-names.ts';
import { Faults, OUTAGE_KEYS, type Outage } from './faults.ts';
import { INGEST_KEY } from './http-request.ts';
import { Ledger } from './ledger.ts';
import { newTheme } from './load.ts';
import { Random } from './random.ts';
import { invocationStorage, Scheduler } from './scheduler.ts';
import { createWorld, OBSERVER } from './world.ts';

// One seed: some minutes of chaos, then peace, then the reckoning.

export interface ScenarioResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly calls: number;
  readonly events: number;
  readonly generations: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly ticksToRest: number;
  /** The same for the same seed and code. */
  readonly digest: string;
}

export interface ScenarioOptions {
  /** Told what happens, line by line. */
  readonly trace?: (line: string) => void;
}

const START = Date.parse('2026-11-23T12:00:00Z');
export async function runScenario(seed: number, options: ScenarioOptions = {}): Promise<ScenarioResult> {
  const random = new Random(seed);
  const digest = createHash('sha256');
  const turnMs = random.pick([1, 10, 60]);
  const scheduler: Scheduler = new Scheduler(START, {
    next: (ready) => random.below(ready.length),
    turnMs: () => random.below(turnMs + 1),
  });
  const log = (line: string): void => {
    digest.update(line);
    options.trace?.(`${new Date(scheduler.now).toISOString().slice(11, 23)} ${line}`);
  };
  const theme = newTheme(random);
  const ledger = new Ledger();
  const faults = new Faults(random);
  const readLagMs = random.pick([0, 0, 2_000]);
  const indexLagMs = random.pick([0, 3_000]);
  let calls = 0;
  let callsOfSweeps = 0;
  /** Commits that wait until the sweeps have made so many calls. */
  const ambushed: { readonly until: number; readonly wake: () => void }[] = [];
  const world = createWorld({
    scheduler,
    random,
    faults,
    dynamo: {
      pageItemsMax: random.pick([2, 5, 50, 1_000]),
      indexLag: () => random.below(indexLagMs + 1),
      readLag: () => random.below(readLagMs + 1),
      onCommit: (changes) => {
        if (ledger.committed(changes)) {
          log(`generation ${String(ledger.generation)}`);
          deployment.rulesetChanged();
        }
      },
    },
    onMessage: (queue, visibleAt) => deployment.messageAt(queue, visibleAt),
    onAmbush: async (sweepCalls) => {
      scheduler.start(() => invocationStorage.exit(() => ambush(stage)));
      // Woken by the sweep itself: asking again every millisecond took most turns of a run.
      const reached = new Promise<void>((wake) => {
        ambushed.push({ until: callsOfSweeps + sweepCalls, wake });
      });
      await Promise.race([reached, scheduler.sleep(MINUTE)]);
      await scheduler.turn('ambushed');
    },
    onCall: (invocation, operation) => {
      calls += 1;
      if (invocation?.name.startsWith('reprocess') === true) {
        callsOfSweeps += 1;
        for (const { until, wake } of ambushed) if (until <= callsOfSweeps) wake();
      }
      log(`${invocation?.name ?? '–'} ${operation}`);
    },
  });
  const { sqs, clients } = world;
  const deployment = new Deployment({ scheduler, random, faults, sqs, clients, log });

  const observe = <Result>(work: () => Promise<Result>): Promise<Result> =>
    invocationStorage.run(OBSERVER, work);

  await observe(async () => {
    const keys = new ApiKeyStore(clients.dynamo, TABLES.operations);
    await keys.ensure(INGEST_KEY, { scope: 'ingest', name: 'simulation' }, scheduler.now);
    await prepare(deployment.configStore(), random, theme);
  });
  // The key is older than any lag of reads.
  scheduler.pass(MINUTE);
  deployment.start();

  const endsAt = scheduler.now + random.pick([2, 8, 20]) * MINUTE;
  const moments = Array.from({ length: random.between(1, 3) }, () =>
    random.between(scheduler.now, endsAt - MINUTE),
  );
  const spreadMs = random.pick([50, 1_000, 20_000]);
  const moment = (): number => random.pick(moments) + random.below(spreadMs);
  const stage: Stage = { scheduler, random, theme, deployment, ledger, log, moment };
  const actors = [
    ...Array.from({ length: random.between(1, 3) }, (_, index) => () => sender(stage, `s${String(index)}`)),
    ...Array.from({ length: random.between(0, 2) }, () => () => editor(stage)),
    ...Array.from({ length: random.between(0, 2) }, () => () => merger(stage)),
    ...Array.from({ length: random.pick([0, 0, 1, 2]) }, () => () => eraser(stage)),
  ];
  // By chance of its own, so that a seed without it is what it was before there was one.
  const other = new Random(-seed);
  if (other.chance(0.3)) actors.push(() => spoiler({ ...stage, random: other }, world.dynamo));
  const third = new Random(seed ^ 0x5bd1e995);
  if (third.chance(0.4)) actors.push(() => apiPerson({ ...stage, random: third }));
  for (const actor of actors) scheduler.start(actor);
  for (let at = scheduler.now + random.below(5 * MINUTE); at < endsAt; at += 5 * MINUTE) {
    scheduler.start(async () => {
      await scheduler.sleep(at - scheduler.now);
      await deployment.tick();
    });
  }
  for (let i = random.pick([0, 0, 1, 2]); i > 0; i -= 1) {
    const outage: Outage = { share: random.pick([0.7, 1]), keys: random.pick(OUTAGE_KEYS) };
    const lastsMs = random.pick([2_000, 20_000, 2 * MINUTE]);
    scheduler.start(async () => {
      await scheduler.sleep(moment() - scheduler.now);
      log(`an outage of ${String(outage.share)} ${outage.keys}`);
      faults.setOutage(outage);
      await scheduler.sleep(random.below(lastsMs));
      faults.setOutage(undefined);
    });
  }
  for (let i = random.below(3); i > 0; i -= 1) {
    scheduler.start(async () => {
      await scheduler.sleep(moment() - scheduler.now);
      deployment.redeploy();
    });
  }
  scheduler.start(async () => {
    await scheduler.sleep(endsAt - scheduler.now);
    log('no more faults');
    faults.heal();
  });
  const { violations, ticks, stored } = await comeToRest(world, scheduler, deployment, ledger);
  digest.update(stored);
  return {
    seed,
    violations,
    calls,
    events: ledger.messages.size,
    generations: ledger.generation,
    faults: faults.counts,
    ticksToRest: ticks,
    digest: digest.digest('hex').slice(0, 16),
  };
}
