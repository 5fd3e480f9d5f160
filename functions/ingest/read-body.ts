import { gunzipSync } from 'node:zlib';

// The bytes of a request's body, decompressed within a bound, as text.

const MEGABYTE = 1024 * 1024;
/** Lambda takes no larger request; decompressed bodies keep to the same bound. */
export const WEBHOOK_BODY_BYTES_MAX = 6 * MEGABYTE;
/** Segment's limit for a batch on its tracking API. */
export const TRACKING_BODY_BYTES_MAX = 500 * 1024;

export type BodyRead =
  | { readonly ok: true; readonly text: string; readonly bytes: Uint8Array }
  | {
      readonly ok: false;
      readonly status: 400 | 413 | 415;
      readonly code: BodyProblem;
      readonly message: string;
    };

export type BodyProblem =
  'invalid_body' | 'payload_too_large' | 'unsupported_encoding' | 'unsupported_charset';

export interface RawBody {
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function readBody(raw: RawBody, bytesMax: number): BodyRead {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(raw.headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    return problem(415, 'unsupported_charset', 'The body must be JSON in UTF-8.');
  }
  const sent = Buffer.from(raw.body ?? '', raw.isBase64Encoded ? 'base64' : 'utf8');
  const encoding = (raw.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== '' && encoding !== 'gzip' && encoding !== 'x-gzip') {
    return problem(415, 'unsupported_encoding', 'The only supported Content-Encoding is gzip.');
  }
  const gzip = encoding === 'gzip' || encoding === 'x-gzip';
  const bytes = gzip ? unzip(sent, bytesMax) : sent;
  if (bytes === 'corrupt') return problem(400, 'invalid_body', 'The body is not valid gzip.');
  if (bytes === 'too large' || bytes.byteLength > bytesMax) {
    return problem(
      413,
      'payload_too_large',
      `The body is larger than ${bytesMax < MEGABYTE ? `${bytesMax / 1024} KB` : `${bytesMax / MEGABYTE} MB`}: lower the batch size, in Segment or in the SDK. A single event that is so large has to be sent with fewer or shorter properties.`,
    );
  }
  try {
    // A TextDecoder drops a byte order mark, which JSON.parse would refuse.
    return { ok: true, text: utf8.decode(bytes), bytes };
  } catch {
    return problem(400, 'invalid_body', 'The body is not valid UTF-8.');
  }
}

function unzip(bytes: Uint8Array, bytesMax: number): Uint8Array | 'corrupt' | 'too large' {
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    return typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      error.code === 'ERR_BUFFER_TOO_LARGE'
      ? 'too large'
      : 'corrupt';
  }
}

const problem = (status: 400 | 413 | 415, code: BodyProblem, message: string): BodyRead => ({
  ok: false,
  status,
  code,
  message,
});
