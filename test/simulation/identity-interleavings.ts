import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { eventKeyOf } from '../../adapters/keys.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { rulesetWrites } from '../../adapters/ruleset-store.ts';
import { settleEvents } from '../../adapters/settle-events.ts';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { importUser, type ImportedUser } from '../support/imported-user.ts';
import { QUEUE_SHAPES, settlingOf, TABLES } from './deployment.ts';
import { rule as ruleNode, takeOverNode } from './determinism.ts';
import { Faults } from './faults.ts';
import { identityViolations, storedUsers } from './identity-invariants.ts';
import { MemoryDynamo } from './memory-dynamo.ts';
import { MemorySqs } from './memory-sqs.ts';
import { Random } from './random.ts';
import { invocationStorage, Scheduler, type Invocation, type Waiting } from './scheduler.ts';
import { NoChance, Path } from './schedule-path.ts';
import { plugIn, simulatedClients } from './simulated-aws.ts';

// npm run simulate:identity [-- --crashes 1 --only TEXT --random N --seed S]
//
// Identifies, merges, undoings and tracks of the same few users, in every order of their AWS calls, each of the actors dying
// before any of its calls; then the events that died are delivered again. Afterwards every id leads to one live root, each
// root is exactly what was said under its ids, lists and counts agree, no unit of usage is lost, and undoing all merges
// restores the start. With --random, that many scenarios and schedules are drawn instead.
//
// The search is over states, as in interleavings.ts. Calls that touch only what belongs to one actor take no turn.

const { values } = parseArgs({
  options: {
    crashes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    random: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});

type Step =
  | {
      readonly does: 'identify';
      readonly userId: string;
      readonly time: number;
      readonly email?: string;
      readonly billingId?: string;
    }
  | { readonly does: 'track'; readonly userId: string }
  | { readonly does: 'merge'; readonly survivorId: string; readonly absorbedId: string }
  /** Undoes the merge that the absorbed id is under at that moment. */
  | { readonly does: 'undo'; readonly absorbedId: string };

interface Scenario {
  readonly name: string;
  readonly imported: readonly ImportedUser[];
  /** Done one after the other before the race. */
  readonly before: readonly Step[];
  /** Done at the same time. */
  readonly race: readonly Step[];
}

const X = 'x@x.test';
const identify = (userId: string, time: number, email?: string, billingId?: string): Step => ({
  does: 'identify',
  userId,
  time,
  ...(email !== undefined && { email }),
  ...(billingId !== undefined && { billingId }),
});
const track = (userId: string): Step => ({ does: 'track', userId });
const merge = (survivorId: string, absorbedId: string): Step => ({ does: 'merge', survivorId, absorbedId });
const undo = (absorbedId: string): Step => ({ does: 'undo', absorbedId });
const all = ['a', 'b', 'c'].map(track);
const ONE_IMPORTED = [{ source: 'csv:1', email: X }];

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'two first identifies of one user',
    imported: [],
    before: [],
    race: [identify('a', 5, X), identify('a', 6, 'y@x.test', 'cus_1')],
  },
  {
    name: 'a first identify and a first track',
    imported: ONE_IMPORTED,
    before: [],
    race: [identify('a', 5, X), track('a')],
  },
  {
    name: 'two users claim one email',
    imported: [],
    before: [],
    race: [identify('a', 5, X), identify('b', 6, X)],
  },
  {
    name: 'two users claim one imported user',
    imported: ONE_IMPORTED,
    before: [track('a')],
    race: [identify('a', 5, X), identify('b', 6, X)],
  },
  {
    name: 'two users claim one billing id',
    imported: [],
    before: all,
    race: [identify('a', 5, undefined, 'cus_1'), identify('b', 6, undefined, 'cus_1')],
  },
  { name: 'A into B against B into C', imported: [], before: all, race: [merge('b', 'a'), merge('c', 'b')] },
  { name: 'A into B against B into A', imported: [], before: all, race: [merge('b', 'a'), merge('a', 'b')] },
  {
    name: 'a merge and an identify of the absorbed',
    imported: [],
    before: [identify('a', 1, 'y@x.test'), identify('b', 2, X)],
    race: [merge('b', 'a'), identify('a', 5, X, 'cus_1')],
  },
  {
    name: 'a merge and an identify of the survivor that finds an imported user',
    imported: ONE_IMPORTED,
    before: all,
    race: [merge('b', 'a'), identify('b', 5, X)],
  },
  { name: 'a merge and tracks of both', imported: [], before: all, race: [merge('b', 'a'), track('a')] },
  {
    name: 'undoing and an identify of the absorbed',
    imported: [],
    before: [identify('a', 1, X, 'cus_1'), identify('b', 2, X), merge('b', 'a')],
    race: [undo('a'), identify('a', 5, 'y@x.test', 'cus_2')],
  },
  {
    name: 'undoing and an identify of the survivor',
    imported: [],
    before: [identify('a', 1, X), identify('b', 2, X), merge('b', 'a')],
    race: [undo('a'), identify('b', 5, 'y@x.test', 'cus_2')],
  },
  {
    name: 'undoing and old news for an id below the absorbed',
    imported: [],
    before: [track('a'), track('b'), identify('c', 9, 'y@x.test'), merge('b', 'a'), merge('c', 'b')],
    race: [undo('b'), identify('a', 5, X)],
  },
  {
    name: 'undoing both of a chain at once',
    imported: [],
    before: [...all, merge('b', 'a'), merge('c', 'b')],
    race: [undo('a'), undo('b')],
  },
  {
    name: 'undoing twice at once',
    imported: [],
    before: [...all, merge('b', 'a')],
    race: [undo('a'), undo('a')],
  },
  {
    name: 'three: A into B, B into C, B into A',
    imported: [],
    before: all,
    race: [merge('b', 'a'), merge('c', 'b'), merge('a', 'b')],
  },
  {
    name: 'three: a merge, an identify and an undoing',
    imported: [],
    before: [...all, merge('b', 'c')],
    race: [merge('b', 'a'), identify('a', 5, X), undo('c')],
  },
];

/** Retries follow at once instead of after a pause, so that they meet what the others still do. */
class Impatient extends Scheduler {
  override sleep(ms: number, label?: string): Promise<void> {
    return label === 'pause' ? this.turn('again') : super.sleep(ms, label);
  }
}

const START = Date.parse('2026-11-23T12:00:00Z');

/** Chooses among the options in a state; undefined where everything behind it is known. */
type Choose = (state: () => string, options: number) => number | undefined;

async function execute(
  scenario: Scenario,
  crashesMax: number,
  choose: Choose,
  isNewEnd: (state: string) => boolean,
) {
  const random = new NoChance();
  const answers = new Map<string, string>();
  let crashes = 0;
  let free = true;
  let known = false;
  const options: { waiting: Waiting; at: number; dies: boolean }[] = [];
  const scheduler: Scheduler = new Impatient(START, {
    turnMs: () => 0,
    next: (ready) => {
      if (free || known) return 0;
      options.length = 0;
      const ordered = ready
        .map((waiting, at) => ({ waiting, at }))
        .sort((a, b) => (labelOf(a.waiting) < labelOf(b.waiting) ? -1 : 1));
      for (const dies of crashes < crashesMax ? [false, true] : [false])
        for (const { waiting, at } of ordered) options.push({ waiting, at, dies });
      const choice = choose(() => stateNow(ready), options.length);
      const option = choice === undefined ? undefined : options[choice];
      if (option === undefined) {
        known = true;
        return 0;
      }
      if (option.dies) {
        crashes += 1;
        option.waiting.invocation?.onKilled();
      }
      return option.at;
    },
  });
  const stateNow = (ready: readonly Waiting[]): string =>
    createHash('sha256')
      .update(JSON.stringify([dynamo.fingerprint(), [...answers].sort(), ready.map(labelOf).sort(), crashes]))
      .digest('base64');
  ruleNode({ scheduler, random });
  const faults = new Faults(random);
  faults.heal();
  const dynamo = new MemoryDynamo(
    [
      { name: TABLES.events, index: { name: 'byUser', hash: 'u', range: 't' } },
      ...[TABLES.usage, TABLES.users, TABLES.config, TABLES.operations].map((name) => ({ name })),
    ],
    {
      now: () => scheduler.now,
      pageItemsMax: 1_000,
      indexLag: () => 0,
      readLag: () => 0,
      onCommit: () => undefined,
    },
  );
  const sqs = new MemorySqs(QUEUE_SHAPES, {
    now: () => scheduler.now,
    random,
    duplicates: () => 0,
    onMessage: () => undefined,
  });
  const clients = simulatedClients();
  plugIn({
    scheduler,
    random,
    faults,
    dynamo,
    sqs,
    // Each event belongs to one actor, and nobody changes the rules.
    isPrivate: (_, operation, body) =>
      free || (operation !== 'TransactWriteItems' && !JSON.stringify(body).includes(`"${TABLES.users}"`)),
    onAnswer: (invocation, operation, answer) => {
      const name = invocation?.name ?? '';
      const hash = createHash('sha256').update(answers.get(name) ?? '');
      answers.set(name, hash.update(operation).update(JSON.stringify(answer)).digest('base64'));
    },
  });
  const settling = settlingOf({ scheduler, clients });
  const merges = new MergeStore(clients.dynamo, TABLES.users, settling.users);
  const put = async (step: Step, id: string): Promise<void> => {
    if (step.does !== 'identify' && step.does !== 'track') return;
    const isTrack = step.does === 'track';
    const traits = isTrack ? {} : { email: step.email, billingUserId: step.billingId };
    await settling.events.put({
      key: eventKeyOf(id),
      messageId: id,
      type: step.does,
      userId: step.userId,
      ...(isTrack && { name: 'Sent' }),
      time: isTrack ? START : START + step.time,
      receivedAt: START,
      dialect: 'webhook',
      apiKeyId: 'key',
      text: JSON.stringify({
        type: step.does,
        userId: step.userId,
        event: 'Sent',
        traits,
        properties: { featureId: 'f' },
      }),
    });
  };
  const take = async (step: Step, id: string): Promise<void> => {
    switch (step.does) {
      case 'identify':
      case 'track':
        await settleEvents(settling, [eventKeyOf(id)], { from: 'received', deadline: Infinity });
        return;
      case 'merge':
        await merges.merge({ ...step, actor: id, suffix: id, at: START, dryRun: false });
        return;
      case 'undo': {
        const { nodes } = storedUsers(dynamo);
        const mergeId = nodes.get(`=${step.absorbedId}`)?.mergedInto?.mergeId;
        if (mergeId !== undefined) await merges.undo(mergeId, { at: START, actor: id });
      }
    }
  };
  await clients.dynamo.send(
    new TransactWriteItemsCommand({
      TransactItems: rulesetWrites(
        TABLES.config,
        { ...EMPTY_SNAPSHOT, generation: 1, features: [{ id: 'f', archived: false, generation: 1 }] },
        'a change',
      ),
    }),
  );
  for (const user of scenario.imported) await importUser(clients.dynamo, TABLES.users, user);
  for (const [index, step] of scenario.before.entries()) {
    await put(step, `before ${String(index)}`);
    await take(step, `before ${String(index)}`);
  }
  for (const [index, step] of scenario.race.entries()) await put(step, `race ${String(index)}`);
  free = false;
  answers.clear();
  for (const [index, step] of scenario.race.entries()) {
    const invocation: Invocation = {
      name: `actor ${String(index)}`,
      faulty: true,
      slowMs: 0,
      settles: false,
      alive: true,
      onKilled: () => {
        invocation.alive = false;
      },
    };
    scheduler.start(() => invocationStorage.run(invocation, () => take(step, `race ${String(index)}`)));
  }
  await scheduler.run(() => known);
  if (known || !isNewEnd(stateNow([]))) return undefined;

  // Peace: what died is delivered again.
  free = true;
  for (const [index, step] of scenario.race.entries())
    if (step.does === 'identify' || step.does === 'track') await take(step, `race ${String(index)}`);
  const problems = identityViolations(dynamo);
  const tracks = [...scenario.before, ...scenario.race].filter(({ does }) => does === 'track').length;
  const counted = [...storedUsers(dynamo).counted.values()].reduce((sum, count) => sum + count, 0);
  if (counted !== tracks) problems.push(`${String(counted)} of ${String(tracks)} events count`);
  for (const { id, undoneAt } of storedUsers(dynamo).merges.toSorted(() => (crashes === 0 ? 1 : -1)))
    if (undoneAt === undefined) await merges.undo(id, { at: START, actor: 'all' });
  problems.push(...identityViolations(dynamo).map((problem) => `all undone: ${problem}`));
  for (const { key, mergedInto, members } of storedUsers(dynamo).nodes.values())
    if (mergedInto !== undefined || members.length > 0) problems.push(`all undone: ${key} is not alone`);
  for (const refusal of dynamo.refusals) problems.push(`the model refused ${refusal}`);
  return problems;
}

const labelOf = ({ invocation, label }: Waiting): string => `${invocation?.name ?? ''} ${label}`;

async function explore(scenario: Scenario): Promise<void> {
  const started = performance.now();
  const path = new Path();
  const bad: string[] = [];
  let ends = 0;
  do {
    path.begin();
    const problems = await execute(
      scenario,
      Number(values.crashes),
      (state, options) => path.choose(state(), options),
      (state) => path.end(state),
    );
    if (problems === undefined) continue;
    ends += 1;
    for (const problem of problems)
      bad.push(`${problem} after the choices ${path.steps.map(({ choice }) => choice).join(' ')}`);
  } while (path.advance());
  report(
    bad,
    `${scenario.name}: ${String(path.schedules())} schedules, all through ${String(path.graph.size)} states (${String(ends)} ends, ${((performance.now() - started) / 1000).toFixed(0)} s)`,
  );
}

function randomScenario(random: Random): Scenario {
  const ids = ['a', 'b', 'c'];
  /** What is empty says nothing. */
  const emails = [X, 'y@x.test', ''];
  const step = (): Step => {
    const [one, two] = random.shuffled(ids);
    return random.pick<Step>([
      identify(
        random.pick(ids),
        random.between(1, 9),
        random.pick(emails),
        random.pick(['', '', 'cus_1', 'cus_2']),
      ),
      identify(random.pick(ids), random.between(1, 9), random.pick(emails)),
      track(random.pick(ids)),
      merge(one ?? 'a', two ?? 'b'),
      undo(random.pick(ids)),
    ]);
  };
  const steps = (count: number): Step[] => Array.from({ length: count }, step);
  const imported = [
    { source: 'csv:1', email: X },
    { source: 'csv:2', email: 'y@x.test', billingId: 'cus_2' },
    { source: 'csv:3', email: X, billingId: 'cus_3' },
  ];
  return {
    name: '',
    imported: random.shuffled(imported).slice(0, random.below(3)),
    before: steps(random.below(6)),
    race: steps(random.between(2, 4)),
  };
}

async function draw(count: number, seed: number): Promise<void> {
  const bad: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const random = new Random(seed + index);
    const scenario = randomScenario(random);
    const problems = await execute(
      scenario,
      random.below(2),
      (_, options) => random.below(options),
      () => true,
    );
    for (const problem of problems ?? [])
      bad.push(`seed ${String(seed + index)}: ${problem} ${JSON.stringify(scenario)}`);
  }
  report(bad, `${String(count)} random schedules from seed ${String(seed)}`);
}

function report(bad: readonly string[], what: string): void {
  for (const line of bad.slice(0, 5)) console.log(line);
  console.log(`${what}: ${String(bad.length)} problems`);
  if (bad.length > 0) process.exitCode = 1;
}

takeOverNode();
if (Number(values.random) > 0) await draw(Number(values.random), Number(values.seed));
else
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.only))) await explore(scenario);
