import { parseArgs } from 'node:util';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { EVENT_SK } from '../../adapters/event-item.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { rulesetWrites } from '../../adapters/ruleset-store.ts';
import { groupItemKey, shardFor, unmappedPk } from '../../adapters/unmapped-item.ts';
import type { EventMatcher } from '../../core/mapping/rule.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../core/ruleset.ts';
import { processHandler } from '../../functions/process/handler.ts';
import { QUEUES, settlingOf, TABLES, toRecord, wireReprocess } from './deployment.ts';
import { takeOverNode } from './determinism.ts';
import { textOf } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';
import { Race } from './race.ts';
import { Path } from './schedule-path.ts';
import { isRecord, type JsonRecord, type WireItem } from './wire-item.ts';

// npm run simulate:interleavings [-- --workers 2 --crashes 1 --only TEXT]
//
// The race of a rule with an event, exhaustively: workers that were handed the same message, and somebody who saves a rule
// that matches, with the sweep that follows. Every order of their AWS calls is tried, and in every order each of them dies
// before any of its calls (dying after a call is dying before the next). Then the timer ticks and the messages come again,
// and the event must have counted exactly once.
//
// The search is over states: what is stored, and for each actor all answers that it was given, of which it is a function.
// Two schedules that lead to one state have one future, which is explored once. Calls that nobody else can notice take no
// turn: those on jobs and queues, on the other shards of the group, and the planner's reads of rules that only it changes.

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    crashes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

interface RaceOfARule {
  readonly name: string;
  readonly matcher: EventMatcher;
  /** Whether the event waits unmapped when the race begins; the workers are then ticks of the timer. */
  readonly unmappedBefore: boolean;
  readonly workersMax: number;
}

const NAME = 'Report Exported';
const EXACT: EventMatcher = { operator: 'equals', value: NAME };
const PATTERN: EventMatcher = { operator: 'starts_with', value: 'Report' };

const RACES: readonly RaceOfARule[] = [
  { name: 'a new event and a rule that names it', matcher: EXACT, unmappedBefore: false, workersMax: 2 },
  { name: 'a new event and a rule with a pattern', matcher: PATTERN, unmappedBefore: false, workersMax: 2 },
  { name: 'an unmapped event and a rule that names it', matcher: EXACT, unmappedBefore: true, workersMax: 1 },
];

const FEATURES: RulesetSnapshot = {
  ...EMPTY_SNAPSHOT,
  generation: 1,
  features: [{ id: 'exports', archived: false, generation: 1 }],
};
const withRule = (event: EventMatcher): RulesetSnapshot => ({
  ...FEATURES,
  generation: 2,
  rules: [{ id: 'r1', version: 1, featureId: 'exports', event, conditions: [], createdAt: 1, generation: 2 }],
});

const MESSAGE_ID = 'm1';
const KEY = eventKeyOf(MESSAGE_ID);
const GROUP = { kind: 'name', name: NAME } as const;
const SHARD_PK = unmappedPk(GROUP, shardFor(KEY));
const GROUP_PK = groupItemKey(SHARD_PK).pk.S ?? '';

interface Execution {
  /** Undefined when the rest was known. */
  readonly problems: readonly string[] | undefined;
}

async function execute(
  contest: RaceOfARule,
  path: Path,
  crashesMax: number,
  workers: number,
): Promise<Execution> {
  path.begin();
  const race = new Race({
    crashesMax,
    choose: (state, options) => path.choose(state(), options),
    isPrivate,
    queues: [QUEUES.sweeps],
  });
  const { scheduler } = race;
  const { dynamo, sqs, clients } = race.world;

  const settling = (): ReturnType<typeof settlingOf> => settlingOf({ scheduler, clients });
  const save = (next: RulesetSnapshot) =>
    clients.dynamo.send(
      new TransactWriteItemsCommand({ TransactItems: rulesetWrites(TABLES.config, next, 'a change') }),
    );
  const context = { getRemainingTimeInMillis: () => 60_000 };
  const work = () =>
    processHandler(settling(), '')(
      { Records: [toRecord(QUEUES.events, { id: 'm', body: toQueueMessage([KEY]), receives: 1 })] },
      context,
    );
  const reprocess = () => wireReprocess({ scheduler, clients });
  const sweepAll = async (): Promise<void> => {
    for (const message of sqs.receive(QUEUES.sweeps, 100)) {
      await reprocess()({ Records: [toRecord(QUEUES.sweeps, message)] }, context);
      sqs.remove(QUEUES.sweeps, message.id);
    }
  };

  await save(FEATURES);
  await new EventStore(clients.dynamo, TABLES.events).put({
    key: KEY,
    messageId: MESSAGE_ID,
    type: 'track',
    userId: 'u1',
    name: NAME,
    time: scheduler.now,
    receivedAt: scheduler.now,
    dialect: 'webhook',
    apiKeyId: 'key',
    text: JSON.stringify({ type: 'track', event: NAME, userId: 'u1', messageId: MESSAGE_ID, properties: {} }),
  });
  if (contest.unmappedBefore) await work();

  const actors = new Map<string, () => Promise<unknown>>();
  for (let worker = 1; worker <= workers; worker += 1) {
    // Where the event waits already, the others are those who the timer sends.
    actors.set(
      `worker ${String(worker)}`,
      contest.unmappedBefore ? () => reprocess()({ trigger: 'timer' }, context) : work,
    );
  }
  actors.set('sweep', async () => {
    await save(withRule(contest.matcher));
    await reprocess()({ Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' }] }, context);
    await sweepAll();
  });
  if (!(await race.run(actors, (state) => path.end(state)))) return { problems: undefined };

  // Peace: a rule whose saving died is saved again, the message comes again, the timer ticks until a dead sweep is noticed.
  if (dynamo.items(TABLES.config).every((item) => numberOf(item, 'g') !== 2))
    await save(withRule(contest.matcher));
  await work();
  for (let tick = 0; tick < 3; tick += 1) {
    scheduler.pass(40 * 60_000);
    await reprocess()({ trigger: 'timer' }, context);
    await sweepAll();
  }
  return { problems: problemsOf(dynamo) };
}

function isPrivate(actor: string, operation: string, body: JsonRecord): boolean {
  if (operation.startsWith('SendMessage')) return true;
  const table = body['TableName'];
  if (table === TABLES.operations) return true;
  // Only the sweep's actor changes rules, so that its own reads of them meet nobody.
  if (table === TABLES.config && actor === 'sweep') return true;
  if (table !== TABLES.events) return false;
  const text = JSON.stringify(body);
  // The other shards of the group, and partitions of the inbox that do not list this one.
  if (operation === 'Query')
    return !text.includes(JSON.stringify(SHARD_PK)) && !text.includes(JSON.stringify(GROUP_PK));
  const key = body['Key'];
  return isRecord(key) && text.includes('"inbox#') && !text.includes(JSON.stringify(SHARD_PK));
}

function problemsOf(dynamo: MemoryDynamo): string[] {
  const problems: string[] = [];
  const event = dynamo.items(TABLES.events).find((item) => textOf(item, 'sk') === EVENT_SK);
  const state = event === undefined ? 'not stored' : textOf(event, 'st');
  if (state !== 'mapped') problems.push(`lost: the event is ${state}`);
  const rows = dynamo
    .items(TABLES.usage)
    .map((item) => `${textOf(item, 'pk')} ${numberOf(item, 'n')} ${numberOf(item, 's')}`);
  if (rows.length !== 2 || rows.some((row) => !row.endsWith(' 1 1')))
    problems.push(`counted: ${rows.join(', ')}`);
  const waiting = dynamo.items(TABLES.events).filter((item) => textOf(item, 'pk').startsWith('n#'));
  if (waiting.length > 0) problems.push('a row of the unmapped index was left behind');
  for (const group of dynamo.items(TABLES.events).filter((item) => textOf(item, 'pk').startsWith('inbox#')))
    if ((numberOf(group, 'c') || 0) !== 0) problems.push('the group counts an event that left');
  return problems;
}

function numberOf(item: WireItem, name: string): number {
  const value = item[name];
  return value !== undefined && 'N' in value ? Number(value.N) : 0;
}

takeOverNode();
for (const contest of RACES.filter(({ name }) => name.includes(values.only))) {
  const started = performance.now();
  const path = new Path();
  const bad: string[] = [];
  let ends = 0;
  do {
    const { problems } = await execute(
      contest,
      path,
      Number(values.crashes),
      Math.min(contest.workersMax, Number(values.workers)),
    );
    if (problems === undefined) continue;
    ends += 1;
    for (const problem of problems)
      bad.push(`${problem} after the choices ${path.steps.map(({ choice }) => choice).join(' ')}`);
  } while (path.advance());
  for (const line of bad.slice(0, 3)) console.log(line);
  console.log(
    `${contest.name}: ${String(path.schedules())} schedules, all through ${String(path.graph.size)} states (${String(ends)} ends, ` +
      `${String(path.executions)} executions, ${((performance.now() - started) / 1000).toFixed(0)} s): ${String(bad.length)} problems`,
  );
  if (bad.length > 0) process.exitCode = 1;
}
