import { parseArgs } from 'node:util';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { createErasing } from '../../adapters/erasing.ts';
import { erasureIdOf } from '../../adapters/erasure-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { rulesetWrites } from '../../adapters/ruleset-store.ts';
import { settleEvents } from '../../adapters/settle-events.ts';
import { erasureBoundary } from '../../core/erasure.ts';
import { EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { eraseUser, LAST_PASS_AFTER_MS, LOOK_AGAIN_AFTER_MS } from '../../functions/reprocess/erase-user.ts';
import { importUser } from '../support/imported-user.ts';
import { settlingOf } from './deployment.ts';
import { QUEUES, TABLES, urlOf } from './deployment-names.ts';
import { takeOverNode } from './determinism.ts';
import { identityErasureViolations } from './identity-erasure-invariants.ts';
import { identityViolations, storedUsers } from './identity-invariants.ts';
import { randomScenario, SCENARIOS, type Scenario, type Step } from './identity-scenarios.ts';
import { Random } from './random.ts';
import { Race, type RaceOptions } from './race.ts';
import { Path } from './schedule-path.ts';

// npm run simulate:identity [-- --crashes 1 --only TEXT --except TEXT --random N --seed S]
//
// Identifies, merges, undoings, tracks and deletes of the same few users, in every order of their AWS calls, each of the
// actors dying before any of its calls; then what died is delivered again, and deletes have their last pass. Afterwards every
// id leads to one live root, each root is exactly what was said under its ids, lists and counts agree, no unit of usage is
// lost but those erased, nothing is left of what is older than the delete of its id, and undoing all merges restores the
// start. With --random, that many scenarios and schedules are drawn instead.
//
// The search is over states, as in interleavings.ts. Calls that touch only what belongs to one actor take no turn.

const { values } = parseArgs({
  options: {
    crashes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    except: { type: 'string' },
    random: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});

// Of a life, in milliseconds: events happen in its first nine and arrive a little later; deletes are asked for after that.
const LATE = 5;
const ARRIVED = 10;
const ASKED = 100;
const NEW_LIFE = 1_000;

type Search = Required<Pick<RaceOptions, 'remembers' | 'choose'>> & {
  readonly isNewEnd: (state: string) => boolean;
};

async function execute(scenario: Scenario, crashesMax: number, search: Search) {
  const erases = scenario.race.filter(({ does }) => does === 'delete').length;
  // What an actor does to an event, or to usage, only concerns others where it may be erased.
  const shared = [
    TABLES.users,
    ...(erases > 0 ? [TABLES.events, TABLES.usage] : []),
    ...(erases > 1 ? [TABLES.operations] : []),
  ];
  const { isNewEnd, ...searched } = search;
  const race = new Race({
    ...searched,
    crashesMax,
    impatient: true,
    // Each event belongs to one actor, and an erasure to whoever works on it; nobody changes the rules.
    isPrivate: (_, operation, body) =>
      operation !== 'TransactWriteItems' &&
      !shared.some((table) => JSON.stringify(body).includes(`"${table}"`)),
  });
  const { scheduler } = race;
  const { dynamo, clients } = race.world;
  const settling = settlingOf({ scheduler, clients });
  const merges = new MergeStore(clients.dynamo, TABLES.users, settling.users);
  const erasing = createErasing(clients, TABLES, urlOf(QUEUES.sweeps));
  // Times of the steps are those of the present life, which begins again after a delete is done.
  let lifeFrom = scheduler.now;
  const erasureOf = (step: Step & { does: 'delete' }) => {
    const requestedAt = lifeFrom + ASKED;
    const boundary = erasureBoundary(step.late === true ? lifeFrom + LATE : requestedAt, requestedAt);
    return { userId: step.userId, boundary, requestedAt };
  };
  const put = async (step: Step, id: string): Promise<void> => {
    if (step.does === 'delete') await erasing.erasures.request(erasureOf(step));
    if (step.does !== 'identify' && step.does !== 'track') return;
    const isTrack = step.does === 'track';
    const traits = isTrack ? {} : { email: step.email, billingUserId: step.billingId };
    const from = step.life === 'new' ? lifeFrom + NEW_LIFE : lifeFrom;
    await settling.events.put({
      key: eventKeyOf(id),
      messageId: id,
      type: step.does,
      userId: step.userId,
      ...(isTrack && { name: 'Sent' }),
      time: isTrack ? from : from + step.time,
      receivedAt: from + ARRIVED,
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
        await merges.merge({ ...step, actor: id, suffix: id, at: scheduler.now, dryRun: false });
        return;
      case 'undo': {
        const { nodes } = storedUsers(dynamo);
        const mergeId = nodes.get(`=${step.absorbedId}`)?.mergedInto?.mergeId;
        if (mergeId !== undefined) await merges.undo(mergeId, { at: scheduler.now, actor: id });
        return;
      }
      case 'delete': {
        const { userId, boundary } = erasureOf(step);
        await eraseUser({ ...erasing, now: () => scheduler.now }, erasureIdOf(userId, boundary), Infinity);
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
    const id = `before ${String(index)}`;
    await put(step, id);
    if (step.does === 'delete') scheduler.pass(ASKED);
    await take(step, id);
    if (step.does !== 'delete') continue;
    scheduler.pass(LAST_PASS_AFTER_MS);
    await take(step, id);
    lifeFrom = scheduler.now;
  }
  for (const [index, step] of scenario.race.entries()) await put(step, `race ${String(index)}`);
  scheduler.pass(2 * NEW_LIFE);
  const actors = new Map(
    scenario.race.map((step, index) => [`actor ${String(index)}`, () => take(step, `race ${String(index)}`)]),
  );
  if (!(await race.run(actors, isNewEnd))) return undefined;

  // Peace: what died is delivered again, and erasures have their last pass, and the look after it.
  const deliver = async (): Promise<void> => {
    for (const [index, step] of scenario.race.entries())
      if (step.does !== 'merge' && step.does !== 'undo') await take(step, `race ${String(index)}`);
  };
  await deliver();
  for (const wait of [LAST_PASS_AFTER_MS, LOOK_AGAIN_AFTER_MS]) {
    scheduler.pass(wait);
    await deliver();
  }
  const before = dynamo.fingerprint();
  await deliver();
  const problems = [...identityViolations(dynamo), ...identityErasureViolations(dynamo, scenario)];
  if (dynamo.fingerprint() !== before) problems.push('what was done already changed something again');
  for (const { id, undoneAt } of storedUsers(dynamo).merges.toSorted(() => (race.crashes === 0 ? 1 : -1)))
    if (undoneAt === undefined) await merges.undo(id, { at: scheduler.now, actor: 'all' });
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
    const problems = await execute(scenario, Number(values.crashes), {
      remembers: true,
      choose: (state, options) => path.choose(state(), options),
      isNewEnd: (state) => path.end(state),
    });
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

async function draw(count: number, seed: number): Promise<void> {
  const bad: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const random = new Random(seed + index);
    const scenario = randomScenario(random);
    const problems = await execute(scenario, random.below(2), {
      remembers: false,
      choose: (_, options) => random.below(options),
      isNewEnd: () => true,
    });
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
  for (const scenario of SCENARIOS) {
    const { name } = scenario;
    const isLeftOut = values.except !== undefined && name.includes(values.except);
    if (name.includes(values.only) && !isLeftOut) await explore(scenario);
  }
