import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { toGroupLeaving, toGroupUpdate, unmappedPk } from '../../adapters/unmapped-item.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { GROUP_SHARDS, type UnmappedGroup } from '../../core/unmapped-group.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let tables: TestTables;
let store: UnmappedStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  await dynamo.stop();
});
beforeEach(async () => {
  tables = await dynamo.tables();
  store = new UnmappedStore(dynamo.client, tables.events);
});

const group: UnmappedGroup = { kind: 'name', name: 'Report Exported' };
const place = unmappedPk(group, 0);

/** What a commit by a decision of this generation does to the group. */
async function join(
  generation: number,
  to: UnmappedGroup = group,
  place_ = unmappedPk(to, 0),
): Promise<boolean> {
  const change = {
    group: to,
    unmappedIn: place_,
    counts: new Map([['no_rule', 1]] as const),
    joining: [{ key: 'e1', userId: 'u1', receivedAt: 1000 + generation }],
  };
  try {
    await dynamo.client.send(new UpdateItemCommand(toGroupUpdate(tables.events, change, generation)));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

describe('the fence', () => {
  test('lets decisions of its own generation and newer ones add rows, and older ones not', async () => {
    expect(await join(5)).toBe(true);
    await store.raiseFence(group, place, 7);
    expect(await Promise.all([join(6), join(7), join(8)])).toEqual([false, true, true]);
  });

  test('stands at the generation of the decision that made the group, so that an older one cannot slip in', async () => {
    expect(await join(5)).toBe(true);
    expect(await join(4)).toBe(false);
    expect(await store.shard(place)).toMatchObject({ fence: 5, swept: 5, count: 1 });
  });

  test('can be put before a group has any rows', async () => {
    await store.raiseFence(group, place, 7);
    expect(await join(6)).toBe(false);
    expect(await store.shard(place)).toMatchObject({ fence: 7, swept: 0, count: 0, group });
  });

  test('never goes back', async () => {
    await store.raiseFence(group, place, 7);
    await store.raiseFence(group, place, 6);
    expect(await store.shard(place)).toMatchObject({ fence: 7 });
  });
});

describe('the swept mark', () => {
  test('never passes the fence, and never goes back', async () => {
    await store.raiseFence(group, place, 7);
    await store.markSwept(place, 8);
    expect(await store.shard(place)).toMatchObject({ swept: 0 });
    await store.markSwept(place, 7);
    await store.markSwept(place, 6);
    expect(await store.shard(place)).toMatchObject({ swept: 7 });
  });
});

test('nothing leaves a shard that is not there', async () => {
  const leaving = toGroupLeaving(tables.events, place, new Map([['no_rule', -1]] as const));
  await expect(dynamo.client.send(new UpdateItemCommand(leaving))).rejects.toThrow(
    ConditionalCheckFailedException,
  );
  expect(await store.shard(place)).toBeUndefined();
});

test('groups of hostile names come back as they are, each in its own place', async () => {
  const groups: UnmappedGroup[] = [
    { kind: 'name', name: 'a' },
    { kind: 'name', name: '=a#0' },
    { kind: 'name', name: 'a\ud800' },
    { kind: 'name', name: 'a\ud801' },
    { kind: 'name', name: 'x'.repeat(30_000) },
    { kind: 'feature', featureId: 'a', name: 'a' },
    { kind: 'feature', featureId: '\u0000', name: '#' },
  ];
  for (const one of groups) await join(1, one);
  const found: UnmappedGroup[] = [];
  for await (const shard of store.allShards()) found.push(shard.group);
  const byText = (left: UnmappedGroup, right: UnmappedGroup): number =>
    JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
  expect(found.sort(byText)).toEqual([...groups].sort(byText));
});

test('the events of a group are paged over all its shards, each once', async () => {
  const expected: string[] = [];
  for (let shard = 0; shard < GROUP_SHARDS; shard += 1) {
    for (let index = 0; index < 11; index += 1) {
      const key = `key-${String(shard)}-${String(index).padStart(2, '0')}`;
      expected.push(key);
      await dynamo.client.send(
        new PutItemCommand({
          TableName: tables.events,
          Item: { pk: { S: unmappedPk(group, shard) }, sk: { S: key } },
        }),
      );
    }
  }
  for (const limit of [1, 5, 11, 44, 100]) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.eventKeys(group, limit, cursor);
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      seen.push(...page.rows);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
  }
});
