import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addDecimals,
  compareDecimals,
  fromMicros,
  negateDecimal,
  parseDelta,
  sumDecimals,
  toMicros,
} from '../../core/decimal.ts';

// Decimals against BigInt, which is exact: every legal delta is a whole number of millionths.

const RUNS = { seed: 20211118, numRuns: 2_000 };

const MICROS_MAX = 10n ** 21n - 1n;
const CANONICAL = /^(?:0|-?(?:[1-9]\d*|(?:0|[1-9]\d*)\.\d{0,5}[1-9]))$/;

const micros = fc.oneof(
  fc.bigInt({ min: -MICROS_MAX, max: MICROS_MAX }),
  fc.bigInt({ min: -10_000_000n, max: 10_000_000n }),
  // Where doubles stop telling millionths apart.
  fc.bigInt({ min: -1_000n, max: 1_000n }).map((near) => 2n ** 33n * 1_000_000n + near),
  fc.bigInt({ min: 0n, max: 1_000n }).map((near) => MICROS_MAX - near),
);

const withoutSign = (value: bigint): bigint => (value < 0n ? -value : value);

/** The same value in other spellings: padded with zeros, or with the point moved by an exponent. */
const spellings = (value: bigint, zeros: number, exponent: number): string[] => {
  const sign = value < 0n ? '-' : '';
  const digits = withoutSign(value).toString().padStart(7, '0');
  const padding = '0'.repeat(zeros);
  return [
    `${sign}${padding}${digits.slice(0, -6)}.${digits.slice(-6)}${padding}`,
    `${sign}${digits}e-6`,
    `${sign}${digits}${padding}E-${6 + zeros}`,
    `${sign}0.${'0'.repeat(exponent)}${digits}e+${digits.length - 6 + exponent}`,
  ];
};

/** A literal that JSON allows: no leading zeros. */
const jsonLiteral = (value: bigint, zeros: number): string => {
  const digits = withoutSign(value).toString().padStart(7, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}${'0'.repeat(zeros)}`;
};

describe('for any amount', () => {
  test('its text is canonical and leads back to it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), (value) => {
        expect(fromMicros(value)).toMatch(CANONICAL);
        expect(toMicros(fromMicros(value))).toBe(value);
      }),
      RUNS,
    );
  });

  test('every spelling as a string is the same delta', () => {
    fc.assert(
      fc.property(micros, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (value, zeros, exponent) => {
        for (const spelling of spellings(value, zeros, exponent))
          expect(parseDelta(spelling)).toEqual({ ok: true, value: fromMicros(value) });
      }),
      RUNS,
    );
  });

  test('as a JSON number it counts exactly, digit for digit, when the text is at hand', () => {
    fc.assert(
      fc.property(micros, fc.nat({ max: 5 }), (value, zeros) => {
        const literal = jsonLiteral(value, zeros);
        expect(parseDelta(Number(literal), () => literal)).toEqual({ ok: true, value: fromMicros(value) });
      }),
      RUNS,
    );
  });

  test('as a JSON number of at most 15 digits it counts exactly without the text', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }),
        fc.nat({ max: 6 }),
        (digits, places) => {
          const value = digits * 10n ** BigInt(6 - places);
          expect(parseDelta(Number(jsonLiteral(value, 0)))).toEqual({ ok: true, value: fromMicros(value) });
        },
      ),
      RUNS,
    );
  });

  test('one digit too many is refused', () => {
    fc.assert(
      fc.property(micros, fc.constantFrom(1n, 5n, 9n), (value, digit) => {
        const tooFine = `${(withoutSign(value) * 10n + digit).toString()}e-7`;
        expect(parseDelta(tooFine).ok).toBe(false);
        const tooLarge = (10n ** 15n + withoutSign(value)).toString();
        expect(parseDelta(tooLarge).ok).toBe(false);
      }),
      RUNS,
    );
  });
});

test('adding, negating and comparing are those of whole millionths', () => {
  fc.assert(
    fc.property(micros, micros, (a, b) => {
      const [x, y] = [fromMicros(a), fromMicros(b)];
      expect(toMicros(addDecimals(x, y))).toBe(a + b);
      expect(toMicros(negateDecimal(x))).toBe(-a);
      expect(compareDecimals(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(addDecimals(x, negateDecimal(x))).toBe('0');
    }),
    RUNS,
  );
});

test('a sum is the same in any order and any grouping', () => {
  fc.assert(
    fc.property(fc.array(micros), fc.nat(), (values, cut) => {
      const decimals = values.map(fromMicros);
      const total = sumDecimals(decimals);
      const at = cut % (decimals.length + 1);
      expect(sumDecimals(decimals.toReversed())).toBe(total);
      expect(addDecimals(sumDecimals(decimals.slice(0, at)), sumDecimals(decimals.slice(at)))).toBe(total);
    }),
    RUNS,
  );
});

test('any string or number is a canonical delta or a refusal, never an exception', () => {
  const hostile = fc.string({ unit: fc.constantFrom(...Array.from('0123456789+-.eE x')), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string(), fc.double()), (value) => {
      const parsed = parseDelta(value);
      if (!parsed.ok) return;
      expect(parsed.value).toMatch(CANONICAL);
      expect(Number(parsed.value)).toBe(Number(value) + 0);
    }),
    { ...RUNS, numRuns: 10_000 },
  );
});
