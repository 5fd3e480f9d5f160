import type { AttributeValue } from '@aws-sdk/client-dynamodb';

// Writing and reading DynamoDB attributes by hand: numbers stay decimal strings (a JavaScript number would round a sum
// of 38 digits), and nothing from an event ever becomes a map whose keys could be hostile.

export type Item = Readonly<Record<string, AttributeValue>>;

export const S = (value: string): AttributeValue => ({ S: value });
export const N = (value: number | string): AttributeValue => ({ N: String(value) });
export const B = (value: Uint8Array): AttributeValue => ({ B: value });

/** A stored item that does not have the shape this version writes. Retrying cannot help; a person must look. */
export class DamagedItemError extends Error {
  override readonly name = 'DamagedItemError';
}

/** For a `catch`: a damaged event becomes quarantined when it is settled, so that no figure counts it. */
export function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof DamagedItemError)) throw error;
  return undefined;
}

export function readS(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) throw damaged(item, name, 'text');
  return value;
}

export function readOptionalS(item: Item, name: string): string | undefined {
  return item[name]?.S;
}

/** The exact decimal string of a number attribute. */
export function readDecimal(item: Item, name: string): string {
  const value = item[name]?.N;
  if (value === undefined) throw damaged(item, name, 'a number');
  return value;
}

/** For counts and times, which fit a double. */
export function readN(item: Item, name: string): number {
  const value = Number(readDecimal(item, name));
  if (!Number.isSafeInteger(value)) throw damaged(item, name, 'a whole number');
  return value;
}

export function readOptionalN(item: Item, name: string): number | undefined {
  return item[name]?.N === undefined ? undefined : readN(item, name);
}

export function readB(item: Item, name: string): Uint8Array {
  const value = item[name]?.B;
  if (value === undefined) throw damaged(item, name, 'bytes');
  return value;
}

/** One of a closed list of words. */
export function readOneOf<Word extends string>(item: Item, name: string, words: readonly Word[]): Word {
  const value = item[name]?.S;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw damaged(item, name, words.join(' or '));
  return word;
}

function damaged(item: Item, name: string, expected: string): DamagedItemError {
  return new DamagedItemError(
    `The stored item ${item['pk']?.S ?? '?'} / ${item['sk']?.S ?? '?'} should have ${expected} in "${name}".`,
  );
}

// DynamoDB stores UTF-8, in which a lone surrogate cannot be written: it would come back as U+FFFD, and two ids that
// differ would look alike. Text that came from an event is therefore escaped as JSON, behind a marker, where it must be.
const ESCAPED = '\u0001';

/** Text from an event, exactly. Read it back with `readText`. */
export function T(value: string): AttributeValue {
  return S(value.isWellFormed() && !value.startsWith(ESCAPED) ? value : ESCAPED + JSON.stringify(value));
}

export function readText(item: Item, name: string): string {
  const stored = readS(item, name);
  if (!stored.startsWith(ESCAPED)) return stored;
  const value: unknown = JSON.parse(stored.slice(ESCAPED.length));
  if (typeof value !== 'string') throw damaged(item, name, 'text');
  return value;
}
