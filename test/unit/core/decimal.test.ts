import { describe, expect, test } from '@jest/globals';
import {
  addDecimals,
  compareDecimals,
  fromMicros,
  negateDecimal,
  parseDelta,
  sumDecimals,
  toMicros,
} from '../../../core/decimal.ts';
import { parseJson, type JsonValue } from '../../../core/json-value.ts';
import { numberSourceAt } from '../../../core/number-source.ts';

const valueFrom = (text: string): JsonValue => {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error('the test needs JSON');
  return parsed.value;
};

/** The delta of a body as the pipeline reads it, with the text at hand. */
const deltaOfLiteral = (literal: string) => parseDelta(valueFrom(literal), () => numberSourceAt(literal, []));

describe('parseDelta takes', () => {
  test.each<[JsonValue, string]>([
    [2, '2'],
    [-1, '-1'],
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [0.1, '0.1'],
    [1e-6, '0.000001'],
    [-0.000001, '-0.000001'],
    [123456, '123456'],
    [999999999.999999, '999999999.999999'],
    [999999999999999, '999999999999999'],
    ['2', '2'],
    ['-1', '-1'],
    ['+2', '2'],
    ['1.5', '1.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-.5', '-0.5'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['15e-1', '1.5'],
    ['  7\n', '7'],
    ['\u00a07', '7'],
    ['007', '7'],
    ['-0', '0'],
    ['0.000', '0'],
    ['0e99999999999999999999', '0'],
    ['1.500000000', '1.5'],
    ['100', '100'],
    ['999999999999999.999999', '999999999999999.999999'],
    ['-999999999999999.999999', '-999999999999999.999999'],
    ['123456789012345.123456', '123456789012345.123456'],
    ['1000000000000000000000e-21', '1'],
    ['0.000000000000000000001e21', '1'],
  ])('%j as %s', (value, decimal) => {
    expect(parseDelta(value)).toEqual({ ok: true, value: decimal });
  });
});

describe('parseDelta refuses', () => {
  test.each<[JsonValue]>(
    // prettier-ignore
    [
      '', ' ', 'abc', 'NaN', 'Infinity', '-Infinity', '0x10', '0b1', '0o7', '1_000', '1,000', '1,5', '1 000', '- 1',
      '--1', '1.2.3', '.', '-', '+', 'e5', '.e5', '1e', '1e1.5', '5 apples', '٣', '1n', 'null', 'true',
      true, false, null, [], [1], {}, { value: 1 }, Number.NaN, Number.POSITIVE_INFINITY,
    ].map((value): [JsonValue] => [value]),
  )('%j, which is no number', (value) => {
    expect(parseDelta(value)).toEqual({ ok: false, why: expect.stringContaining('must be a number') });
  });

  test('a number too large for a double, which JSON.parse reads as Infinity', () => {
    expect(deltaOfLiteral('1e400').ok).toBe(false);
  });

  test.each<[JsonValue]>([['1000000000000000'], ['1e15'], ['-1e15'], [1e15], [1e21], ['1e999999999']])(
    '%j, which has more than 15 integer digits',
    (value) => {
      expect(parseDelta(value)).toEqual({ ok: false, why: expect.stringContaining('before the decimal') });
    },
  );

  test.each<[JsonValue]>([['0.0000001'], [1e-7], ['1e-999999999'], ['1.2345678'], [0.1 + 0.2]])(
    '%j, which has more than 6 fraction digits',
    (value) => {
      expect(parseDelta(value)).toEqual({ ok: false, why: expect.stringContaining('after the decimal') });
    },
  );

  test('without quoting the value', () => {
    expect(JSON.stringify(parseDelta('ada@example.com'))).not.toContain('ada');
  });
});

describe('numbers of which JSON.parse loses digits', () => {
  test.each([
    ['123456789012345.123456', '123456789012345.123456'],
    // The nearest doubles of these two look harmless: 123456789012345 and 1000000000000000.
    ['123456789012344.999999', '123456789012344.999999'],
    ['999999999999999.999999', '999999999999999.999999'],
    ['-123456789012344.999999', '-123456789012344.999999'],
    ['8589934592.000001', '8589934592.000001'],
    ['1.23456789012345123456e14', '123456789012345.123456'],
    ['123456789012345.1234560000', '123456789012345.123456'],
    ['100000000000', '100000000000'],
  ])('%s counts exactly, read from the text', (literal, decimal) => {
    expect(deltaOfLiteral(literal)).toEqual({ ok: true, value: decimal });
  });

  test('limits are those of the text, not of the double', () => {
    expect(deltaOfLiteral('123456789012345.1234567').ok).toBe(false);
    expect(deltaOfLiteral('9007199254740993').ok).toBe(false);
  });

  test('without the text they are refused with the way out', () => {
    for (const value of ['123456789012345.12', '12345678901234.56', '-12345678901.23457'].map(Number))
      for (const sourceText of [undefined, () => undefined])
        expect(parseDelta(value, sourceText)).toEqual({
          ok: false,
          why: expect.stringContaining('send it as a string'),
        });
  });

  test('a literal from the wrong place is not believed', () => {
    expect(parseDelta(Number('123456789012345.12'), () => '5')).toEqual({
      ok: false,
      why: expect.stringContaining('send it as a string'),
    });
    expect(parseDelta(100000000000, () => '5')).toEqual({ ok: true, value: '100000000000' });
  });

  test('the text is not searched for numbers that a double holds', () => {
    const search = (): never => {
      throw new Error('not needed');
    };
    for (const value of [1, -3, 2.5, 1000000, 8589934591.999999])
      expect(parseDelta(value, search)).toEqual({ ok: true, value: String(value) });
  });
});

describe('arithmetic', () => {
  test('has no binary rounding', () => {
    expect(addDecimals('0.1', '0.2')).toBe('0.3');
    expect(sumDecimals(Array<string>(1_000_000).fill('0.1'))).toBe('100000');
    expect(addDecimals('999999999999999.999999', '0.000001')).toBe('1000000000000000');
    expect(addDecimals('1.5', '-1.5')).toBe('0');
    expect(addDecimals('-0.000001', '0')).toBe('-0.000001');
  });

  test('the sum of nothing is 0', () => {
    expect(sumDecimals([])).toBe('0');
  });

  test('negation has no minus zero', () => {
    expect(['0', '1.5', '-1.5'].map(negateDecimal)).toEqual(['0', '-1.5', '1.5']);
  });

  test('comparison is by value, not by text', () => {
    expect(compareDecimals('10', '9')).toBe(1);
    expect(compareDecimals('-10', '-9')).toBe(-1);
    expect(compareDecimals('1.5', '1.50')).toBe(0);
    expect(['10', '-2', '9.5', '0', '0.000001'].toSorted(compareDecimals)).toEqual([
      '-2',
      '0',
      '0.000001',
      '9.5',
      '10',
    ]);
  });

  test('sums use all 38 digits of a DynamoDB number and no more', () => {
    const most = `${'9'.repeat(32)}.999999`;
    expect(fromMicros(toMicros(most))).toBe(most);
    expect(negateDecimal(most)).toBe(`-${most}`);
    expect(() => addDecimals(most, '0.000001')).toThrow(RangeError);
  });

  test('a number that a store writes with an exponent is read', () => {
    expect(toMicros('1.5E+20')).toBe(150000000000000000000000000n);
    expect(addDecimals('1E+2', '1E-6')).toBe('100.000001');
  });

  test.each(['', 'abc', '0.0000001', `1${'0'.repeat(32)}`, 'NaN', ' 1'])(
    'what is no amount is thrown out: %j',
    (text) => {
      expect(() => toMicros(text)).toThrow(RangeError);
    },
  );
});

test('a delta of a million digits is refused in linear time', () => {
  const zeros = '0'.repeat(500_000);
  for (const text of [
    `1${zeros}`,
    `0.${zeros}1`,
    `1${zeros}.${zeros}1`,
    `${'1'.repeat(1_000_000)}x`,
    '10'.repeat(500_000),
  ])
    expect(parseDelta(text).ok).toBe(false);
});
