import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { InvalidCursorError } from '../../adapters/cursor.ts';
import { FlagStore } from '../../adapters/flag-store.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';
import { importUser } from '../support/imported-user.ts';

// The two boxes and the merges that empty them, on the embedded engine.

let dynamo: TestDynamo;
let table: string;
let flags: FlagStore;
let merges: MergeStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).users;
  const users = new UserStore(dynamo.client, table);
  flags = new FlagStore(dynamo.client, table, users);
  merges = new MergeStore(dynamo.client, table, users);
});

const add = (source: string, email: string): Promise<string> =>
  importUser(dynamo.client, table, { source, email });
const merge = (survivorId: string, absorbedId: string, suffix: string, at = 1) =>
  merges.merge({ survivorId, absorbedId, suffix, at, actor: 'a person', dryRun: false });

async function shared(limit: number): Promise<string[]> {
  const emails: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await flags.sharedEmails(limit, cursor);
    emails.push(...page.rows.map(({ group }) => group.email));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return emails.toSorted();
}

test('every shared email is listed once, in pages of any size, with its users, and the counts say how many', async () => {
  const emails = Array.from({ length: 11 }, (_, index) => `e${String(index + 10)}@x.test`);
  for (const email of emails) for (const source of ['csv', 'stripe']) await add(`${source}:${email}`, email);
  await add('csv:alone', 'alone@x.test');
  for (const limit of [1, 4, 100]) expect(await shared(limit)).toEqual(emails);
  expect(await flags.counts()).toEqual({ users: 23, missingBilling: 23, sharedEmail: 11 });
  const [first] = (await flags.sharedEmails(1)).rows;
  expect(first?.users).toHaveLength(2);
});

test('a dismissed group is out of the list and the count until somebody joins it', async () => {
  await add('csv:1', 'x@x.test');
  await add('csv:2', 'X@x.test');
  expect(await flags.dismiss(' x@X.test')).toBe('dismissed');
  expect([await shared(10), (await flags.counts()).sharedEmail]).toEqual([[], 0]);
  expect(await flags.dismiss('x@x.test')).toBe('dismissed');
  expect(await flags.dismiss('nobody@x.test')).toBe('unknown');
  await add('csv:3', 'x@x.test');
  expect([await shared(10), (await flags.counts()).sharedEmail]).toEqual([['x@x.test'], 1]);
});

test('a cursor of another list is refused', async () => {
  const cursor = Buffer.from('{"after":{"S":"mrg_1"}}').toString('base64url');
  await expect(flags.sharedEmails(1, cursor)).rejects.toBeInstanceOf(InvalidCursorError);
});

test('a merge leaves both boxes with one user, and undoing puts both back, once', async () => {
  const [one, two] = [await add('csv:1', 'x@x.test'), await add('csv:2', 'x@x.test')];
  const answer = await merge(one, two, 's');
  const id = answer.kind === 'merged' ? answer.record.id : '';
  expect(await flags.counts()).toEqual({ users: 1, missingBilling: 1, sharedEmail: 0 });
  // Sent again, after its reply was lost, it is the same merge.
  expect(await merge(one, two, 's')).toMatchObject({ kind: 'merged', record: { id } });
  expect(await merge(one, two, 'another')).toEqual({ kind: 'absorbed', side: 'absorbedId', into: one });
  const by = { at: 2, actor: 'a person' };
  expect(await merges.undo(id, by)).toMatchObject({ kind: 'undone' });
  expect(await merges.undo(id, { ...by, at: 3 })).toMatchObject({ kind: 'undone_before' });
  expect(await flags.counts()).toEqual({ users: 2, missingBilling: 2, sharedEmail: 1 });
  expect(await shared(10)).toEqual(['x@x.test']);
});

test('of merges that share a side at the same time, what one has taken the other does not take as well', async () => {
  const [a, b, c] = [
    await add('csv:a', 'a@x.test'),
    await add('csv:b', 'b@x.test'),
    await add('csv:c', 'c@x.test'),
  ];
  const answers = await Promise.all([merge(b, a, '1'), merge(c, b, '2'), merge(a, b, '3')]);
  const made = answers.filter(({ kind }) => kind === 'merged');
  expect(made.length).toBeGreaterThanOrEqual(1);
  expect(answers.filter(({ kind }) => kind !== 'merged').every(({ kind }) => kind === 'absorbed')).toBe(true);
  expect((await flags.counts()).users).toBe(3 - made.length);
  const page = await merges.page(10);
  expect(page.rows.map(({ id }) => id)).toEqual(
    page.rows
      .map(({ id }) => id)
      .toSorted()
      .reverse(),
  );
  expect(page.rows).toHaveLength(made.length);
});
