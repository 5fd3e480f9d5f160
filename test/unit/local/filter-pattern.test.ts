import { describe, expect, test } from '@jest/globals';
import { parseFilterPattern } from '../../../local/sources/filter-pattern.ts';

const record = {
  eventName: 'INSERT',
  dynamodb: { Keys: { pk: { S: 'ruleset' }, n: { N: '1' } }, SizeBytes: 12, Tags: ['a', 'b'], Nothing: null },
};

const matches = (pattern: unknown): boolean => parseFilterPattern(JSON.stringify(pattern))(record);

describe('matches', () => {
  test.each([
    [{}],
    [{ eventName: ['INSERT'] }],
    [{ eventName: ['MODIFY', 'INSERT'] }],
    [{ dynamodb: { Keys: { pk: { S: ['ruleset'] }, n: { N: ['1'] } } } }],
    [{ dynamodb: { SizeBytes: [12] } }],
    [{ dynamodb: { Nothing: [null] } }],
    [{ dynamodb: { Tags: ['b'] } }],
    [{ eventName: [{ prefix: 'INS' }] }],
    [{ eventName: [{ suffix: 'RT' }] }],
    [{ eventName: [{ 'equals-ignore-case': 'insert' }] }],
    [{ eventName: [{ 'anything-but': ['REMOVE'] }] }],
    [{ dynamodb: { NewImage: [{ exists: false }] } }],
    [{ eventName: [{ exists: true }] }],
  ])('%j', (pattern) => {
    expect(matches(pattern)).toBe(true);
  });
});

describe('does not match', () => {
  test.each([
    [{ eventName: ['REMOVE'] }],
    [{ eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: ['other'] } } } }],
    [{ dynamodb: { SizeBytes: ['12'] } }],
    [{ dynamodb: { Keys: { pk: { S: { deeper: ['x'] } } } } }],
    [{ missing: ['x'] }],
    [{ missing: [{ 'anything-but': 'x' }] }],
    [{ missing: [{ exists: true }] }],
    [{ eventName: [{ 'anything-but': 'INSERT' }] }],
    [{ constructor: { name: ['Object'] } }],
  ])('%j', (pattern) => {
    expect(matches(pattern)).toBe(false);
  });
});

test.each([
  ['not JSON', /not JSON/],
  ['{"a":"b"}', /object or an array of alternatives at "\.a"/],
  ['{"a":[{"numeric":[">",1]}]}', /\{"numeric":\[">",1\]\} at "\.a", which is not known/],
  ['{"$or":[{"a":["b"]}]}', /\$or/],
])('the pattern %s is refused', (pattern, message) => {
  expect(() => parseFilterPattern(pattern)).toThrow(message);
});
