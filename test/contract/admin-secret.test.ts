import { createServer, type Server } from 'node:http';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { AdminSecret } from '../../adapters/admin-secret.ts';

// Against a small server that speaks as much of Secrets Manager as reading a secret takes.

let server: Server;
let client: SecretsManagerClient;
let stored: { status: number; body: object };
let clock: number;
let secret: AdminSecret;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(stored.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(stored.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${String(address.port)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  clock = 1_000;
  stored = { status: 200, body: { SecretString: 'the-key' } };
  secret = new AdminSecret(client, 'arn:test', () => clock);
});

test('the stored key matches, and nothing else does', async () => {
  expect(await secret.matches('the-key')).toBe(true);
  for (const wrong of ['', 'the-ke', 'the-key ', 'The-key', 'x'.repeat(10_000)]) {
    expect(await secret.matches(wrong)).toBe(false);
  }
});

test('a new key is known, and the old one forgotten, within a minute', async () => {
  await secret.matches('the-key');
  stored = { status: 200, body: { SecretString: 'the-next-key' } };
  clock += 59_999;
  expect([await secret.matches('the-key'), await secret.matches('the-next-key')]).toEqual([true, false]);
  clock += 1;
  expect([await secret.matches('the-key'), await secret.matches('the-next-key')]).toEqual([false, true]);
});

test('a secret that cannot be read is an error, never a wrong key, and is asked for again', async () => {
  stored = { status: 500, body: { __type: 'InternalServiceError' } };
  await expect(secret.matches('the-key')).rejects.toThrow();
  stored = { status: 200, body: { SecretString: '' } };
  await expect(secret.matches('')).rejects.toThrow('The secret of the admin key is empty.');
  stored = { status: 200, body: { SecretString: 'the-key' } };
  expect(await secret.matches('the-key')).toBe(true);
});
