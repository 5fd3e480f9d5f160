import { createHmac, timingSafeEqual } from 'node:crypto';
import { firstElementSlice } from '../../core/json-slices.ts';
import { parseJson } from '../../core/json-value.ts';

// Segment's webhooks sign what they send with a shared secret: `X-Signature` is the HMAC-SHA1, in hex, of the JSON of one
// event. Of a batch it covers the first element only, so it never stands in for a key: it is asked for in addition to one.
// (action-destinations, packages/destination-actions/src/destinations/webhook/index.ts)

export type SignatureCheck = 'valid' | 'missing' | 'invalid';

const SIGNATURE = /^[0-9a-f]{40}$/i;

/** Checks a body, as bytes and as the text they are, against any of the secrets. Never throws. */
export function verifySignature(
  header: string | undefined,
  body: { readonly bytes: Uint8Array; readonly text: string },
  secrets: readonly string[],
): SignatureCheck {
  const given = header?.trim() ?? '';
  if (given === '') return 'missing';
  if (!SIGNATURE.test(given)) return 'invalid';
  const expected = Buffer.from(given, 'hex');
  for (const signed of signedForms(body)) {
    // Every secret is tried, so that the time taken does not say which one fitted.
    const fits = secrets.map((secret) =>
      timingSafeEqual(createHmac('sha1', secret).update(signed).digest(), expected),
    );
    if (fits.includes(true)) return 'valid';
  }
  return 'invalid';
}

/**
 * What the signature may have been made of, the likeliest first: the bytes of the body; the bytes of the first element of
 * an array; and, only when neither fits, the same value written anew, because a proxy on the way may have changed white
 * space. The body is parsed only for that last form.
 */
function* signedForms({ bytes, text }: { bytes: Uint8Array; text: string }): Generator<Uint8Array | string> {
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
