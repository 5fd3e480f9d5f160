import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { compareDecimals, sumDecimals } from '../../../core/decimal.ts';
import { createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

// A row for each user: the same sums as asking for every user one by one, in pages.

const USERS = ['ada', 'bob', 'carl', 'dora', '=cmd|calc', 'ähm', 'x'.repeat(300)];
const FEATURES = ['images', 'messages'];
const RANGE = 'from=2026-10-30T05:00:00Z&to=2026-11-03T09:00:00Z';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
  for (const id of FEATURES) await admin.call('POST', '/api/features', { body: { id } });
  await admin.settle(
    ...Array.from({ length: 49 }, (_, index) => ({
      messageId: `m${String(index)}`,
      userId: USERS[index % USERS.length] ?? '',
      timestamp: new Date(Date.UTC(2026, 9, 30) + index * 100 * 60_000).toISOString(),
      properties: { featureId: FEATURES[(index >> 2) % 2], delta: `${String(index)}.${String(index)}` },
    })),
  );
  await admin.call('POST', '/api/users/merge', { body: { survivorId: 'ada', absorbedId: 'bob' } });
});
afterAll(() => dynamo.stop());

const rowSchema = z.object({
  windowStart: z.string(),
  featureId: z.string(),
  userId: z.string(),
  sum: z.string(),
  count: z.number(),
});
const usageSchema = z.object({
  rows: z.array(rowSchema),
  total: z.object({ sum: z.string(), count: z.number() }),
  cursor: z.string().optional(),
});
type Row = z.infer<typeof rowSchema>;

async function pages(query: string): Promise<{ rows: Row[]; sizes: number[] }> {
  const rows: Row[] = [];
  const sizes: number[] = [];
  let cursor = '';
  do {
    const { body } = await admin.call('GET', `/api/usage?by=user&${query}${cursor}`);
    const page = usageSchema.parse(body);
    rows.push(...page.rows);
    sizes.push(page.rows.length);
    cursor = page.cursor === undefined ? '' : `&cursor=${page.cursor}`;
  } while (cursor !== '');
  return { rows, sizes };
}

const placeOf = ({ windowStart, featureId, userId }: Row): string => `${windowStart} ${featureId} ${userId}`;
const inOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1));

test.each(['hour', 'day', 'month'])(
  'by %s, has what each user has, merged ids together, whatever the size of a page',
  async (window) => {
    const expected: Row[] = [];
    for (const userId of USERS.filter((id) => id !== 'bob')) {
      const path = `/api/usage?userId=${encodeURIComponent(userId)}&window=${window}&${RANGE}`;
      expected.push(...usageSchema.parse((await admin.call('GET', path)).body).rows);
    }
    for (const limit of [6, 5_000]) {
      const { rows, sizes } = await pages(`window=${window}&${RANGE}&limit=${String(limit)}`);
      expect(inOrder(rows)).toEqual(inOrder(expected));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
      const times = rows.map(({ windowStart }) => windowStart.slice(0, window === 'month' ? 7 : 10));
      expect(times).toEqual(times.toSorted());
    }
    const one = await pages(`window=${window}&${RANGE}&featureId=images&limit=5`);
    expect(inOrder(one.rows)).toEqual(inOrder(expected.filter(({ featureId }) => featureId === 'images')));
  },
);

test('adds up to the totals over all users', async () => {
  const { rows } = await pages(`window=day&${RANGE}`);
  const { body } = await admin.call('GET', `/api/usage?window=day&${RANGE}`);
  const { total } = z.object({ total: usageSchema.shape.total }).parse(body);
  expect(compareDecimals(sumDecimals(rows.map(({ sum }) => sum)), total.sum)).toBe(0);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(total.count);
  expect((await admin.call('GET', `/api/usage?by=user&${RANGE}&limit=1`)).body).toMatchObject({ total });
});

test('as CSV in pages, with the user in every row and never a formula', async () => {
  const lines: string[] = [];
  let cursor = '';
  do {
    const { text, headers } = await admin.call(
      'GET',
      `/api/usage?by=user&format=csv&limit=5&${RANGE}${cursor}`,
    );
    const [header, ...rows] = text.trimEnd().split('\r\n');
    expect(header).toBe('windowStart,featureId,userId,sum,count');
    lines.push(...rows);
    const next = headers.get('x-next-cursor');
    cursor = next === null ? '' : `&cursor=${next}`;
  } while (cursor !== '');
  const { rows } = await pages(RANGE);
  expect(lines).toHaveLength(rows.length);
  expect(lines.some((line) => line.includes(",'=cmd|calc,"))).toBe(true);
  expect(lines.every((line) => line.split(',')[2] !== '')).toBe(true);
});

test('nobody has usage where there is none, and one user is asked for without it', async () => {
  expect((await pages('featureId=nothing')).rows).toEqual([]);
  expect(await admin.call('GET', '/api/usage?by=user&userId=ada')).toMatchObject({
    status: 400,
    body: { details: [{ path: 'by' }] },
  });
  const totals = await admin.call('GET', `/api/usage?${RANGE}&limit=1`);
  expect(await admin.call('GET', `/api/usage?by=user&cursor=${fieldOf(totals, 'cursor')}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_cursor' },
  });
});
