import { createHmac } from 'node:crypto';
import { isSameSecret } from '../../adapters/same-secret.ts';
import { firstElementSlice } from '../../core/json-slices.ts';
import { parseJson } from '../../core/json-value.ts';
import type { Problem } from './problem.ts';

// Segment's webhooks sign what they send with a shared secret: HMAC-SHA1, in hex, of the JSON. `X-Signature` covers one
// event; of a batch that is the first, and the others are not covered, so a signature never stands in for a key: it is
// asked for in addition to one. `X-Segment-Signature`, which newer webhooks offer as a setting, covers the whole body.
// (action-destinations, packages/destination-actions/src/destinations/webhook/index.ts)

const SIGNATURE = /^[0-9a-f]{40}$/i;

/** What is wrong with the signature of a body; nothing when the key has no secrets. Never throws. */
export function signatureProblem(
  headers: Readonly<Record<string, string | undefined>>,
  body: SignedBody,
  secrets: readonly string[],
): Problem | undefined {
  if (secrets.length === 0) return undefined;
  const ofAll = headers['x-segment-signature']?.trim() ?? '';
  const given = ofAll === '' ? (headers['x-signature']?.trim() ?? '') : ofAll;
  if (given === '') return MISSING;
  if (!SIGNATURE.test(given)) return INVALID;
  const forms = ofAll === '' ? formsOfFirst(body) : formsOfAll(body);
  return isSigned(forms, Buffer.from(given, 'hex'), secrets) ? undefined : INVALID;
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
    'This key needs a signature: set the shared secret in Segment, and map data so that it is never empty.',
};
const INVALID: Problem = {
  status: 401,
  code: 'invalid_signature',
  message: 'The signature does not fit: use one shared secret here and in Segment.',
};

function isSigned(
  forms: Iterable<Uint8Array | string>,
  given: Uint8Array,
  secrets: readonly string[],
): boolean {
  for (const signed of forms) {
    // Every secret is tried, so that the time taken does not say which one fitted.
    const fits = secrets.map((secret) =>
      isSameSecret(createHmac('sha1', secret).update(signed).digest(), given),
    );
    if (fits.includes(true)) return true;
  }
  return false;
}

// What a signature may have been made of, the likeliest first. The last form is the same value written anew, because a
// proxy on the way may have changed white space; the body is parsed only for that one.

function* formsOfAll({ bytes, text }: SignedBody): Generator<Uint8Array | string> {
  yield bytes;
  const rewritten = rewrite(text);
  if (rewritten !== undefined) yield rewritten;
}

/** The bytes of a single event are the body; of a batch they are those of its first element. */
function* formsOfFirst({ bytes, text }: SignedBody): Generator<Uint8Array | string> {
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
