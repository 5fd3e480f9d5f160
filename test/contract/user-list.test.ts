import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { toDirectoryItem } from '../../adapters/directory-item.ts';
import { packChunks, planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { TRANSACTION_ITEMS_MAX } from '../../adapters/planned-item.ts';
import { fromEventItem, toEventItem } from '../../adapters/event-item.ts';
import { NO_FACTS } from '../../core/identity/identity-draft.ts';
import { UserList } from '../../adapters/user-list.ts';
import { toNewEvent } from '../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let table: string;
let list: UserList;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).users;
  list = new UserList(dynamo.client, table);
});

async function add(userIds: readonly string[]): Promise<void> {
  await Promise.all(
    userIds.map((userId) =>
      dynamo.client.send(new PutItemCommand({ TableName: table, Item: { ...toDirectoryItem(userId) } })),
    ),
  );
}

async function all(limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list.page(limit, cursor);
    ids.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

test('rows that are too large for one read of a partition are listed all the same, each once', async () => {
  // 40 ids of 100 KB: every partition is read in several parts, each ending at 1 MB.
  const ids = Array.from({ length: 40 }, (_, index) => `${String(index)}-${'x'.repeat(100_000)}`);
  await add(ids);
  expect((await all(100)).toSorted()).toEqual(ids.toSorted());
});

test('ids that no key can hold come back exactly', async () => {
  const ids = ['\ud800', 'a#b', '', ' ', 'ü'.repeat(500), '\u0001"x"', '=a', '~a'];
  await add(ids);
  expect((await all(3)).toSorted()).toEqual(ids.toSorted());
});

test('the transaction that creates a user enters it in the directory, and still fits', () => {
  const decided = Array.from({ length: 300 }, (_, index): DecidedEvent => {
    const event = toNewEvent({ messageId: String(index), userId: `user-${String(index)}` }, 1_000);
    const uses = [{ featureId: 'a', delta: '1' }];
    return {
      record: fromEventItem(toEventItem(event, {})),
      decision: { kind: 'mapped', uses },
      generation: 1,
    };
  });
  const nodes = new Map(decided.map(({ record }) => [`=${record.userId}`, undefined]));
  const facts = { ...NO_FACTS, nodes };
  const chunks = packChunks(decided, facts);
  const listed = chunks.flatMap((chunk) => {
    const { items } = planChunk({ events: 'e', usage: 'u', users: 's' }, chunk, facts, new Map(), 1_000);
    expect(items.length).toBeLessThanOrEqual(TRANSACTION_ITEMS_MAX);
    return items.flatMap(({ item }) =>
      item.Put?.Item?.['pk']?.S?.startsWith('list#') === true ? [item.Put.Item['sk']?.S] : [],
    );
  });
  expect(new Set(listed)).toEqual(new Set(decided.map(({ record }) => `=${record.userId}`)));
});
