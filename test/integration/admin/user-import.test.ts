import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { parseImportMessage } from '../../../adapters/import-queue.ts';
import { ImportStore } from '../../../adapters/import-store.ts';
import { RulesetStore } from '../../../adapters/ruleset-store.ts';
import { UserImport } from '../../../adapters/user-import.ts';
import { UserStore } from '../../../adapters/user-store.ts';
import { csvSource } from '../../../functions/csv-source.ts';
import { workImport } from '../../../functions/work-import.ts';
import { createAdmin, fieldOf, type Admin, type AdminAnswer } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { interruptedDynamo } from '../../support/interrupted-dynamo.ts';

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

const CSV = { 'content-type': 'text/csv' };
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
const upload = (text: string, query = ''): Promise<AdminAnswer> =>
  admin.call('POST', `/api/users/import${query}`, { bytes: bytesOf(text), headers: CSV });

const rowsSchema = z.object({
  rows: z.array(
    z.object({
      row: z.number(),
      verdict: z.string(),
      userId: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
});
const rowsOf = ({ body }: AdminAnswer) => rowsSchema.parse(body).rows;
const importOf = ({ body }: AdminAnswer) =>
  z.object({ import: z.record(z.string(), z.unknown()) }).parse(body).import;
const verdictsOf = (answer: AdminAnswer): string[] => rowsOf(answer).map(({ verdict }) => verdict);
const exported = async (): Promise<string> => (await admin.call('GET', '/api/users/export.csv')).text;

/** What the imports function does with a message. */
async function work(client = dynamo.client, deadline = Infinity) {
  const imports = new ImportStore(client, tables.operations);
  const deps = {
    imports,
    userImport: new UserImport(client, tables.users, new UserStore(client, tables.users)),
    rulesets: new RulesetStore(client, tables.config),
    sourceOf: () => Promise.resolve(csvSource(imports)),
    now: () => admin.clock.now,
  };
  const [body = ''] = admin.importQueue.sent.slice(-1);
  return await workImport(deps, parseImportMessage(body) ?? '', deadline);
}

const FILE = [
  'userId,email,name,billingId',
  'ada,ada@example.com,Ada,cus_1',
  'bob,not an address,Bob,',
  ',eve@example.com,Eve,cus_2',
  'ada,,Ada Lovelace,',
  'ada,,Ada Lovelace,',
  'dan,,,cus_1',
  '',
].join('\r\n');
const VERDICTS = ['create', 'error', 'create', 'update', 'unchanged', 'conflict'];

describe('a small file', () => {
  test('is answered with the verdict of every row, and has then been imported', async () => {
    const answer = await upload(FILE);
    expect(answer.status).toBe(200);
    expect(verdictsOf(answer)).toEqual(VERDICTS);
    expect(rowsOf(answer).map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(importOf(answer)).toMatchObject({
      kind: 'csv',
      dryRun: false,
      status: 'done',
      total: 6,
      done: 6,
      counts: { create: 2, update: 1, merge: 0, conflict: 1, unchanged: 1, error: 1 },
      actor: 'admin-key',
    });
    const lines = (await exported()).split('\r\n');
    expect(lines).toContain('ada,ada@example.com,Ada Lovelace,cus_1');
    expect(lines.filter((line) => line.startsWith('imp_'))).toEqual([
      expect.stringMatching(/^imp_[\w-]{22},eve@example\.com,Eve,cus_2$/),
    ]);
    expect(lines.some((line) => line.startsWith('bob') || line.startsWith('dan'))).toBe(false);
  });

  test('in a dry run it is answered with the same verdicts, and nothing has been imported', async () => {
    const dry = await upload(FILE, '?dryRun=1');
    expect(importOf(dry)).toMatchObject({ dryRun: true, status: 'done' });
    expect(await exported()).toBe('userId,email,name,billingId\r\n');
    const real = await upload(FILE);
    expect(rowsOf(real)).toEqual(rowsOf(dry));
  });

  test('imported again, it changes nothing more', async () => {
    await upload('userId,email,name,billingId\nada,ada@example.com,Ada,cus_1\n,eve@example.com,Eve,cus_2\n');
    const before = await exported();
    admin.clock.now += 60_000;
    const again = await upload(
      'userId,email,name,billingId\nada,ada@example.com,Ada,cus_1\n,eve@example.com,Eve,cus_2\n',
    );
    expect(verdictsOf(again)).toEqual(['unchanged', 'unchanged']);
    expect(await exported()).toBe(before);
  });

  test('what the export writes, the import finds unchanged', async () => {
    await upload(FILE);
    await admin.settle({
      messageId: 'i',
      type: 'identify',
      userId: '=1+1',
      traits: { name: "'=x", email: 'a@b.c' },
    });
    const file = await exported();
    expect(new Set(verdictsOf(await upload(file, '?dryRun=1')))).toEqual(new Set(['unchanged']));
  });

  test('a user that a track has created gets its details, and its later identify still counts', async () => {
    await admin.settle({ messageId: 't', userId: 'ada' });
    expect(verdictsOf(await upload('userId,name\nada,Ada\n'))).toEqual(['update']);
    admin.clock.now += 1_000;
    await admin.settle({ messageId: 'i', type: 'identify', userId: 'ada', traits: { name: 'Countess' } });
    expect(fieldOf(await admin.call('GET', '/api/users/ada'), 'name')).toBe('Countess');
  });

  test('a row takes over the imported user with its email', async () => {
    await upload('email,billingId\nada@example.com,cus_1\n');
    const answer = await upload('userId,email\nada,ada@example.com\n');
    expect(verdictsOf(answer)).toEqual(['merge']);
    expect((await admin.call('GET', '/api/users/ada')).body).toMatchObject({
      email: 'ada@example.com',
      billingId: 'cus_1',
    });
  });

  test('packed with gzip, it is the same', async () => {
    const bytes = new Uint8Array(gzipSync(FILE));
    for (const headers of [
      CSV,
      { ...CSV, 'content-encoding': 'gzip' },
      { 'content-type': 'application/gzip' },
    ]) {
      const answer = await admin.call('POST', '/api/users/import?dryRun=1', { bytes, headers });
      expect(verdictsOf(answer)).toEqual(VERDICTS);
    }
  });
});

const numbered = (count: number): string =>
  `userId,email,name,billingId\n${Array.from({ length: count }, (_, index) => {
    const n = String(index);
    return `user-${n},user-${n}@example.com,Name ${n},cus_${n}\n`;
  }).join('')}`;

describe('a large file', () => {
  test('goes on in the background, and says how far it is', async () => {
    const answer = await upload(numbered(1_000));
    expect(answer.status).toBe(202);
    const { id } = importOf(answer);
    expect(importOf(answer)).toMatchObject({ status: 'running', total: 1_000, done: 0 });
    expect(await work()).toEqual({ kind: 'ended' });
    expect((await admin.call('GET', `/api/imports/${String(id)}`)).body).toMatchObject({
      status: 'done',
      done: 1_000,
      counts: { create: 1_000 },
      finishedAt: expect.any(String),
    });
    expect((await exported()).split('\r\n')).toHaveLength(1_002);
    // The queue delivers more than once.
    expect(await work()).toEqual({ kind: 'ended' });
  });

  test('cut off anywhere, it goes on, and each row is done once', async () => {
    const { id } = importOf(await upload(numbered(600)));
    let calls = 0;
    let cutOff = 0;
    // Each run is cut off after a while, some in the middle of a write whose answer is lost.
    const client = interruptedDynamo(dynamo.endpoint, () => {
      calls += 1;
      return calls % 23 === 0 ? 'fail' : calls % 17 === 0 ? 'lose reply' : undefined;
    });
    for (let run = 0; run < 200; run += 1) {
      try {
        if ((await work(client)).kind === 'ended') break;
      } catch {
        cutOff += 1;
      }
    }
    client.destroy();
    expect((await admin.call('GET', `/api/imports/${String(id)}`)).body).toMatchObject({
      status: 'done',
      done: 600,
      counts: { create: 600, unchanged: 0, update: 0, error: 0 },
    });
    expect(cutOff).toBeGreaterThan(0);
    const verdicts = await admin.call('GET', `/api/imports/${String(id)}/rows.csv`);
    const rows = verdicts.text.trim().split('\r\n').slice(1);
    expect(rows.map((row) => Number(row.split(',')[0]))).toEqual(
      Array.from({ length: 600 }, (_, index) => index + 2),
    );
  });

  test('in a dry run, cut off and begun again, it has each verdict once', async () => {
    const file = `${numbered(600)}user-0,,Other,\n`;
    const { id } = importOf(await upload(file, '?dryRun=1'));
    let calls = 0;
    const client = interruptedDynamo(dynamo.endpoint, () => ((calls += 1) === 12 ? 'fail' : undefined));
    await work(client).catch(() => undefined);
    expect(await work(client)).toEqual({ kind: 'ended' });
    client.destroy();
    expect((await admin.call('GET', `/api/imports/${String(id)}`)).body).toMatchObject({
      status: 'done',
      done: 601,
      counts: { create: 600, update: 1 },
    });
    expect(await exported()).toBe('userId,email,name,billingId\r\n');
  });

  test('the file is removed when the import has ended', async () => {
    const { id } = importOf(await upload(numbered(501)));
    const imports = new ImportStore(dynamo.client, tables.operations);
    expect(await imports.part(String(id), 0)).toHaveLength(501);
    await work();
    await expect(imports.part(String(id), 0)).rejects.toThrow('is missing');
  });
});

describe('what became of the rows', () => {
  test('is paged, and can be asked for by verdict', async () => {
    const { id } = importOf(await upload(FILE));
    const path = `/api/imports/${String(id)}/rows`;
    const first = await admin.call('GET', `${path}?limit=4`);
    const second = await admin.call('GET', `${path}?limit=4&cursor=${fieldOf(first, 'cursor')}`);
    expect([...verdictsOf(first), ...verdictsOf(second)]).toEqual(VERDICTS);
    expect(fieldOf(second, 'cursor')).toBe('');
    const errors = await admin.call('GET', `${path}?verdict=error`);
    expect(rowsOf(errors)).toEqual([
      { row: 3, verdict: 'error', message: expect.stringContaining('address') },
    ]);
  });

  test('is a file to download, packed for whoever takes that', async () => {
    const { id } = importOf(await upload('userId,name\n=1+1,x\n'));
    const path = `/api/imports/${String(id)}/rows.csv`;
    const plain = await admin.call('GET', path);
    expect(plain.text).toBe("row,verdict,userId,message\r\n2,create,'=1+1,\r\n");
    const packed = await admin.call('GET', path, { headers: { 'accept-encoding': 'br, gzip' } });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(packed.headers.get('content-disposition')).toBe(`attachment; filename="${String(id)}.csv"`);
  });

  test('imports are listed, newest first', async () => {
    await upload('userId\nada\n');
    admin.clock.now += 1;
    await upload('userId\nada\n', '?dryRun=1');
    const { body } = await admin.call('GET', '/api/imports?limit=1');
    expect(body).toMatchObject({ imports: [{ dryRun: true }], cursor: expect.any(String) });
  });
});

test('the export comes in parts that can be joined', async () => {
  await upload(numbered(7));
  const whole = await exported();
  let joined = '';
  for (let cursor: string | null = ''; cursor !== null;) {
    const part: AdminAnswer = await admin.call(
      'GET',
      `/api/users/export.csv?limit=3${cursor && `&cursor=${cursor}`}`,
    );
    joined += part.text;
    cursor = part.headers.get('x-next-cursor');
  }
  expect(joined).toBe(whole);
});

describe('what cannot be read is refused, and nothing is imported', () => {
  test.each([
    ['', 'The file is empty: send CSV with a header line.'],
    ['userId,email\n', 'The file has a header and no rows.'],
    ['a,b\n1,2\n', /^The first line must name the columns/],
    ['userId\nada\n"', /is opened and never closed/],
  ])('%j', async (text, message) => {
    const { status, body } = await upload(text);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect((await admin.call('GET', '/api/imports')).body).toEqual({ imports: [] });
  });

  test('a queue that cannot be reached', async () => {
    admin.importQueue.fails = true;
    expect((await upload(numbered(501))).status).toBe(503);
    expect((await admin.call('GET', '/api/imports')).body).toEqual({ imports: [] });
    expect(await exported()).toBe('userId,email,name,billingId\r\n');
  });
});
