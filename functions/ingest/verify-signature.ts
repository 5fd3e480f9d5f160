import { createHmac, timingSafeEqual } from 'node:crypto';
import { firstElementSlice } from '../../core/json-slices.ts';
import { parseJson } from '../../core/json-value.ts';
import type { Problem } from './problem.ts';

// Segment's webhooks sign what they send with a shared secret: `X-Signature` is the HMAC-SHA1, in hex, of the JSON of one
// event. Of a batch it covers the first element only, so it never stands in for a key: it is asked for in addition to one.
// (action-destinations, packages/destination-actions/src/destinations/webhook/index.ts)

const SIGNATURE = /^[0-9a-f]{40}$/i;

/** What is wrong with the signature of a body; nothing when the key has no secrets. Never throws. */
export function signatureProblem(
  header: string | undefined,
  body: SignedBody,
  secrets: readonly string[],
): Problem | undefined {
  if (secrets.length === 0) return undefined;
  const given = header?.trim() ?? '';
  if (given === '') return MISSING;
  return SIGNATURE.test(given) && isSigned(body, Buffer.from(given, 'hex'), secrets) ? undefined : INVALID;
}

/** The body as bytes, and as the text that they are. */
interface SignedBody {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const MISSING: Problem = {
  status: 401,
  code: 'missing_signature',
  message:
    'This key needs an X-Signature: set the shared secret in Segment, and map data so that it is never empty.',
};
const INVALID: Problem = {
  status: 401,
  code: 'invalid_signature',
  message: 'The X-Signature does not fit: use one shared secret here and in Segment.',
};

function isSigned(body: SignedBody, given: Uint8Array, secrets: readonly string[]): boolean {
  for (const signed of signedForms(body)) {
    // Every secret is tried, so that the time taken does not say which one fitted.
    const fits = secrets.map((secret) =>
      timingSafeEqual(createHmac('sha1', secret).update(signed).digest(), given),
    );
    if (fits.includes(true)) return true;
  }
  return false;
}

/**
 * What the signature may have been made of, the likeliest first: the bytes of the body; the bytes of the first element of
 * an array; and, only when neither fits, the same value written anew, because a proxy on the way may have changed white
 * space. The body is parsed only for that last form.
 */
function* signedForms({ bytes, text }: SignedBody): Generator<Uint8Array | string> {
  yield bytes;
  const first = firstElement(text);
  if (first !== undefined) yield first;
  const rewritten = rewrite(first ?? text);
  if (rewritten !== undefined) yield rewritten;
}

function firstElement(text: string): string | undefined {
  try {
    const slice = firstElementSlice(text);
    return slice === undefined ? undefined : text.slice(slice.start, slice.end);
  } catch {
    return undefined; // not JSON, which nothing has checked yet
  }
}

function rewrite(text: string): string | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok) return undefined;
  try {
    return JSON.stringify(parsed.value);
  } catch {
    return undefined; // nested deeper than JSON.stringify can follow
  }
}
