const separator = new Intl.NumberFormat().formatToParts(1.5).find(({ type }) => type === 'decimal')?.value;

/** An exact decimal as the viewer writes numbers, 1,342.5, with every digit: as a float, large ones would lose some. Pure. */
export function groupedDecimal(decimal: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (match === null) return decimal;
  const [, sign = '', whole = '', fraction] = match;
  const digits = BigInt(whole).toLocaleString();
  return fraction === undefined ? sign + digits : `${sign}${digits}${separator ?? '.'}${fraction}`;
}
