import { expect, test } from '@jest/globals';
import { numberSourceAt } from '../../../core/number-source.ts';

const BODY = `
  { "type" : "track", "big": 9007199254740993, "n": -1.50E+2 ,
    "properties": { "delta": 123456789012345.123456, "items": [ {"n": 1}, { "n" : 2.000 } ], "s": "12", "0": 3 },
    "none": null, "yes": true, "k\\u0065y": 10, "dup": {"a": 1}, "dup": {"b": 2, "b": 3.0} } `;

test.each<[readonly (string | number)[], string | undefined]>([
  [['big'], '9007199254740993'],
  [['n'], '-1.50E+2'],
  [['properties', 'delta'], '123456789012345.123456'],
  [['properties', 'items', 1, 'n'], '2.000'],
  [['properties', 'items', '0', 'n'], '1'],
  [['properties', 0], '3'],
  [['key'], '10'],
  [['dup', 'b'], '3.0'],
  [['dup', 'a'], undefined],
  [['properties', 's'], undefined],
  [['properties', 'items'], undefined],
  [['properties', 'items', 2, 'n'], undefined],
  [['properties', 'items', -1], undefined],
  [['properties', 'items', 0.5], undefined],
  [['properties', 'items', '', 'n'], undefined],
  [['properties', 'items', '01', 'n'], undefined],
  [['properties', 'items', 'length'], undefined],
  [['properties', 'missing'], undefined],
  [['big', 'deeper'], undefined],
  [['none'], undefined],
  [['yes'], undefined],
  [['constructor'], undefined],
  [[], undefined],
])('the literal at %j is %j', (path, literal) => {
  expect(numberSourceAt(BODY, path)).toBe(literal);
});

test('a text that is one number is its own literal, without the white space', () => {
  expect(numberSourceAt(' \n-12.50\t', [])).toBe('-12.50');
});
