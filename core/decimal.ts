import type { JsonValue } from './json-value.ts';

// Usage is money's neighbour, so it is never a JavaScript float. A decimal here is a string in canonical form: an
// optional minus, no leading zeros, no exponent, at most 6 fraction digits, none of them trailing zeros, and zero is
// "0". Arithmetic happens in whole millionths ("micros") as BigInt and so is exact.

const FRACTION_DIGITS_MAX = 6;
const DELTA_INTEGER_DIGITS_MAX = 15;
/** What a DynamoDB number holds; the sum of a row must fit. */
const SUM_DIGITS_MAX = 38;
const SUM_INTEGER_DIGITS_MAX = SUM_DIGITS_MAX - FRACTION_DIGITS_MAX;

/**
 * Below 2^33 doubles are less than a millionth apart, so two decimals with 6 fraction digits never meet in one double
 * and the shortest text of the double is what was sent. Above, 123456789012344.999999 is the double 123456789012345.
 */
const EXACT_DOUBLE_LIMIT = 2 ** 33;
/** Any decimal with so many significant digits survives the way through a double (IEEE 754 binary64). */
const DOUBLE_DIGITS_KEPT = 15;

export type ParsedDelta =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly why: string };

const refused = (why: string): ParsedDelta => ({ ok: false, why });

const NOT_A_NUMBER = refused('The delta must be a number, or a string that holds one, such as "1.5".');
const TOO_LARGE = refused(
  `The delta has more than ${DELTA_INTEGER_DIGITS_MAX} digits before the decimal point: send smaller amounts.`,
);
const TOO_FINE = refused(
  `The delta has more than ${FRACTION_DIGITS_MAX} digits after the decimal point: round it before sending.`,
);
const DIGITS_LOST = refused(
  'The delta has more digits than a JSON number is sure to keep: send it as a string.',
);

/**
 * How much one event counts, as a canonical decimal. Taken are finite numbers and, after trimming, strings in decimal
 * notation as JavaScript's `Number()` reads it: "2", "-1", "+2", "1.5", ".5", "5.", "1e3". The limits apply to the
 * value, not to its spelling: "1.500000000" is 1.5. Reasons never quote the value.
 *
 * `sourceText` gives the literal of a number in the text it was parsed from. It is asked only when JSON.parse may have
 * lost digits that count; without it a double is believed as far as doubles can be.
 */
export function parseDelta(value: JsonValue, sourceText?: () => string | undefined): ParsedDelta {
  if (typeof value === 'string') return deltaFrom(readDecimal(value.trim()));
  if (typeof value !== 'number' || !Number.isFinite(value)) return NOT_A_NUMBER;
  const shortest = readDecimal(String(value));
  if (Math.abs(value) < EXACT_DOUBLE_LIMIT) return deltaFrom(shortest);
  const literal = sourceText?.();
  // A literal that is another number was found in the wrong place: then it is no witness.
  if (literal !== undefined && Number(literal) === value) return deltaFrom(readDecimal(literal));
  if (shortest === undefined || shortest.digits.length > DOUBLE_DIGITS_KEPT) return DIGITS_LOST;
  return deltaFrom(shortest);
}

/** Exact; throws a RangeError for what is not a decimal of at most 32 integer and 6 fraction digits. */
export function toMicros(decimal: string): bigint {
  const scaled = readDecimal(decimal);
  if (
    scaled === undefined ||
    scaled.point > SUM_INTEGER_DIGITS_MAX ||
    fractionDigits(scaled) > FRACTION_DIGITS_MAX
  ) {
    throw new RangeError(
      `An amount must be a decimal of at most ${SUM_INTEGER_DIGITS_MAX} integer and ${FRACTION_DIGITS_MAX} fraction digits.`,
    );
  }
  const micros = BigInt(
    scaled.digits + '0'.repeat(scaled.point + FRACTION_DIGITS_MAX - scaled.digits.length),
  );
  return scaled.negative ? -micros : micros;
}

/** Canonical; throws a RangeError for a sum that a DynamoDB number could not hold. */
export function fromMicros(micros: bigint): string {
  const negative = micros < 0n;
  const digits = (negative ? -micros : micros).toString().padStart(FRACTION_DIGITS_MAX + 1, '0');
  if (digits.length > SUM_DIGITS_MAX) {
    throw new RangeError(`A sum of usage has more than ${SUM_DIGITS_MAX} digits.`);
  }
  const whole = digits.slice(0, -FRACTION_DIGITS_MAX);
  const fraction = digits.slice(-FRACTION_DIGITS_MAX).replace(/0+$/, '');
  return (negative ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`);
}

export const addDecimals = (a: string, b: string): string => fromMicros(toMicros(a) + toMicros(b));

export const negateDecimal = (decimal: string): string => fromMicros(-toMicros(decimal));

export function compareDecimals(a: string, b: string): -1 | 0 | 1 {
  const difference = toMicros(a) - toMicros(b);
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

export function sumDecimals(decimals: Iterable<string>): string {
  let micros = 0n;
  for (const decimal of decimals) micros += toMicros(decimal);
  return fromMicros(micros);
}

/** The value 0.`digits` × 10^`point`. `digits` neither starts nor ends with a zero; it is empty for zero. */
interface Scaled {
  readonly negative: boolean;
  readonly digits: string;
  readonly point: number;
}

const ZERO: Scaled = { negative: false, digits: '', point: 0 };

const fractionDigits = ({ digits, point }: Scaled): number => Math.max(0, digits.length - point);

const DECIMAL_NOTATION = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * Exact and linear in the length of the text, whatever the exponent: "1e999999999" costs nothing. A `point` beyond the
 * safe integers, or infinite, is only ever compared with the limits, which it exceeds.
 */
function readDecimal(text: string): Scaled | undefined {
  const match = DECIMAL_NOTATION.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  if (all === '') return undefined;
  let start = 0;
  while (start < all.length && all.charAt(start) === '0') start++;
  if (start === all.length) return ZERO;
  let end = all.length;
  while (all.charAt(end - 1) === '0') end--;
  return {
    negative: sign === '-',
    digits: all.slice(start, end),
    point: whole.length - start + Number(exponent),
  };
}

function deltaFrom(scaled: Scaled | undefined): ParsedDelta {
  if (scaled === undefined) return NOT_A_NUMBER;
  if (scaled.point > DELTA_INTEGER_DIGITS_MAX) return TOO_LARGE;
  if (fractionDigits(scaled) > FRACTION_DIGITS_MAX) return TOO_FINE;
  return { ok: true, value: canonical(scaled) };
}

function canonical({ negative, digits, point }: Scaled): string {
  if (digits === '') return '0';
  const sign = negative ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
