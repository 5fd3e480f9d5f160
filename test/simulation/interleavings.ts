import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { EVENT_SK } from '../../adapters/event-item.ts';
import { createErasing } from '../../adapters/erasing.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { EventScan } from '../../adapters/event-scan.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { PastChanges } from '../../adapters/past-changes.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { rulesetWrites } from '../../adapters/ruleset-store.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { groupItemKey, shardFor, unmappedPk } from '../../adapters/unmapped-item.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageAudit } from '../../adapters/usage-audit.ts';
import type { EventMatcher } from '../../core/mapping/rule.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../core/ruleset.ts';
import { processHandler } from '../../functions/process/handler.ts';
import { reprocessHandler } from '../../functions/reprocess/handler.ts';
import { QUEUE_SHAPES, QUEUES, settlingOf, TABLES, toRecord, urlOf } from './deployment.ts';
import { rule as ruleNode, takeOverNode } from './determinism.ts';
import { Faults } from './faults.ts';
import { textOf } from './ledger.ts';
import { MemoryDynamo } from './memory-dynamo.ts';
import { MemorySqs } from './memory-sqs.ts';
import { invocationStorage, Scheduler, type Invocation, type Waiting } from './scheduler.ts';
import { NoChance, Path } from './schedule-path.ts';
import { plugIn, simulatedClients } from './simulated-aws.ts';
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

interface Race {
  readonly name: string;
  readonly matcher: EventMatcher;
  /** Whether the event waits unmapped when the race begins; the workers are then ticks of the timer. */
  readonly unmappedBefore: boolean;
  readonly workersMax: number;
}

const NAME = 'Report Exported';
const EXACT: EventMatcher = { operator: 'equals', value: NAME };
const PATTERN: EventMatcher = { operator: 'starts_with', value: 'Report' };

const RACES: readonly Race[] = [
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

const START = Date.parse('2026-11-23T12:00:00Z');

async function execute(race: Race, path: Path, crashesMax: number, workers: number): Promise<Execution> {
  path.begin();
  const random = new NoChance();
  const answers = new Map<string, string>();
  let crashes = 0;
  let free = true;
  let known = false;
  let stored: string | undefined;
  const options: { waiting: Waiting; at: number; dies: boolean }[] = [];

  const scheduler: Scheduler = new Scheduler(START, {
    turnMs: () => 0,
    next: (ready) => {
      if (free || known) return 0;
      options.length = 0;
      // In the order of their names: the order in which they came to wait is not part of the state.
      const ordered = ready
        .map((waiting, at) => ({ waiting, at }))
        .sort((a, b) => (labelOf(a.waiting) < labelOf(b.waiting) ? -1 : 1));
      for (const dies of crashes < crashesMax ? [false, true] : [false])
        for (const { waiting, at } of ordered) options.push({ waiting, at, dies });
      const choice = path.choose(stateNow(ready), options.length);
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
  const stateNow = (ready: readonly Waiting[]): string => {
    stored ??= dynamo.fingerprint();
    const local = [...answers].sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256')
      .update(JSON.stringify([stored, local, ready.map(labelOf).sort(), crashes, sqs.bodies(QUEUES.sweeps)]))
      .digest('base64');
  };
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
      onCommit: () => {
        stored = undefined;
      },
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
    isPrivate: (invocation, operation, body) => free || isPrivate(invocation?.name ?? '', operation, body),
    onAnswer: (invocation, operation, answer) => {
      const name = invocation?.name ?? '';
      const hash = createHash('sha256').update(answers.get(name) ?? '');
      answers.set(name, hash.update(operation).update(JSON.stringify(answer)).digest('base64'));
    },
  });

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
  const reprocess = () =>
    reprocessHandler({
      ...settling(),
      unmapped: new UnmappedStore(clients.dynamo, TABLES.events),
      scan: new EventScan(clients.dynamo, TABLES.events),
      pastChanges: new PastChanges(clients.dynamo, TABLES.config),
      jobs: new JobStore(clients.dynamo, TABLES.operations),
      audit: new UsageAudit(clients.dynamo, TABLES),
      reconciliations: new ReconciliationStore(clients.dynamo, TABLES.operations),
      sweeps: new SweepQueue(clients.sqs, urlOf(QUEUES.sweeps)),
      queue: new EventQueue(clients.sqs, urlOf(QUEUES.events)),
      retryMarkers: new RetryMarkers(clients.dynamo, TABLES.operations),
      erasing: createErasing(clients, TABLES, urlOf(QUEUES.sweeps)),
    });
  const sweepAll = async (): Promise<void> => {
    for (const message of sqs.receive(QUEUES.sweeps, 100)) {
      await reprocess()({ Records: [toRecord(QUEUES.sweeps, message)] }, context);
      sqs.remove(QUEUES.sweeps, message.id);
    }
  };
  const actor = (name: string, task: () => Promise<unknown>): void => {
    const invocation: Invocation = {
      name,
      faulty: true,
      slowMs: 0,
      settles: false,
      alive: true,
      onKilled: () => {
        invocation.alive = false;
      },
    };
    scheduler.start(() => invocationStorage.run(invocation, task).then(() => undefined));
  };

  await save(FEATURES);
  await new EventStore(clients.dynamo, TABLES.events).put({
    key: KEY,
    messageId: MESSAGE_ID,
    type: 'track',
    userId: 'u1',
    name: NAME,
    time: START,
    receivedAt: START,
    dialect: 'webhook',
    apiKeyId: 'key',
    text: JSON.stringify({ type: 'track', event: NAME, userId: 'u1', messageId: MESSAGE_ID, properties: {} }),
  });
  if (race.unmappedBefore) await work();

  free = false;
  answers.clear();
  for (let worker = 1; worker <= workers; worker += 1) {
    // Where the event waits already, the others are those who the timer sends.
    actor(
      `worker ${String(worker)}`,
      race.unmappedBefore ? () => reprocess()({ trigger: 'timer' }, context) : work,
    );
  }
  actor('sweep', async () => {
    await save(withRule(race.matcher));
    await reprocess()({ Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' }] }, context);
    await sweepAll();
  });
  await scheduler.run(() => known);
  if (known || !path.end(stateNow([]))) return { problems: undefined };

  // Peace: a rule whose saving died is saved again, the message comes again, the timer ticks until a dead sweep is noticed.
  free = true;
  if (dynamo.items(TABLES.config).every((item) => numberOf(item, 'g') !== 2))
    await save(withRule(race.matcher));
  await work();
  for (let tick = 0; tick < 3; tick += 1) {
    scheduler.pass(40 * 60_000);
    await reprocess()({ trigger: 'timer' }, context);
    await sweepAll();
  }
  return { problems: problemsOf(dynamo) };
}

const labelOf = ({ invocation, label }: Waiting): string => `${invocation?.name ?? ''} ${label}`;

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
for (const race of RACES.filter(({ name }) => name.includes(values.only))) {
  const started = performance.now();
  const path = new Path();
  const bad: string[] = [];
  let ends = 0;
  do {
    const { problems } = await execute(
      race,
      path,
      Number(values.crashes),
      Math.min(race.workersMax, Number(values.workers)),
    );
    if (problems === undefined) continue;
    ends += 1;
    for (const problem of problems)
      bad.push(`${problem} after the choices ${path.steps.map(({ choice }) => choice).join(' ')}`);
  } while (path.advance());
  for (const line of bad.slice(0, 3)) console.log(line);
  console.log(
    `${race.name}: ${String(path.schedules())} schedules, all through ${String(path.graph.size)} states (${String(ends)} ends, ` +
      `${String(path.executions)} executions, ${((performance.now() - started) / 1000).toFixed(0)} s): ${String(bad.length)} problems`,
  );
  if (bad.length > 0) process.exitCode = 1;
}
