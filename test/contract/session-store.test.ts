import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SessionStore } from '../../adapters/session-store.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let sessions: SessionStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  sessions = new SessionStore(dynamo.client, (await dynamo.tables()).operations);
});

const SESSION = { callerId: 'key_1', scope: 'admin', proof: 'p', createdAt: 1, seenAt: 1 } as const;

test('a session is found by its token, and is seen when it is used', async () => {
  await sessions.start('token', SESSION, 100);
  await sessions.touch('token', 5);
  expect(await sessions.find('token')).toEqual({ ...SESSION, seenAt: 5 });
  expect(await sessions.find('another')).toBeUndefined();
});

test('a request that was under way when its session ended does not bring it back', async () => {
  await sessions.start('token', SESSION, 100);
  await sessions.end('token');
  await sessions.touch('token', 5);
  expect(await sessions.find('token')).toBeUndefined();
});

test('a token that somebody has is nobody else’s', async () => {
  await sessions.start('token', SESSION, 100);
  await expect(sessions.start('token', { ...SESSION, callerId: 'key_2' }, 100)).rejects.toThrow(
    ConditionalCheckFailedException,
  );
  expect(await sessions.find('token')).toMatchObject({ callerId: 'key_1' });
});
