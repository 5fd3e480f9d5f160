import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { ArrivalStore } from '../../../adapters/arrival-store.ts';
import { ConfigStore } from '../../../adapters/config-store.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { addArrivals, NO_ARRIVALS } from '../../../core/arrivals.ts';
import { toItem } from '../../simulation/ledger.ts';
import { isWireItem } from '../../simulation/wire-item.ts';
import {
  context,
  createPipeline,
  startEngines,
  type Engines,
  type Pipeline,
} from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

// What version 1 has written, as it lay in tables and queues at one moment (test/fixtures), read by the program of today:
// events in every state, a merged user, one whose erasure is half done, rules, jobs. Whoever changes the form of an item or
// a message adds a file for the new form beside it, and never changes this one.

const TABLES = ['events', 'usage', 'users', 'config', 'operations'] as const;
const items = z.array(z.custom<Parameters<typeof toItem>[0]>(isWireItem));
const fixture = z.parse(
  z.object({
    now: z.string(),
    events: z.array(z.string()),
    tables: z.object({ events: items, usage: items, users: items, config: items, operations: items }),
  }),
  JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/version-1.json'), 'utf8')),
);

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
  pipeline.clock.now = Date.parse(fixture.now);
  for (const table of TABLES)
    for (const item of fixture.tables[table])
      await pipeline.client.send(
        new PutItemCommand({ TableName: pipeline.tables[table], Item: { ...toItem(item) } }),
      );
});

const DAY = '2026-11-23';
const deliver = (body: string, eventSourceARN = 'arn:aws:sqs:us-east-1:000000000000:events') =>
  pipeline.process({ Records: [recordOf(body, eventSourceARN)] }, context());

const recordOf = (body: string, eventSourceARN: string) => ({
  messageId: 'message',
  receiptHandle: 'message',
  body,
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: 'test',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN,
  awsRegion: 'us-east-1',
});

async function stateOf(messageId: string): Promise<string | undefined> {
  return (await pipeline.events.records([eventKeyOf(messageId)])).get(eventKeyOf(messageId))?.state;
}

test('events of version 1 that were under way are counted, once, on top of what it had counted', async () => {
  for (const body of fixture.events) expect(await deliver(body)).toEqual({ batchItemFailures: [] });
  for (const body of fixture.events) await deliver(body);
  expect(await stateOf('under-way')).toBe('mapped');
  expect(await stateOf('under-way-large')).toBe('mapped');
  expect(await usageOf(pipeline, { userId: 'ada', featureId: 'exports', day: DAY })).toMatchObject({
    sum: '6',
    count: 2,
  });
  expect(await usageOf(pipeline, { userId: 'ben', featureId: 'seats', day: DAY })).toMatchObject({
    sum: '1',
    count: 1,
  });
  expect(await usageOf(pipeline, { featureId: 'seats', day: DAY })).toMatchObject({ sum: '4.5', count: 3 });
});

test('an event whose first outcome is of version 1 never arrives, one that was under way does', async () => {
  const arrived = async () => {
    let total = NO_ARRIVALS;
    await new ArrivalStore(pipeline.client, pipeline.tables.usage).between({ from: DAY, to: DAY }, (day) => {
      total = addArrivals(total, day.total);
    });
    return total;
  };
  expect(await arrived()).toEqual(NO_ARRIVALS);
  const underWay = fixture.tables.events.filter((item) => toItem(item)['st']?.S === 'received').length;
  for (const body of fixture.events) await deliver(body);
  expect(await arrived()).toEqual({ events: underWay, track: underWay, unmapped: 0 });
});

test('a duplicate of an event that version 1 has counted is known', async () => {
  const { body } = await pipeline.webhook({
    type: 'track',
    event: 'Seat Added',
    userId: 'ada',
    messageId: 'named',
    properties: { featureId: 'seats', delta: 2.5 },
  });
  expect(body).toMatchObject({ results: [{ duplicate: true }] });
});

test('events that waited in version 1 are counted by a rule of today', async () => {
  const config = new ConfigStore(pipeline.client, pipeline.tables.config, {
    now: () => pipeline.clock.now,
    newRuleId: () => 'rul_today',
  });
  const event = { operator: 'starts_with', value: 'Report O' } as const;
  await config.createRule({ enabled: true, featureId: 'exports', event, conditions: [] }, 'somebody');
  await pipeline.rulesChanged();
  expect(await stateOf('waiting')).toBe('mapped');
  expect(await usageOf(pipeline, { userId: 'ben', featureId: 'exports', day: DAY })).toMatchObject({
    count: 1,
  });
});

test('the users of version 1 are who they were, and its erasure comes to its end', async () => {
  const ben = await pipeline.users.get('ben');
  expect(ben).toMatchObject({ userId: 'ada', profile: { email: { value: 'ben@x.test' } } });
  for (let minutes = 0; minutes <= 30; minutes += 15) {
    pipeline.clock.now += 15 * 60_000;
    await pipeline.tick();
    await pipeline.drainSweeps();
  }
  const operations = await Promise.all(
    fixture.tables.operations.map(toItem).flatMap(async (item) => {
      const Key = { pk: item['pk'] ?? { S: '' }, sk: item['sk'] ?? { S: '' } };
      const { Item } = await pipeline.client.send(
        new GetItemCommand({ TableName: pipeline.tables.operations, Key, ConsistentRead: true }),
      );
      return Item;
    }),
  );
  const erasures = operations.filter((item) => item?.['pk']?.S?.startsWith('eras') === true);
  expect(erasures).toHaveLength(1);
  expect(erasures[0]?.['fa']).toBeDefined();
});

test('a message that a later version wrote stays in its queue, also in the last one', async () => {
  const later = JSON.stringify({ v: 2, keys: ['whatever that will be'] });
  const kept = { batchItemFailures: [{ itemIdentifier: 'message' }] };
  expect(await deliver(later)).toEqual(kept);
  expect(await deliver(later, pipeline.queues.lastChance.arn)).toEqual(kept);
  const answer = await pipeline.reprocess(
    { Records: [recordOf(later, pipeline.queues.sweeps.arn)] },
    context(),
  );
  expect(answer).toEqual(kept);
});

test('an event in a state that only a later version knows is left to it', async () => {
  const key = eventKeyOf('under-way');
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: { pk: { S: `e#${key}` }, sk: { S: 'e' } },
      UpdateExpression: 'SET st = :st',
      ExpressionAttributeValues: { ':st': { S: 'from the future' } },
    }),
  );
  for (const body of fixture.events) expect(await deliver(body)).toEqual({ batchItemFailures: [] });
  expect(await usageOf(pipeline, { userId: 'ada', featureId: 'exports', day: DAY })).toMatchObject({
    count: 1,
  });
});
