import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let store: ReconciliationStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  store = new ReconciliationStore(dynamo.client, (await dynamo.tables()).operations);
});

const ID = 'rec_0000000000001_0123456789ab';
const FOUND = { parts: 2, scanned: 10, unreadable: 0, differences: [], unsettled: 1 };

test('a run that has begun does not begin anew', async () => {
  const run = await store.start(ID, 'somebody', 1);
  await store.finishPart(run, FOUND, 2);
  await expect(store.start(ID, 'somebody else', 3)).rejects.toThrow(ConditionalCheckFailedException);
  expect(await store.get(ID)).toMatchObject({ startedBy: 'somebody', part: 1 });
});

test('of two who do one part, one adds what it found and the other learns that it is done', async () => {
  const run = await store.start(ID, 'somebody', 1);
  expect(await store.finishPart(run, FOUND, 2)).toMatchObject({ part: 1, unsettled: 1 });
  expect(await store.finishPart(run, FOUND, 3)).toBeUndefined();
  expect(await store.begin(run, 4)).toBeUndefined();
  expect(await store.get(ID)).toMatchObject({ part: 1, unsettled: 1, updatedAt: 2 });
});

test('a run that has ended stays as it ended', async () => {
  const run = await store.start(ID, 'somebody', 1);
  const second = await store.finishPart(run, FOUND, 2);
  if (second === undefined) throw new Error('Nobody else has done the part.');
  expect(await store.finishPart(second, FOUND, 3)).toMatchObject({ status: 'done' });
  await store.fail(second, 'It cannot go on.', 4);
  await store.fail({ ...second, part: 2 }, 'It cannot go on.', 4);
  expect(await store.get(ID)).toMatchObject({ status: 'done', unsettled: 2 });
});
