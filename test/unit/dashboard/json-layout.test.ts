import { expect, test } from '@jest/globals';
import { layOutJson } from '../../../dashboard/parts/json-layout.ts';

test.each([
  ['{"a":1,"b":[true,null]}', '{\n  "a": 1,\n  "b": [\n    true,\n    null\n  ]\n}'],
  ['{}', '{}'],
  ['[{},[]]', '[\n  {},\n  []\n]'],
  [' "text" ', '"text"'],
])('%s is laid out', (text, laidOut) => {
  expect(layOutJson(text)).toBe(laidOut);
});

test('digits, repeated keys and their order stay as they were sent', () => {
  const laidOut = layOutJson('{"id":12345678901234567890,"2":1.10,"1":1,"2":2}');
  expect(laidOut?.replaceAll(/\s/g, '')).toBe('{"id":12345678901234567890,"2":1.10,"1":1,"2":2}');
});

test('brackets, commas and quotes within texts are left alone', () => {
  expect(layOutJson('{"a":"{[,:]} \\" \\\\"}')).toBe('{\n  "a": "{[,:]} \\" \\\\"\n}');
});

test('what is no JSON is not touched', () => {
  expect(layOutJson('{"a":')).toBeUndefined();
});
