import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { factsForIdentifies, factsForMerge, factsForUsers } from '../../adapters/identity-facts.ts';
import { toUserItem } from '../../adapters/user-item.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { IdentityDraft, NotReadError } from '../../core/identity/identity-draft.ts';
import { newNode } from '../../core/identity/user-node.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

// What two reads see when, between them, a merge is undone and made the other way round: each of the two ids was merged
// into the other. Stored at once it never is, but here it is, so that every read sees it.

let dynamo: TestDynamo;
let users: UserStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const table = (await dynamo.tables()).users;
  users = new UserStore(dynamo.client, table);
  for (const [userId, into] of [
    ['ada', 'ben'],
    ['ben', 'ada'],
  ] as const) {
    const node = newNode({ key: `=${userId}`, userId }, { said: {}, createdAt: 1 });
    const merged = { ...node, mergedInto: { key: `=${into}`, mergeId: `mrg_${userId}` } };
    await dynamo.client.send(new PutItemCommand({ TableName: table, Item: { ...toUserItem(merged) } }));
  }
});

const SAID = { email: { value: 'a@x.test', time: 1, source: 'e' } };

test('reading what a decision needs comes to an end, and the decision asks to read again', async () => {
  for (const facts of [
    await factsForMerge(users, ['=ada', '=ben']),
    await factsForUsers(users, ['=ada']),
    await factsForIdentifies(users, ['=ada'], [{ key: '=ben', said: SAID }]),
  ])
    expect(() => new IdentityDraft(facts).rootOf('=ada')).toThrow(NotReadError);
});
