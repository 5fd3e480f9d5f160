import { parseArgs } from 'node:util';
import { eventKeyOf } from '../../adapters/keys.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { rulesetWrites } from '../../adapters/ruleset-store.ts';
import { settleEvents } from '../../adapters/settle-events.ts';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { importUser, type ImportedUser } from '../support/imported-user.ts';
import { settlingOf, TABLES } from './deployment.ts';
import { takeOverNode } from './determinism.ts';
import { identityViolations, storedUsers } from './identity-invariants.ts';
import { Random } from './random.ts';
import { Race, type RaceOptions } from './race.ts';
import { Path } from './schedule-path.ts';

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

/** Chooses among the options in a state; undefined where everything behind it is known. */
type Choose = RaceOptions['choose'];

async function execute(
  scenario: Scenario,
  crashesMax: number,
  choose: Choose,
  isNewEnd: (state: string) => boolean,
) {
  const race = new Race({
    crashesMax,
    choose,
    // Each event belongs to one actor, and nobody changes the rules.
    isPrivate: (_, operation, body) =>
      operation !== 'TransactWriteItems' && !JSON.stringify(body).includes(`"${TABLES.users}"`),
    impatient: true,
  });
  const { scheduler } = race;
  const { dynamo, clients } = race.world;
  const start = scheduler.now;
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
      time: isTrack ? start : start + step.time,
      receivedAt: start,
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
        await merges.merge({ ...step, actor: id, suffix: id, at: start, dryRun: false });
        return;
      case 'undo': {
        const { nodes } = storedUsers(dynamo);
        const mergeId = nodes.get(`=${step.absorbedId}`)?.mergedInto?.mergeId;
        if (mergeId !== undefined) await merges.undo(mergeId, { at: start, actor: id });
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
  const actors = new Map(
    scenario.race.map((step, index) => [`actor ${String(index)}`, () => take(step, `race ${String(index)}`)]),
  );
  if (!(await race.run(actors, isNewEnd))) return undefined;

  // Peace: what died is delivered again.
  for (const [index, step] of scenario.race.entries())
    if (step.does === 'identify' || step.does === 'track') await take(step, `race ${String(index)}`);
  const problems = identityViolations(dynamo);
  const tracks = [...scenario.before, ...scenario.race].filter(({ does }) => does === 'track').length;
  const counted = [...storedUsers(dynamo).counted.values()].reduce((sum, count) => sum + count, 0);
  if (counted !== tracks) problems.push(`${String(counted)} of ${String(tracks)} events count`);
  for (const { id, undoneAt } of storedUsers(dynamo).merges.toSorted(() => (race.crashes === 0 ? 1 : -1)))
    if (undoneAt === undefined) await merges.undo(id, { at: start, actor: 'all' });
  problems.push(...identityViolations(dynamo).map((problem) => `all undone: ${problem}`));
  for (const { key, mergedInto, members } of storedUsers(dynamo).nodes.values())
    if (mergedInto !== undefined || members.length > 0) problems.push(`all undone: ${key} is not alone`);
  for (const refusal of dynamo.refusals) problems.push(`the model refused ${refusal}`);
  return problems;
}

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
