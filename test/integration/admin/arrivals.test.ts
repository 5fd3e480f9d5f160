import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
import { column, createAdmin, toNewEvent, type Admin, type EventPayload } from '../../support/admin.ts';
import { interruptedDynamo } from '../../support/interrupted-dynamo.ts';
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

const arrivals = async (query = ''): Promise<unknown> =>
  (await admin.call('GET', `/api/arrivals${query}`)).body;
const total = async (): Promise<unknown> =>
  (await admin.call('GET', '/api/arrivals?window=month&from=2026-01-01&to=2027-01-01')).body;

/** Receives events at this moment and gives each its outcome. */
async function receive(at: string, ...payloads: readonly EventPayload[]): Promise<void> {
  admin.clock.now = Date.parse(at);
  await admin.settle(...payloads);
}
const mapped = (messageId: string) => ({ messageId, properties: { featureId: 'messages' } });
const unmapped = (messageId: string) => ({ messageId, event: 'Page Opened' });
const identify = (messageId: string) => ({ type: 'identify', messageId }) as const;

test('events count in the hour in which they were received, whenever they happened', async () => {
  await receive('2026-10-31T23:59:59.999Z', mapped('a'), unmapped('b'));
  await receive(
    '2026-11-01T00:00:00.000Z',
    { ...mapped('c'), timestamp: '2020-01-01T00:00:00Z' },
    identify('d'),
  );
  await receive('2026-11-01T13:30:00.000Z', unmapped('e'));
  const october = { windowStart: '2026-10-31T23:00:00.000Z', events: 2, track: 2, unmapped: 1 };
  const midnight = { windowStart: '2026-11-01T00:00:00.000Z', events: 2, track: 1, unmapped: 0 };
  const noon = { windowStart: '2026-11-01T13:00:00.000Z', events: 1, track: 1, unmapped: 1 };
  const all = { events: 5, track: 4, unmapped: 2 };
  expect(await arrivals('?window=hour')).toMatchObject({ rows: [october, midnight, noon], total: all });
  expect(await arrivals()).toEqual({
    window: 'day',
    from: '2026-10-02T13:00:00.000Z',
    to: '2026-11-01T14:00:00.000Z',
    rows: [
      { ...october, windowStart: '2026-10-31T00:00:00.000Z' },
      { windowStart: '2026-11-01T00:00:00.000Z', events: 3, track: 2, unmapped: 1 },
    ],
    total: all,
  });
  expect(await arrivals('?window=month&from=2026-11-01')).toMatchObject({
    rows: [{ windowStart: '2026-11-01T00:00:00.000Z', events: 3, track: 2, unmapped: 1 }],
  });
  // A range that begins or ends within a window counts that part.
  expect(await arrivals('?window=month&from=2026-10-31T23:30:00Z&to=2026-11-01T01:00:00Z')).toMatchObject({
    total: { events: 4, track: 3, unmapped: 1 },
  });
  expect(await arrivals('?from=2026-01-01&to=2026-02-01')).toMatchObject({
    rows: [],
    total: { events: 0, track: 0, unmapped: 0 },
  });
});

test('what becomes of an event later changes nothing: a rule, its revert, the user’s erasure', async () => {
  await receive('2026-11-23T12:00:00Z', unmapped('a'), unmapped('b'), mapped('c'), identify('d'));
  const arrived = { total: { events: 4, track: 3, unmapped: 2 } };
  const rule = { featureId: 'messages', event: { operator: 'equals', value: 'Page Opened' } };
  await admin.call('POST', '/api/rules', { body: rule });
  await pipeline.rulesChanged();
  expect((await admin.call('GET', '/api/events/a')).body).toMatchObject({ status: 'mapped' });
  expect(await total()).toMatchObject(arrived);
  const [id = ''] = column(await admin.call('GET', '/api/rules'), 'rules', 'id');
  await admin.call('DELETE', `/api/rules/${id}?revert=1`);
  await pipeline.rulesChanged();
  expect(await total()).toMatchObject(arrived);
  admin.clock.now += 1_000;
  await admin.call('DELETE', '/api/users/user-1');
  for (let minutes = 0; minutes <= 30; minutes += 15) {
    pipeline.clock.now += 15 * 60_000;
    await pipeline.tick();
    await pipeline.drainSweeps();
  }
  expect(await admin.events.records(['a', 'b', 'c', 'd'].map(eventKeyOf))).toEqual(new Map());
  expect(await total()).toMatchObject(arrived);
});

test('a duplicate does not arrive, and an answer that is lost lets nothing arrive twice', async () => {
  const event = toNewEvent(unmapped('a'), admin.clock.now);
  await admin.events.put(event);
  let lost = 0;
  const losing = interruptedDynamo(engines.dynamo.endpoint, (command) => {
    if (command !== 'TransactWriteItemsCommand' || lost > 0) return undefined;
    lost += 1;
    return 'lose reply';
  });
  const options = { from: 'received', deadline: Infinity } as const;
  await settleEvents({ ...pipeline.settling, dynamo: losing }, [event.key], options);
  losing.destroy();
  expect(lost).toBe(1);
  expect(await admin.events.put(event)).toMatchObject({ kind: 'duplicate' });
  await settleEvents(pipeline.settling, [event.key, event.key], options);
  expect(await total()).toMatchObject({ total: { events: 1, track: 1, unmapped: 1 } });
});

test('an event of a user who is erased before it is looked at is dropped, and does not arrive', async () => {
  await receive('2026-11-23T12:00:00Z', mapped('a'));
  await admin.events.put(toNewEvent(mapped('late'), admin.clock.now));
  pipeline.clock.now = admin.clock.now += 60_000;
  await admin.call('DELETE', '/api/users/user-1');
  await pipeline.tick();
  await pipeline.drainSweeps();
  await settleEvents(pipeline.settling, [eventKeyOf('late')], { from: 'received', deadline: Infinity });
  expect(await total()).toMatchObject({ total: { events: 1, track: 1, unmapped: 0 } });
});

test.each([
  ['?from=2027-01-01', 'from', 'Write a time before now, or give `to` as well.'],
  ['?from=2026-02-01&to=2026-01-01', 'to', 'Write a time after `from`.'],
  [
    '?window=hour&from=2026-01-01&to=2026-03-01',
    'from',
    'With window=hour the range can be at most 31 days: shorten it, or choose a larger window.',
  ],
  ['?window=week', 'window', 'Write hour, day or month.'],
])('%s is refused as for usage', async (query, path, message) => {
  const refused = { status: 400, body: { details: [{ path, message }] } };
  expect(await admin.call('GET', `/api/arrivals${query}`)).toMatchObject(refused);
  expect(await admin.call('GET', `/api/usage${query}`)).toMatchObject(refused);
});
