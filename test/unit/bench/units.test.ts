import { describe, expect, test } from '@jest/globals';
import { PRICES } from '../../../bench/units/aws-prices.ts';
import { dollarsPerMillion, dollarsPerMonthIdle } from '../../../bench/units/dollars.ts';
import { itemSize, type Item } from '../../../bench/units/item-size.ts';
import { paidRequests } from '../../../bench/units/metered-sqs.ts';
import { indexWriteUnits, readUnits, tableWriteUnits, type Index } from '../../../bench/units/write-units.ts';

describe('the size of an item', () => {
  test.each<[string, Item, number]>([
    ['names count, and text by its bytes', { pk: { S: 'ä' } }, 4],
    ['a number takes a byte per two digits, and one', { n: { N: '12345' } }, 5],
    ['zeroes at either end take nothing', { n: { N: '0.00120' } }, 3],
    ['a minus takes a byte', { n: { N: '-7' } }, 4],
    ['bytes are bytes', { b: { B: new Uint8Array(10) } }, 11],
    ['true, false and null take one', { t: { BOOL: true }, u: { NULL: true } }, 4],
    ['a set has no overhead', { s: { SS: ['ab', 'c'] } }, 4],
    ['a list and a map have some', { l: { L: [{ S: 'ab' }] }, m: { M: { x: { S: 'y' } } } }, 1 + 6 + 1 + 6],
  ])('%s', (_, item, bytes) => {
    expect(itemSize(item)).toBe(bytes);
  });
});

describe('write units', () => {
  const item = (bytes: number): Item => ({ pk: { S: 'x'.repeat(bytes - 2) } });

  test.each([
    [undefined, 2, 1],
    [undefined, 1024, 1],
    [undefined, 1025, 2],
    [3000, 10, 3],
    [10, 3000, 3],
  ])('follow the larger of the two items: %s and %s bytes', (before, after, units) => {
    const change = { before: before === undefined ? undefined : item(before), after: item(after) };
    expect(tableWriteUnits(change, false)).toBe(units);
    expect(tableWriteUnits(change, true)).toBe(2 * units);
  });

  test('a write that changes nothing, or fails, costs what its item costs', () => {
    expect(tableWriteUnits({ before: item(1500), after: item(1500) }, false)).toBe(2);
    expect(tableWriteUnits({ before: undefined, after: undefined }, false)).toBe(1);
  });

  const keysOnly: Index = { name: 'i', keys: ['a', 'b'], projection: 'keys' };
  const all: Index = { name: 'i', keys: ['a', 'b'], projection: 'all' };
  const entry = (a: string, more = ''): Item => ({
    pk: { S: 'p' },
    sk: { S: 's' },
    a: { S: a },
    b: { S: 'b' },
    c: { S: more },
  });
  const large = 'x'.repeat(1500);

  test.each<[string, Item | undefined, Item | undefined, number, number]>([
    ['an item that is not in the index', { pk: { S: 'p' } }, { pk: { S: 'p' }, a: { S: 'a' } }, 0, 0],
    ['an item that comes', undefined, entry('1', large), 1, 2],
    ['an item that goes', entry('1', large), undefined, 1, 2],
    ['a change of what keys do not hold', entry('1'), entry('1', large), 0, 2],
    ['another key', entry('1', large), entry('2', large), 2, 4],
    ['nothing', entry('1'), entry('1'), 0, 0],
  ])('of an index, for %s', (_, before, after, keys, whole) => {
    expect(indexWriteUnits({ before, after }, keysOnly)).toBe(keys);
    expect(indexWriteUnits({ before, after }, all)).toBe(whole);
  });
});

test.each([
  [0, true, 1],
  [0, false, 0.5],
  [4096, true, 1],
  [4097, true, 2],
  [8193, false, 1.5],
])('reading %s bytes, consistently %s, takes %s units', (bytes, consistent, units) => {
  expect(readUnits(bytes, consistent)).toBe(units);
});

test('an SQS request is paid for each 64 KB, and messages are received and deleted by tens', () => {
  const small = {
    bodies: Array.from({ length: 20 }, () => 'x'),
    requests: Array.from({ length: 20 }, () => 1),
  };
  expect(paidRequests(small)).toBe(20 + 2 + 2);
  const large = { bodies: ['x'.repeat(100_000)], requests: [100_000] };
  expect(paidRequests(large)).toBeCloseTo(2 + 100_000 / 65_536 + 0.1);
});

test('dollars are units times prices, and add up', () => {
  const dollars = dollarsPerMillion({
    writeUnits: 6,
    readUnits: 2,
    sqsRequests: 1.2,
    invocations: 1,
    gbSeconds: 0.01,
    logBytes: 1024,
  });
  expect(dollars.writes).toBeCloseTo(3.75);
  expect(dollars.reads).toBeCloseTo(0.25);
  expect(dollars.queue).toBeCloseTo(0.48);
  expect(dollars.functions).toBeCloseTo(0.2 + 0.133_334);
  expect(dollars.logs).toBeCloseTo(0.476_8, 3);
  expect(dollars.total).toBeCloseTo(3.75 + 0.25 + 0.48 + 0.333_334 + 0.476_8, 3);
});

test('a deployment that nobody sends to pays for what stands', () => {
  const standing = {
    alarmMetrics: 10,
    secrets: 2,
    emptyReceives: 1_000_000,
    timerInvocations: 0,
    timerReadUnits: 0,
  };
  expect(dollarsPerMonthIdle(standing)).toBeCloseTo(1 + 0.8 + 0.4);
});

test('every price says what it is for and where it is from', () => {
  for (const { dollars, per, source } of Object.values(PRICES)) {
    expect(dollars).toBeGreaterThan(0);
    expect(per).not.toBe('');
    expect(source).toMatch(/^https:\/\/aws\.amazon\.com\//);
  }
});
