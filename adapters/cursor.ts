import type { Item } from './attributes.ts';
import * as z from 'zod/mini';

// A page's cursor is DynamoDB's own start key, as base64url JSON of its text attributes. Callers of the API never see it:
// functions/admin/sealed-cursors.ts encrypts it at the edge.

const cursorSchema = z.record(z.string(), z.string());

export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

export function encodeCursor(key: Item | undefined): string | undefined {
  if (key === undefined) return undefined;
  const text = Object.fromEntries(Object.entries(key).map(([name, value]) => [name, value.S ?? '']));
  return Buffer.from(JSON.stringify(text)).toString('base64url');
}

/** Throws InvalidCursorError for a cursor that this API did not make. */
export function decodeCursor(cursor: string | undefined): Record<string, { S: string }> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const text = z.parse(cursorSchema, JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return Object.fromEntries(Object.entries(text).map(([name, value]) => [name, { S: value }]));
  } catch {
    throw new InvalidCursorError('The cursor is not one that this API gave out.');
  }
}
