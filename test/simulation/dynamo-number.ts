// DynamoDB's numbers: exact decimals of at most 38 significant digits, written back without exponent and without zeros
// that say nothing. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html

const DIGITS_MAX = 38;
const NOTATION = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
/** Whole numbers that a double holds, which nearly all of them are. */
const SMALL = /^-?[1-9]\d{0,14}$/;

/** The value coefficient / 10^scale. */
interface Decimal {
  readonly coefficient: bigint;
  readonly scale: number;
}

export class InvalidNumberError extends Error {
  override readonly name = 'InvalidNumberError';
}

export function normaliseNumber(text: string): string {
  return text === '0' || SMALL.test(text) ? text : toText(parse(text));
}

export function addNumbers(left: string, right: string): string {
  if (left.length < 15 && right.length < 15 && isSmall(left) && isSmall(right)) {
    return String(Number(left) + Number(right));
  }
  const [a, b] = aligned(parse(left), parse(right));
  return toText({ coefficient: a.coefficient + b.coefficient, scale: a.scale });
}

export function compareNumbers(left: string, right: string): number {
  if (isSmall(left) && isSmall(right)) return Number(left) - Number(right);
  const [a, b] = aligned(parse(left), parse(right));
  return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient ? 1 : 0;
}

const isSmall = (text: string): boolean => text === '0' || SMALL.test(text);

function parse(text: string): Decimal {
  const match = NOTATION.exec(text);
  if (match === null) throw new InvalidNumberError(`The number ${text} is not one.`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const coefficient = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  if (scale >= 0) return { coefficient, scale };
  return { coefficient: coefficient * 10n ** BigInt(-scale), scale: 0 };
}

function aligned(a: Decimal, b: Decimal): [Decimal, Decimal] {
  const scale = Math.max(a.scale, b.scale);
  const to = (decimal: Decimal): Decimal => ({
    coefficient: decimal.coefficient * 10n ** BigInt(scale - decimal.scale),
    scale,
  });
  return [to(a), to(b)];
}

function toText({ coefficient, scale }: Decimal): string {
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  const significant = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '');
  if (significant.length > DIGITS_MAX) {
    throw new InvalidNumberError('Attempting to store more than 38 significant digits in a Number');
  }
  const text = whole + (fraction === '' ? '' : `.${fraction}`);
  return negative && significant !== '' ? `-${text}` : text;
}
