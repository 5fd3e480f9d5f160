import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { encodeCursor } from '../../../adapters/cursor.ts';
import { CursorSecret } from '../../../adapters/cursor-secret.ts';
import { S } from '../../../adapters/attributes.ts';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';

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
  for (const userId of ['ada', 'bob', 'cyd'])
    await admin.settle({ messageId: `of ${userId}`, type: 'identify', userId, traits: { name: userId } });
});

const page = (cursor?: string, path = '/api/users', by = admin) =>
  by.call('GET', `${path}?limit=1${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
const REFUSED = { status: 400, body: { code: 'invalid_cursor', details: [{ path: 'cursor' }] } };

test('a cursor names nobody, and leads to the next page', async () => {
  const cursor = fieldOf(await page(), 'cursor');
  expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('ada');
  expect(column(await page(cursor), 'users', 'userId')).toEqual(['bob']);
});

test('a cursor with any byte changed, cut off or added is refused', async () => {
  const cursor = fieldOf(await page(), 'cursor');
  const bytes = Buffer.from(cursor, 'base64url');
  for (let index = 0; index < bytes.byteLength; index += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    expect(await page(changed.toString('base64url'))).toMatchObject(REFUSED);
  }
  for (const changed of [
    cursor.slice(0, -4),
    cursor.slice(0, 8),
    `${cursor}AAAA`,
    `${cursor}=`,
    `${cursor} `,
  ])
    expect(await page(changed)).toMatchObject(REFUSED);
});

test("the store's own key, however true, is no cursor", async () => {
  expect(await page(encodeCursor({ after: S('=ada') }))).toMatchObject(REFUSED);
});

test('a cursor of another list is refused', async () => {
  const cursor = fieldOf(await page(), 'cursor');
  for (const path of ['/api/features', '/api/rules', '/api/users/export.csv'])
    expect(await page(cursor, path)).toMatchObject(REFUSED);
});

test('the next part of a file is sealed too', async () => {
  const first = await page(undefined, '/api/users/export.csv');
  const cursor = first.headers.get('x-next-cursor') ?? '';
  expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('ada');
  expect((await page(cursor, '/api/users/export.csv')).text).toContain('bob');
});

test('containers that start at the same moment share one secret, and go on with the cursors of each other', async () => {
  const fresh = await dynamo.tables();
  const containers = Array.from({ length: 8 }, () => new CursorSecret(dynamo.client, fresh.operations));
  const secrets = await Promise.all(containers.map((container) => container.get()));
  expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(1);
  const { Items: items } = await dynamo.client.send(new ScanCommand({ TableName: fresh.operations }));
  expect(items).toHaveLength(1);
  const cursor = fieldOf(await page(), 'cursor');
  const other = createAdmin(dynamo.client, tables);
  expect(column(await page(cursor, '/api/users', other), 'users', 'userId')).toEqual(['bob']);
});
