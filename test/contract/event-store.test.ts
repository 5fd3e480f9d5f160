import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { S } from '../../adapters/attributes.ts';
import {
  BODY_CHUNK_BYTES_MAX,
  eventPk,
  EVENT_SK,
  INLINE_BODY_BYTES_MAX,
  type NewEvent,
} from '../../adapters/event-item.ts';
import { EventList } from '../../adapters/event-list.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { eventKeyOf, keyPartOf } from '../../adapters/keys.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { interruptedDynamo } from '../support/interrupted-dynamo.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let tables: TestTables;
let store: EventStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  await dynamo.stop();
});
beforeEach(async () => {
  tables = await dynamo.tables();
  store = new EventStore(dynamo.client, tables.events);
});

const newEvent = (fields: Partial<NewEvent> = {}): NewEvent => {
  const messageId = fields.messageId ?? 'm1';
  return {
    key: eventKeyOf(messageId),
    messageId,
    type: 'track',
    userId: 'u1',
    name: 'E',
    time: 1_795_435_200_000,
    receivedAt: 1_795_435_201_000,
    dialect: 'webhook',
    apiKeyId: 'key_1',
    text: '{"type":"track","userId":"u1","event":"E"}',
    ...fields,
  };
};

async function stored(messageId: string) {
  const item = await store.get(eventKeyOf(messageId));
  if (item === undefined) throw new Error('the event is not stored');
  return await store.open(item);
}

/** Text that deflating cannot shrink below `bytes`. */
const incompressible = (bytes: number): string =>
  JSON.stringify({ type: 'track', userId: 'u1', event: 'E', noise: randomBytes(bytes).toString('base64') });

describe('an event comes back as it was stored', () => {
  test.each<[string, Partial<NewEvent>]>([
    ['plain', {}],
    ['with a lone surrogate in every id', { messageId: 'm\ud800', userId: 'u\udfff', name: 'E\ud800' }],
    ['with the escape marker at the start of a name', { name: '\u0001"x"' }],
    ['with separators and quotes in its ids', { messageId: 'a#b"c', userId: '#=~\\', name: 'n#=x#0' }],
    ['with ids of 10,000 characters', { messageId: 'm'.repeat(10_000), userId: 'u'.repeat(10_000) }],
    ['an identify, which has no name', { type: 'identify', text: '{"type":"identify","userId":"u1"}' }],
    ['with a note on its time', { timeNote: 'future', time: 0 }],
  ])('%s', async (_, fields) => {
    const event = newEvent(fields);
    expect(await store.put(event)).toEqual({ kind: 'stored' });
    const { record, event: opened } = await stored(event.messageId);
    const { text, ...head } = event;
    expect(record).toEqual({ ...head, state: 'received' });
    expect(opened.text).toBe(text);
  });

  test.each([
    ['just inline', INLINE_BODY_BYTES_MAX - 200],
    ['just too large to be inline', INLINE_BODY_BYTES_MAX + 200],
    ['larger than one item may be', BODY_CHUNK_BYTES_MAX + 5_000],
    ['larger than one transaction may be', 10.5 * BODY_CHUNK_BYTES_MAX],
    ['of 2 MB', 2_000_000],
  ])('with a body %s', async (_, bytes) => {
    const text = incompressible(bytes);
    await store.put(newEvent({ text }));
    expect((await stored('m1')).event.text).toBe(text);
  });
});

describe('a second body under a known messageId', () => {
  test('changes nothing and is noted, also when the bodies are in items of their own', async () => {
    const first = incompressible(BODY_CHUNK_BYTES_MAX + 5_000);
    const second = incompressible(BODY_CHUNK_BYTES_MAX + 5_000).replace('"event":"E"', '"event":"F"');
    await store.put(newEvent({ text: first }));
    expect(await store.put(newEvent({ text: second }))).toEqual({
      kind: 'duplicate',
      state: 'received',
      conflict: true,
    });
    const { record, event } = await stored('m1');
    expect(event.text).toBe(first);
    expect(record.conflictAt).toBe(1_795_435_201_000);
  });

  test('is no conflict when only what differs between deliveries differs', async () => {
    const body = (extra: object): string =>
      JSON.stringify({
        type: 'track',
        userId: 'u1',
        event: 'E',
        properties: { a: [1, { b: null }] },
        ...extra,
      });
    await store.put(newEvent({ text: body({ sentAt: '2026-11-23T12:00:00Z' }) }));
    for (const extra of [{ sentAt: '2026-11-23T13:00:00Z' }, { receivedAt: 'x', _metadata: {} }, {}]) {
      expect(await store.put(newEvent({ text: body(extra) }))).toMatchObject({ conflict: false });
    }
    for (const extra of [
      { userId: 'u2' },
      { event: 'F' },
      { properties: { a: [1, { b: 1 }] } },
      { traits: {} },
    ]) {
      expect(await store.put(newEvent({ text: body(extra) }))).toMatchObject({ conflict: true });
    }
  });

  test('nested 20,000 deep is compared without harm', async () => {
    const nested = (leaf: string): string =>
      `{"type":"track","properties":{"a":${'['.repeat(20_000)}${leaf}${']'.repeat(20_000)}}}`;
    await store.put(newEvent({ text: nested('1') }));
    expect(await store.put(newEvent({ text: nested('2') }))).toMatchObject({ conflict: true });
  });
});

test('of 50 parallel puts of one messageId exactly one stores it', async () => {
  const results = await Promise.all(Array.from({ length: 50 }, () => store.put(newEvent())));
  expect(results.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
  expect(results.filter(({ kind }) => kind === 'duplicate')).toHaveLength(49);
});

test('an event whose body lost a part cannot be opened, and says so', async () => {
  await store.put(newEvent({ text: incompressible(BODY_CHUNK_BYTES_MAX + 5_000) }));
  const item = await store.get(eventKeyOf('m1'));
  await dynamo.client.send(
    new DeleteItemCommand({
      TableName: tables.events,
      Key: { pk: { S: `e#${eventKeyOf('m1')}` }, sk: { S: `b#${item?.['bk']?.S ?? ''}#001` } },
    }),
  );
  await expect(store.open(item ?? {})).rejects.toThrow('A part of the stored body of an event is missing.');
});

test('a batch of any size is read completely, and what is not stored is left out', async () => {
  const ids = Array.from({ length: 250 }, (_, index) => `m${String(index)}`);
  await Promise.all(ids.map((messageId) => store.put(newEvent({ messageId }))));
  const records = await store.records([...ids, 'unknown'].map(eventKeyOf));
  expect([...records.values()].map(({ messageId }) => messageId).sort()).toEqual([...ids].sort());
});

test("a user's events are paged newest first, within a range, without those of other users", async () => {
  await Promise.all(
    Array.from({ length: 25 }, (_, index) =>
      store.put(newEvent({ messageId: `m${String(index)}`, time: 1000 + index })),
    ),
  );
  await store.put(newEvent({ messageId: 'other', userId: 'u2', time: 1010 }));
  const unmapped = new UnmappedStore(dynamo.client, tables.events);
  const list = new EventList(dynamo.client, tables.events, store, unmapped);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list.ofIds([keyPartOf('u1')], { from: 1005, to: 1_000_000 }, 7, cursor);
    expect(page.rows.length).toBeLessThanOrEqual(7);
    seen.push(...page.rows.map(({ key }) => key));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => eventKeyOf(`m${String(24 - index)}`)));
});

async function sortKeysOf(eventKey: string): Promise<readonly (string | undefined)[]> {
  const { Items: items = [] } = await dynamo.client.send(
    new QueryCommand({
      TableName: tables.events,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': S(eventPk(eventKey)) },
      ConsistentRead: true,
    }),
  );
  return items.map((item) => item['sk']?.S);
}

test('no part of a body is left by who dies before its event is stored, so an erasure misses none', async () => {
  const event = newEvent({ text: incompressible(2 * BODY_CHUNK_BYTES_MAX) });
  for (let stopAt = 1; ; stopAt += 1) {
    let calls = 0;
    const dying = interruptedDynamo(dynamo.endpoint, () => {
      calls += 1;
      return calls >= stopAt ? 'fail' : undefined;
    });
    const put = await new EventStore(dying, tables.events).put(event).catch(() => undefined);
    dying.destroy();
    if (put !== undefined) break;
    expect(await sortKeysOf(event.key)).toEqual([]);
  }
  expect(await sortKeysOf(event.key)).toHaveLength(4);
});

test('parts of a body that come when their event is there already are not written, so an erasure misses none', async () => {
  const first = newEvent({ text: incompressible(10) });
  // Whether the messageId is known is asked, and answered with no; then somebody else stores the event.
  const late = new (class extends EventStore {
    override async items(keys: Iterable<string>): ReturnType<EventStore['items']> {
      const known = await super.items(keys);
      await store.put(first);
      return known;
    }
  })(dynamo.client, tables.events);
  const text = incompressible(2 * BODY_CHUNK_BYTES_MAX);
  expect(await late.put(newEvent({ text }))).toEqual({
    kind: 'duplicate',
    state: 'received',
    conflict: false,
  });
  expect(await sortKeysOf(first.key)).toEqual([EVENT_SK]);
  expect((await stored('m1')).event.text).toBe(first.text);
});
