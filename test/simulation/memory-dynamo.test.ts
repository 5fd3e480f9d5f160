import { beforeEach, describe, expect, test } from '@jest/globals';
import { addNumbers } from './dynamo-number.ts';
import { MemoryDynamo } from './memory-dynamo.ts';
import type { JsonRecord } from './wire-item.ts';

let now = 0;
let dynamo: MemoryDynamo;

beforeEach(() => {
  now = 1_000_000;
  dynamo = new MemoryDynamo([{ name: 't', index: { name: 'byUser', hash: 'u', range: 't' } }], {
    now: () => now,
    pageItemsMax: 2,
    indexLag: () => 500,
    readLag: () => 100,
    onCommit: () => undefined,
  });
});

const key = (sk: string) => ({ pk: { S: 'p' }, sk: { S: sk } });
const put = (sk: string, rest: JsonRecord = {}, more: JsonRecord = {}) =>
  dynamo.handle('PutItem', { TableName: 't', Item: { ...key(sk), ...rest }, ...more });
const get = (sk: string, consistent = true) =>
  dynamo.handle('GetItem', { TableName: 't', Key: key(sk), ConsistentRead: consistent })['Item'];
const update = (sk: string, expression: string, values: JsonRecord, condition?: string) => ({
  TableName: 't',
  Key: key(sk),
  UpdateExpression: expression,
  ExpressionAttributeValues: values,
  ...(condition !== undefined && { ConditionExpression: condition }),
});

describe('what the model does not understand is refused', () => {
  test.each([
    ['an operation', 'BatchWriteItem', { TableName: 't' }],
    ['a parameter', 'GetItem', { TableName: 't', Key: key('a'), AttributesToGet: ['x'] }],
    ['a type of value', 'PutItem', { TableName: 't', Item: { ...key('a'), m: { M: {} } } }],
    ['a function', 'UpdateItem', update('a', 'SET x = list_append(x, :v)', { ':v': { N: '1' } })],
    ['a reserved word', 'UpdateItem', update('a', 'SET count = :v', { ':v': { N: '1' } })],
    [
      'a value that is not used',
      'UpdateItem',
      update('a', 'SET x = :v', { ':v': { N: '1' }, ':w': { N: '2' } }),
    ],
    ['a value that is not there', 'UpdateItem', update('a', 'SET x = :v', {})],
    ['a change of the key', 'UpdateItem', update('a', 'SET sk = :v', { ':v': { S: 'b' } })],
    [
      'an item of more than 400 KB',
      'PutItem',
      { TableName: 't', Item: { ...key('a'), x: { S: 'x'.repeat(410_000) } } },
    ],
  ])('%s', (_, operation, request) => {
    expect(() => dynamo.handle(operation, request)).toThrow(
      expect.objectContaining({ type: 'ValidationException' }),
    );
  });
});

test('a condition decides on the item before, and its failure can show it', () => {
  put('a', { st: { S: 'received' }, n: { N: '1.50' } });
  expect(() =>
    put(
      'a',
      {},
      { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    ),
  ).toThrow(
    expect.objectContaining({
      type: 'ConditionalCheckFailedException',
      fields: { Item: { ...key('a'), st: { S: 'received' }, n: { N: '1.5' } } },
    }),
  );
  const request = update(
    'a',
    'ADD n :one SET st = :to',
    { ':one': { N: '0.1' }, ':to': { S: 'x' }, ':from': { S: 'received' } },
    'st = :from AND (n < :one OR NOT attribute_not_exists(n))',
  );
  dynamo.handle('UpdateItem', request);
  expect(get('a')).toEqual({ ...key('a'), st: { S: 'x' }, n: { N: '1.6' } });
  expect(() => dynamo.handle('UpdateItem', request)).toThrow('conditional');
});

test('a transaction happens as a whole, says in order what failed, and once for a token', () => {
  put('a', { n: { N: '1' } });
  const add = (sk: string, condition?: string) => ({
    Update: update(sk, 'ADD n :v', { ':v': { N: '1' } }, condition),
  });
  expect(() =>
    dynamo.handle('TransactWriteItems', { TransactItems: [add('a'), add('b', 'attribute_exists(pk)')] }),
  ).toThrow(
    expect.objectContaining({
      type: 'TransactionCanceledException',
      fields: {
        CancellationReasons: [
          { Code: 'None' },
          { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
        ],
      },
    }),
  );
  expect(get('a')).toMatchObject({ n: { N: '1' } });
  const request = { TransactItems: [add('a'), add('b')], ClientRequestToken: 'token' };
  dynamo.handle('TransactWriteItems', request);
  dynamo.handle('TransactWriteItems', request);
  expect([get('a'), get('b')]).toMatchObject([{ n: { N: '2' } }, { n: { N: '1' } }]);
  now += 11 * 60_000;
  dynamo.handle('TransactWriteItems', request);
  expect(get('a')).toMatchObject({ n: { N: '3' } });
  expect(() => dynamo.handle('TransactWriteItems', { TransactItems: [add('a'), add('a')] })).toThrow(
    'multiple',
  );
});

test('a read that is not consistent may miss what has just been written; the index lags', () => {
  put('a', { u: { S: 'ada' }, t: { S: '1' } });
  now += 50;
  expect([get('a'), get('a', false)]).toEqual([expect.anything(), undefined]);
  const timeline = () =>
    dynamo.handle('Query', {
      TableName: 't',
      IndexName: 'byUser',
      KeyConditionExpression: 'u = :u AND t BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':u': { S: 'ada' }, ':from': { S: '0' }, ':to': { S: '2' } },
    })['Items'];
  now += 100;
  expect(get('a', false)).toBeDefined();
  expect(timeline()).toEqual([]);
  now += 1_000;
  expect(timeline()).toEqual([{ ...key('a'), u: { S: 'ada' }, t: { S: '1' } }]);
});

test('a query goes on, page by page, where the last one ended, in either direction', () => {
  for (const sk of ['c', 'a', 'e', 'b', 'd']) put(sk);
  const walk = (forward: boolean): string => {
    const seen: unknown[] = [];
    let from: unknown;
    do {
      const answer = dynamo.handle('Query', {
        TableName: 't',
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: { ':pk': { S: 'p' }, ':after': { S: 'a' } },
        ScanIndexForward: forward,
        ConsistentRead: true,
        ...(from !== undefined && { ExclusiveStartKey: from }),
      });
      const items: readonly unknown[] = Array.isArray(answer['Items']) ? answer['Items'] : [];
      seen.push(...items);
      from = answer['LastEvaluatedKey'];
    } while (from !== undefined);
    return JSON.stringify(seen)
      .replace(/[^a-e"]|"pk"|"sk"/g, '')
      .replaceAll('"', '');
  };
  expect([walk(true), walk(false)]).toEqual(['bcde', 'edcb']);
});

test('numbers are exact to 38 digits, and no further', () => {
  expect(addNumbers('12345678901234567890123456789012.345678', '0.000001')).toBe(
    '12345678901234567890123456789012.345679',
  );
  expect(addNumbers('-0.1', '0.1')).toBe('0');
  expect(() => addNumbers('1e37', '0.01')).toThrow('38');
});
