// Items as they travel: JSON, with bytes in base64. The model keeps them in this form, so that nothing is lost or made
// better between what the SDK wrote and what it reads.

export type WireValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] };

export type WireItem = Readonly<Record<string, WireValue>>;

export type JsonRecord = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((element) => typeof element === 'string');

/** The kinds of value that the project stores; any other is unknown to the model and refused. */
export function isWireValue(value: unknown): value is WireValue {
  if (!isRecord(value)) return false;
  for (const kind in value) {
    const inner = value[kind];
    if (kind === 'S' || kind === 'N' || kind === 'B') return typeof inner === 'string';
    if (kind === 'SS' || kind === 'NS') return isTexts(inner) && new Set(inner).size === inner.length;
    return false;
  }
  return false;
}

export function isWireItem(value: unknown): value is WireItem {
  if (!isRecord(value)) return false;
  for (const name in value) if (!isWireValue(value[name])) return false;
  return true;
}

/** Bytes as DynamoDB counts them, near enough for its limits. */
export function sizeOf(item: WireItem): number {
  let size = 0;
  for (const [name, value] of Object.entries(item)) size += utf8Length(name) + sizeOfValue(value);
  return size;
}

export function utf8Length(text: string): number {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return Buffer.byteLength(text);
  return text.length;
}

function sizeOfValue(value: WireValue): number {
  if ('S' in value) return utf8Length(value.S);
  if ('N' in value) return Math.ceil(value.N.length / 2) + 1;
  if ('B' in value) return Math.floor((value.B.length * 3) / 4);
  const members = 'SS' in value ? value.SS : value.NS;
  return members.reduce((total, member) => total + member.length, 0);
}
