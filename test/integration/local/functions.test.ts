import { getPriority } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders } from './fixtures/temporary-folder.ts';
import { functionUrl, lambda } from './fixtures/write-assembly.ts';

let fixture: Fixture;

beforeAll(async () => {
  process.env['PERSONAL_SECRET'] = 'of the person who runs the tests';
  fixture = await startFixture({
    ...lambda('Http', 'http', [], { Timeout: 1, Environment: { Variables: { OWN: 'value' } } }),
    ...functionUrl('Http', ['*']),
    ...lambda('Broken', 'broken', []),
    ...functionUrl('Broken', ['/broken']),
    ...lambda('Small', 'http', [], { ReservedConcurrentExecutions: 2 }),
    ...functionUrl('Small', ['/wait']),
  });
});

afterAll(async () => {
  delete process.env['PERSONAL_SECRET'];
  await fixture.runtime.stop();
  removeTemporaryFolders();
});

describe('a function that fails is answered with 502, its reason is said, and the next request is served', () => {
  test.each([
    ['throws', '/throw', /RangeError: thrown on purpose/],
    ['leaves a rejection behind', '/reject-later', /Runtime\.ExitError/],
    ['is in a busy loop beyond its timeout', '/hang', /Sandbox\.Timedout.*1\.00 seconds/],
    ['exits', '/exit', /Runtime\.ExitError.*exit status 7/],
    ['runs out of memory', '/oom', /Runtime\.OutOfMemory.*128 MB/],
    ['returns what is no JSON', '/circular', /Runtime\.MarshalError/],
    ['returns a status that is none', '/bad-status', /no HTTP response/],
    ['returns a header that would split the response', '/bad-header', /no HTTP response/],
    ['returns more than 6 MB', '/large', /Function\.ResponseSizeTooLarge/],
  ])('%s', async (_, path, reason) => {
    const response = await fixture.get(path);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: 'internal_error' });
    await fixture.warning(reason);
    expect((await fixture.get('/pid')).status).toBe(200);
  });

  test('cannot be loaded', async () => {
    await fixture.warning(/^Broken cannot be loaded .*SyntaxError/);
    expect((await fixture.get('/broken')).status).toBe(502);
  });
});

test('a function cannot answer for another invocation', async () => {
  expect(await (await fixture.get('/send-nonsense')).json()).toBe('honest');
});

test('an environment is kept for the next request, with what the function remembers', async () => {
  const pids = new Set<unknown>();
  for (let request = 0; request < 3; request += 1) {
    pids.add(await pidOf(await fixture.get('/pid')));
  }
  expect(pids.size).toBe(1);
});

test('a function behind a URL has the priority of the runtime', async () => {
  expect(getPriority(await pidOf(await fixture.get('/pid')))).toBe(getPriority());
});

test('a function sees its own environment and what Lambda sets, and nothing of the person who runs it', async () => {
  const environment: unknown = await (await fixture.get('/environment')).json();
  expect(environment).toMatchObject({
    OWN: 'value',
    AWS_LAMBDA_FUNCTION_NAME: 'Http',
    AWS_REGION: 'us-east-1',
    TZ: 'UTC',
  });
  expect(environment).not.toHaveProperty('PERSONAL_SECRET');
  expect(environment).not.toHaveProperty('HOME');
});

test("a function gets Lambda's context, with the time that is left", async () => {
  const context: unknown = await (await fixture.get('/context')).json();
  expect(context).toMatchObject({
    functionName: 'Http',
    functionVersion: '$LATEST',
    memoryLimitInMB: '128',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Http',
    awsRequestId: expect.stringMatching(/^[\w-]{36}$/),
    left: expect.any(Number),
  });
});

test('what a function writes is logged line by line under its name', async () => {
  await fixture.get('/throw');
  await fixture.line('Http', /^RangeError: thrown on purpose/);
});

test('beyond the reserved concurrency requests are throttled with 429 and Retry-After', async () => {
  const responses = await Promise.all(Array.from({ length: 5 }, () => fixture.get('/wait')));
  const statuses = responses.map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 200, 429, 429, 429]);
  expect(responses.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('1');
});

test('more requests than environments wait for their turn, and are all answered', async () => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const response = await fixture.get('/pid');
      return { status: response.status, pid: await pidOf(response) };
    }),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(new Set(answers.map(({ pid }) => pid)).size).toBeLessThanOrEqual(5);
});

const pidSchema = z.object({ pid: z.number() });

async function pidOf(response: Response): Promise<number> {
  return pidSchema.parse(await response.json()).pid;
}
