import { hash } from 'node:crypto';

// How ids chosen by others become DynamoDB keys. Keys are stored for ever: these functions must never change.

/**
 * The key of an event: 128 bits of SHA-256 over its messageId, 22 characters. JSON.stringify first, because it writes a
 * lone surrogate as an escape; UTF-8 would turn every lone surrogate into the same replacement character, and two ids
 * would become one event.
 */
export function eventKeyOf(messageId: string): string {
  return digestOf(JSON.stringify(messageId));
}

const PLAIN = /^[A-Za-z0-9 _.:@+/-]{1,128}$/;

/**
 * A key part for a user id, an event name or a feature id: the id itself behind `=` where it is short and plain (good to
 * read in a console), else `~` and a hash. Never contains `#`, which separates key parts.
 */
export function keyPartOf(id: string): string {
  return PLAIN.test(id) ? `=${id}` : `~${digestOf(JSON.stringify(id))}`;
}

/** The key part of an email (as compared) or of a billing id: always a hash, so that no key holds personal data. */
export function hashedKeyOf(text: string): string {
  return digestOf(JSON.stringify(text));
}

/** What tells one state of an item from another: 128 bits of SHA-256 over its content. */
export const contentHashOf = (content: string): string => digestOf(content);

/**
 * The id of an imported user, which has no userId: derived from what created it (`stripe:<customer id>`,
 * `chargebee:<customer id>`, `csv:…`), so that importing it twice meets one user.
 */
export function importedUserIdOf(source: string): string {
  return `imp_${digestOf(JSON.stringify(source))}`;
}

/** Whether a text, such as one in a cursor, can be what `keyPartOf` returned. */
export const isKeyPart = (text: string): boolean =>
  text.startsWith('=') ? keyPartOf(text.slice(1)) === text : /^~[\w-]{22}$/.test(text);

/** 32 well-mixed bits, for sketches. */
export function hash32Of(id: string): number {
  return hash('sha256', JSON.stringify(id), 'buffer').readUInt32LE(0);
}

/** SHA-256 in hex: what is kept of an API key. */
export function secretHashOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** By way of hex, because a text comes out of a hash in half the time of bytes. */
function digestOf(text: string): string {
  return Buffer.from(hash('sha256', text, 'hex').slice(0, 32), 'hex').toString('base64url');
}
