import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { functionUrlHandler } from '../../../functions/admin/function-url.ts';
import { ADMIN_KEY, createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { toFunctionUrlEvent, type SentRequest } from '../../support/pipeline.ts';

let dynamo: TestDynamo;
let admin: Admin;
let handler: ReturnType<typeof functionUrlHandler>;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
  handler = functionUrlHandler(admin.app);
});
afterAll(() => dynamo.stop());

const event = (request: SentRequest, rawQueryString = ''): APIGatewayProxyEventV2 => ({
  ...toFunctionUrlEvent({
    ...request,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...request.headers },
  }),
  rawQueryString,
});

test('a request of a Function URL is answered as over HTTP', async () => {
  const body = JSON.stringify({ id: 'messages', name: 'Grüße 😀' });
  const created = await handler(event({ path: '/api/features', body }));
  expect(created).toMatchObject({ statusCode: 201, isBase64Encoded: false });
  expect(created.headers?.['content-type']).toBe('application/json');
  expect(JSON.parse(created.body ?? '')).toMatchObject({ id: 'messages', name: 'Grüße 😀' });
  const listed = await handler(event({ method: 'GET', path: '/api/features' }, 'limit=1'));
  expect(JSON.parse(listed.body ?? '')).toMatchObject({ features: [{ name: 'Grüße 😀' }] });
});

test('a body in base64 is read', async () => {
  const body = Buffer.from(JSON.stringify({ id: 'in-base64' }));
  expect(await handler(event({ path: '/api/features', body }))).toMatchObject({ statusCode: 201 });
});

test('an encoded path stays encoded until its route has been found', async () => {
  await admin.settle({ messageId: 'a/b?c#d' });
  const path = `/api/events/${encodeURIComponent('a/b?c#d')}`;
  expect(await handler(event({ method: 'GET', path }))).toMatchObject({ statusCode: 200 });
});

test('what a Request cannot be made of is answered all the same', async () => {
  expect(await handler(event({ method: 'GET', path: '/api/features', body: '{}' }))).toMatchObject({
    statusCode: 200,
  });
  expect(await handler(event({ method: 'TRACE', path: '/api/features' }))).toMatchObject({ statusCode: 405 });
  expect(
    await handler(event({ method: 'GET', path: '/api/features', headers: { 'x-name': 'Zoë 😀\n' } })),
  ).toMatchObject({
    statusCode: 200,
  });
});

test('the size limit counts bytes, and holds without a content-length', async () => {
  const body = JSON.stringify({ id: 'x', name: 'ü'.repeat(140_000) });
  expect(await handler(event({ path: '/api/features', body }))).toMatchObject({ statusCode: 413 });
});
