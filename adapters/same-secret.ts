import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether two secrets are the same, in a time that says nothing about where they differ, nor how long the right one is: what
 * is compared are their SHA-256, which all have one length. The only place where secrets are compared
 * (scripts/layout/secret-comparison.ts); what can be looked up by its hash is not compared at all.
 */
export function isSameSecret(given: string | Uint8Array, wanted: string | Uint8Array): boolean {
  return timingSafeEqual(digestOf(given), digestOf(wanted));
}

const digestOf = (secret: string | Uint8Array): Buffer => createHash('sha256').update(secret).digest();
