import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { quarantinePk } from '../../../adapters/commit-plan.ts';
import { EVENT_SK, eventPk, timelineKey, toEventItem, type NewEvent } from '../../../adapters/event-item.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { column, createAdmin, fieldOf, toNewEvent, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { meteredDynamo } from '../../support/metered-dynamo.ts';

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
});

/** All message ids of a list, a page at a time. */
async function listed(query: string): Promise<string[]> {
  const ids: string[] = [];
  let next = '';
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await admin.call('GET', `/api/events?${query}${next}`);
    expect(page.status).toBe(200);
    ids.push(...column(page, 'events', 'messageId'));
    const cursor = fieldOf(page, 'cursor');
    if (cursor === '') return ids;
    next = `&cursor=${encodeURIComponent(cursor)}`;
  }
  throw new Error('The list does not end.');
}

const at = (hour: number): string => `2026-11-22T${String(hour).padStart(2, '0')}:00:00.000Z`;

describe('of one user', () => {
  beforeEach(async () => {
    await admin.settle(
      ...Array.from({ length: 9 }, (_, hour) => ({
        messageId: `m${String(hour)}`,
        userId: 'ada',
        timestamp: at(hour),
      })),
      { messageId: 'other', userId: 'bob', timestamp: at(3) },
    );
  });

  test('come newest first, in pages that together hold each event once', async () => {
    expect(await listed('userId=ada&limit=4')).toEqual([
      'm8',
      'm7',
      'm6',
      'm5',
      'm4',
      'm3',
      'm2',
      'm1',
      'm0',
    ]);
    expect(await listed('userId=nobody')).toEqual([]);
  });

  test('can be limited in time, from inclusive, to exclusive', async () => {
    expect(await listed(`userId=ada&from=${at(2)}&to=${at(4)}`)).toEqual(['m3', 'm2']);
    expect(await listed(`userId=ada&from=${at(2)}&to=${at(7)}&limit=2`)).toEqual([
      'm6',
      'm5',
      'm4',
      'm3',
      'm2',
    ]);
  });

  test('with all ids of a merged user come as one list, once each, at any size of page', async () => {
    await admin.settle(
      { messageId: 'b7', userId: 'bob', timestamp: at(7) },
      { messageId: 'b1', userId: 'bob', timestamp: at(1) },
      { messageId: 'c3', userId: 'cleo', timestamp: at(3) },
    );
    for (const [survivorId, absorbedId] of [
      ['bob', 'ada'],
      ['cleo', 'bob'],
    ])
      await admin.call('POST', '/api/users/merge', { body: { survivorId, absorbedId } });
    const sameHour = (list: readonly string[]): string =>
      list
        .map((id) => (id === 'other' || id === 'c3' ? 'm3' : id === 'b7' ? 'm7' : id === 'b1' ? 'm1' : id))
        .join();
    for (const limit of [1, 3, 100]) {
      const list = await listed(`userId=ada&allIds=1&limit=${String(limit)}`);
      expect(sameHour(list)).toBe('m8,m7,m7,m6,m5,m4,m3,m3,m3,m2,m1,m1,m0');
      expect(new Set(list).size).toBe(13);
    }
    expect(await listed(`userId=cleo&allIds=1&from=${at(7)}`)).toHaveLength(3);
    expect(await listed('userId=cleo')).toEqual(['c3']);
    expect((await admin.call('GET', '/api/events?allIds=1&status=unmapped')).status).toBe(422);
  });

  test('a cursor of another range or list is refused', async () => {
    const cursor = fieldOf(await admin.call('GET', '/api/events?userId=ada&limit=4'), 'cursor');
    for (const query of [`userId=ada&to=${at(2)}`, 'status=unmapped', 'userId=ada&cursor=x']) {
      const answer = await admin.call('GET', `/api/events?${query}&cursor=${cursor}`);
      expect([query, answer.status]).toEqual([query, 400]);
    }
  });
});

describe('that are unmapped', () => {
  beforeEach(async () => {
    await admin.call('POST', '/api/features', { body: { id: 'known' } });
    await admin.settle(
      ...Array.from({ length: 30 }, (_, index) => ({ messageId: `a${String(index)}`, event: 'A' })),
      ...Array.from({ length: 5 }, (_, index) => ({ messageId: `b${String(index)}`, event: 'B' })),
      { messageId: 'a-x', event: 'A', properties: { featureId: 'x' } },
      { messageId: 'a-y', event: 'A', properties: { featureId: 'y' } },
      { messageId: 'mapped', event: 'A', properties: { featureId: 'known' } },
    );
  });

  test.each([1, 7, 100])('are all listed once, %i at a time', async (limit) => {
    const ids = await listed(`status=unmapped&limit=${String(limit)}`);
    expect(ids).toHaveLength(37);
    expect(new Set(ids).size).toBe(37);
    expect(ids).not.toContain('mapped');
  });

  test.each([1, 8, 100])(
    'by event name include those that name an unknown feature, %i at a time',
    async (limit) => {
      const ids = await listed(`status=unmapped&event=A&limit=${String(limit)}`);
      expect(ids).toHaveLength(32);
      expect(new Set(ids).size).toBe(32);
      expect(await listed(`status=unmapped&event=A&featureId=x&limit=${String(limit)}`)).toEqual(['a-x']);
    },
  );

  test('are left out once they have been mapped', async () => {
    await admin.call('POST', '/api/features', { body: { id: 'x' } });
    await admin.resettle('a-x');
    expect(await listed('status=unmapped&event=A&featureId=x')).toEqual([]);
  });
});

/** Stores an event as one whose body could not be read. */
async function quarantine(event: NewEvent, shard: number): Promise<void> {
  const error = 'The stored body of an event cannot be read.';
  await dynamo.client.send(
    new PutItemCommand({
      TableName: tables.events,
      Item: {
        ...toEventItem(event, { b: { B: Buffer.from('nonsense') } }),
        st: { S: 'quarantined' },
        o: { S: JSON.stringify({ generation: 1, decidedAt: 1, error }) },
      },
    }),
  );
  await dynamo.client.send(
    new PutItemCommand({
      TableName: tables.events,
      Item: { pk: { S: quarantinePk(shard) }, sk: { S: timelineKey(event.receivedAt, event.key) } },
    }),
  );
}

test('quarantined events come latest first, in pages, with their error', async () => {
  for (let index = 0; index < 12; index += 1) {
    const messageId = `q${String(index).padStart(2, '0')}`;
    await quarantine(toNewEvent({ messageId }, admin.clock.now + index * 1_000), index % 4);
  }
  const all = Array.from({ length: 12 }, (_, index) => `q${String(11 - index).padStart(2, '0')}`);
  expect(await listed('status=quarantined&limit=5')).toEqual(all);
  expect(await listed('status=quarantined&limit=1')).toEqual(all);
  expect(await listed('status=quarantined&from=2026-11-23T12:00:02Z&to=2026-11-23T12:00:05Z')).toEqual([
    'q04',
    'q03',
    'q02',
  ]);
});

test.each([
  ['', 'userId'],
  ['event=A', 'userId'],
  ['from=2026-11-01', 'userId'],
  ['status=received', 'status'],
  ['status=mapped&event=A', 'status'],
  ['status=applied', 'status'],
  ['status=erased', 'status'],
  ['userId=a&status=erased', 'status'],
  ['featureId=x', 'featureId'],
  ['status=unmapped&featureId=x', 'featureId'],
  ['status=quarantined&event=A&featureId=x', 'featureId'],
  ['userId=a&status=unmapped&event=A&featureId=x', 'featureId'],
])('"%s" would be a search through all events: 422 says what to do instead', async (query, path) => {
  expect(await admin.call('GET', `/api/events?${query}`)).toMatchObject({
    status: 422,
    body: {
      code: 'not_possible',
      message: expect.stringMatching(/: (?:say which|give|leave)\b/),
      details: [{ path }],
    },
  });
});

test.each([
  ['status=lost', 'status'],
  ['userId=a&from=2026-11-02&to=2026-11-01', 'to'],
  ['userId=a&limit=0', 'limit'],
  ['userId=a&limit=101', 'limit'],
  ['userId=a&cursor=bm9uc2Vuc2U', 'cursor'],
])('"%s" is refused, naming %s', async (query, path) => {
  expect(await admin.call('GET', `/api/events?${query}`)).toMatchObject({
    status: 400,
    body: { details: [{ path }] },
  });
});

describe('of one user, filtered', () => {
  beforeEach(async () => {
    await admin.call('POST', '/api/features', { body: { id: 'known' } });
    await admin.settle(
      ...Array.from({ length: 130 }, (_, index) => ({
        messageId: `x${String(index).padStart(3, '0')}`,
        userId: 'ada',
        event: index % 40 === 0 ? 'Rare' : 'Frequent',
        timestamp: new Date(Date.parse(at(0)) + index * 60_000).toISOString(),
        properties: index % 80 === 0 ? { featureId: 'known' } : {},
      })),
      { messageId: 'i', userId: 'ada', type: 'identify' as const, timestamp: at(1) },
    );
  });

  test.each([1, 2, 100])('by name, status and time in any combination, %i at a time', async (limit) => {
    const page = `limit=${String(limit)}&userId=ada`;
    expect(await listed(`${page}&event=Rare`)).toEqual(['x120', 'x080', 'x040', 'x000']);
    expect(await listed(`${page}&status=mapped`)).toEqual(['x080', 'x000']);
    expect(await listed(`${page}&status=applied`)).toEqual(['i']);
    expect(await listed(`${page}&status=unmapped&event=Rare`)).toEqual(['x120', 'x040']);
    expect(await listed(`${page}&event=Rare&from=${at(1)}&to=${at(2)}`)).toEqual(['x080']);
    expect(await listed(`${page}&status=quarantined`)).toEqual([]);
  });

  test('an answer looks at a bounded number of events, however few of them are wanted', async () => {
    const reads = meteredDynamo(dynamo.endpoint);
    const metered = createAdmin(reads.client, tables);
    await admin.settle(
      ...Array.from({ length: 400 }, (_, index) => ({
        messageId: `more${String(index)}`,
        userId: 'ada',
        event: 'Frequent',
        timestamp: at(9),
      })),
    );
    const answer = await metered.call('GET', '/api/events?userId=ada&event=Rare&limit=1');
    reads.client.destroy();
    expect(answer.body).toMatchObject({ events: [], cursor: expect.any(String) });
    expect(await listed('userId=ada&event=Rare&limit=1')).toEqual(['x120', 'x080', 'x040', 'x000']);
    // 400 events of less than 1 KB, half a unit for an index entry and one for the event; the key of the cursors besides.
    const units = reads.consumed.filter(({ table }) => table === tables.events);
    expect(units.reduce((sum, read) => sum + read.units, 0)).toBeLessThan(600);
  });
});

describe('of the unmapped and the quarantined, filtered', () => {
  test('by time, and by name', async () => {
    await admin.settle(
      { messageId: 'a2', event: 'A', timestamp: at(2) },
      { messageId: 'a3', event: 'A', timestamp: at(3) },
      { messageId: 'b3', event: 'B', timestamp: at(3) },
    );
    expect(await listed(`status=unmapped&from=${at(3)}&to=${at(4)}`)).toHaveLength(2);
    expect(await listed(`status=unmapped&event=A&from=${at(3)}&limit=1`)).toEqual(['a3']);
    for (const [messageId, event] of [
      ['q1', 'A'],
      ['q2', 'B'],
    ] as const)
      await quarantine(toNewEvent({ messageId, event }, admin.clock.now), 1);
    expect(await listed('status=quarantined&event=A&limit=1')).toEqual(['q1']);
  });
});

describe('a single event', () => {
  test('is shown with every digit as it was sent', async () => {
    const text =
      '{"type":"track","userId":"u","event":"E","properties":{"n":12345678901234567890,"x":1.10,"a":1,"a":2}}';
    const event = { ...toNewEvent({ messageId: 'exact' }, admin.clock.now), text };
    await admin.events.put(event);
    const answer = await admin.call('GET', '/api/events/exact');
    expect(answer.text).toContain(`,"body":${text}}`);
    expect(answer.body).toMatchObject({
      messageId: 'exact',
      status: 'received',
      source: { dialect: 'webhook', apiKeyId: 'key_of_test' },
    });
    expect(answer.body).not.toHaveProperty('outcome');
  });

  test('says that another body came under its id', async () => {
    await admin.settle({ messageId: 'm', properties: { a: 1 } });
    await admin.events.put({
      ...toNewEvent({ messageId: 'm', properties: { a: 2 } }, admin.clock.now + 5_000),
    });
    expect((await admin.call('GET', '/api/events/m')).body).toMatchObject({
      conflict: true,
      conflictAt: '2026-11-23T12:00:05.000Z',
      body: { properties: { a: 1 } },
    });
  });

  test('of a large body is shown whole', async () => {
    const properties = { noise: Array.from({ length: 6_000 }, (_, index) => eventKeyOf(String(index))) };
    await admin.settle({ messageId: 'large', properties });
    expect((await admin.call('GET', '/api/events/large')).body).toMatchObject({ body: { properties } });
  });

  test('is found by its id, whatever characters the id has', async () => {
    const id = fc
      .oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.string({ minLength: 1 }))
      .map((text) => text.toWellFormed())
      // A URL resolves these two away, however they are written (WHATWG URL, "dot segment").
      .filter((text) => !['.', '..'].includes(text.replaceAll(/%2e/gi, '.')));
    await fc.assert(
      fc.asyncProperty(id, async (messageId) => {
        await admin.events.put(toNewEvent({ messageId }, admin.clock.now));
        const { status, body } = await admin.call('GET', `/api/events/${encodeURIComponent(messageId)}`);
        expect({ status, body }).toMatchObject({ status: 200, body: { messageId } });
      }),
      {
        seed: 1,
        numRuns: 300,
        examples: [['a/b'], ['%2F'], ['%25'], ['?x=1#y'], ['a b+c'], ['\n'], ['😀'], ['\\'], [' ']],
      },
    );
  });

  test('whose stored body is damaged is told without a body, not with an empty one', async () => {
    await dynamo.client.send(
      new PutItemCommand({
        TableName: tables.events,
        Item: {
          ...toEventItem(toNewEvent({ messageId: 'bad' }, 1), {}),
          pk: { S: eventPk(eventKeyOf('bad')) },
          sk: { S: EVENT_SK },
        },
      }),
    );
    const { status, body } = await admin.call('GET', '/api/events/bad');
    expect([status, body]).toEqual([200, expect.objectContaining({ messageId: 'bad' })]);
    expect(body).not.toHaveProperty('body');
  });
});
