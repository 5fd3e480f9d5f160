import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { EVENT_SK, eventPk, toBodyItems, toEventItem } from '../../../adapters/event-item.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
import { column, createAdmin, toNewEvent, type Admin } from '../../support/admin.ts';
import { interruptedDynamo } from '../../support/interrupted-dynamo.ts';
import { standingDynamo } from '../../support/standing-dynamo.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';

let engines: Engines;
let pipeline: Pipeline;
let admin: Admin;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(() => engines.stop());
beforeEach(async () => {
  pipeline = await createPipeline(engines);
  admin = createAdmin(pipeline.client, pipeline.tables);
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
});

const newEvent = (messageId: string) =>
  toNewEvent({ messageId, properties: { featureId: 'messages' } }, pipeline.clock.now);
const keyOf = (messageId: string) => ({ pk: { S: eventPk(eventKeyOf(messageId)) }, sk: { S: EVENT_SK } });

/** Stores events whose bodies cannot be read, and lets the last chance give them up. */
async function quarantineAll(messageIds: readonly string[]): Promise<void> {
  for (const messageId of messageIds) {
    await admin.events.put(newEvent(messageId));
    await damage(messageId);
  }
  const options = { from: 'received', deadline: Infinity, quarantine: true } as const;
  await settleEvents(pipeline.settling, messageIds.map(eventKeyOf), options);
}

const damage = (messageId: string) =>
  pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: keyOf(messageId),
      UpdateExpression: 'SET b = :b',
      ExpressionAttributeValues: { ':b': { B: Buffer.from('nonsense') } },
    }),
  );

/** What a person does before sending events back. */
async function mend(messageId: string): Promise<void> {
  const event = newEvent(messageId);
  const { b } = toEventItem(event, toBodyItems(event.key, event.text, () => '').inline);
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: keyOf(messageId),
      UpdateExpression: 'SET b = :b',
      ExpressionAttributeValues: { ':b': b ?? { NULL: true } },
    }),
  );
}

const listedSchema = z.object({ messageId: z.string(), error: z.string() });

const redrive = async (body: unknown, by = admin): Promise<unknown> =>
  (await by.call('POST', '/api/quarantine/redrive', { body })).body;
const quarantined = async (): Promise<string[]> =>
  column(await admin.call('GET', '/api/events?status=quarantined'), 'events', 'messageId').sort();
const processAll = async (): Promise<void> => {
  const options = { from: 'received', deadline: Infinity, quarantine: true } as const;
  await settleEvents(pipeline.settling, admin.queue.keys.splice(0), options);
};
const stateOf = async (messageId: string): Promise<unknown> =>
  (await admin.events.records([eventKeyOf(messageId)])).get(eventKeyOf(messageId))?.state;
const countOf = async (): Promise<unknown> => (await admin.call('GET', '/api/usage?featureId=messages')).body;

test('an event that was mended is sent back, counted once, and says that it had been quarantined', async () => {
  await quarantineAll(['a', 'b']);
  expect(await quarantined()).toEqual(['a', 'b']);
  await mend('a');
  expect(await redrive({ messageIds: ['a'] })).toEqual({ redriven: 1, skipped: 0, remaining: 1 });
  await processAll();
  expect(await quarantined()).toEqual(['b']);
  expect((await admin.call('GET', '/api/events/a')).body).toMatchObject({
    status: 'mapped',
    redriven: { by: 'admin-key', error: 'DamagedItemError: The stored body of an event cannot be read.' },
  });
  expect(await countOf()).toMatchObject({ total: { sum: '1', count: 1 } });
});

const arrived = async (): Promise<unknown> => (await admin.call('GET', '/api/arrivals')).body;

test('an event arrives once, however often it is quarantined and sent back', async () => {
  await quarantineAll(['a', 'b']);
  const once = { total: { events: 2, track: 2, unmapped: 0 } };
  expect(await arrived()).toMatchObject(once);
  for (const mended of [undefined, 'a', 'b']) {
    if (mended !== undefined) await mend(mended);
    await redrive({ all: true });
    await processAll();
    expect(await arrived()).toMatchObject(once);
  }
  expect([await stateOf('a'), await stateOf('b')]).toEqual(['mapped', 'mapped']);
});

test('a worker that stood still while an event was quarantined and sent back does not let it arrive again', async () => {
  await admin.events.put(newEvent('a'));
  const slow = standingDynamo(engines.dynamo.endpoint, 'TransactWriteItemsCommand');
  const late = settleEvents({ ...pipeline.settling, dynamo: slow.client }, [eventKeyOf('a')], {
    from: 'received',
    deadline: Infinity,
  });
  await slow.standing;
  await damage('a');
  await settleEvents(pipeline.settling, [eventKeyOf('a')], {
    from: 'received',
    deadline: Infinity,
    quarantine: true,
  });
  await mend('a');
  expect(await redrive({ all: true })).toMatchObject({ redriven: 1 });
  slow.go();
  expect(await late).toMatchObject({ mapped: 1, failed: [] });
  slow.client.destroy();
  await processAll();
  expect(await arrived()).toMatchObject({ total: { events: 1, track: 1, unmapped: 0 } });
  expect(await countOf()).toMatchObject({ total: { sum: '1', count: 1 } });
});

test('the list says why each event is quarantined, and one whose reason is damaged hides no other', async () => {
  await quarantineAll(['a', 'b']);
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: keyOf('b'),
      UpdateExpression: 'SET o = :o',
      ExpressionAttributeValues: { ':o': { S: '{' } },
    }),
  );
  const { body } = await admin.call('GET', '/api/events?status=quarantined');
  const error = (what: string) => `DamagedItemError: The stored ${what} of an event cannot be read.`;
  expect(new Set(z.object({ events: z.array(listedSchema) }).parse(body).events)).toEqual(
    new Set([
      { messageId: 'a', error: error('body') },
      { messageId: 'b', error: error('outcome') },
    ]),
  );
});

test('sending back again changes nothing, also while the first is under way or done', async () => {
  await quarantineAll(['a']);
  await mend('a');
  const both = await Promise.all([redrive({ messageIds: ['a', 'a'] }), redrive({ all: true })]);
  for (const redriven of [0, 1])
    expect(both).toEqual(expect.arrayContaining([expect.objectContaining({ redriven })]));
  expect(await redrive({ messageIds: ['a', 'unknown'] })).toEqual({ redriven: 0, skipped: 2, remaining: 0 });
  await processAll();
  expect(await redrive({ messageIds: ['a'] })).toMatchObject({ redriven: 0 });
  await processAll();
  expect(await countOf()).toMatchObject({ total: { count: 1 } });
});

test('a redrive that stands still while another sends the event back, and it is counted, changes nothing', async () => {
  await quarantineAll(['a']);
  await mend('a');
  const slow = standingDynamo(engines.dynamo.endpoint, 'TransactWriteItemsCommand');
  const late = redrive({ messageIds: ['a'] }, createAdmin(slow.client, pipeline.tables));
  await slow.standing;
  expect(await redrive({ all: true })).toMatchObject({ redriven: 1 });
  await processAll();
  slow.go();
  expect(await late).toMatchObject({ redriven: 0, skipped: 1 });
  slow.client.destroy();
  expect(await stateOf('a')).toBe('mapped');
  expect(await countOf()).toMatchObject({ total: { count: 1 } });
});

test('all are sent back, and one that fails again is quarantined again', async () => {
  const ids = Array.from({ length: 120 }, (_, index) => `m${String(index).padStart(3, '0')}`);
  await quarantineAll(ids);
  for (const id of ids.slice(1)) await mend(id);
  expect(await redrive({ all: true })).toEqual({ redriven: 120, skipped: 0, remaining: 0 });
  expect(new Set(admin.queue.keys).size).toBe(120);
  await processAll();
  expect(await quarantined()).toEqual(['m000']);
  expect(await countOf()).toMatchObject({ total: { count: 119 } });
});

test('what SQS does not take is sent by the timer', async () => {
  await quarantineAll(['a', 'b']);
  for (const id of ['a', 'b']) await mend(id);
  admin.queue.fails = true;
  expect(await redrive({ all: true })).toMatchObject({ redriven: 2 });
  expect(await stateOf('a')).toBe('received');
  await pipeline.tick();
  await pipeline.drainEvents();
  expect([await stateOf('a'), await stateOf('b')]).toEqual(['mapped', 'mapped']);
});

test('a redrive whose answer is lost, or that dies before it can send, loses no event', async () => {
  await quarantineAll(['a']);
  await mend('a');
  const cut = interruptedDynamo(engines.dynamo.endpoint, (command) =>
    command === 'TransactWriteItemsCommand' ? 'lose reply' : undefined,
  );
  const dying = createAdmin(cut, pipeline.tables);
  expect((await dying.call('POST', '/api/quarantine/redrive', { body: { all: true } })).status).toBe(503);
  expect(dying.queue.keys).toEqual([]);
  cut.destroy();
  expect(await redrive({ all: true })).toMatchObject({ redriven: 0, remaining: 0 });
  await pipeline.tick();
  await pipeline.drainEvents();
  expect(await stateOf('a')).toBe('mapped');
  expect(await countOf()).toMatchObject({ total: { count: 1 } });
});

test('an event that is gone by then is passed over, and the others go on', async () => {
  await quarantineAll(['a', 'b']);
  await pipeline.client.send(new DeleteItemCommand({ TableName: pipeline.tables.events, Key: keyOf('a') }));
  expect(await redrive({ all: true })).toMatchObject({ redriven: 1, skipped: 1 });
});

test.each([
  [{}, ''],
  [{ messageIds: ['a'], all: true }, ''],
  [{ messageIds: [] }, 'messageIds'],
  [{ messageIds: Array.from({ length: 101 }, String) }, 'messageIds'],
  [{ all: false }, 'all'],
])('%j is refused', async (body, path) => {
  expect(await admin.call('POST', '/api/quarantine/redrive', { body })).toMatchObject({
    status: 400,
    body: { details: [{ path }] },
  });
});
