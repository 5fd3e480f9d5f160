import { describe, expect, test } from '@jest/globals';
import { arrayElementSlices, memberSlice, memberSlices } from '../../../core/json-slices.ts';

const elements = (text: string, start?: number): string[] =>
  arrayElementSlices(text, start).map((slice) => text.slice(slice.start, slice.end));

const members = (text: string, start?: number): [string, string][] =>
  memberSlices(text, start).map((slice) => [slice.key, text.slice(slice.start, slice.end)]);

const member = (text: string, key: string, start?: number): string | undefined => {
  const slice = memberSlice(text, key, start);
  return slice && text.slice(slice.start, slice.end);
};

describe('elements of an array', () => {
  test.each<[string, string[]]>([
    ['[]', []],
    [' [ \n] ', []],
    ['[1]', ['1']],
    ['[1,-2.5e+3,true,false,null,"x"]', ['1', '-2.5e+3', 'true', 'false', 'null', '"x"']],
    [' [\t{"a" : 1} ,\r\n [ ] , "b" ] ', ['{"a" : 1}', '[ ]', '"b"']],
    ['["[","]","{","}",",",":"]', ['"["', '"]"', '"{"', '"}"', '","', '":"']],
    [
      String.raw`["\"","\\","\\\"",{"\"]":"\\"}]`,
      [String.raw`"\""`, String.raw`"\\"`, String.raw`"\\\""`, String.raw`{"\"]":"\\"}`],
    ],
    ['["\ud83d\ude00\ud800","\\ud800","\u2028é"]', ['"\ud83d\ude00\ud800"', '"\\ud800"', '"\u2028é"']],
    ['[[[[]]],[[],[{}]]]', ['[[[]]]', '[[],[{}]]']],
  ])('of %j', (text, expected) => {
    expect(elements(text)).toEqual(expected);
  });

  test('keep the digits that JSON.parse would lose', () => {
    expect(elements('[{"id":9007199254740993,"id":1.0}]')).toEqual(['{"id":9007199254740993,"id":1.0}']);
  });

  test('of an array inside a text are found from its place', () => {
    const text = '{"batch": [ {"a":1}, 2 ], "sentAt":"x"}';
    expect(elements(text, memberSlice(text, 'batch')?.start)).toEqual(['{"a":1}', '2']);
    expect(elements(text, text.indexOf(':') + 1)).toEqual(['{"a":1}', '2']);
  });

  test('the first one is what Segment signed', () => {
    const first = JSON.stringify({ b: 1e21, a: -0, '2': 'x\u2028', '1': '\ud800' });
    expect(elements(`[${first},{"c":1}]`)[0]).toBe(first);
  });
});

describe('members of an object', () => {
  test('appear in order, with decoded keys and duplicates', () => {
    expect(
      members(String.raw` { "b" : 1 ,"a":[ ], "\u0061":"x", "q\"\\":{"b":2}, "":0, "__proto__": null } `),
    ).toEqual([
      ['b', '1'],
      ['a', '[ ]'],
      ['a', '"x"'],
      ['q"\\', '{"b":2}'],
      ['', '0'],
      ['__proto__', 'null'],
    ]);
    expect(members('{}')).toEqual([]);
    expect(members('{ \n }')).toEqual([]);
  });

  test('of duplicates the last wins, in whatever spelling', () => {
    expect(member(String.raw`{"a":1,"\u0061":2,"b":3}`, 'a')).toBe('2');
    expect(member(String.raw`{"\u0061":1,"a":2}`, 'a')).toBe('2');
  });

  test('nested members are not members', () => {
    expect(member('{"x":{"a":1},"y":[{"a":2}]}', 'a')).toBeUndefined();
  });

  test('the escape of another key is not the key', () => {
    expect(member(String.raw`{"\\u0061":1}`, 'a')).toBeUndefined();
    expect(member(String.raw`{"\\u0061":1}`, String.raw`\u0061`)).toBe('1');
  });
});

describe('depth and length', () => {
  const levels = 1_000_000;
  const deep = '[{"a":'.repeat(levels / 2) + '0' + '}]'.repeat(levels / 2);

  test('a million levels are one slice', () => {
    expect(JSON.parse(deep)).toBeInstanceOf(Array);
    expect(arrayElementSlices(deep)).toEqual([{ start: 1, end: deep.length - 1 }]);
    const wrapped = `{"deep":${deep},"after":1}`;
    expect(memberSlices(wrapped).map(({ key }) => key)).toEqual(['deep', 'after']);
  });

  test('a million elements, and a string of a million escapes, cost no more than their length', () => {
    expect(arrayElementSlices(`[${'{},'.repeat(999_999)}{}]`)).toHaveLength(1_000_000);
    for (const escape of ['\\"', '\\\\', '\\\\\\"'])
      expect(arrayElementSlices(`["${escape.repeat(1_000_000)}",1]`)).toHaveLength(2);
  });
});

describe('text that is not what was promised ends in an error, never in a loop', () => {
  test.each(['', '5', '{}', '[', '[1', '[1,', '["a', '["a\\"', '[[1]', '[,]', '[{]'])('array %j', (text) => {
    expect(() => arrayElementSlices(text)).toThrow('not the JSON it was promised');
  });

  test.each(['', '5', '[]', '{', '{"a"', '{"a":', '{"a":1', '{"a":}'])('object %j', (text) => {
    expect(() => memberSlices(text)).toThrow('not the JSON it was promised');
    expect(() => memberSlice(text, 'a')).toThrow('not the JSON it was promised');
  });
});
