import { describe, expect, test } from '@jest/globals';
import { fieldKeyLookup, fieldLookup, lookupField } from '../../../core/field-lookup.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../../core/json-value.ts';

const objectFrom = (text: string): JsonObject => {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('the test needs an object');
  return parsed.value;
};

describe('every spelling that Segment customers use finds its field', () => {
  test.each([
    ['userId', ['userId', 'user_id', 'userID', 'UserId', 'User ID', 'USER-ID', 'userid']],
    ['anonymousId', ['anonymousId', 'anonymous_id', 'Anonymous ID']],
    ['messageId', ['messageId', 'message_id']],
    ['billingUserId', ['billingUserId', 'billing_user_id', 'BillingUserID', 'Billing User Id']],
    ['email', ['email', 'Email', 'EMAIL']],
    ['firstName', ['firstName', 'first_name', 'First Name']],
    ['featureId', ['featureId', 'feature_id', 'FeatureID']],
    ['delta', ['delta', 'Delta', '_delta_']],
    ['receivedAt', ['receivedAt', 'received_at']],
  ])('%s', (name, spellings) => {
    for (const spelling of spellings)
      expect(lookupField({ other: 1, [spelling]: 'found', last: 2 }, name)).toBe('found');
  });

  test('the name may be given in any spelling, too', () => {
    expect(lookupField({ userId: 'u' }, 'user_id')).toBe('u');
  });
});

test.each(['userIds', 'user', 'xuserId', 'userIdx', 'user.id', 'us', '', 'user\u0000Id', 'ùserId', 'userİd'])(
  '%j is another field than userId',
  (key) => {
    expect(lookupField({ [key]: 'x' }, 'userId')).toBeUndefined();
  },
);

test('letters outside ASCII are not folded: the Kelvin sign is no k', () => {
  expect(lookupField({ '\u212aey': 1 }, 'key')).toBeUndefined();
});

test('the exact spelling wins wherever it stands', () => {
  expect(lookupField({ user_id: 'a', userId: 'b' }, 'userId')).toBe('b');
  expect(lookupField({ userId: 'b', user_id: 'a' }, 'userId')).toBe('b');
  expect(lookupField({ userId: 'b', user_id: 'a' }, 'user_id')).toBe('a');
});

test('an exact spelling that holds null wins, too', () => {
  expect(lookupField({ user_id: 'a', userId: null }, 'userId')).toBeNull();
});

test('of several other spellings the first that was sent wins', () => {
  expect(lookupField({ 'User ID': 'a', user_id: 'b' }, 'userId')).toBe('a');
  expect(lookupField({ user_id: 'b', 'User ID': 'a' }, 'userId')).toBe('b');
});

test('inherited names are never found', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'to_string'])
    expect(lookupField(objectFrom('{"a":1}'), name)).toBeUndefined();
  expect(lookupField(objectFrom('{"__proto__":{"userId":"x"}}'), 'userId')).toBeUndefined();
  expect(lookupField(objectFrom('{"__proto__":5}'), '__proto__')).toBe(5);
  const heir: JsonObject = { a: 1 };
  Object.setPrototypeOf(heir, { user_id: 'x' });
  expect(lookupField(heir, 'userId')).toBeUndefined();
});

test('one prepared lookup serves many objects', () => {
  const userIdOf = fieldLookup('userId');
  expect([{ userId: 1 }, {}, { user_id: 2 }, { x: 1 }].map(userIdOf)).toEqual([1, undefined, 2, undefined]);
});

test('the key itself can be asked for, also when another key holds the same value', () => {
  const deltaKeyOf = fieldKeyLookup('delta');
  expect(deltaKeyOf({ price: 2, Delta: 2 })).toBe('Delta');
  expect(deltaKeyOf({ Delta: 2, delta: 2 })).toBe('delta');
  expect(deltaKeyOf({ price: 2 })).toBeUndefined();
});
