// Usage in whole millionths, which adds up exactly. Written apart from core/decimal.ts on purpose: what checks the pipeline
// must not share its arithmetic.

/** Throws for what is not a plain decimal with at most six fraction digits. */
export function microsOf(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  if (match === null) throw new Error(`Not a decimal with at most six fraction digits: ${decimal}`);
  const [, sign, whole = '', fraction = ''] = match;
  const micros = BigInt(whole + fraction.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}

export function decimalOf(micros: bigint): string {
  const digits = String(micros < 0n ? -micros : micros).padStart(7, '0');
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, '');
  return micros < 0n ? `-${text}` : text;
}
