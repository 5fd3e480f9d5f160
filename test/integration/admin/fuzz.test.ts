import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { readJudge, type ApiJudge, type DocumentedOperation } from '../../support/openapi-answers.ts';

// Random requests over every route of the document, good and bad mixed, against one API that keeps its state between them.
// No answer may be 500, and none may be one that the document does not promise. The seed is fixed: a failure repeats.

const SEED = 20_261_124;
const REQUESTS = 3_500;

let dynamo: TestDynamo;
let admin: Admin;
let judge: ApiJudge;
let ruleId: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
  judge = await readJudge(admin);
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
  const rule = await admin.config.createRule(
    {
      enabled: true,
      featureId: 'messages',
      event: { operator: 'equals', value: 'Message Sent' },
      conditions: [],
    },
    'me',
  );
  ruleId = rule.kind === 'saved' ? rule.rule.id : '';
  await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
  await admin.settle(
    { messageId: 'm-1', properties: { delta: 2 } },
    { messageId: 'm-2', event: 'Other', properties: { featureId: 'none' } },
    { messageId: 'm-3', type: 'identify', traits: { email: 'a@example.com' } },
  );
});
afterAll(() => dynamo.stop());

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    'null',
    'undefined',
    'NaN',
    '__proto__',
    'constructor',
    '%',
    '%00',
    '\u0000',
    '=1+1',
    "' OR 1=1",
    '{"a":1}',
  ),
);
/** Well-formed, since a URL cannot carry anything else; and never a dot segment, which a URL resolves away. */
const pathText = text
  .map((value) => value.toWellFormed())
  .filter((value) => value !== '' && !['.', '..', '%2e', '%2e%2e'].includes(value.toLowerCase()));

/** Stands for the id of the rule that is there from the beginning. */
const THE_RULE = 'rul_the_one';

const VALUES: Readonly<Record<string, readonly string[]>> = {
  featureId: ['messages', 'images'],
  ruleId: [THE_RULE, 'rul_nothing'],
  messageId: ['m-1', 'm-2'],
  userId: ['user-1', 'nobody'],
  jobId: ['job_0000000001', 'job_1'],
  importId: ['import_0000000000000_000000000000', 'import_1'],
  verdict: ['create', 'error', 'lost'],
  dryRun: ['0', '1', 'x'],
  keyId: ['key_0000000000000000'],
  from: [
    '2026-11-01',
    '2026-11-23T00:00:00Z',
    '1970-01-01',
    '9999-12-31',
    '2026-11-23T14:00:00+02:00',
    '2026-02-30',
  ],
  to: ['2026-12-01', '2026-11-23', '1970-01-01', '9999-12-31T23:59:59.999Z'],
  window: ['hour', 'day', 'month', 'year'],
  format: ['json', 'csv', 'xml'],
  limit: ['1', '2', '50', '100', '0', '1000000', '1e3', '٣'],
  status: ['received', 'mapped', 'unmapped', 'applied', 'quarantined', 'lost'],
  event: ['Message Sent', 'Other'],
  query: ['user', 'u', 'nobody'],
  recount: ['0', '1', '2'],
  change: ['revert', 'recount', 'undo'],
  revert: ['0', '1', 'yes'],
  cursor: [
    { after: '=user-1' },
    { after: 'messages' },
    { after: '0000000000000#AAAAAAAAAAAAAAAAAAAAAA' },
    { after: '1795435200000#AAAAAAAAAAAAAAAAAAAAAA' },
    { after: '{"count":1,"key":"x"}' },
    { partition: '0', shard: '', row: '' },
    { partition: '7', shard: 'n#=Other#0', row: 'AAAAAAAAAAAAAAAAAAAAAA' },
    { partition: '', shard: '', row: '' },
    { pk: 'x', sk: 'y' },
    { after: 'x'.repeat(1_500) },
    [],
    7,
  ].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
};

const valueOf = (name: string, free: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const known = VALUES[name];
  return known === undefined ? free : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, free);
};

const condition = fc.record(
  {
    path: fc.constantFrom('properties.plan', 'properties.items[].sku', 'a..b', ''),
    operator: fc.constantFrom('equals', 'in', 'glob', 'exists', 'greater_than', 'length_equals', 'matches'),
    value: fc.oneof(fc.string(), fc.integer(), fc.constant(['a']), fc.jsonValue()),
    caseInsensitive: fc.boolean(),
  },
  { requiredKeys: ['operator'] },
);
const matcher = fc.record({
  operator: fc.constantFrom('equals', 'in', 'glob', 'x'),
  value: fc.oneof(fc.string(), fc.jsonValue()),
});
const featureBody = fc.record(
  {
    id: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('messages', 'images', 'files') },
      fc.constantFrom('a b', ' a', 'ä'),
      text,
    ),
    name: fc.oneof({ weight: 3, arbitrary: fc.constant('Name') }, text, fc.constant(null), fc.integer()),
    type: fc.constantFrom('binary', 'consumable', 'consumable', 'x', null),
    unitLabel: fc.oneof(fc.constantFrom('piece', null), text),
    archived: fc.oneof({ weight: 3, arbitrary: fc.boolean() }, fc.constant('yes')),
  },
  { requiredKeys: [] },
);
const ruleBody = fc.record(
  {
    name: fc.oneof({ weight: 3, arbitrary: fc.constant('Name') }, text, fc.constant(null)),
    enabled: fc.oneof({ weight: 3, arbitrary: fc.boolean() }, fc.constant(1)),
    featureId: fc.constantFrom('messages', 'messages', 'images', ''),
    event: fc.oneof(
      { weight: 3, arbitrary: fc.constant({ operator: 'equals', value: 'Message Sent' }) },
      matcher,
    ),
    conditions: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(condition, { maxLength: 3 }),
      fc.jsonValue(),
    ),
    delta: fc.oneof(
      fc.constantFrom({ value: '1.5' }, { path: 'properties.n' }, { value: '1e99' }, null),
      fc.jsonValue(),
    ),
    version: fc.oneof(fc.constantFrom(1, 2, 3), fc.integer(), fc.constant('1')),
  },
  { requiredKeys: [] },
);
const keyBody = fc.record(
  { name: text, scope: fc.constantFrom('ingest', 'read', 'admin', 'all') },
  { requiredKeys: [] },
);
const BODIES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  redriveQuarantined: fc.oneof(
    fc.constantFrom<unknown>({ all: true }, { messageIds: ['m-1'] }, { all: false }, {}),
    fc.record({ messageIds: fc.array(text, { maxLength: 3 }) }),
  ),
  startSession: fc.record({ key: fc.oneof(fc.constantFrom('admin-key-for-tests', 'read-key'), text) }),
  createFeature: featureBody,
  changeFeature: featureBody.map(({ id: _, ...change }) => change),
  createRule: ruleBody.map(({ version: _, ...body }) => body),
  changeRule: ruleBody,
  previewRuleImpact: ruleBody.map(({ version: _, ...body }) => body),
  previewRule: ruleBody.map(({ version: _, ...body }) => body),
  createKey: keyBody,
  changeSettings: fc.record(
    {
      chargebee: fc.record(
        { enabled: fc.oneof(fc.boolean(), fc.constantFrom('yes', null)) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
  changeKey: fc.record({ signatureSecrets: fc.array(text, { maxLength: 3 }) }, { requiredKeys: [] }),
};
const anyBody = fc.oneof(fc.jsonValue(), featureBody, ruleBody, keyBody);

function requestOf(operation: DocumentedOperation) {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  return fc.record({
    operation: fc.constant(operation),
    ids: fc.tuple(...names.map((name) => valueOf(name, pathText))),
    query: fc.array(
      fc.oneof(
        {
          weight: 8,
          arbitrary:
            operation.query.length === 0
              ? fc.constant(['x', 'y'] as const)
              : fc
                  .constantFrom(...operation.query)
                  .chain((name) => valueOf(name, text).map((value) => [name, value] as const)),
        },
        { weight: 1, arbitrary: fc.tuple(text, text) },
      ),
      { maxLength: 4 },
    ),
    body: fc.oneof(
      { weight: 9, arbitrary: (BODIES[operation.id] ?? anyBody).map((body) => JSON.stringify(body)) },
      { weight: 3, arbitrary: anyBody.map((body) => JSON.stringify(body)) },
      text,
    ),
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant('application/json') },
      fc.constantFrom('text/plain', 'application/json;', 'application/xml', 'multipart/form-data'),
    ),
    key: fc.oneof(
      { weight: 12, arbitrary: fc.constant('admin-key-for-tests') },
      fc.constantFrom('read-key', 'wrong', null),
    ),
    idempotencyKey: fc.oneof(
      { weight: 12, arbitrary: fc.constant(null) },
      fc.constantFrom('k', ''),
      fc.uuid(),
    ),
  });
}

test('no request is answered with 500, or with anything that the document does not promise', async () => {
  const statuses = new Map<number, number>();
  // Conflicts need two of a kind, which get rarer with every new route.
  const creations = judge.operations.filter(({ id }) => id === 'createFeature');
  const request = fc
    .oneof(
      { weight: 19, arbitrary: fc.constantFrom(...judge.operations) },
      { weight: 1, arbitrary: fc.constantFrom(...creations) },
    )
    .chain(requestOf);
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, ids, query, body, type, key, idempotencyKey }) => {
      let next = 0;
      const path = operation.path.replaceAll(/\{\w+\}/g, () =>
        encodeURIComponent((ids[next++] ?? '').replace(THE_RULE, ruleId)),
      );
      const search = new URLSearchParams(
        query.map(([name, value]): [string, string] => [name, value]),
      ).toString();
      const answer = await admin.call(operation.method, search === '' ? path : `${path}?${search}`, {
        key,
        ...(operation.takesBody && { text: body }),
        headers: {
          ...(operation.takesBody && { 'content-type': type }),
          ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
        },
      });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      expect({
        problems: judge.problemsWith(operation.id, answer),
        isFault: answer.status >= 500 && answer.text,
      }).toEqual({
        problems: [],
        isFault: false,
      });
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }),
    { seed: SEED, numRuns: REQUESTS },
  );
  // The mixture reaches both sides: what succeeds, and each way of failing that a request alone can cause.
  expect([...statuses.keys()].toSorted((left, right) => left - right)).toEqual(
    expect.arrayContaining([200, 201, 204, 400, 401, 403, 404, 409, 415]),
  );
}, 120_000);

test('unknown paths and methods get 404 and 405 in the shape of every error', async () => {
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND');
  const path = fc.array(fc.oneof(fc.constantFrom('api', 'features', 'rules', 'usage', 'v1'), pathText), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(method, path, async (verb, parts) => {
      const answer = await admin.call(verb, `/${parts.map(encodeURIComponent).join('/')}`, { key: null });
      expect([200, 401, 404, 405]).toContain(answer.status);
      if (answer.status !== 200)
        expect(answer.body).toEqual({ code: expect.any(String), message: expect.any(String) });
      if (answer.status === 405) expect(answer.headers.get('allow')).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/);
    }),
    { seed: SEED, numRuns: 300 },
  );
});
