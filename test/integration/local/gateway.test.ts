import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startGateway } from '../../../local/gateway/gateway.ts';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders } from './fixtures/temporary-folder.ts';
import { functionUrl, lambda } from './fixtures/write-assembly.ts';

const MIB = 1024 * 1024;

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({
    ...lambda('Http', 'http', [], { Timeout: 10, MemorySize: 512 }),
    ...functionUrl('Http', ['*']),
    ...lambda('Api', 'http', []),
    ...functionUrl('Api', ['/', '/api/*', '/api/exact'], {
      Cors: {
        AllowOrigins: ['https://app.example'],
        AllowMethods: ['GET'],
        AllowHeaders: ['x-one'],
        MaxAge: 60,
      },
    }),
  });
});

afterAll(async () => {
  await fixture.runtime.stop();
  removeTemporaryFolders();
});

const json = async (path: string, init?: RequestInit): Promise<unknown> =>
  await (await fixture.get(path, init)).json();

describe('a request arrives as the event of a Function URL', () => {
  test('with path and query as they were sent, and every header once', async () => {
    const event = await json('/a%20b/%C3%A9?x=1&x=2&y=%26&z', {
      headers: { 'X-Mixed-Case': 'Value', cookie: 'one=1; two=2', 'user-agent': 'tester' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a%20b/%C3%A9',
      rawQueryString: 'x=1&x=2&y=%26&z',
      queryStringParameters: { x: '1,2', y: '&', z: '' },
      cookies: ['one=1', 'two=2'],
      headers: { 'x-mixed-case': 'Value', cookie: 'one=1; two=2', host: new URL(fixture.runtime.url).host },
      requestContext: {
        http: {
          method: 'GET',
          path: '/a%20b/%C3%A9',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'tester',
        },
        requestId: expect.any(String),
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty('body');
  });

  test.each([
    ['JSON', 'application/json', Buffer.from('{"a":"é"}'), false],
    ['JSON with a charset', 'application/json; charset=utf-8', Buffer.from('{}'), false],
    ['text', 'text/csv', Buffer.from('a,b'), false],
    ['a form', 'application/x-www-form-urlencoded', Buffer.from('a=b'), true],
    ['bytes', 'application/octet-stream', Buffer.from([0, 255]), true],
    ['JSON that is no UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22]), true],
  ])('%s', async (_, contentType, body, isBase64Encoded) => {
    expect(
      await json('/echo', { method: 'POST', headers: { 'content-type': contentType }, body }),
    ).toMatchObject({
      body: body.toString(isBase64Encoded ? 'base64' : 'utf8'),
      isBase64Encoded,
    });
  });

  test('compressed JSON stays as it was sent', async () => {
    const body = gzipSync('{"a":1}');
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(await json('/echo', { method: 'POST', headers, body })).toMatchObject({
      body: body.toString('base64'),
      isBase64Encoded: true,
    });
  });
});

describe('an answer becomes the response', () => {
  test('with status, headers, cookies and bytes', async () => {
    const response = await fixture.get('/binary');
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('x-custom')).toBe('5');
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 10]);
  });

  test('which without a status code is a 200 with the answer as JSON', async () => {
    const response = await fixture.get('/text');
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      '"plain text"',
    ]);
    expect(await (await fixture.get('/nothing')).text()).toBe('null');
  });
});

describe('the most specific path decides which function answers', () => {
  test.each([
    ['/', 'Api'],
    ['/api/things', 'Api'],
    ['/api/exact', 'Api'],
    ['/api', 'Http'],
    ['/apix', 'Http'],
    ['/anything?x=/api/', 'Http'],
  ])('%s', async (path, functionName) => {
    expect(await json(path)).toMatchObject({ requestContext: { apiId: `${functionName}Url` } });
  });
});

describe('cross-origin requests to a URL with CORS settings', () => {
  test('a preflight is answered without the function', async () => {
    const response = await fixture.get('/api/x', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-allow-methods')).toBe('GET');
    expect(await response.text()).toBe('');
  });

  test('other origins get no permission', async () => {
    const response = await fixture.get('/api/x', { headers: { origin: 'https://evil.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a request larger than 6 MB is answered with 413 and the advice to lower the batch size, or to shorten the event', () => {
  const refused = {
    code: 'payload_too_large',
    message: expect.stringMatching(/lower the batch size.*A single event .* fewer or shorter properties/),
  };
  const headers = { 'content-type': 'application/json' };

  test('announced, and readable across origins', async () => {
    const response = await fixture.get('/echo', {
      method: 'POST',
      headers,
      body: Buffer.alloc(7 * MIB, 'x'),
    });
    expect(response.status).toBe(413);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual(refused);
  });

  test('in chunks of unknown total length', async () => {
    const socket = rawRequest('POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    for (let sent = 0; sent < 8; sent += 1) {
      socket.write(`${MIB.toString(16)}\r\n`);
      socket.write(Buffer.alloc(MIB, 'x'));
      socket.write('\r\n');
    }
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 413 [^]*lower the batch size/);
    socket.destroy();
  });

  test('when it would be larger than that as base64', async () => {
    const response = await fixture.get('/echo', { method: 'POST', body: Buffer.alloc(5 * MIB) });
    expect(response.status).toBe(413);
  });

  test('also to a sender that does not stop sending for it', async () => {
    const socket = rawRequest(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: ${40 * MIB}\r\n\r\n`);
    const answer = answerOf(socket);
    for (let sent = 0; sent < 40; sent += 1) socket.write(Buffer.alloc(MIB, 'x'));
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*lower the batch size/);
    await once(socket, 'close');
  });

  test('before the body is sent, to a client that asks first', async () => {
    const socket = rawRequest(
      `POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: ${8 * MIB}\r\n\r\n`,
    );
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  test('and one just below the limit is accepted', async () => {
    const body = Buffer.alloc(6 * MIB - 4096, 'x');
    const response = await fixture.get('/pid', { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  });
});

test('a client that asks before sending its body is told to go on', async () => {
  const socket = rawRequest(
    'POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n',
  );
  expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 100 Continue/);
  socket.write('hello');
  expect(await answerOf(socket)).toContain('"body":"hello"');
  socket.destroy();
});

test('a client that goes away in the middle of its body harms nobody', async () => {
  const socket = rawRequest('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  await once(socket, 'ready');
  socket.destroy();
  expect(await json('/echo')).toMatchObject({ rawPath: '/echo' });
});

test('a gateway that is not open yet answers 503 with Retry-After', async () => {
  const gateway = await startGateway({ port: 0, log: () => undefined });
  const response = await fetch(`${gateway.url}/health`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await response.json()).toMatchObject({ code: 'unavailable' });
  await gateway.close(0);
});

function rawRequest(head: string): Socket {
  const { hostname, port } = new URL(fixture.runtime.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(head);
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  return await new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString('utf8'));
    });
  });
}
