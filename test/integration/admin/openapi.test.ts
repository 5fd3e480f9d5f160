import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { OPERATIONS } from '../../../functions/admin/operations.ts';
import { WEBHOOK_PROVIDERS, webhookPath } from '../../../functions/webhook-contract.ts';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { readJudge, type ApiJudge } from '../../support/openapi-answers.ts';

let dynamo: TestDynamo;
let admin: Admin;
let judge: ApiJudge;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  admin = createAdmin(dynamo.client, await dynamo.tables());
  judge = await readJudge(admin);
});

const byName = (left: string, right: string): number => (left < right ? -1 : 1);

test('the router, the table of scopes and the document know the same routes', () => {
  const inRouter = admin.app.routes
    // Beside the API there are only the dashboard's files, which take GET and nothing else.
    .filter(({ method, path }) => method !== 'ALL' && !(method === 'GET' && !path.startsWith('/api')))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const inTable = Object.values(OPERATIONS).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  const inDocument = judge.operations.map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(inRouter)].sort(byName)).toEqual(inTable.toSorted(byName));
  expect(inDocument.toSorted(byName)).toEqual(inTable.toSorted(byName));
  for (const { id, scope, method } of judge.operations) {
    expect([id, { method, scope }]).toEqual([
      Object.entries(OPERATIONS).find(([known]) => known === id)?.[0],
      Object.entries(OPERATIONS)
        .filter(([known]) => known === id)
        .map(([, entry]) => ({ method: entry.method.toUpperCase(), scope: entry.scope }))[0],
    ]);
  }
});

test('the webhooks of billing providers are in the document, though another function answers them', () => {
  expect(judge.webhooks).toEqual([
    { id: 'receiveStripeWebhook', path: '/api/webhooks/stripe', method: 'POST' },
    { id: 'receiveChargebeeWebhook', path: '/api/webhooks/chargebee', method: 'POST' },
  ]);
  expect(judge.webhooks.map(({ path }) => path)).toEqual(WEBHOOK_PROVIDERS.map(webhookPath));
});

test('the document is OpenAPI 3.1 and every reference in it leads somewhere', async () => {
  const { text } = await admin.call('GET', '/api/openapi.json', { key: null });
  const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, name]) => name);
  const known = Object.keys(judge.document.components.schemas).map((name) => `#/components/schemas/${name}`);
  expect(judge.document.openapi).toBe('3.1.0');
  expect(names.length).toBeGreaterThan(50);
  expect([...new Set(names)].filter((name) => !known.includes(name ?? ''))).toEqual([]);
});

test('every request and answer with a body has an example, and every route that needs a key can answer 401 and 403', () => {
  const { schemas } = judge.document.components;
  for (const name of [
    'NewFeature',
    'Feature',
    'RuleBody',
    'Rule',
    'RuleChange',
    'Usage',
    'Event',
    'User',
    'Key',
    'Error',
  ]) {
    expect([name, schemas[name]]).toEqual([name, expect.objectContaining({ example: expect.anything() })]);
  }
  for (const { id, scope, statuses } of judge.operations) {
    if (scope === 'read' || scope === 'admin')
      expect([id, statuses]).toEqual([id, expect.arrayContaining([400, 401, 403, 503])]);
  }
});

test('the document describes a rule as it is checked: every operator, every limit', () => {
  const { Condition: condition, RuleBody: body, RuleChange: change } = judge.document.components.schemas;
  expect(JSON.stringify(condition)).toContain('length_less_or_equal');
  expect(body).toMatchObject({
    required: ['featureId', 'event'],
    properties: { conditions: { maxItems: 50, items: { $ref: '#/components/schemas/Condition' } } },
    additionalProperties: false,
  });
  expect(JSON.stringify(change)).not.toContain('default');
});
