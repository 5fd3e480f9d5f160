import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders } from './fixtures/temporary-folder.ts';
import { functionUrl, lambda } from './fixtures/write-assembly.ts';

// Bytes on a connection that can be cut into requests in two ways. Whatever could be is refused, and the connection ends with
// it, so that what follows on it is never read as a request of somebody else.

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({
    ...lambda('Http', 'http', [], { Timeout: 10, MemorySize: 512 }),
    ...functionUrl('Http', ['*']),
    ...lambda('Api', 'http', []),
    ...functionUrl('Api', ['/', '/api/*']),
  });
});
afterAll(async () => {
  await fixture.runtime.stop();
  removeTemporaryFolders();
});

/** A request of its own, with which each connection here ends. */
const LAST = 'GET /api/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

interface Said {
  readonly statuses: readonly string[];
  /** What the functions saw, in its order. */
  readonly paths: readonly string[];
  readonly bodies: readonly string[];
}

/** Sends these bytes and `LAST` behind them, and reads until the connection is closed. */
async function say(text: string): Promise<Said> {
  const { hostname, port } = new URL(fixture.runtime.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(Buffer.from(text + LAST, 'latin1'));
  await closed;
  const all = (pattern: RegExp): string[] => [...answer.matchAll(pattern)].map(([, found = '']) => found);
  return {
    statuses: all(/HTTP\/1\.1 (\d{3})/g),
    paths: all(/"rawPath":"([^"]*)"/g),
    bodies: all(/"body":"((?:[^"\\]|\\.)*)"/g),
  };
}

const post = (headers: string, body = ''): string =>
  `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n${headers}\r\n\r\n${body}`;
const get = (headers: string, target = '/echo'): string => `GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`;
const SMUGGLED = 'GET /api/smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked';
const END = '0\r\n\r\n';

describe('is refused, and ends the connection', () => {
  test.each([
    ['a length and chunks', post(`Content-Length: 4\r\n${CHUNKED}`, END + SMUGGLED)],
    ['chunks and a length', post(`${CHUNKED}\r\nContent-Length: 4`, END + SMUGGLED)],
    ['two lengths', post(`Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED)],
    ['one length twice', post('Content-Length: 1\r\nContent-Length: 1', '1')],
    ['a list of lengths', post('Content-Length: 0, 5', 'hello')],
    ['a length with a sign', post('Content-Length: +5', 'hello')],
    ['a negative length', post('Content-Length: -1')],
    ['a length in hex', post('Content-Length: 0x5', 'hello')],
    ['a length beyond all numbers', post('Content-Length: 99999999999999999999', 'hello')],
    ['an empty length', post('Content-Length: ')],
    ['the transfer as it is', post('Transfer-Encoding: identity', SMUGGLED)],
    ['an unknown transfer', post('Transfer-Encoding: xchunked', END + SMUGGLED)],
    ['chunks that are not last', post('Transfer-Encoding: chunked, identity', END + SMUGGLED)],
    ['chunks of something packed', post('Transfer-Encoding: gzip, chunked', END)],
    ['two transfers', post(`${CHUNKED}\r\nTransfer-Encoding: identity`, END + SMUGGLED)],
    ['chunks twice', post(`${CHUNKED}\r\n${CHUNKED}`, END)],
    ['chunks behind a control character', post('Transfer-Encoding: \x0bchunked', END + SMUGGLED)],
    ['a size of a chunk in another notation', post(CHUNKED, `0x5\r\nhello\r\n${END}`)],
    ['a chunk longer than it says', post(CHUNKED, `3\r\nhello\r\n${END}`)],
    ['an extension of a chunk that ends in a line feed', post(CHUNKED, `5;a\nhello\r\n${END}`)],
    ['a folded header', post(`X-A: one\r\n two`)],
    ['a folded transfer', post(`Transfer-Encoding:\r\n chunked`, END + SMUGGLED)],
    ['line feeds alone', 'GET /echo HTTP/1.1\nHost: x\n\n'],
    ['one line feed alone', 'GET /echo HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n'],
    ['a carriage return alone', 'GET /echo HTTP/1.1\r\nHost: x\rX-A: 1\r\n\r\n'],
    ['a space before the colon', post(`Transfer-Encoding : chunked`, END + SMUGGLED)],
    ['a null byte in a header', get('Host: x\r\nX-A: a\0b')],
    ['no host', get('X-A: 1')],
    ['two hosts', get('Host: x\r\nHost: y')],
    ['a host with a path', get('Host: x/api/keys?')],
    ['a host with a user', get('Host: a@b')],
    ['a host with a space', get('Host: a b')],
    ['a whole address', get('Host: x', 'http://x/api/x')],
    ['the address of another', get('Host: x', 'http://other/api/x')],
    ['a fragment', get('Host: x', '/echo#/api/x')],
    ['a star', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a path without a slash', get('Host: x', 'api/x')],
    ['a path with a tab', get('Host: x', '/a\tb')],
    ['a path of raw bytes', get('Host: x', '/\xc3\xa9')],
    ['a method in lower case', 'get /echo HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['another version', 'GET /echo HTTP/1.9\r\nHost: x\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00'],
  ])('%s: 400', async (_, text) => {
    expect(await say(text)).toEqual({ statuses: ['400'], paths: [], bodies: [] });
  });

  test('headers of more than 16 KB: 431', async () => {
    expect(await say(get(`Host: x\r\nX-A: ${'a'.repeat(20_000)}`))).toMatchObject({ statuses: ['431'] });
  });

  test('a tunnel, without a word', async () => {
    expect(await say('CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n')).toEqual({
      statuses: [],
      paths: [],
      bodies: [],
    });
  });
});

describe('is one request, and the next one is its own', () => {
  test.each<[string, string, string | undefined]>([
    ['one with a length', post('Content-Length: 5', 'hello'), 'hello'],
    ['one in chunks', post(CHUNKED, `5\r\nhello\r\n${END}`), 'hello'],
    ['one in chunks with extensions', post(CHUNKED, `5;a=b;c="d"\r\nhello\r\n${END}`), 'hello'],
    ['one in chunks with a trailer', post(CHUNKED, `5\r\nhello\r\n0\r\nHost: y\r\n\r\n`), 'hello'],
    ['one whose body is a request', post(`Content-Length: ${SMUGGLED.length}`, SMUGGLED), SMUGGLED],
    [
      'a GET with a body',
      get(`Host: x\r\nContent-Type: text/plain\r\nContent-Length: ${SMUGGLED.length}`) + SMUGGLED,
      SMUGGLED,
    ],
    ['one without a body', get('Host: localhost:4400'), undefined],
    ['one to an address', get('Host: [::1]:4400'), undefined],
  ])('%s', async (_, text, body) => {
    expect(await say(text)).toEqual({
      statuses: ['200', '200'],
      paths: ['/echo', '/api/last'],
      bodies: body === undefined ? [] : [JSON.stringify(body).slice(1, -1)],
    });
  });

  test('but for one that asks for another protocol, which is the last of its connection', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5';
    expect(await say(post(upgrade, 'hello'))).toEqual({
      statuses: ['200'],
      paths: ['/echo'],
      bodies: ['hello'],
    });
  });

  test('a trailer adds no header', async () => {
    const { hostname, port } = new URL(fixture.runtime.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      post(`${CHUNKED}\r\nConnection: close`, `5\r\nhello\r\n0\r\nAuthorization: Bearer planted\r\n\r\n`),
    );
    const chunks = await socket.toArray();
    expect(Buffer.concat(chunks).toString('utf8')).toContain('"body":"hello"');
    expect(Buffer.concat(chunks).toString('utf8')).not.toContain('planted');
  });
});
