import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { hostileBody, type BodyForm } from './hostile-json.ts';
import { FUZZ_KEYS } from './memory-stores.ts';
import { SeededRandom } from './seeded-random.ts';

// One request of a fuzz run, the same for the same seed and index.

const PATHS = [
  '/segment',
  '/segment',
  '/segment/',
  '//segment',
  '/v1/batch',
  '/v1/batch',
  '/v1/import/',
  '/v1/b',
  '//v1/batch',
  '/v1/track',
  '/v1/t',
  '/v1/identify',
  '/v1/i/',
  '/v1/page',
  '/v1/s',
  '/v1/g',
  '/v1/alias',
] as const;

const ODD_PATHS = [
  '/v1/m',
  '/v1/projects/x/settings',
  '/health',
  '/',
  '',
  '/v1',
  '/v1/constructor',
  '/segment/x',
  '/%00',
  '/v1/🙂',
] as const;

const CONTENT_TYPES = [
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'text/plain;charset=UTF-8',
  'application/vnd.segment+json',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'application/json; charset=utf-16',
  'application/json; charset=',
  ';;;',
  '',
] as const;

/** The request at this place of the run. */
export function hostileRequest(seed: number, index: number): APIGatewayProxyEventV2 {
  const random = new SeededRandom(seed, index);
  const headers: Record<string, string> = {};
  const path = random.chance(0.98) ? random.pick(PATHS) : random.pick(ODD_PATHS);
  const body = hostileBytes(random, formFor(random, path), headers);
  if (random.chance(0.9)) headers['content-type'] = random.pick(CONTENT_TYPES);
  if (random.chance(0.92)) headers['authorization'] = authorization(random);
  if (random.chance(0.1)) headers['x-signature'] = signature(random, body);
  if (random.chance(0.02)) headers['x-segment-signature'] = signature(random, body);
  if (random.chance(0.3)) headers['origin'] = random.pick(['https://app.example', 'null', 'x', '']);
  if (random.chance(0.05)) headers['x-segment-settings'] = random.pick(['e30=', '%%%']);
  const method = random.chance(0.97)
    ? 'POST'
    : random.pick(['PUT', 'PATCH', 'GET', 'HEAD', 'DELETE', 'OPTIONS', 'QUERY']);
  return toEvent(method, path, headers, body, random);
}

/** Mostly what belongs to the path. */
function formFor(random: SeededRandom, path: string): BodyForm {
  if (random.chance(0.1)) return random.pick(['one', 'array', 'envelope', 'wrapped', 'odd']);
  if (path.includes('segment')) return random.pick(['one', 'array', 'array', 'wrapped']);
  return /\/(batch|import|b)\/?$/.test(path) ? 'envelope' : 'one';
}

function hostileBytes(random: SeededRandom, form: BodyForm, headers: Record<string, string>): Buffer {
  if (random.chance(0.03)) return randomBytes(random, random.below(200));
  let bytes: Buffer = Buffer.from(
    random.chance(0.01) ? `\ufeff${hostileBody(random, form)}` : hostileBody(random, form),
    'utf8',
  );
  if (random.chance(0.001)) bytes = Buffer.concat([bytes, Buffer.alloc(random.below(600_000), 0x20)]);
  if (random.chance(0.2)) bytes = mutated(random, bytes);
  if (random.chance(0.03)) {
    bytes = gzipSync(bytes, { level: 1 });
    if (random.chance(0.3)) bytes = mutated(random, bytes);
    headers['content-encoding'] = random.pick([
      'gzip',
      'gzip',
      'gzip',
      'GZIP',
      'x-gzip',
      'deflate',
      'gzip, gzip',
    ]);
  } else if (random.chance(0.01)) {
    headers['content-encoding'] = random.pick(['gzip', 'br', 'identity', '']);
  }
  return bytes;
}

/** Some bytes flipped, cut out, doubled or put in: mostly JSON no more, and sometimes still. */
function mutated(random: SeededRandom, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length + 1);
  switch (random.below(5)) {
    case 0:
      if (at < copy.length) copy[at] = random.below(256);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return Buffer.concat([
        copy.subarray(0, at),
        randomBytes(random, 1 + random.below(4)),
        copy.subarray(at),
      ]);
    case 3:
      return Buffer.concat([
        copy.subarray(0, at),
        copy.subarray(Math.min(copy.length, at + 1 + random.below(8))),
      ]);
    default:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(random.below(at + 1))]);
  }
}

function randomBytes(random: SeededRandom, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = random.below(256);
  return bytes;
}

function authorization(random: SeededRandom): string {
  const key = random.chance(0.9)
    ? FUZZ_KEYS.plain
    : random.pick([
        FUZZ_KEYS.signed,
        FUZZ_KEYS.revoked,
        FUZZ_KEYS.reader,
        'wrong',
        '',
        ' ',
        '\u00e9',
        'x'.repeat(300),
      ]);
  switch (random.below(6)) {
    case 0:
      return `Bearer ${key}`;
    case 1:
      return key;
    case 2:
      return `Basic ${Buffer.from(key).toString('base64')}`;
    case 3:
      return random.chance(0.05) ? 'Basic ===' : `Basic ${Buffer.from(`${key}:pass`).toString('base64')}`;
    default:
      return `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  }
}

function signature(random: SeededRandom, body: Uint8Array): string {
  if (random.chance(0.4)) return random.pick(['', '0', 'z'.repeat(40), 'a'.repeat(40), 'a'.repeat(4_000)]);
  return createHmac('sha1', FUZZ_KEYS.secret).update(body).digest('hex');
}

function toEvent(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
  random: SeededRandom,
): APIGatewayProxyEventV2 {
  // A Function URL hands text over as text where it can.
  const text = random.chance(0.5) ? body.toString('utf8') : undefined;
  const isText =
    text !== undefined && headers['content-encoding'] === undefined && Buffer.from(text, 'utf8').equals(body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'fuzz',
      domainName: 'fuzz.example',
      domainPrefix: 'fuzz',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'fuzz' },
      requestId: 'fuzz',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:12:00:00 +0000',
      timeEpoch: 1795435200000,
    },
    isBase64Encoded: !isText,
    ...(body.length > 0 && { body: isText ? text : body.toString('base64') }),
  };
}
