import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventKeyOf } from '../../../adapters/keys.ts';
import {
  createPipeline,
  INGEST_KEY,
  startEngines,
  toFunctionUrlEvent,
  type Engines,
  type Pipeline,
  type SentRequest,
} from '../../support/pipeline.ts';

// Requests to ingest that a proxy in front could read as another request than we do, as admin/odd-requests.test.ts. What is
// refused has stored nothing; what is taken has stored the one event that it says.

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
  pipeline = await createPipeline(engines);
});
afterAll(() => engines.stop());

let count = 0;
const newId = (): string => {
  count += 1;
  return `odd-${String(count)}`;
};
const eventOf = (messageId: string, more = ''): string =>
  `{"type":"identify","messageId":"${messageId}","userId":"u1"${more}}`;
const isStored = async (messageId: string): Promise<boolean> =>
  (await pipeline.events.get(eventKeyOf(messageId))) !== undefined;

async function answerTo(request: SentRequest, isBase64Encoded?: boolean): Promise<string> {
  const event = toFunctionUrlEvent(request);
  const answer = await pipeline.ingest({
    ...event,
    isBase64Encoded: isBase64Encoded ?? event.isBase64Encoded,
  });
  const code = /"code":"(\w+)"/.exec(answer.body ?? '')?.[1];
  return code === undefined ? String(answer.statusCode) : `${String(answer.statusCode)} ${code}`;
}

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

describe('the bytes of a body', () => {
  const name = (wrong: readonly number[]) => (id: string) =>
    bytes(`{"type":"identify","messageId":"${id}","userId":"u1","traits":{"name":"`, wrong, '"}}');

  test.each<[string, (id: string) => string | Buffer, Readonly<Record<string, string>>, string]>([
    ['not UTF-8', name([0xff]), {}, '400 invalid_body'],
    ['a slash in two bytes', name([0xc0, 0xaf]), {}, '400 invalid_body'],
    ['a null in two bytes', name([0xc0, 0x80]), {}, '400 invalid_body'],
    ['half a surrogate', name([0xed, 0xa0, 0x80]), {}, '400 invalid_body'],
    ['UTF-16', (id) => Buffer.from(eventOf(id), 'utf16le'), {}, '400 invalid_json'],
    [
      'UTF-16 that is said',
      (id) => Buffer.from(eventOf(id), 'utf16le'),
      { 'content-type': 'application/json; charset=utf-16' },
      '415 unsupported_charset',
    ],
    ['UTF-7', eventOf, { 'content-type': 'application/json; charset=utf-7' }, '415 unsupported_charset'],
    ['a null byte behind', (id) => `${eventOf(id)}\0`, {}, '400 invalid_json'],
    ['a second value behind', (id) => `${eventOf(id)}${eventOf(id)}`, {}, '400 invalid_json'],
    ['gzip that nobody said', (id) => gzipSync(eventOf(id)), {}, '400 invalid_body'],
    [
      'gzip twice, said once',
      (id) => gzipSync(gzipSync(eventOf(id))),
      { 'content-encoding': 'gzip' },
      '400 invalid_body',
    ],
    [
      'gzip twice, said twice',
      (id) => gzipSync(gzipSync(eventOf(id))),
      { 'content-encoding': 'gzip, gzip' },
      '415 unsupported_encoding',
    ],
    ['plain, said to be gzip', eventOf, { 'content-encoding': 'gzip' }, '400 invalid_body'],
    [
      'gzip of not UTF-8',
      (id) => gzipSync(name([0xff])(id)),
      { 'content-encoding': 'gzip' },
      '400 invalid_body',
    ],
    [
      'deflate',
      (id) => deflateSync(eventOf(id)),
      { 'content-encoding': 'deflate' },
      '415 unsupported_encoding',
    ],
    [
      'brotli',
      (id) => brotliCompressSync(eventOf(id)),
      { 'content-encoding': 'br' },
      '415 unsupported_encoding',
    ],
    [
      'an encoding of the transfer in the wrong place',
      eventOf,
      { 'content-encoding': 'chunked' },
      '415 unsupported_encoding',
    ],
  ])('%s is refused and stores nothing', async (_, bodyOf, headers, expected) => {
    const id = newId();
    expect(await answerTo({ body: bodyOf(id), headers })).toBe(expected);
    expect(await isStored(id)).toBe(false);
  });

  test('base64 that is none, and none that is base64, are refused', async () => {
    const id = newId();
    expect(await answerTo({ body: eventOf(id) }, true)).toMatch(/^400 invalid_/);
    expect(await answerTo({ body: Buffer.from(eventOf(id)) }, false)).toMatch(/^400 invalid_/);
    expect(await isStored(id)).toBe(false);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a length that is too small', { 'content-length': '1' }],
    ['a length that is too large', { 'content-length': '99999999' }],
    ['a list of lengths', { 'content-length': '1, 2' }],
    ['chunks that were put together before', { 'transfer-encoding': 'chunked' }],
    ['an encoding of the transfer', { 'transfer-encoding': 'gzip, chunked' }],
  ])('%s: Lambda has measured the body, and headers add nothing to it', async (_, headers) => {
    const id = newId();
    expect(await answerTo({ body: eventOf(id), headers })).toBe('200');
    expect(await isStored(id)).toBe(true);
  });
});

describe('a path is the one that was sent', () => {
  test.each([
    ['/segment/../v1/batch'],
    ['/x/../segment'],
    ['/x/%2e%2e/segment'],
    ['/%73egment'],
    ['/segment%00'],
    ['/segment%2f'],
    ['/segment;x'],
    ['/segment.'],
    ['/segment#x'],
    ['/segment?x'],
    ['/Segment'],
    ['\\segment'],
    ['/v1%2fbatch'],
    ['/v1/batch/..'],
    ['/v1/%62atch'],
    ['/v1/__proto__'],
    ['/api/keys'],
    ['http://ingest.test/segment'],
    [''],
  ])('%j is none of ours', async (path) => {
    const id = newId();
    expect(await answerTo({ path, body: eventOf(id) })).toBe('404 not_found');
    expect(await isStored(id)).toBe(false);
  });
});

describe('headers', () => {
  test.each([
    ['x-http-method-override', 'GET'],
    ['x-original-url', '/health'],
    ['x-rewrite-url', '/health'],
    ['x-forwarded-host', 'evil.test'],
    ['x-forwarded-prefix', '/v1'],
    ['host', 'evil.test/v1/batch?'],
  ])('%s: %s is not listened to', async (name, value) => {
    const id = newId();
    expect(await answerTo({ body: eventOf(id), headers: { [name]: value } })).toBe('200');
    expect(await isStored(id)).toBe(true);
    const unsaid = newId();
    expect(await answerTo({ method: 'GET', body: eventOf(unsaid), headers: { [name]: value } })).toBe(
      '405 method_not_allowed',
    );
    expect(await isStored(unsaid)).toBe(false);
  });

  test.each([
    `Bearer wrong, Bearer ${INGEST_KEY}`,
    `Bearer wrong\r\nAuthorization: Bearer ${INGEST_KEY}`,
    `Bearer ${INGEST_KEY}\0`,
    `Bearer ${INGEST_KEY},${INGEST_KEY}`,
    `Digest ${INGEST_KEY}`,
    '',
  ])('Authorization: %j lets nobody in', async (authorization) => {
    const id = newId();
    expect(await answerTo({ body: eventOf(id), headers: { authorization } })).toMatch(/^401 /);
    expect(await isStored(id)).toBe(false);
  });

  test('line ends in a value end nothing, and come back in no answer but as the origin that they are', async () => {
    for (const name of ['user-agent', 'content-length', 'x-segment-settings', 'x-retry-count', 'cookie']) {
      const event = toFunctionUrlEvent({
        body: eventOf(newId()),
        headers: { [name]: 'x\r\nset-cookie: planted=1\r\n\r\n<p>' },
      });
      const answer = await pipeline.ingest(event);
      expect([name, answer.statusCode, answer.cookies]).toEqual([name, 200, undefined]);
      expect(JSON.stringify(answer)).not.toContain('planted');
    }
  });
});
