import { describe, expect, test } from '@jest/globals';
import { keyFromBody, keyFromHeader } from '../../../core/credentials.ts';

const decode = (text: string): string | undefined =>
  /^[A-Za-z0-9+/=]+$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : undefined;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a key in the Authorization header', () => {
  test.each<[string, string | undefined, object]>([
    ["the documentation's own vector", 'Basic c2VnbWVudDo=', { key: 'segment', bearer: false }],
    ['Basic without the colon', basic('segment'), { key: 'segment', bearer: false }],
    ['Basic with a password, which is ignored', basic('segment:pass'), { key: 'segment', bearer: false }],
    ['any case and spacing of the scheme', '  basic   c2VnbWVudDo=', { key: 'segment', bearer: false }],
    ['Bearer', 'Bearer k', { key: 'k', bearer: true }],
    ['the bare key', 'k', { key: 'k', bearer: false }],
    ['nothing', undefined, { bearer: false }],
    ['an empty user name', basic(':pass'), { bearer: false }],
    ['what is not base64', 'Basic !!!', { bearer: false }],
    ['10 KB', `Bearer ${'x'.repeat(10_000)}`, { bearer: true }],
  ])('%s', (_, header, expected) => {
    expect(keyFromHeader(header, decode)).toEqual(expected);
  });
});

test('a key in the body is its writeKey, else that of the first event of its batch', () => {
  expect(keyFromBody({ writeKey: 'a', batch: [{ writeKey: 'b' }] })).toBe('a');
  expect(keyFromBody({ batch: [{ writeKey: 'b' }, { writeKey: 'c' }] })).toBe('b');
  for (const body of [null, 5, [], {}, { writeKey: 5 }, { writeKey: '' }, { batch: [] }, { batch: [null] }]) {
    expect(keyFromBody(body)).toBeUndefined();
  }
});
