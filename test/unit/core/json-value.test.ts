import { describe, expect, test } from '@jest/globals';
import { isJsonObject, ownValue, parseJson, type JsonObject } from '../../../core/json-value.ts';

const objectFrom = (text: string): JsonObject => {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('the test needs an object');
  return parsed.value;
};

describe('parseJson', () => {
  test.each(['null', '5', '"x"', 'true', '[]', '{"a":[1,{"b":null}]}', ' {"a" : 1}\n'])(
    'gives the value of %s',
    (text) => {
      const value: unknown = JSON.parse(text);
      expect(parseJson(text)).toEqual({ ok: true, value });
    },
  );

  test.each(['{"a":NaN}', '{a:1}', "{'a':1}", '{"a":1,}', '[1', '{"a":1}{', 'undefined', '\ufeff{}', '"\n"'])(
    'refuses %j, which is not JSON',
    (text) => {
      expect(parseJson(text)).toEqual({ ok: false, message: 'The body is not valid JSON.' });
    },
  );

  test.each(['', ' ', '\r\n\t'])('says so when there is nothing but white space: %j', (text) => {
    expect(parseJson(text)).toEqual({ ok: false, message: 'The body is empty: send JSON.' });
  });

  test('never repeats what it was given, which may be personal', () => {
    const parsed = parseJson('{"email":"ada@example.com" oops');
    expect(JSON.stringify(parsed)).not.toMatch(/ada|example|oops/);
  });

  test.each([
    ['arrays', (levels: number) => '['.repeat(levels) + ']'.repeat(levels)],
    ['objects', (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)],
  ])('survives 100,000 levels of %s', (_, nested) => {
    const levels = 100_000;
    expect(parseJson(nested(levels)).ok).toBe(true);
    expect(parseJson(nested(levels).slice(0, -1)).ok).toBe(false);
  });
});

describe('keys that objects inherit', () => {
  test('JSON.parse makes __proto__ an own key and pollutes nothing', () => {
    const object = objectFrom('{"__proto__":{"admin":true}}');
    expect(Object.hasOwn(object, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(ownValue(object, 'admin')).toBeUndefined();
    expect(Object.hasOwn({}, 'admin')).toBe(false);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
    expect(ownValue(object, '__proto__')).toEqual({ admin: true });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    '%s is absent unless it was sent',
    (key) => {
      expect(ownValue(objectFrom('{"a":1}'), key)).toBeUndefined();
      expect(ownValue(objectFrom(`{${JSON.stringify(key)}:7}`), key)).toBe(7);
    },
  );

  test('a key that holds null is told from an absent one', () => {
    expect(ownValue(objectFrom('{"a":null}'), 'a')).toBeNull();
    expect(ownValue(objectFrom('{"a":null}'), 'b')).toBeUndefined();
  });
});

test('only objects are objects', () => {
  expect([{}, { a: 1 }].map(isJsonObject)).toEqual([true, true]);
  expect([null, undefined, [], [{}], 'x', 5, true].map(isJsonObject)).toEqual(Array(7).fill(false));
});
