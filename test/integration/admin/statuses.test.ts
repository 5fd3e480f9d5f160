import { PutItemCommand, TransactWriteItemsCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { S } from '../../../adapters/attributes.ts';
import { rulesetWrites } from '../../../adapters/ruleset-store.ts';
import { toUsageUpdate } from '../../../adapters/usage-item.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../../core/ruleset.ts';
import type { UsageRowChange } from '../../../core/usage-fold.ts';
import {
  ADMIN_KEY,
  createAdmin,
  column,
  fieldOf,
  type Admin,
  type AdminAnswer,
  type AdminCall,
} from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { forgetAnswers } from '../../support/forget-answers.ts';
import { importUser } from '../../support/imported-user.ts';
import { interruptedDynamo, type Interruption } from '../../support/interrupted-dynamo.ts';
import { readJudge, type ApiJudge } from '../../support/openapi-answers.ts';

// Every route with every status that the document gives it. Each answer is compared with the document, and the last test
// fails when a documented status was never answered.

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;
let judge: ApiJudge;
const answered = new Set<string>();
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
  judge = await readJudge(admin);
});

/** Values for the path parameters of a route. */
type Ids = Readonly<Record<string, string>>;

const NO_IDS: Ids = {
  featureId: 'nothing',
  ruleId: 'rul_nothing',
  jobId: 'job_9999999999',
  importId: 'import_0000000000000_000000000000',
  reconciliationId: 'rec_0000000000000_000000000000',
  erasureId: 'era_0000000000000000000000',
  messageId: 'nothing',
  userId: 'nobody',
  event: 'Nothing',
  keyId: 'key_0000000000000000',
  mergeId: 'mrg_nothing',
  email: 'nobody@example.com',
};

const RULE = { featureId: 'messages', event: { operator: 'equals', value: 'Message Sent' } };
const BODIES: Readonly<Record<string, unknown>> = {
  createFeature: { id: 'images' },
  changeFeature: { name: 'Renamed' },
  createRule: RULE,
  changeRule: { enabled: false },
  previewRule: RULE,
  previewRuleImpact: RULE,
  createKey: { name: 'Segment', scope: 'ingest' },
  changeKey: { signatureSecrets: ['a', 'b'] },
  changeSettings: { chargebee: { enabled: true } },
  startSession: { key: ADMIN_KEY },
  resolveUser: { userId: 'user-1', traits: { email: 'ada@example.com' } },
  mergeUsers: { survivorId: 'user-1', absorbedId: 'user-2', dryRun: true },
  redriveQuarantined: { all: true },
  readSegmentFilter: { filter: 'event = "Message Sent"', language: 'trigger' },
};
const BILLING = JSON.stringify({ stripeApiKey: 'sk', chargebeeSite: 's', chargebeeApiKey: 'k' });
const file = (text: string): AdminCall => ({
  bytes: new Uint8Array(Buffer.from(text)),
  headers: { 'content-type': 'text/csv' },
});
/** Routes that take a file instead of JSON. */
const FILES: Readonly<Record<string, AdminCall>> = { importUsers: file('userId\nada\n') };
/** Routes that read no store themselves: only an API key has to be looked up for them. */
const WITHOUT_STORE = new Set(['readSegmentFilter', 'getConnection']);
/** Routes that look at no API key. */
const WITHOUT_KEY = new Set(['startSession', 'getSession', 'endSession']);

/** What a route needs to find something, beyond its path. */
const QUERIES: Readonly<Record<string, string>> = {
  getRuleImpact: '?change=revert',
  getTopUsers: '?featureId=messages',
  listEvents: '?userId=user-1',
};

async function ask(
  id: string,
  status: number,
  ids: Ids = NO_IDS,
  call: AdminCall = {},
  query?: string,
  by = admin,
): Promise<AdminAnswer> {
  const operation = judge.operations.find((known) => known.id === id);
  if (operation === undefined) throw new Error(`There is no operation ${id}.`);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(ids[name] ?? ''),
  );
  const body = BODIES[id];
  const signedIn = operation.scope === 'session' && call.key === undefined ? await admin.signIn() : undefined;
  const answer = await by.call(operation.method, path + (query ?? QUERIES[id] ?? ''), {
    ...(body !== undefined && call.text === undefined && { body }),
    ...(signedIn !== undefined && { key: null, headers: signedIn }),
    ...FILES[id],
    ...call,
  });
  expect({ id, status: answer.status, text: answer.status === status ? '' : answer.text }).toEqual({
    id,
    status,
    text: '',
  });
  expect({ id, problems: judge.problemsWith(id, answer) }).toEqual({ id, problems: [] });
  answered.add(`${id} ${String(status)}`);
  return answer;
}

/** The API on a network that does this with every request. */
function createInterruptedAdmin(interrupt: () => Interruption): Admin {
  const client = interruptedDynamo(dynamo.endpoint, interrupt);
  interrupted.push(client);
  const made = createAdmin(client, tables);
  made.billing.key = BILLING;
  return made;
}

const operationsWith = (status: number): readonly string[] =>
  judge.operations.filter(({ statuses }) => statuses.includes(status)).map(({ id }) => id);

async function saveRuleset(next: RulesetSnapshot): Promise<void> {
  await dynamo.client.send(
    new TransactWriteItemsCommand({ TransactItems: rulesetWrites(tables.config, next, 'a test') }),
  );
}

async function seed(): Promise<Ids> {
  await ask('createFeature', 201, NO_IDS, { body: { id: 'messages', unitLabel: 'message' } });
  const rule = await ask('createRule', 201);
  const key = await ask('createKey', 201);
  await admin.settle(
    {
      type: 'identify',
      messageId: 'i-1',
      traits: { email: 'ada@example.com', name: 'Ada', billingUserId: 'cus_1' },
    },
    { type: 'identify', messageId: 'i-2', userId: 'user-2', traits: { email: 'ada@example.com' } },
    { messageId: 't-1', properties: { delta: 3 } },
    { messageId: 't-3', userId: 'user-3' },
    { messageId: 't-2', event: 'Page Opened', properties: { plan: 'pro' } },
  );
  await ask('mergeUsers', 200, NO_IDS, { body: { survivorId: 'user-1', absorbedId: 'user-3' } });
  const [mergeId = ''] = column(await ask('listMerges', 200), 'merges', 'id');
  await admin.jobs.start(3, 'rule "x" created', admin.clock.now);
  const erasure = await ask('eraseUser', 202, { userId: 'somebody-else' });
  return {
    featureId: 'messages',
    ruleId: fieldOf(rule, 'id'),
    keyId: fieldOf(key, 'id'),
    jobId: 'job_0000000003',
    event: 'Page Opened',
    erasureId: fieldOf(erasure, 'erasureId'),
    messageId: 't-1',
    userId: 'user-1',
    mergeId,
    email: 'ada@example.com',
    reconciliationId: fieldOf(await ask('startReconciliation', 202), 'id'),
    importId: importIdOf(await ask('importUsers', 200)),
  };
}

const importIdOf = ({ body }: AdminAnswer): string =>
  z.object({ import: z.object({ id: z.string() }) }).parse(body).import.id;

test('with something to find, every route answers with success and as documented', async () => {
  const ids = await seed();
  for (const id of operationsWith(200)) await ask(id, 200, ids);
  await ask('getUsage', 200, ids, {}, '?format=csv');
  await ask('listEvents', 200, ids, {}, '?status=unmapped');
  await ask('listEvents', 200, ids, {}, '?status=quarantined');
  for (const messageId of ['i-1', 't-2']) await ask('getEvent', 200, { messageId });
  await ask('dismissSharedEmail', 204, ids);
  await ask('endSession', 204);
  await ask('deleteRule', 204, ids);
  await ask('deleteFeature', 204, ids);
  await ask('revokeKey', 204, ids);
});

test('an unknown query parameter is refused by every route of the API', async () => {
  for (const id of operationsWith(400)) {
    const { body } = await ask(id, 400, NO_IDS, {}, '?nonsense=1');
    expect(body).toMatchObject({
      details: expect.arrayContaining([expect.objectContaining({ path: 'nonsense' })]),
    });
  }
});

test('no key, a wrong key and a revoked key are refused by every route that needs one', async () => {
  await admin.keys.ensure('th_admin_revoked', { scope: 'admin', name: 'gone' }, 0);
  const [revoked] = await admin.keys.list();
  await admin.keys.revoke(revoked?.id ?? '', 1);
  for (const id of operationsWith(401)) {
    for (const key of [null, 'wrong', 'th_admin_revoked']) {
      const body = id === 'startSession' ? { body: { key: key ?? 'none' } } : {};
      const { headers } = await ask(id, 401, NO_IDS, { key, ...body });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  }
});

test('a key of another scope is refused, and a read key reads everything but keys', async () => {
  await admin.keys.ensure('ingest-key', { scope: 'ingest', name: 'i' }, 0);
  await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
  await admin.keys.ensure('other-admin-key', { scope: 'admin', name: 'a' }, 0);
  const ids = await seed();
  await ask('startSession', 403, ids, { body: { key: 'ingest-key' } });
  await ask('endSession', 403, ids, { key: null, headers: { cookie: (await admin.signIn()).cookie } });
  for (const { id, scope, statuses } of judge.operations.filter(
    (operation) => operation.scope === 'read' || operation.scope === 'admin',
  )) {
    await ask(id, 403, ids, { key: 'ingest-key' });
    if (scope === 'admin') await ask(id, 403, ids, { key: 'read-key' });
    else await ask(id, 200, ids, { key: 'read-key' });
    if (statuses.includes(200)) await ask(id, 200, ids, { key: 'other-admin-key' });
  }
});

test('what does not exist is not found', async () => {
  for (const id of operationsWith(404)) await ask(id, 404);
});

test('signing in too often with a wrong key is refused for a while', async () => {
  for (let attempt = 0; attempt < 10; attempt += 1)
    await ask('startSession', 401, NO_IDS, { body: { key: 'wrong' } });
  const { headers } = await ask('startSession', 429);
  expect(headers.get('retry-after')).toBe('900');
});

test('a body that is too large, not JSON, or of another type is refused', async () => {
  for (const { id } of judge.operations.filter(({ id, takesBody }) => takesBody && !(id in FILES))) {
    await ask(id, 413, NO_IDS, { text: JSON.stringify({ name: 'x'.repeat(300_000) }) });
    await ask(id, 415, NO_IDS, {
      text: 'name=x',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    await ask(id, 415, NO_IDS, { headers: { 'content-type': 'application/json; charset=utf-16' } });
    await ask(id, 415, NO_IDS, { headers: { 'content-encoding': 'gzip' } });
    for (const text of [
      '',
      '{',
      'null',
      '7',
      '[]',
      '"x"',
      '{"a":1}',
      '{"__proto__":{"id":"x"}}',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ]) {
      await ask(id, 400, NO_IDS, { text });
    }
  }
});

test('a file that is too large, no CSV, or of another type is refused', async () => {
  await ask('importUsers', 413, NO_IDS, file(`userId\n${'a\n'.repeat(200_001)}`));
  await ask('importUsers', 400, NO_IDS, file('userId\n"'));
  for (const headers of [
    { 'content-type': 'application/json' },
    { 'content-type': 'text/csv', 'content-encoding': 'br' },
  ]) {
    await ask('importUsers', 415, NO_IDS, { ...FILES['importUsers'], headers });
  }
});

test('what goes on in the background is accepted', async () => {
  admin.billing.key = BILLING;
  await ask('importUsers', 202, NO_IDS, file(`userId\n${'a\n'.repeat(501)}`));
  await ask('importFromStripe', 202);
  const started = await ask('reconcile', 202);
  // One that is running is not started again.
  expect(fieldOf(await ask('startReconciliation', 202), 'id')).toBe(fieldOf(started, 'id'));
  await ask('changeSettings', 200);
  await ask('importFromChargebee', 202);
});

test('of every change, an Idempotency-Key is refused that is under way or belongs to another request', async () => {
  const changes = judge.operations.filter(({ scope, method }) => scope === 'admin' && method !== 'GET');
  expect(changes.length).toBeGreaterThan(15);
  for (const { id } of changes) {
    const withKey = {
      headers: { ...FILES[id]?.headers, 'idempotency-key': `key of ${id}`.replaceAll(' ', '-') },
    };
    // An answer that every route gives, and that leaves nothing behind.
    const { text } = await ask(id, 400, NO_IDS, withKey, '?nonsense=1');
    const again = await ask(id, 400, NO_IDS, withKey, '?nonsense=1');
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([text, 'true']);
    expect((await ask(id, 422, NO_IDS, withKey)).body).toMatchObject({ code: 'idempotency_key_reused' });
    await forgetAnswers(dynamo.client, tables.operations);
    const { body } = await ask(id, 409, NO_IDS, withKey, '?nonsense=1');
    expect(body).toMatchObject({ code: 'in_progress' });
  }
});

describe('conflicts', () => {
  test('of ids, of features in use and of versions', async () => {
    const ids = await seed();
    await ask('createFeature', 409, ids, { body: { id: 'messages' } });
    await ask('deleteFeature', 409, ids);
    await ask('changeRule', 200, ids, { body: { name: 'New', version: 1 } });
    await ask('changeRule', 409, ids, { body: { name: 'Newer', version: 1 } });
    await ask('mergeUsers', 409, ids, { body: { survivorId: 'user-2', absorbedId: 'user-3' } });
    await ask('undoMerge', 200, ids);
    await ask('undoMerge', 409, ids);
  });
});

describe('what is well formed but not possible', () => {
  test('an imported user cannot absorb one that has a userId', async () => {
    await seed();
    const survivorId = await importUser(dynamo.client, tables.users, { source: 'csv:1' });
    await ask('mergeUsers', 422, NO_IDS, { body: { survivorId, absorbedId: 'user-1' } });
  });

  test('a ruleset that would be too large cannot be changed, except by making it smaller', async () => {
    const ids = await seed();
    const { generation } = await admin.rulesets.current();
    const values = (): string[] => Array.from({ length: 50 }, () => randomBytes(750).toString('base64'));
    const rules = Array.from({ length: 48 }, (_, index) => ({
      id: `rul_${String(index)}`,
      version: 1,
      featureId: 'messages',
      event: { operator: 'equals', value: 'x' } as const,
      conditions: [{ path: 'properties.id', operator: 'in' as const, value: values() }],
      createdAt: 1,
      generation: 1,
    }));
    const features = ['messages', 'unused'].map((id) => ({ id, archived: false, generation: 1 }));
    await ask('createFeature', 201, ids, { body: { id: 'unused' } });
    await saveRuleset({ ...EMPTY_SNAPSHOT, generation: generation + 2, features, rules });
    await ask('createFeature', 422, ids, { body: { id: 'other' } });
    await ask('changeFeature', 422, ids);
    await ask('deleteFeature', 422, { featureId: 'unused' });
    await ask('createRule', 422, ids);
    await ask('changeRule', 422, ids, { body: { name: 'x' } });
    await ask('deleteRule', 422, ids);
    await ask('changeSettings', 422);
  });

  test('a rule that goes on counting is not reverted, and nobody reverts and recounts at once', async () => {
    const ids = await seed();
    await ask('changeRule', 422, ids, { body: { name: 'New' } }, '?revert=1');
    await ask('changeRule', 400, ids, {}, '?revert=1&recount=1');
    await ask('changeRule', 200, ids, {}, '?recount=0');
    expect((await ask('changeRule', 200, ids, {}, '?revert=1')).body).toMatchObject({
      version: 3,
      jobId: expect.stringMatching(/^job_\d{10}-revert$/),
    });
    const deleted = await ask('deleteRule', 202, ids, {}, '?revert=true');
    await ask('getReprocessingJob', 200, { jobId: fieldOf(deleted, 'jobId') });
    await ask('getRuleHistory', 200, ids);
  });

  test('a filter that a rule cannot express is answered with every place where it cannot', async () => {
    const { body } = await ask('readSegmentFilter', 422, NO_IDS, {
      body: { filter: 'event = "A" and messageId = "x" and integrations.b = true', language: 'trigger' },
    });
    expect(body).toMatchObject({ details: [{ path: 'filter' }, { path: 'filter' }] });
  });

  test('a billing provider that is not configured, or off, has nothing to import', async () => {
    await ask('importFromStripe', 422);
    await ask('importFromChargebee', 422);
    await ask('changeSettings', 200);
    await ask('importFromChargebee', 422);
  });

  test('what no index leads to cannot be listed', async () => {
    await ask('listEvents', 422, NO_IDS, {}, '?status=mapped');
  });

  test('only ingest keys have signature secrets', async () => {
    const { id } = await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
    await ask('changeKey', 422, { keyId: id });
  });

  test('the numbers of features and keys have limits', async () => {
    const features = Array.from({ length: 1_000 }, (_, index) => ({
      id: String(index),
      archived: false,
      generation: 1,
    }));
    await saveRuleset({ ...EMPTY_SNAPSHOT, generation: 1, features });
    await ask('createFeature', 422);
    for (let index = 0; index < 100; index += 1) {
      await admin.keys.ensure(`key-${String(index)}`, { scope: 'read', name: 'x' }, 0);
    }
    await ask('createKey', 422);
  });

  test('more usage than one answer holds is refused', async () => {
    const hours = new Map(Array.from({ length: 24 }, (_, hour) => [hour, { sum: '1', count: 1 }]));
    const rows = Array.from({ length: 28 }, (_, feature) =>
      Array.from({ length: 31 }, (_, day): UsageRowChange => ({
        userId: 'user-1',
        featureId: `f${String(feature)}`,
        day: `2026-10-${String(day + 1).padStart(2, '0')}`,
        total: { sum: '24', count: 24 },
        hours,
      })),
    ).flat();
    for (let start = 0; start < rows.length; start += 100) {
      const items = rows
        .slice(start, start + 100)
        .map((row) => ({ Update: toUsageUpdate(tables.usage, row, 0) }));
      await dynamo.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    }
    const month = '?userId=user-1&from=2026-10-01&to=2026-11-01';
    await ask('getUsage', 422, NO_IDS, {}, `${month}&window=hour`);
    await ask('getUsage', 200, NO_IDS, {}, `${month}&window=day`);
  });
});

describe('failures of the stores', () => {
  test('a store that cannot be reached is 503 with Retry-After, never 401', async () => {
    const unreachable = createInterruptedAdmin(() => 'fail');
    for (const id of operationsWith(503)) {
      const keys = [
        ...(WITHOUT_KEY.has(id) ? [] : ['an-unknown-key']),
        ...(WITHOUT_STORE.has(id) ? [] : [undefined]),
      ];
      for (const key of keys) {
        const { headers } = await ask(
          id,
          503,
          NO_IDS,
          key === undefined ? {} : { key },
          undefined,
          unreachable,
        );
        expect(headers.get('retry-after')).toBe('5');
      }
    }
  });

  test('an admin secret that cannot be read is 503 for its key, and API keys go on working', async () => {
    await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
    admin.secret.fails = true;
    await ask('listFeatures', 503);
    await ask('listFeatures', 200, NO_IDS, { key: 'read-key' });
    admin.secret.fails = false;
    await ask('listFeatures', 200);
  });

  test('a fault of ours is 500 and says nothing of its inside', async () => {
    const broken = createInterruptedAdmin(() => {
      throw new Error('secret inside: user-1 ada@example.com');
    });
    for (const id of operationsWith(500)) {
      const { text } = await ask(id, 500, NO_IDS, {}, undefined, broken);
      expect(text).toBe(
        '{"code":"internal_error","message":"This request failed by a fault of the server, which has been logged."}',
      );
    }
  });

  test('a stored item that is damaged is 500, not nonsense', async () => {
    await dynamo.client.send(
      new PutItemCommand({ TableName: tables.config, Item: { pk: S('rule'), sk: S('rul_1'), d: S('{}') } }),
    );
    await ask('getRule', 500, { ruleId: 'rul_1' });
  });
});

test('every documented status of every route has been answered above', () => {
  const documented = judge.operations.flatMap(({ id, statuses }) =>
    statuses.map((status) => `${id} ${String(status)}`),
  );
  expect(documented.filter((pair) => !answered.has(pair))).toEqual([]);
});
