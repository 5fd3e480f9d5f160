import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { createAdmin } from '../../support/admin.ts';

const admin = createAdmin(new DynamoDBClient({ region: 'us-east-1' }), {
  events: '-',
  usage: '-',
  users: '-',
  config: '-',
  operations: '-',
});

test('the page needs no key and no store, and may use nothing but its own style', async () => {
  const { status, headers, text } = await admin.call('GET', '/', { key: null });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/html; charset=UTF-8');
  const styles = [...text.matchAll(/<style>([^]*?)<\/style>/g)].map(([, style]) => style ?? '');
  const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src ${hashes.join(' ')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(text).not.toMatch(/<script|\son\w+=|style=|src=|https?:\/\//);
});

test('the page leads to the description of the API', async () => {
  const { text } = await admin.call('GET', '/', { key: null });
  const [, link = ''] = /href="([^"]+)"/.exec(text) ?? [];
  expect(link).toBe('/api/openapi.json');
  expect((await admin.call('GET', link, { key: null })).status).toBe(200);
  for (const path of ['/segment', '/api/features', '/api/usage']) expect(text).toContain(path);
});

test('every answer has the security headers, and no answer of the API is kept', async () => {
  for (const path of ['/', '/api/openapi.json', '/api/features', '/api/nothing']) {
    const { headers } = await admin.call('GET', path, { key: null });
    expect({ path, headers: Object.fromEntries(headers) }).toMatchObject({
      path,
      headers: {
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': path === '/' ? 'public, max-age=300' : 'no-store',
      },
    });
  }
});

test('HEAD is GET without the body', async () => {
  const answer = await admin.call('HEAD', '/', { key: null });
  expect(answer).toMatchObject({ status: 200, text: '' });
});
