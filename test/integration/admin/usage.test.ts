import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { meteredDynamo } from '../../support/metered-dynamo.ts';

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
  for (const id of ['messages', 'images', 'files', 'gone'])
    await admin.call('POST', '/api/features', { body: { id } });
  const use = (userId: string, featureId: string, timestamp: string, delta: unknown) => ({
    messageId: `${userId} ${featureId} ${timestamp} ${String(delta)}`,
    userId,
    timestamp,
    properties: { featureId, delta },
  });
  await admin.settle(
    use('ada', 'messages', '2026-10-31T23:59:59.999Z', '0.1'),
    use('ada', 'messages', '2026-11-01T00:00:00.000Z', '0.2'),
    use('ada', 'messages', '2026-11-01T05:30:00.000Z', '0.3'),
    use('ada', 'messages', '2026-11-01T05:59:00.000Z', '999999999999999.000001'),
    use('ada', 'images', '2026-11-02T10:00:00.000Z', 1),
    use('bob', 'messages', '2026-11-01T05:00:00.000Z', 2),
    use('bob', 'messages', '2026-11-20T05:00:00.000Z', -2),
    use('bob', 'images', '2026-11-20T05:00:00.000Z', 0),
    use('=cmd|calc', 'files', '2026-11-22T01:00:00.000Z', -5),
    use('ada', 'gone', '2026-11-03T00:00:00.000Z', 4),
  );
  await admin.call('DELETE', '/api/features/gone');
});
afterAll(() => dynamo.stop());

const usage = async (query: string) => (await admin.call('GET', `/api/usage?${query}`)).body;
const NOVEMBER = 'from=2026-11-01&to=2026-12-01';

test('one user by month, for every feature, exactly', async () => {
  expect(await usage(`userId=ada&window=month&from=2026-10-01&to=2026-12-01`)).toEqual({
    window: 'month',
    from: '2026-10-01T00:00:00.000Z',
    to: '2026-12-01T00:00:00.000Z',
    rows: [
      { userId: 'ada', windowStart: '2026-10-01T00:00:00.000Z', featureId: 'messages', sum: '0.1', count: 1 },
      { userId: 'ada', windowStart: '2026-11-01T00:00:00.000Z', featureId: 'gone', sum: '4', count: 1 },
      { userId: 'ada', windowStart: '2026-11-01T00:00:00.000Z', featureId: 'images', sum: '1', count: 1 },
      {
        userId: 'ada',
        windowStart: '2026-11-01T00:00:00.000Z',
        featureId: 'messages',
        sum: '999999999999999.500001',
        count: 3,
      },
    ],
    total: { sum: '1000000000000004.600001', count: 6 },
  });
});

test('one user and one feature by hour; a range counts from its first hour to before its last', async () => {
  expect(
    await usage(
      'userId=ada&featureId=messages&window=hour&from=2026-11-01T00:00:00Z&to=2026-11-01T06:00:00Z',
    ),
  ).toMatchObject({
    rows: [
      { windowStart: '2026-11-01T00:00:00.000Z', sum: '0.2', count: 1 },
      { windowStart: '2026-11-01T05:00:00.000Z', sum: '999999999999999.300001', count: 2 },
    ],
  });
  expect(
    await usage(
      'userId=ada&featureId=messages&window=hour&from=2026-11-01T01:00:00Z&to=2026-11-01T05:00:00Z',
    ),
  ).toMatchObject({
    rows: [],
    total: { sum: '0', count: 0 },
  });
});

test('a day or month that is only partly in the range counts that part, in whole hours', async () => {
  expect(
    await usage(
      'userId=ada&featureId=messages&window=month&from=2026-11-01T00:59:00Z&to=2026-11-01T05:00:00Z',
    ),
  ).toMatchObject({
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-01T05:00:00.000Z',
    rows: [{ windowStart: '2026-11-01T00:00:00.000Z', sum: '0.2', count: 1 }],
  });
  expect(await usage('userId=ada&featureId=messages&from=2026-11-01T01:00:00Z&to=2026-11-02')).toMatchObject({
    rows: [{ windowStart: '2026-11-01T00:00:00.000Z', sum: '999999999999999.300001', count: 2 }],
  });
});

test('without a user the totals over all users, which are the sum of what each has', async () => {
  expect(await usage(`featureId=messages&window=month&${NOVEMBER}`)).toMatchObject({
    rows: [
      {
        windowStart: '2026-11-01T00:00:00.000Z',
        featureId: 'messages',
        sum: '999999999999999.500001',
        count: 5,
      },
    ],
  });
  const monthly = (who: string) => usage(`${who}window=month&${NOVEMBER}`);
  expect(await monthly('')).toMatchObject({ total: { sum: '999999999999999.500001', count: 9 } });
  expect(await monthly('userId=ada&')).toMatchObject({ total: { sum: '1000000000000004.500001', count: 5 } });
  expect(await monthly('userId=bob&')).toMatchObject({ total: { sum: '0', count: 3 } });
  expect(await monthly('userId=%3Dcmd%7Ccalc&')).toMatchObject({ total: { sum: '-5', count: 1 } });
});

test('usage that was taken back to zero stays with its count, and a deleted feature keeps its usage', async () => {
  expect(await usage(`userId=bob&window=month&${NOVEMBER}`)).toMatchObject({
    rows: [
      { featureId: 'images', sum: '0', count: 1 },
      { featureId: 'messages', sum: '0', count: 2 },
    ],
  });
  expect(await usage(`featureId=gone&${NOVEMBER}`)).toMatchObject({
    rows: [{ featureId: 'gone', sum: '4' }],
  });
});

test('rows are sorted by window, then feature', async () => {
  const answer = await admin.call('GET', `/api/usage?${NOVEMBER}`);
  const features = column(answer, 'rows', 'featureId');
  const order = column(answer, 'rows', 'windowStart').map(
    (start, index) => `${start} ${features[index] ?? ''}`,
  );
  expect(order).toEqual(order.toSorted());
  expect(order.length).toBeGreaterThan(4);
});

test('without a range the last 30 days, this hour included', async () => {
  await admin.settle({ messageId: 'now', userId: 'eve', properties: { featureId: 'files' } });
  expect(await usage('userId=eve')).toMatchObject({
    from: '2026-10-24T12:00:00.000Z',
    to: '2026-11-23T13:00:00.000Z',
    rows: [{ windowStart: '2026-11-23T00:00:00.000Z', sum: '1', count: 1 }],
  });
});

test('someone without usage has none', async () => {
  expect(await usage('userId=nobody')).toMatchObject({ rows: [], total: { sum: '0', count: 0 } });
});

test('in pages that have every row once, with the total of all of them, as JSON and as CSV', async () => {
  const whole = await admin.call('GET', `/api/usage?${NOVEMBER}`);
  const places = column(whole, 'rows', 'windowStart');
  for (const limit of [1, 3, 100]) {
    const seen: string[] = [];
    const lines: string[] = [];
    let [cursor, csvCursor] = ['', ''];
    do {
      const page = await admin.call('GET', `/api/usage?${NOVEMBER}&limit=${String(limit)}${cursor}`);
      expect(page.body).toMatchObject({ total: { count: 10, sum: '1000000000000000.500001' } });
      seen.push(...column(page, 'rows', 'windowStart'));
      cursor = fieldOf(page, 'cursor') && `&cursor=${fieldOf(page, 'cursor')}`;
      const csv = await admin.call(
        'GET',
        `/api/usage?${NOVEMBER}&limit=${String(limit)}&format=csv${csvCursor}`,
      );
      lines.push(...csv.text.split('\r\n').slice(1, -1));
      csvCursor = csv.headers.get('x-next-cursor') ? `&cursor=${csv.headers.get('x-next-cursor') ?? ''}` : '';
      expect(cursor === '').toBe(csvCursor === '');
    } while (cursor !== '');
    expect(seen).toEqual(places);
    expect(lines).toHaveLength(places.length);
  }
});

test('the users who used a feature most, in whole hours of the range', async () => {
  const top = async (query: string): Promise<unknown> =>
    (await admin.call('GET', `/api/usage/top?${query}`)).body;
  expect(await top(`featureId=messages&${NOVEMBER}`)).toEqual({
    featureId: 'messages',
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-12-01T00:00:00.000Z',
    users: [
      { userId: 'ada', sum: '999999999999999.500001', count: 3 },
      { userId: 'bob', sum: '0', count: 2 },
    ],
    complete: true,
  });
  expect(await top('featureId=messages&from=2026-11-01T05:00:00Z&to=2026-11-02&limit=1')).toMatchObject({
    users: [{ userId: 'ada', sum: '999999999999999.300001', count: 2 }],
  });
  expect(await top(`featureId=files&${NOVEMBER}`)).toMatchObject({
    users: [
      { userId: 'eve', sum: '1' },
      { userId: '=cmd|calc', sum: '-5' },
    ],
  });
  expect(await top(`featureId=nothing&${NOVEMBER}`)).toMatchObject({ users: [], complete: true });
  expect((await admin.call('GET', '/api/usage/top?featureId=messages&from=2026-01-01')).status).toBe(400);
});

test('the current month of a user and feature is one small read, also when every hour counted', async () => {
  const days = Array.from({ length: 23 }, (_, day) => `2026-11-${String(day + 1).padStart(2, '0')}`);
  await admin.settle(
    ...days.flatMap((day) =>
      Array.from({ length: 24 }, (_, hour) => ({
        messageId: `month ${day} ${String(hour)}`,
        userId: 'busy',
        timestamp: `${day}T${String(hour).padStart(2, '0')}:30:00Z`,
        properties: { featureId: 'messages', delta: 1.25 },
      })),
    ),
  );
  const metered = meteredDynamo(dynamo.endpoint);
  const busy = createAdmin(metered.client, tables);
  expect(
    (
      await busy.call(
        'GET',
        '/api/usage?userId=busy&featureId=messages&window=month&from=2026-11-01&to=2026-12-01',
      )
    ).body,
  ).toMatchObject({ rows: [{ sum: '690', count: 552 }] });
  metered.client.destroy();
  const reads = metered.consumed.filter(({ table }) => table === tables.usage);
  // 23 rows of some 480 bytes are 11 KB; a unit is 4 KB.
  expect(reads).toEqual([{ table: tables.usage, units: expect.any(Number) }]);
  expect(reads[0]?.units).toBeLessThanOrEqual(4);
});

test('as CSV, with a header, quoted, and never as a formula', async () => {
  const { headers, text } = await admin.call(
    'GET',
    `/api/usage?userId=${encodeURIComponent('=cmd|calc')}&format=csv&${NOVEMBER}`,
  );
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(text).toBe(
    "windowStart,featureId,userId,sum,count\r\n2026-11-22T00:00:00.000Z,files,'=cmd|calc,-5,1\r\n",
  );
  expect((await admin.call('GET', `/api/usage?featureId=images&format=csv&${NOVEMBER}`)).text).toBe(
    'windowStart,featureId,userId,sum,count\r\n2026-11-02T00:00:00.000Z,images,,1,1\r\n2026-11-20T00:00:00.000Z,images,,0,1\r\n',
  );
});

test.each([
  ['from=yesterday', 'from'],
  ['from=2026-02-30', 'from'],
  ['to=2026-11-01T25:00:00Z', 'to'],
  ['from=2026-11-02&to=2026-11-01', 'to'],
  ['from=2026-11-02&to=2026-11-02', 'to'],
  ['from=2027-01-01', 'from'],
  ['window=week', 'window'],
  ['format=xml', 'format'],
  ['window=hour&from=1912-01-01', 'from'],
  ['window=hour&from=2026-01-01', 'from'],
  ['window=day&from=2024-01-01', 'from'],
  ['window=month&from=2001-01-01&to=2026-01-01', 'from'],
  ['userId=', 'userId'],
  ['userId=a&userId=b', 'userId'],
  ['user=a', 'user'],
])('%s is refused, naming %s', async (query, path) => {
  expect(await admin.call('GET', `/api/usage?${query}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', details: [{ path }] },
  });
});
