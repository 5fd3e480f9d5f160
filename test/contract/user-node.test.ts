import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { stillAsRead, toUserItem, USER_SK, userKeyPk } from '../../adapters/user-item.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { newNode, type UserNode } from '../../core/identity/user-node.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

const KEY = '=ada';

let dynamo: TestDynamo;
let table: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).users;
});

const nodeOf = (email: string, version = 1): UserNode => ({
  ...newNode(
    { key: KEY, userId: 'ada' },
    { said: { email: { value: email, time: 1, source: email } }, createdAt: 5 },
  ),
  version,
});

async function read(): Promise<UserNode> {
  const node = (await new UserStore(dynamo.client, table).nodes([KEY])).get(KEY);
  if (node === undefined) throw new Error('The node is not stored.');
  return node;
}

const put = (node: UserNode, condition: object = {}) =>
  dynamo.client.send(new PutItemCommand({ TableName: table, Item: { ...toUserItem(node) }, ...condition }));

const change = (node: UserNode) => put({ ...node, version: node.version + 1 }, stillAsRead(node));

test('a node that is as it was read can be changed', async () => {
  await put(nodeOf('a@x.test'));
  await change(await read());
  expect((await read()).version).toBe(2);
});

test('a node that was changed in between cannot', async () => {
  await put(nodeOf('a@x.test'));
  const before = await read();
  await change(before);
  await expect(change(before)).rejects.toThrow(ConditionalCheckFailedException);
});

test('neither can one of another life that began with the same arrival and has the same version', async () => {
  await put(nodeOf('a@x.test'));
  const before = await read();
  await dynamo.client.send(
    new DeleteItemCommand({ TableName: table, Key: { pk: { S: userKeyPk(KEY) }, sk: { S: USER_SK } } }),
  );
  await put(nodeOf('b@x.test'));
  await expect(change(before)).rejects.toThrow(ConditionalCheckFailedException);
  expect((await read()).said.email?.value).toBe('b@x.test');
});

test('a node that an older program wrote, without a hash, can be changed once', async () => {
  const { h: _, ...old } = toUserItem(nodeOf('a@x.test'));
  await dynamo.client.send(new PutItemCommand({ TableName: table, Item: { ...old } }));
  const before = await read();
  expect(before.storedHash).toBeUndefined();
  await change(before);
  expect((await read()).version).toBe(2);
  await expect(change(before)).rejects.toThrow(ConditionalCheckFailedException);
});

test('a node that an older program has changed since it was read cannot be changed by what was read', async () => {
  await put(nodeOf('a@x.test'));
  const before = await read();
  const { h: _, ...old } = toUserItem(nodeOf('b@x.test', 2));
  await dynamo.client.send(new PutItemCommand({ TableName: table, Item: { ...old } }));
  await expect(change(before)).rejects.toThrow(ConditionalCheckFailedException);
});
