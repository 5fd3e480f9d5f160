import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { engageItems } from '../../adapters/engage-plan.ts';
import { addEngageWord, EMPTY_ENGAGE, type EngageProfile } from '../../core/engage.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let table: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).users;
});

const inAudience = (name: string): EngageProfile =>
  addEngageWord(EMPTY_ENGAGE, { kind: 'audience', name, member: true }, { time: 1, source: name }).profile;

const first = (after: EngageProfile) =>
  dynamo.client.send(
    new TransactWriteItemsCommand({
      TransactItems: engageItems(table, '=ada', undefined, after).map(({ item }) => item),
    }),
  );

test('of two first words about a user, decided without each other, one is refused and loses nothing of the other', async () => {
  await first(inAudience('vip'));
  await expect(first(inAudience('trial'))).rejects.toThrow(TransactionCanceledException);
});
