import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrayElementSlices, memberSlice, memberSlices } from '../../core/json-slices.ts';
import { isJsonObject, ownValue, parseJson, type JsonObject, type JsonValue } from '../../core/json-value.ts';
import { numberSourceAt } from '../../core/number-source.ts';

// The scanner against JSON.parse: whatever JSON is written, in whatever layout, both see the same parts.

const RUNS = { seed: 20211118, numRuns: 1_000 };

const whitespace = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });

/** Strings made of what could confuse a scanner, and anything else. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '\\u',
      '\u2028',
      '\ud83d\ude00',
      '\ud800',
      '\n',
      'a',
    ),
    maxLength: 8,
  }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** A string literal that spells its characters plainly, as JSON.stringify does, or all as \u escapes. */
const stringLiteral = fc
  .tuple(text, fc.boolean())
  .map(([value, escaped]) =>
    escaped
      ? `"${Array.from({ length: value.length }, (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(value),
  );

const numberLiteral = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt().map(String),
  fc.constantFrom('-0', '1.50', '1E+2', '123456789012345.123456', '9007199254740993'),
);

const scalarLiteral = fc.oneof(stringLiteral, numberLiteral, fc.constantFrom('true', 'false', 'null'));

const list = (open: string, close: string, items: readonly string[], space: string): string =>
  `${open}${space}${items.map((item) => `${space}${item}${space}`).join(',')}${space}${close}`;

// Few distinct keys, so that duplicates happen.
const keyLiteral = fc.oneof(
  stringLiteral,
  fc.constantFrom('"a"', '"\\u0061"', '"__proto__"', '"constructor"', '""'),
);

/** JSON texts in every layout; with duplicate keys and exotic numbers, which JSON.stringify would never write. */
const { json, array, object } = fc.letrec<{ json: string; array: string; object: string }>((tie) => ({
  json: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalarLiteral, tie('array'), tie('object')),
  array: fc
    .tuple(fc.array(tie('json'), { maxLength: 5 }), whitespace)
    .map(([items, space]) => list('[', ']', items, space)),
  object: fc
    .tuple(fc.array(fc.tuple(keyLiteral, tie('json')), { maxLength: 5 }), whitespace)
    .map(([members, space]) =>
      list(
        '{',
        '}',
        members.map(([key, value]) => `${key}${space}:${space}${value}`),
        space,
      ),
    ),
}));

const surrounded = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(whitespace, inner, whitespace).map((parts) => parts.join(''));

const valueFrom = (source: string): JsonValue => {
  const parsed = parseJson(source);
  if (!parsed.ok) throw new Error('the generator wrote what is not JSON');
  return parsed.value;
};

const objectFrom = (source: string): JsonObject => {
  const value = valueFrom(source);
  if (!isJsonObject(value)) throw new Error('the generator wrote what is not an object');
  return value;
};

describe('for any JSON text', () => {
  test('the slices of an array parse to its elements, without surrounding white space', () => {
    fc.assert(
      fc.property(surrounded(array), (source) => {
        const slices = arrayElementSlices(source).map(({ start, end }) => source.slice(start, end));
        expect(slices.map(valueFrom)).toEqual(valueFrom(source));
        expect(slices).toEqual(slices.map((slice) => slice.trim()));
      }),
      RUNS,
    );
  });

  test('the slices of an object, later ones replacing earlier ones, parse to its members', () => {
    fc.assert(
      fc.property(surrounded(object), (source) => {
        const rebuilt = new Map(
          memberSlices(source).map(({ key, start, end }) => [key, valueFrom(source.slice(start, end))]),
        );
        expect(rebuilt).toEqual(new Map(Object.entries(objectFrom(source))));
      }),
      RUNS,
    );
  });

  test('one member is the one that JSON.parse kept', () => {
    fc.assert(
      fc.property(
        surrounded(object),
        fc.constantFrom('a', '__proto__', 'toString', ''),
        (source, absentOrNot) => {
          const parsed = objectFrom(source);
          for (const key of [...Object.keys(parsed), absentOrNot]) {
            const slice = memberSlice(source, key);
            expect(slice && valueFrom(source.slice(slice.start, slice.end))).toEqual(ownValue(parsed, key));
          }
        },
      ),
      RUNS,
    );
  });

  test('a slice does not depend on where in a longer text it stands', () => {
    fc.assert(
      fc.property(array, json, json, (inner, before, after) => {
        const source = `[${before},${inner},${after}]`;
        const offset = before.length + 2;
        expect(arrayElementSlices(source, offset)).toEqual(
          arrayElementSlices(inner).map(({ start, end }) => ({ start: start + offset, end: end + offset })),
        );
      }),
      RUNS,
    );
  });

  test('the literal at a path is the number that JSON.parse read there, and only numbers have one', () => {
    const check = (source: string, value: JsonValue, path: readonly (string | number)[]): void => {
      const literal = numberSourceAt(source, path);
      if (typeof value === 'number') expect(Number(literal)).toBe(value);
      else expect(literal).toBeUndefined();
      if (Array.isArray(value)) {
        for (const [at, item] of value.entries()) check(source, item, [...path, at]);
      } else if (typeof value === 'object' && value !== null)
        for (const [key, item] of Object.entries(value)) check(source, item, [...path, key]);
    };
    fc.assert(
      fc.property(surrounded(json), (source) => {
        check(source, valueFrom(source), []);
      }),
      RUNS,
    );
  });

  test('that a program wrote, indented or not, the slices of its array are its elements', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat({ max: 4 }), (values, indent) => {
        const source = JSON.stringify(values, null, indent);
        expect(
          arrayElementSlices(source).map(({ start, end }) =>
            JSON.stringify(valueFrom(source.slice(start, end))),
          ),
        ).toEqual(values.map((value) => JSON.stringify(value)));
      }),
      RUNS,
    );
  });
});

test('cut anywhere, a text ends in slices or an error, never in a loop', () => {
  fc.assert(
    fc.property(array, object, fc.nat(), (list, members, cut) => {
      for (const [source, scan] of [
        [list, arrayElementSlices],
        [members, memberSlices],
      ] as const) {
        try {
          scan(source.slice(0, cut % source.length));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }),
    RUNS,
  );
});
