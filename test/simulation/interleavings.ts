import { parseArgs } from 'node:util';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { ConfigStore } from '../../adapters/config-store.ts';
import { EVENT_SK, eventPk } from '../../adapters/event-item.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { Quarantine } from '../../adapters/quarantine.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { SCAN_SEGMENTS } from '../../adapters/event-scan.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { HEAD_SK, rulesetWrites } from '../../adapters/ruleset-store.ts';
import { groupItemKey, shardFor, unmappedPk } from '../../adapters/unmapped-item.ts';
import type { EventMatcher, RuleBody } from '../../core/mapping/rule.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../core/ruleset.ts';
import { spread } from '../../core/unmapped-group.ts';
import { processHandler } from '../../functions/process/handler.ts';
import { settlingOf, toRecord, wireReprocess } from './deployment.ts';
import { QUEUES, TABLES } from './deployment-names.ts';
import { takeOverNode } from './determinism.ts';
import { textOf } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';
import { Race } from './race.ts';
import { Path } from './schedule-path.ts';
import { SpoiledBodies } from './spoiled-bodies.ts';
import { isRecord, type JsonRecord, type WireItem } from './wire-item.ts';

// npm run simulate:interleavings [-- --workers 2 --crashes 1 --only TEXT]
//
// The race of a rule with an event, exhaustively: workers that were handed the same message, and somebody who saves a rule
// that matches, with the sweep that follows, or who takes back or recounts what a rule has counted, with the scan, or who fails
// on the event, quarantines it and sends it back. Every order of their AWS calls is tried, and in every order each of them dies
// before any of its calls (dying after a call is dying before the next). Then the timer ticks and the messages come again,
// and the event must have counted exactly once, or not at all where the rule was taken back.
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
  /** Whether another event of the same name waits unmapped already, in the same shard. */
  readonly neighbourBefore?: true;
  /** Whether the rule has counted the event, and is changed, when the race begins: all race with the same scan. */
  readonly mappedBefore?: true;
  /** What is done to the rule, which is there before unless it is saved. */
  readonly change: 'save' | 'revert' | 'recount' | 'redrive';
}

const NAME = 'Report Exported';
const EXACT: EventMatcher = { operator: 'equals', value: NAME };
const PATTERN: EventMatcher = { operator: 'starts_with', value: 'Report' };

const NEW = { matcher: EXACT, unmappedBefore: false, workersMax: 2 } as const;

const RACES: readonly RaceOfARule[] = [
  { ...NEW, name: 'a new event and a rule that names it', change: 'save' },
  { ...NEW, name: 'a new event and a rule with a pattern', matcher: PATTERN, change: 'save' },
  {
    ...NEW,
    name: 'a new event, one that waits, and a rule that names both',
    neighbourBefore: true,
    workersMax: 1,
    change: 'save',
  },
  {
    name: 'an unmapped event and a rule that names it',
    matcher: EXACT,
    unmappedBefore: true,
    workersMax: 1,
    change: 'save',
  },
  { ...NEW, name: 'a late commit and the revert of its rule', change: 'revert' },
  { ...NEW, name: 'a late commit and the recount of its rule', change: 'recount' },
  {
    name: 'a late sweep and the revert of its rule',
    matcher: EXACT,
    unmappedBefore: true,
    workersMax: 1,
    change: 'revert',
  },
  { ...NEW, name: 'two scans of one revert', mappedBefore: true, workersMax: 1, change: 'revert' },
  { ...NEW, name: 'two scans of one recount', mappedBefore: true, workersMax: 1, change: 'recount' },
  { ...NEW, name: 'a late commit and a redrive', change: 'redrive' },
];

const FEATURES: RulesetSnapshot = {
  ...EMPTY_SNAPSHOT,
  generation: 1,
  features: [{ id: 'exports', archived: false, generation: 1 }],
};
const RULE_ID = 'r1';
const bodyOf = (event: EventMatcher): RuleBody => ({
  enabled: true,
  featureId: 'exports',
  event,
  conditions: [],
});
const withRule = (event: EventMatcher): RulesetSnapshot => ({
  ...FEATURES,
  generation: 2,
  rules: [{ ...bodyOf(event), id: RULE_ID, version: 1, createdAt: 1, generation: 2 }],
});
/** What the event counts when it is over. */
const COUNTS = { save: 1, revert: 0, recount: 3, redrive: 1 } as const;

const MESSAGE_ID = 'm1';
const KEY = eventKeyOf(MESSAGE_ID);
const SEGMENT = String(spread(eventPk(KEY), SCAN_SEGMENTS));
const GROUP = { kind: 'name', name: NAME } as const;
const SHARD_PK = unmappedPk(GROUP, shardFor(KEY));
const NEIGHBOUR_ID = firstNeighbour();
const GROUP_PK = groupItemKey(SHARD_PK).pk.S ?? '';

/** A messageId whose event waits in the same shard. */
function firstNeighbour(): string {
  for (let n = 2; ; n += 1) {
    const messageId = `m${String(n)}`;
    if (shardFor(eventKeyOf(messageId)) === shardFor(KEY)) return messageId;
  }
}

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
  const config = new ConfigStore(clients.dynamo, TABLES.config, {
    now: () => scheduler.now,
    newRuleId: () => RULE_ID,
  });
  const changeRule = async (): Promise<void> => {
    if (contest.change === 'save') await save(withRule(contest.matcher));
    else if (contest.change === 'revert') await config.deleteRule(RULE_ID, 'somebody', 'revert');
    else
      await config.changeRule(
        RULE_ID,
        (body) => ({ ok: true, body: { ...body, delta: { value: String(COUNTS.recount) } } }),
        'somebody',
        { past: 'recount' },
      );
  };
  const context = { getRemainingTimeInMillis: () => 60_000 };
  const process = (queue: typeof QUEUES.events | typeof QUEUES.lastChance, key = KEY) => {
    const record = toRecord(queue, { id: 'm', body: toQueueMessage([key]), receives: 1 });
    const lastChance = queue === QUEUES.lastChance ? record.eventSourceARN : '';
    return processHandler(settling(), lastChance)({ Records: [record] }, context);
  };
  const work = () => process(QUEUES.events);
  const events = new EventStore(clients.dynamo, TABLES.events);
  const store = (messageId: string) =>
    events.put({
      key: eventKeyOf(messageId),
      messageId,
      type: 'track',
      userId: 'u1',
      name: NAME,
      time: scheduler.now,
      receivedAt: scheduler.now,
      dialect: 'webhook',
      apiKeyId: 'key',
      text: JSON.stringify({ type: 'track', event: NAME, userId: 'u1', messageId, properties: {} }),
    });
  const spoiled = new SpoiledBodies();
  const sendBack = async (): Promise<void> => {
    spoiled.mend(dynamo, KEY);
    const markers = new RetryMarkers(clients.dynamo, TABLES.operations);
    const queue = { send: () => Promise.resolve([]) };
    const quarantine = new Quarantine(clients.dynamo, TABLES, { events, markers, queue });
    await quarantine.redrive([KEY], 'somebody', scheduler.now);
  };
  const quarantineAndSendBack = async (): Promise<void> => {
    // It is spoiled in the moment of this look, so that the others have read it before, or not.
    await events.get(KEY);
    spoiled.spoil(dynamo, KEY);
    await process(QUEUES.lastChance);
    await sendBack();
    await work();
  };
  const reprocess = () => wireReprocess({ scheduler, clients });
  const sweepAll = async (): Promise<void> => {
    for (const message of sqs.receive(QUEUES.sweeps, 100)) {
      await reprocess()({ Records: [toRecord(QUEUES.sweeps, message)] }, context);
      sqs.remove(QUEUES.sweeps, message.id);
    }
  };

  const tickAndSweep = async (): Promise<void> => {
    await reprocess()({ trigger: 'timer' }, context);
    await sweepAll();
  };
  const createRule = () => config.createRule(bodyOf(contest.matcher), 'somebody');

  if (contest.change === 'save') await save(FEATURES);
  else {
    await config.createFeature('exports', { name: 'Exports', type: 'consumable', archived: false });
    if (!contest.unmappedBefore) await createRule();
    // Nothing is left to be planned for the rule itself.
    if (!contest.unmappedBefore) await tickAndSweep();
  }
  if (contest.neighbourBefore === true) {
    await store(NEIGHBOUR_ID);
    await process(QUEUES.events, eventKeyOf(NEIGHBOUR_ID));
  }
  await store(MESSAGE_ID);
  if (contest.unmappedBefore || contest.mappedBefore === true) await work();
  if (contest.unmappedBefore && contest.change !== 'save') await createRule();
  const before = generationOf(dynamo);
  const changed = (): Promise<unknown> =>
    reprocess()({ Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' }] }, context);

  /** A message of the reprocess queue that is on its way, as somebody works on it. */
  const underWay = (text: string): (() => Promise<unknown>) => {
    const message = sqs.receive(QUEUES.sweeps, 100).find(({ body }) => body.includes(text));
    if (message === undefined) throw new Error('Nobody has sent the message.');
    return () => reprocess()({ Records: [toRecord(QUEUES.sweeps, message)] }, context);
  };
  const actors = new Map<string, () => Promise<unknown>>();
  const change = async (): Promise<void> => {
    await changeRule();
    await changed();
    await sweepAll();
  };
  if (contest.mappedBefore === true) {
    await changeRule();
    await changed();
    const scan = underWay(`"segment":${SEGMENT}`);
    for (const name of ['worker 1', 'sweep']) actors.set(name, scan);
  } else if (contest.change === 'redrive') {
    for (let worker = 1; worker <= workers; worker += 1) actors.set(`worker ${String(worker)}`, work);
    actors.set('sweep', quarantineAndSendBack);
  } else if (contest.unmappedBefore && contest.change !== 'save') {
    await changed();
    actors.set('worker 1', underWay(JSON.stringify(SHARD_PK)));
    actors.set('sweep', change);
  } else {
    // Where the event waits already, the others are those who the timer sends.
    const others = contest.unmappedBefore ? () => reprocess()({ trigger: 'timer' }, context) : work;
    for (let worker = 1; worker <= workers; worker += 1) actors.set(`worker ${String(worker)}`, others);
    actors.set('sweep', change);
  }
  if (!(await race.run(actors, (state) => path.end(state)))) return { problems: undefined };

  // Peace: a change whose saving died is made again, the message comes again, the timer ticks until a dead sweep is noticed.
  if (contest.change === 'redrive') await sendBack();
  else if (generationOf(dynamo) === before) await changeRule();
  await work();
  for (let tick = 0; tick < 4; tick += 1) {
    scheduler.pass(40 * 60_000);
    await tickAndSweep();
  }
  return { problems: problemsOf(dynamo, contest) };
}

const generationOf = (dynamo: MemoryDynamo): number =>
  Math.max(
    ...dynamo
      .items(TABLES.config)
      .filter((item) => textOf(item, 'sk') === HEAD_SK)
      .map((item) => numberOf(item, 'g')),
  );

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
  // Segments of a scan in which the event is not.
  if (operation === 'Scan') return spread(eventPk(KEY), Number(body['TotalSegments'])) !== body['Segment'];
  const key = body['Key'];
  return isRecord(key) && text.includes('"inbox#') && !text.includes(JSON.stringify(SHARD_PK));
}

function problemsOf(dynamo: MemoryDynamo, { change, neighbourBefore }: RaceOfARule): string[] {
  const problems: string[] = [];
  const events = dynamo.items(TABLES.events).filter((item) => textOf(item, 'sk') === EVENT_SK);
  const all = neighbourBefore === true ? 2 : 1;
  if (events.length !== all) problems.push(`${String(events.length)} events are stored`);
  const [wanted, waits, counting] = change === 'revert' ? ['unmapped', all, 0] : ['mapped', 0, all];
  for (const event of events) {
    const state = textOf(event, 'st');
    if (state !== wanted) problems.push(`lost: an event is ${state} and not ${wanted}`);
  }
  const usage = dynamo.items(TABLES.usage);
  const sum = (rows: readonly WireItem[], name: string): number =>
    rows.reduce((total, row) => total + numberOf(row, name), 0);
  const rowsOf = (prefix: string) => usage.filter((item) => textOf(item, 'pk').startsWith(prefix));
  const arrived = sum(rowsOf('arrivals#'), 'n');
  if (arrived !== all) problems.push(`${String(arrived)} arrivals`);
  // Of the user and of everybody, who are the same here.
  for (const rows of [rowsOf('u#'), rowsOf('f#')]) {
    const [count, amount] = [sum(rows, 'n'), sum(rows, 's')];
    if (count !== counting || amount !== all * COUNTS[change])
      problems.push(`counted: ${String(count)} events, ${String(amount)} in all`);
  }
  const waiting = dynamo.items(TABLES.events).filter((item) => textOf(item, 'pk').startsWith('n#'));
  if (waiting.length !== waits) problems.push(`${String(waiting.length)} rows are in the unmapped index`);
  const groups = dynamo.items(TABLES.events).filter((item) => textOf(item, 'pk').startsWith('inbox#'));
  if (sum(groups, 'c') !== waits) problems.push(`the groups count ${String(sum(groups, 'c'))} events`);
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
