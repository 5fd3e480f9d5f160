import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { functionUrlHandler } from '../../../functions/admin/function-url.ts';
import { ADMIN_KEY, createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { toFunctionUrlEvent } from '../../support/pipeline.ts';

// Requests that a proxy in front could read as another request than we do. Each has one answer, which is a refusal where the
// two could differ; none reaches another route, or is done with the rights of anybody but the key that it carries.

const READ_KEY = 'th_read_of_the_odd';

let dynamo: TestDynamo;
let admin: Admin;
let handler: ReturnType<typeof functionUrlHandler>;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
  handler = functionUrlHandler(admin.app);
  await admin.keys.ensure(READ_KEY, { scope: 'read', name: 'reader' }, admin.clock.now);
});
afterAll(() => dynamo.stop());

interface Odd {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly isBase64Encoded?: boolean;
  readonly host?: string;
}

async function answerTo(odd: Odd): Promise<string> {
  const { method = 'POST', path = '/api/features', query = '', headers, body } = odd;
  const event: APIGatewayProxyEventV2 = toFunctionUrlEvent({
    method,
    path,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers },
    ...(body !== undefined && { body }),
  });
  const { statusCode, body: text = '' } = await handler({
    ...event,
    rawQueryString: query,
    isBase64Encoded: odd.isBase64Encoded ?? event.isBase64Encoded,
    requestContext: { ...event.requestContext, domainName: odd.host ?? 'admin.test' },
  });
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  return code === undefined ? String(statusCode) : `${String(statusCode)} ${code}`;
}

const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const idOf = (name: string): string => JSON.stringify({ id: name });

describe('the bytes of a body', () => {
  test.each<[string, Odd, string]>([
    ['base64 said of plain JSON', { body: idOf('b1'), isBase64Encoded: true }, '400 invalid_json'],
    ['plain said of base64', { body: bytes(idOf('b2')), isBase64Encoded: false }, '400 invalid_json'],
    ['not UTF-8', { body: bytes('{"id":"b3","name":"', [0xff], '"}') }, '400 invalid_json'],
    ['a slash in two bytes', { body: bytes('{"id":"b4","name":"', [0xc0, 0xaf], '"}') }, '400 invalid_json'],
    [
      'half a surrogate',
      { body: bytes('{"id":"b5","name":"', [0xed, 0xa0, 0x80], '"}') },
      '400 invalid_json',
    ],
    ['cut in a character', { body: bytes('{"id":"b6","name":"', [0xf0, 0x9f]) }, '400 invalid_json'],
    ['a byte order mark', { body: bytes([0xef, 0xbb, 0xbf], idOf('b7')) }, '201'],
    ['UTF-16', { body: Buffer.from(idOf('b8'), 'utf16le') }, '400 invalid_json'],
    ['a null byte behind', { body: `${idOf('b9')}\0` }, '400 invalid_json'],
    ['a second value behind', { body: `${idOf('b10')}${idOf('b11')}` }, '400 invalid_json'],
    ['gzip that nobody said', { body: gzipSync(idOf('b12')) }, '400 invalid_json'],
  ])('%s: %s', async (_, odd, expected) => {
    expect(await answerTo(odd)).toBe(expected);
  });

  test.each([
    ['gzip'],
    ['deflate'],
    ['br'],
    ['zstd'],
    ['gzip, gzip'],
    ['identity, gzip'],
    ['chunked'],
    ['x'],
    [''],
  ])('Content-Encoding: %j is refused, whatever the bytes are', async (encoding) => {
    for (const body of [idOf('e1'), gzipSync(idOf('e2'))])
      expect(await answerTo({ body, headers: { 'content-encoding': encoding } })).toBe(
        '415 unsupported_media_type',
      );
  });

  test.each([
    ['application/json; charset=utf-16'],
    ['application/json; charset=utf-7'],
    ['application/json; charset=iso-8859-1'],
    ['application/json; charset=utf-8; charset=utf-7'],
    ['application/json, text/plain'],
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    [''],
  ])('Content-Type: %s is refused', async (contentType) => {
    expect(await answerTo({ body: idOf('c1'), headers: { 'content-type': contentType } })).toBe(
      '415 unsupported_media_type',
    );
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['a length that is too small', { 'content-length': '1' }, '201'],
    ['a length that is none', { 'content-length': '1, 2' }, '201'],
    ['a length beyond the limit', { 'content-length': '99999999' }, '413 body_too_large'],
    ['chunks that were put together before', { 'transfer-encoding': 'chunked' }, '201'],
    ['an encoding of the transfer', { 'transfer-encoding': 'gzip, chunked' }, '201'],
  ])('%s: Lambda has measured the body, and headers add nothing to it', async (name, headers, expected) => {
    const id = `l-${name.replaceAll(/\W/g, '-')}`;
    expect(await answerTo({ body: idOf(id), headers })).toBe(expected);
    expect((await admin.call('GET', `/api/features/${id}`)).status).toBe(expected === '201' ? 200 : 404);
  });
});

describe('a path is the one that was sent', () => {
  beforeAll(async () => {
    await admin.call('POST', '/api/features', { body: { id: 'kept' } });
  });

  test.each([
    ['/api/features/../keys'],
    ['/api/features/%2e%2e/keys'],
    ['/api/features/%2E./keys'],
    ['/api/features/.%2e/keys'],
    ['/app/../api/keys'],
    ['/assets/%2e%2e/api/keys'],
    ['/api/./keys'],
    ['/api/%2e/keys'],
    ['/api/keys/..'],
    ['/..;/api/keys'],
    ['//api/keys'],
    ['/api//keys'],
    ['/api\\keys'],
    ['\\api\\keys'],
    ['/api/keys/'],
    ['/api/keys;x=1'],
    ['/api/keys%3b'],
    ['/api/keys%00'],
    ['/api/keys%20'],
    ['/api/keys%0d%0aX: 1'],
    ['/api/keys#x'],
    ['/api/keys#/../session'],
    ['/api/keys?x'],
    ['/api%2fkeys'],
    ['/api%2Fkeys'],
    ['/api/%256beys'],
    ['/API/keys'],
    ['/api/\tkeys'],
    ['api/keys'],
    ['http://admin.test/api/keys'],
    ['*'],
    [''],
  ])('%j is no other', async (path) => {
    expect(await answerTo({ method: 'GET', path })).toBe('404 not_found');
  });

  test.each([['/api/%6beys'], ['/api/%6Beys']])('%s is the same path, in another spelling', async (path) => {
    expect(await answerTo({ method: 'GET', path })).toBe('200');
    const headers = { authorization: `Bearer ${READ_KEY}` };
    expect(await answerTo({ method: 'GET', path, headers })).toBe('403 wrong_scope');
  });

  test.each([
    ['%2e%2e'],
    ['..%2fkept'],
    ['%2e%2e%2fkept'],
    ['x%2f..%2fkept'],
    ['kept%00'],
    ['%00'],
    ['kept%2f'],
    ['%6b%65pt%20'],
    ['%c0%ae'],
    ['%ff'],
    ['%'],
    ['%zz'],
  ])('an id %s is nobody else’s', async (id) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    expect(await answerTo({ method: 'DELETE', path: `/api/features/${id}`, headers })).toMatch(/^40[04] /);
    expect((await admin.call('GET', '/api/features/kept')).status).toBe(200);
  });

  test.each(['admin.test/api/openapi.json?', 'x@y', 'a b', '..', '', 'x:99999', '[::1'])(
    'Host: %j changes nothing',
    async (host) => {
      expect(await answerTo({ method: 'GET', path: '/api/keys', host, headers: { host } })).toBe('200');
      const nobody = { host, authorization: '' };
      expect(await answerTo({ method: 'GET', path: '/api/keys', host, headers: nobody })).toBe(
        '401 missing_key',
      );
    },
  );
});

describe('headers', () => {
  test.each([
    ['x-http-method-override', 'DELETE'],
    ['x-http-method', 'DELETE'],
    ['x-method-override', 'DELETE'],
    ['x-original-url', '/api/keys'],
    ['x-rewrite-url', '/api/keys'],
    ['x-forwarded-host', 'evil.test'],
    ['x-forwarded-prefix', '/api/keys'],
    ['x-forwarded-uri', '/api/keys'],
    ['forwarded', 'for=127.0.0.1;host=evil.test;proto=http'],
  ])('%s: %s is not listened to', async (name, value) => {
    const path = '/api/features/by-header';
    await admin.call('POST', '/api/features', { body: { id: 'by-header' } });
    const headers = { [name]: value };
    expect(await answerTo({ method: 'POST', path, headers, body: '{}' })).toBe('405 method_not_allowed');
    expect(await answerTo({ method: 'GET', path, headers })).toBe('200');
    const query = `_method=DELETE&${name}=DELETE`;
    expect(await answerTo({ method: 'GET', path, headers, query })).toMatch(/^(?:200|400 invalid_request)$/);
    expect((await admin.call('GET', path)).status).toBe(200);
    // Nobody becomes somebody by it.
    expect(await answerTo({ method: 'GET', path, headers: { ...headers, authorization: '' } })).toBe(
      '401 missing_key',
    );
  });

  test('where somebody comes from is what AWS saw', async () => {
    const signIn = (source: string): Promise<string> =>
      answerTo({
        path: '/api/session',
        body: JSON.stringify({ key: 'wrong' }),
        headers: { 'x-forwarded-for': source, 'x-real-ip': source, forwarded: `for=${source}` },
      });
    for (let attempt = 0; attempt < 10; attempt += 1)
      expect(await signIn(`192.0.2.${String(attempt)}`)).toBe('401 invalid_key');
    expect(await signIn('192.0.2.200')).toBe('429 too_many_attempts');
  });

  test.each([
    [`Bearer ${READ_KEY}, Bearer ${ADMIN_KEY}`, '401 missing_key'],
    [`Bearer ${READ_KEY}\r\nAuthorization: Bearer ${ADMIN_KEY}`, '401 missing_key'],
    [`Bearer ${READ_KEY}\0`, '401 invalid_key'],
    [`Bearer ${ADMIN_KEY},${READ_KEY}`, '401 invalid_key'],
    [`Basic ${Buffer.from(`${ADMIN_KEY}:`).toString('base64')}`, '401 missing_key'],
    ['Bearer', '401 missing_key'],
    ['Bearer \u212aey', '401 invalid_key'],
  ])('Authorization: %j is one key or none', async (authorization, expected) => {
    expect(await answerTo({ method: 'GET', path: '/api/keys', headers: { authorization } })).toBe(expected);
  });

  test('line ends in a value end nothing, and come back in no answer', async () => {
    for (const name of ['accept', 'origin', 'idempotency-key', 'x-csrf-token', 'cookie', 'user-agent']) {
      const event = toFunctionUrlEvent({
        method: 'GET',
        path: '/api/features',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, [name]: 'x\r\nset-cookie: planted=1\r\n\r\n<p>' },
      });
      const answer = await handler(event);
      expect([name, answer.statusCode, answer.cookies]).toEqual([name, 200, undefined]);
      expect(JSON.stringify(answer)).not.toContain('planted');
    }
  });
});
