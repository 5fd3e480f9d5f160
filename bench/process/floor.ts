import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue, DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { arrivalsPk } from '../../adapters/arrival-item.ts';
import { N, readB, readN, readS, S, type Item } from '../../adapters/attributes.ts';
import { EVENT_SK, eventPk, inflateBody } from '../../adapters/event-item.ts';
import {
  FEATURE_DAY_SHARDS,
  FEATURE_SHARDS,
  featureDayPk,
  usageFeaturePk,
  usageUserPk,
  usageUserSk,
} from '../../adapters/usage-item.ts';
import { fromMicros, toMicros } from '../../core/decimal.ts';
import { isJsonObject, ownValue, parseJson } from '../../core/json-value.ts';
import { spread } from '../../core/unmapped-group.ts';
import { commitChunks, keysOf, readHead, readItems, type BareChunk } from './bare-calls.ts';
import { TABLES, type Stored } from './stored-batch.ts';

// What nobody can leave out who counts these events, beside the calls: find out who they belong to, inflate and parse each,
// add up exactly what they count, and make the items of the transactions, which depend on all of that. Nothing is checked,
// matched, planned or prepared for failure, and which events share a transaction is known beforehand.

interface Opened {
  readonly key: string;
  readonly userId: string;
  readonly day: string;
  readonly hour: string;
  /** `YYYY-MM-DDTHH`, as `day` and `hour` of the arrival. */
  readonly receivedIn: string;
  readonly featureId: string;
  readonly delta: string;
}

/** Throws where it would not write what the function writes. */
export function floorSide(
  dynamo: DynamoDBClient,
  events: readonly Stored[],
  chunks: readonly BareChunk[],
  decidedAt: number,
): () => Promise<void> {
  const stored = openAll(events.map(({ item }) => item));
  const same = chunks.every(({ keys, items }) =>
    isDeepStrictEqual(transactionOf(keys, stored, decidedAt), items),
  );
  if (!same)
    throw new Error('The floor writes something else than the function: change bench/process/floor.ts.');
  const eventKeys = events.map(({ key }) => key);
  return async () => {
    await readHead(dynamo);
    const items = await readItems(dynamo, TABLES.events, keysOf(eventKeys, []).events);
    const opened = openAll(items);
    const userIds = new Set([...opened.values()].map(({ userId }) => userId));
    const keys = keysOf([], [...userIds]);
    await readItems(dynamo, TABLES.users, keys.tombstones);
    await readItems(dynamo, TABLES.users, keys.users);
    const now = Date.now();
    await commitChunks(dynamo, chunks, (chunk) => transactionOf(chunk.keys, opened, now));
  };
}

function openAll(items: readonly Item[]): ReadonlyMap<string, Opened> {
  return new Map(
    items.map((item) => {
      const event = open(item);
      return [event.key, event];
    }),
  );
}

function open(item: Item): Opened {
  const body = parseJson(inflateBody(readB(item, 'b')));
  const properties = body.ok && isJsonObject(body.value) ? ownValue(body.value, 'properties') : undefined;
  const featureId = isJsonObject(properties) ? ownValue(properties, 'featureId') : undefined;
  const delta = isJsonObject(properties) ? ownValue(properties, 'delta') : undefined;
  if (typeof featureId !== 'string' || typeof delta !== 'number')
    throw new Error('Not an event of this benchmark.');
  const at = new Date(Number(readS(item, 't').slice(0, 13))).toISOString();
  return {
    key: readS(item, 'pk').slice(eventPk('').length),
    userId: readS(item, 'u').slice(1),
    day: at.slice(0, 10),
    hour: at.slice(11, 13),
    receivedIn: new Date(readN(item, 'ra')).toISOString().slice(0, 13),
    featureId,
    delta: String(delta),
  };
}

function transactionOf(
  keys: readonly string[],
  opened: ReadonlyMap<string, Opened>,
  now: number,
): readonly TransactWriteItem[] {
  const shard = spread(keys[0] ?? '', FEATURE_SHARDS);
  const counters = new Map<string, Counter>();
  /** How many events came in in an hour. */
  const arrivals = new Map<string, number>();
  const items: TransactWriteItem[] = [];
  for (const key of keys) {
    const event = opened.get(key);
    if (event === undefined) throw new Error('An event was not read.');
    items.push({ Update: eventUpdate(event, now) });
    const { userId, featureId, day, receivedIn } = event;
    arrivals.set(receivedIn, (arrivals.get(receivedIn) ?? 0) + 1);
    addTo(counters, `${featureId} ${day} ${userId}`, event, () => placeOfUser(event));
    addTo(counters, `${featureId} ${day}`, event, () => placeOfAll(event, shard));
  }
  for (const counter of counters.values()) items.push({ Update: counterUpdate(counter) });
  for (const [place, count] of arrivals) items.push({ Update: arrivalUpdate(place, count, shard) });
  return items;
}

function eventUpdate({ key, featureId, delta }: Opened, decidedAt: number) {
  const outcome = { generation: 1, decidedAt, uses: [{ featureId, delta }] };
  return {
    TableName: TABLES.events,
    Key: { pk: S(eventPk(key)), sk: S(EVENT_SK) },
    UpdateExpression: 'SET st = :to, o = :o REMOVE r, x',
    ConditionExpression:
      'st = :from AND attribute_not_exists(rd) AND (attribute_not_exists(fence) OR fence <= :g)',
    ExpressionAttributeValues: {
      ':from': S('received'),
      ':to': S('mapped'),
      ':o': S(JSON.stringify(outcome)),
      ':g': N(1),
    },
  };
}

class Amount {
  micros = 0n;
  count = 0;
}

interface Counter {
  readonly key: Item;
  /** Of a user's counter: its place in the index that leads from a feature's day to its users. */
  readonly partition: Item;
  readonly total: Amount;
  readonly hours: Map<string, Amount>;
}

function addTo(
  counters: Map<string, Counter>,
  name: string,
  { hour, delta }: Opened,
  make: () => Place,
): void {
  const counter = counters.get(name) ?? { ...make(), total: new Amount(), hours: new Map<string, Amount>() };
  counters.set(name, counter);
  const inHour = counter.hours.get(hour) ?? new Amount();
  counter.hours.set(hour, inHour);
  const micros = toMicros(delta);
  for (const amount of [counter.total, inHour]) {
    amount.micros += micros;
    amount.count += 1;
  }
}

type Place = Pick<Counter, 'key' | 'partition'>;

const placeOfUser = ({ userId, featureId, day }: Opened): Place => ({
  key: { pk: S(usageUserPk(userId)), sk: S(usageUserSk(featureId, day)) },
  partition: { ':fd': S(featureDayPk(featureId, day, spread(userId, FEATURE_DAY_SHARDS))) },
});

const placeOfAll = ({ featureId, day }: Opened, shard: number): Place => ({
  key: { pk: S(usageFeaturePk(featureId, shard)), sk: S(day) },
  partition: {},
});

function counterUpdate({ key, partition, total, hours }: Counter) {
  const adds = ['s :s', 'n :n'];
  const values: Record<string, AttributeValue> = {
    ...partition,
    ':s': N(fromMicros(total.micros)),
    ':n': N(total.count),
  };
  for (const [hour, { micros, count }] of hours) {
    adds.push(`s${hour} :s${hour}`, `n${hour} :n${hour}`);
    values[`:s${hour}`] = N(fromMicros(micros));
    values[`:n${hour}`] = N(count);
  }
  const add = `ADD ${adds.join(', ')}`;
  return {
    TableName: TABLES.usage,
    Key: { ...key },
    UpdateExpression: partition[':fd'] === undefined ? add : `SET fd = :fd ${add}`,
    ExpressionAttributeValues: values,
  };
}

/** All events of this benchmark are track events, received within one hour of one day. */
function arrivalUpdate(receivedIn: string, count: number, shard: number) {
  const [day = '', hour = ''] = receivedIn.split('T');
  const names = ['n', 't', `n${hour}`, `t${hour}`];
  return {
    TableName: TABLES.usage,
    Key: { pk: S(arrivalsPk(shard)), sk: S(day) },
    UpdateExpression: `ADD ${names.map((name) => `${name} :${name}`).join(', ')}`,
    ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, N(count)])),
  };
}
