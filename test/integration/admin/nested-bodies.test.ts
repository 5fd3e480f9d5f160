import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

// Bodies of less than 256 KB that are nothing but brackets: whoever walks through one by recursion runs out of stack.

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
});
afterAll(() => dynamo.stop());

const DEPTH = 120_000;
const list = `${'['.repeat(DEPTH)}1${']'.repeat(DEPTH)}`;
test.each([
  ['/api/users/resolve', `{"userId":"a","context":${list}}`],
  ['/api/rules', `{"featureId":"a","event":${list}}`],
  ['/api/rules', `{"featureId":"a","event":{"operator":"equals","value":"a"},"conditions":${list}}`],
  ['/api/rules', `{"featureId":"a","event":{"operator":"equals","value":"a"},"delta":${list}}`],
  ['/api/rules', `{"featureId":"a","x":${list}}`],
  ['/api/rules/preview', `{"featureId":"a","event":{"operator":"equals","value":${list}}}`],
  ['/api/features', `{"id":${list}}`],
  ['/api/keys', `{"name":${list}}`],
  ['/api/quarantine/redrive', `{"messageIds":${list}}`],
  ['/api/users/merge', `{"survivorId":${list}}`],
])('%s takes no harm from a body that is nested a hundred thousand times', async (path, text) => {
  const { status, body } = await admin.call('POST', path, { text });
  expect({ status, body }).toMatchObject({ status: 400 });
});

test('traits may be nested as deep as anybody likes', async () => {
  const text = `{"userId":"ada","traits":{"name":"Ada","a":${list}},"context":{"a":${list}}}`;
  expect(await admin.call('POST', '/api/users/resolve', { text: text.slice(0, 250_000) })).toMatchObject({
    status: 400,
  });
  const smaller = text.replaceAll(list, `${'['.repeat(60_000)}${']'.repeat(60_000)}`);
  expect(await admin.call('POST', '/api/users/resolve', { text: smaller })).toMatchObject({
    status: 200,
    body: { user: { userId: 'ada', name: 'Ada' } },
  });
});
