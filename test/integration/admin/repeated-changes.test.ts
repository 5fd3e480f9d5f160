import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { S } from '../../../adapters/attributes.ts';
import { ReconciliationStore } from '../../../adapters/reconciliation-store.ts';
import { column, createAdmin, fieldOf, type Admin, type AdminAnswer } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { interruptedDynamo, type Interruption } from '../../support/interrupted-dynamo.ts';

// A change that has its effect and is answered with 503, because the reply of its commit is lost and so is everything that
// could tell that it was made. Sent again under its Idempotency-Key, it has no second effect, whatever others did meanwhile.

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;
const interrupted: DynamoDBClient[] = [];

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  for (const client of interrupted) client.destroy();
  await dynamo.stop();
});
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
});

const RULE = { featureId: 'messages', event: { operator: 'equals', value: 'Message Sent' } };

/** Commands of which each may give a key back; only they still arrive when the store has vanished. */
const RELEASES = ['UpdateItemCommand', 'DeleteItemCommand'];

/** A store that carries out the nth of these commands, loses its reply, and is not there for anything that follows. */
function vanishesAfter(wanted: string, nth = 1): Admin {
  let left = nth;
  const client = interruptedDynamo(dynamo.endpoint, (command): Interruption | undefined => {
    if (left === 0) return RELEASES.includes(command) ? undefined : 'fail';
    if (command === wanted) left -= 1;
    return left === 0 ? 'lose reply' : undefined;
  });
  interrupted.push(client);
  return createAdmin(client, tables);
}

interface Wish {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

const send = ({ method, path, headers, ...content }: Wish, by = admin): Promise<AdminAnswer> =>
  by.call(method, path, { ...content, headers: { ...headers, 'idempotency-key': 'a' } });

/** Has its effect and is answered with 503; a moment passes. */
async function attempt(wish: Wish, command = 'TransactWriteItemsCommand', nth = 1): Promise<void> {
  expect((await send(wish, vanishesAfter(command, nth))).status).toBe(503);
  admin.clock.now += 5_000;
}

const createRule: Wish = { method: 'POST', path: '/api/rules', body: RULE };
const ruleIds = async (): Promise<string[]> => column(await admin.call('GET', '/api/rules'), 'rules', 'id');
const ruleOfMine = async (): Promise<string> =>
  fieldOf(await admin.call('POST', '/api/rules', { body: RULE }), 'id');
const changesOf = async (id: string): Promise<string[]> =>
  column(await admin.call('GET', `/api/rules/${id}/history`), 'versions', 'change');

describe('a new rule', () => {
  test('is made once, and its repetition is answered with it, marked from then on', async () => {
    await attempt(createRule);
    const [id] = await ruleIds();
    const second = await send(createRule);
    expect(second).toMatchObject({ status: 201, body: { id, version: 1 } });
    expect(second.headers.get('idempotent-replayed')).toBeNull();
    expect(await send(createRule)).toMatchObject({ status: 201, text: second.text });
    expect(await ruleIds()).toEqual([id]);
  });

  test('is made once, however often the store vanishes', async () => {
    await attempt(createRule);
    // This one does not get as far as a commit.
    await attempt(createRule, 'QueryCommand');
    await attempt(createRule, 'PutItemCommand');
    expect(await send(createRule)).toMatchObject({ status: 201, body: { version: 1 } });
    expect(await ruleIds()).toHaveLength(1);
  });

  test('is made once by two repetitions at once', async () => {
    await attempt(createRule);
    const answers = await Promise.all([send(createRule), send(createRule), send(createRule)]);
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1);
    for (const { status, body } of answers)
      if (status !== 201) expect(body).toMatchObject({ code: 'in_progress' });
    expect(await ruleIds()).toHaveLength(1);
  });

  test('that somebody has edited since stays edited', async () => {
    await attempt(createRule);
    const [id = ''] = await ruleIds();
    await admin.call('PATCH', `/api/rules/${id}`, { body: { name: 'Edited' } });
    expect(await send(createRule)).toMatchObject({ status: 201, body: { id, version: 1 } });
    expect(await ruleIds()).toEqual([id]);
    expect((await admin.call('GET', `/api/rules/${id}`)).body).toMatchObject({ version: 2, name: 'Edited' });
  });

  test('that somebody has deleted since is not made again', async () => {
    await attempt(createRule);
    const [id = ''] = await ruleIds();
    await admin.call('DELETE', `/api/rules/${id}`);
    expect(await send(createRule)).toMatchObject({ status: 201, body: { id } });
    expect(await ruleIds()).toEqual([]);
  });

  test('that was not made by the first attempt is made by the next', async () => {
    const broken = interruptedDynamo(dynamo.endpoint, (command) =>
      command === 'TransactWriteItemsCommand' ? 'fail' : undefined,
    );
    interrupted.push(broken);
    expect((await send(createRule, createAdmin(broken, tables))).status).toBe(503);
    expect(await ruleIds()).toEqual([]);
    expect(await send(createRule)).toMatchObject({ status: 201, body: { version: 1 } });
    expect(await ruleIds()).toHaveLength(1);
  });

  test('under the key of another request, which failed, is refused', async () => {
    await attempt(createRule);
    const other = await send({ ...createRule, body: { ...RULE, name: 'Other' } });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await ruleIds()).toHaveLength(1);
  });
});

describe('an edit of a rule', () => {
  test.each(['recount', 'revert'])(
    'changes the past once (%s), whoever edits the rule since',
    async (past) => {
      const id = await ruleOfMine();
      const wish: Wish = {
        method: 'PATCH',
        path: `/api/rules/${id}?${past}=1`,
        body: { enabled: past === 'recount', delta: { value: '3' } },
      };
      await attempt(wish);
      const changes = await changesOf(id);
      expect(changes).toHaveLength(2);
      await admin.call('PATCH', `/api/rules/${id}`, { body: { delta: { value: '7' } } });
      const again = await send(wish);
      expect(again).toMatchObject({ status: 200, body: { id, version: 2, delta: { value: '3' } } });
      expect(await changesOf(id)).toEqual(['changed', ...changes]);
      expect((await admin.call('GET', `/api/rules/${id}`)).body).toMatchObject({ delta: { value: '7' } });
      const jobs = await admin.call('GET', '/api/reprocessing');
      expect(column(jobs, 'jobs', 'id')).toEqual([fieldOf(again, 'jobId')]);
      expect(column(jobs, 'jobs', 'kind')).toEqual([past]);
    },
  );

  test('is not refused for the version that it has made itself', async () => {
    const id = await ruleOfMine();
    const wish = { method: 'PATCH', path: `/api/rules/${id}`, body: { name: 'B', version: 1 } };
    await attempt(wish);
    expect(await send(wish)).toMatchObject({ status: 200, body: { name: 'B', version: 2 } });
    expect(await changesOf(id)).toEqual(['changed', 'created']);
  });

  test.each(['', '?revert=1'])('that deletes it (%j) is answered as made', async (query) => {
    const id = await ruleOfMine();
    const wish = { method: 'DELETE', path: `/api/rules/${id}${query}` };
    await attempt(wish);
    const again = await send(wish);
    expect(again.status).toBe(query === '' ? 204 : 202);
    const jobs = column(await admin.call('GET', '/api/reprocessing'), 'jobs', 'id');
    expect(jobs).toEqual(query === '' ? [] : [fieldOf(again, 'jobId')]);
    expect(await changesOf(id)).toEqual(['deleted', 'created']);
  });
});

describe('what somebody has changed since stays as it is:', () => {
  const features = async () => column(await admin.call('GET', '/api/features'), 'features', 'name');

  test('a feature that was made, and is deleted', async () => {
    const wish = { method: 'POST', path: '/api/features', body: { id: 'seats', name: 'Seats' } };
    await attempt(wish);
    await admin.call('DELETE', '/api/features/seats');
    expect(await send(wish)).toMatchObject({ status: 201, body: { id: 'seats', name: 'Seats' } });
    expect(await features()).toEqual(['messages']);
  });

  test('a feature that was renamed, and has another name', async () => {
    const wish = { method: 'PATCH', path: '/api/features/messages', body: { name: 'Texts' } };
    await attempt(wish);
    await admin.call('PATCH', '/api/features/messages', { body: { name: 'Letters' } });
    expect(await send(wish)).toMatchObject({ status: 200, body: { name: 'Texts' } });
    expect(await features()).toEqual(['Letters']);
  });

  test('a feature that was deleted, and is there again', async () => {
    const wish = { method: 'DELETE', path: '/api/features/messages' };
    await attempt(wish);
    await admin.call('POST', '/api/features', { body: { id: 'messages', name: 'Again' } });
    expect((await send(wish)).status).toBe(204);
    expect(await features()).toEqual(['Again']);
  });

  test('a setting that was switched on, and is off', async () => {
    const wish = { method: 'PATCH', path: '/api/settings', body: { chargebee: { enabled: true } } };
    await attempt(wish);
    await admin.call('PATCH', '/api/settings', { body: { chargebee: { enabled: false } } });
    expect(await send(wish)).toMatchObject({ status: 200, body: { chargebee: { enabled: false } } });
    expect(column(await admin.call('GET', '/api/settings'), 'history', 'by')).toHaveLength(2);
  });

  test('a merge that was undone', async () => {
    await admin.settle({ messageId: '1', userId: 'ada' }, { messageId: '2', userId: 'ben' });
    const body = { survivorId: 'ada', absorbedId: 'ben' };
    const wish = { method: 'POST', path: '/api/users/merge', body };
    await attempt(wish);
    const merges = async () => column(await admin.call('GET', '/api/merges'), 'merges', 'id');
    const [id = ''] = await merges();
    await admin.call('POST', `/api/merges/${id}/undo`);
    const again = await send(wish);
    expect(again).toMatchObject({ status: 200, body: { merge: { id, undoneBy: 'admin-key' } } });
    expect(await merges()).toEqual([id]);
    expect((await admin.call('GET', '/api/users/ben')).body).toMatchObject({ userId: 'ben' });
  });
});

test('a merge, and its undoing, are answered as made', async () => {
  await admin.settle({ messageId: '1', userId: 'ada' }, { messageId: '2', userId: 'ben' });
  const body = { survivorId: 'ada', absorbedId: 'ben' };
  const wish = { method: 'POST', path: '/api/users/merge', body };
  await attempt(wish);
  const [id = ''] = column(await admin.call('GET', '/api/merges'), 'merges', 'id');
  expect(await send(wish)).toMatchObject({ status: 200, body: { merge: { id }, user: { userId: 'ada' } } });
  const undo = { method: 'POST', path: `/api/merges/${id}/undo`, headers: { 'idempotency-key': 'b' } };
  const sendUndo = (by = admin) => by.call(undo.method, undo.path, { headers: undo.headers });
  expect((await sendUndo(vanishesAfter('TransactWriteItemsCommand'))).status).toBe(503);
  expect(await sendUndo()).toMatchObject({ status: 200, body: { merge: { id, undoneBy: 'admin-key' } } });
  expect((await admin.call('POST', undo.path)).status).toBe(409);
});

test('an API key is made once: its repetition says that the secret is lost', async () => {
  const wish = { method: 'POST', path: '/api/keys', body: { name: 'x', scope: 'read' } };
  await attempt(wish);
  expect(await send(wish)).toMatchObject({ status: 409, body: { code: 'answer_not_kept' } });
  expect(column(await admin.call('GET', '/api/keys'), 'keys', 'name')).toEqual(['x']);
});

test('a reconciliation is made once, also when it is over by the time of the repetition', async () => {
  const wish = { method: 'POST', path: '/api/reconciliations' };
  // The first puts the key.
  await attempt(wish, 'PutItemCommand', 2);
  const store = new ReconciliationStore(dynamo.client, tables.operations);
  const [run] = await store.list(1);
  if (run === undefined) throw new Error('Nothing was begun.');
  const nothing = { parts: 1, scanned: 0, unreadable: 0, differences: [], unsettled: 0 };
  await store.finishPart(run, nothing, admin.clock.now);
  expect(await send(wish)).toMatchObject({ status: 202, body: { id: run.id, status: 'done' } });
  expect(await store.list(9)).toHaveLength(1);
});

test.each(['fails', 'takesNothing'] as const)(
  'a reconciliation that the queue does not take (%s) is answered with 503, and another is begun when it does',
  async (how) => {
    const wish = { method: 'POST', path: '/api/reconciliations' };
    admin.reprocessQueue[how] = true;
    expect(await send(wish)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    admin.reprocessQueue[how] = false;
    admin.clock.now += 5_000;
    const answer = await send(wish);
    expect(answer).toMatchObject({ status: 202, body: { status: 'running' } });
    expect(admin.reprocessQueue.sent).toEqual([
      JSON.stringify({ v: 1, reconciliation: fieldOf(answer, 'id') }),
    ]);
    const runs = await admin.call('GET', '/api/reconciliations');
    expect(column(runs, 'reconciliations', 'status')).toEqual(['running', 'failed']);
  },
);

test('a file is imported once', async () => {
  const bytes = new TextEncoder().encode('userId,name\nada,Ada\n');
  const headers = { 'content-type': 'text/csv' };
  const wish = { method: 'POST', path: '/api/users/import', bytes, headers };
  await attempt(wish, 'PutItemCommand', 2);
  const again = await send(wish);
  expect(again).toMatchObject({ status: 200, body: { import: { status: 'done', done: 1 } } });
  expect(column(await admin.call('GET', '/api/imports'), 'imports', 'status')).toEqual(['done']);
});

test('an import from a provider is begun once', async () => {
  admin.billing.key = JSON.stringify({ stripeApiKey: 'sk_test_x' });
  const wish = { method: 'POST', path: '/api/imports/stripe' };
  const broken = vanishesAfter('PutItemCommand', 2);
  broken.billing.key = admin.billing.key;
  expect((await send(wish, broken)).status).toBe(503);
  const [id] = column(await admin.call('GET', '/api/imports'), 'imports', 'id');
  expect(await send(wish)).toMatchObject({ status: 202, body: { import: { id } } });
  expect(column(await admin.call('GET', '/api/imports'), 'imports', 'id')).toEqual([id]);
});

test('a user is erased once, up to the moment of the first attempt', async () => {
  await admin.settle({ messageId: '1', userId: 'ada' });
  const wish = { method: 'DELETE', path: '/api/users/ada' };
  await attempt(wish);
  const open = async () => {
    const { Items: items } = await dynamo.client.send(
      new QueryCommand({
        TableName: tables.operations,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S('erasing') },
      }),
    );
    return items?.map(({ sk }) => sk?.S);
  };
  const [id] = (await open()) ?? [];
  const again = await send(wish);
  expect(again).toMatchObject({
    status: 202,
    body: { erasureId: id, startedAt: '2026-11-23T12:00:00.000Z' },
  });
  expect(await open()).toEqual([id]);
});
