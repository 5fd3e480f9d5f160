import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lookupField } from '../../core/field-lookup.ts';
import type { JsonObject } from '../../core/json-value.ts';

const RUNS = { seed: 20211118, numRuns: 2_000 };

const name = fc.constantFrom('userId', 'messageId', 'billingUserId', 'featureId', 'delta', 'email');

/** The name with random case, and separators anywhere. */
const spellingOf = (field: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.boolean(), fc.constantFrom('', '', '', '_', '-', ' ')), {
      minLength: field.length,
      maxLength: field.length,
    })
    .map((choices) =>
      choices
        .map(([upper, separator], at) => {
          const letter = field.charAt(at);
          return separator + (upper ? letter.toUpperCase() : letter.toLowerCase());
        })
        .join(''),
    );

/** What a lookup means, written for clarity instead of speed. */
const plainLookup = (object: JsonObject, field: string): unknown => {
  if (Object.hasOwn(object, field)) return object[field];
  const plain = (key: string): string => key.replace(/[_\- ]/g, '').replace(/[A-Z]/g, (c) => c.toLowerCase());
  return Object.entries(object).find(([key]) => plain(key) === plain(field))?.[1];
};

test('any spelling finds the field', () => {
  const nameAndSpelling = name.chain((field) => fc.tuple(fc.constant(field), spellingOf(field)));
  fc.assert(
    fc.property(nameAndSpelling, ([field, spelling]) => {
      expect(lookupField({ before: 1, [spelling]: 'found' }, field)).toBe('found');
    }),
    RUNS,
  );
});

test('among any keys the answer is the exact spelling, else the first other one', () => {
  const key = fc.oneof(name.chain(spellingOf), name, fc.string({ maxLength: 12 }), fc.constant('__proto__'));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 6 }), name, (keys, field) => {
      const object = Object.fromEntries(keys.map((each, at) => [each, at]));
      expect(lookupField(object, field)).toBe(plainLookup(object, field));
    }),
    RUNS,
  );
});
