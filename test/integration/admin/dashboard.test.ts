import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { functionUrlHandler } from '../../../functions/admin/function-url.ts';
import { createAdmin } from '../../support/admin.ts';
import { toFunctionUrlEvent } from '../../support/pipeline.ts';

// The files of the dashboard as the admin function serves them; what is in them, e2e tests see.

const admin = createAdmin(new DynamoDBClient({ region: 'us-east-1' }), {
  events: '-',
  usage: '-',
  users: '-',
  config: '-',
  operations: '-',
});

const get = (path: string, acceptEncoding = '', method = 'GET') =>
  admin.call(method, path, { key: null, headers: { 'accept-encoding': acceptEncoding } });

describe('the page', () => {
  test.each(['/', '/app', '/app/', '/app/users/a%2Fb?x=1', '/app/no/such/view'])(
    'is what %s answers, without a key, asked for anew each time',
    async (path) => {
      const { status, headers, text } = await get(path);
      expect({ status, text }).toEqual({ status: 200, text: 'bytes of index.html' });
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-cache');
    },
  );

  test('may use nothing but the files beside it, and turn no text into markup', async () => {
    const { headers } = await get('/app/');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  test.each(['POST', 'PUT', 'DELETE'])('is not there for %s', async (method) => {
    expect((await get('/app/features', '', method)).status).toBe(404);
  });

  test('answers HEAD as GET, without the body', async () => {
    expect(await get('/', '', 'HEAD')).toMatchObject({ status: 200, text: '' });
  });
});

describe('an asset', () => {
  test('is kept for ever, because its name changes with its content', async () => {
    const { status, headers } = await get('/assets/a-1.js');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('vary')).toBe('accept-encoding');
  });

  test.each([
    ['gzip, deflate, br, zstd', 'br', 'bytes of assets/a-1.js.br'],
    ['gzip', 'gzip', 'bytes of assets/a-1.js.gz'],
    ['br;q=0, gzip;q=0.5', 'gzip', 'bytes of assets/a-1.js.gz'],
    ['br;q=0.0, gzip; q=0', null, 'bytes of assets/a-1.js'],
    ['', null, 'bytes of assets/a-1.js'],
  ])('for a browser that takes "%s" is sent as %s', async (accepted, encoding, text) => {
    const answer = await get('/assets/a-1.js', accepted);
    expect([answer.headers.get('content-encoding'), answer.text]).toEqual([encoding, text]);
  });

  test('that was not compressed is sent as it is', async () => {
    const { headers, text } = await get('/assets/f-1.woff2', 'br');
    expect([headers.get('content-encoding'), text]).toEqual([null, 'bytes of assets/f-1.woff2']);
  });

  test.each([
    '/assets/',
    '/assets/none-1.js',
    '/assets/a-1.js.br',
    '/assets/..%2Findex.html',
    '/assets/%2e%2e%2findex.html',
    '/assets/a/a-1.js',
    '/assets/.a-1.js',
    '/assets/a-1.js%00.css',
  ])('%s is none, and nothing remembers that', async (path) => {
    const { status, headers, body } = await get(path);
    expect({ status, body }).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('leaves the function as bytes when it is no text', async () => {
    const answer = await functionUrlHandler(admin.app)(
      toFunctionUrlEvent({ method: 'GET', path: '/assets/a-1.js', headers: { 'accept-encoding': 'br' } }),
    );
    expect(answer).toMatchObject({
      statusCode: 200,
      isBase64Encoded: true,
      body: Buffer.from('bytes of assets/a-1.js.br').toString('base64'),
    });
  });
});

test('every answer has the security headers, and no answer of the API is kept', async () => {
  for (const path of ['/', '/assets/a-1.js', '/api/openapi.json', '/api/features', '/api/nothing']) {
    const { headers } = await get(path);
    expect({ path, headers: Object.fromEntries(headers) }).toMatchObject({
      path,
      headers: {
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
        'cross-origin-opener-policy': 'same-origin',
        ...(path.startsWith('/api') && { 'cache-control': 'no-store' }),
      },
    });
  }
});
