import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startIngestServer, type IngestServer, type SeenRequest } from '../support/ingest-server.ts';
import {
  createPipeline,
  INGEST_KEY,
  startEngines,
  type Engines,
  type Pipeline,
} from '../support/pipeline.ts';
import { chromiumPath } from './chromium-path.ts';

// The real analytics.js in a real Chromium, on a page of another origin than ingest's: preflights, CORS and what a page may
// read are the browser's own.

let engines: Engines;
let browser: Browser;
let pages: Server;
let pagesUrl: string;
let pipeline: Pipeline;
let ingest: IngestServer;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  const [bundle] = await Promise.all([
    build({
      stdin: {
        contents: "export { AnalyticsBrowser } from '@segment/analytics-next';",
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      format: 'iife',
      globalName: 'segment',
      write: false,
      logLevel: 'error',
    }),
    startEngines().then((started) => (engines = started)),
    chromium
      .launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
      .then((started) => (browser = started)),
  ]);
  const script = bundle.outputFiles[0]?.text ?? '';
  pages = createServer((request, response) => {
    const isScript = request.url === '/analytics.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><title>A page</title><script src="/analytics.js"></script>',
    );
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  const address = pages.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  // Another host and another port than ingest's.
  pagesUrl = `http://localhost:${address.port}`;
}, 60_000);
afterAll(async () => {
  await browser.close();
  pages.closeAllConnections();
  await new Promise((resolve) => pages.close(resolve));
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
  ingest = await startIngestServer(pipeline.ingest);
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(pagesUrl);
});
afterEach(async () => {
  await context.close();
  await ingest.stop();
});

interface LoadOptions {
  readonly writeKey?: string;
  readonly batching?: boolean;
}

/** Loads the SDK with nothing but where Tallyhook is: the rest it must get from the settings that Tallyhook serves. */
async function load({ writeKey = INGEST_KEY, batching = false }: LoadOptions = {}): Promise<void> {
  const strategy = batching
    ? { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 50, timeout: 60_000 } } } }
    : {};
  await page.evaluate(
    `window.analytics = segment.AnalyticsBrowser.load(
       ${JSON.stringify({ writeKey, cdnURL: ingest.url })}, ${JSON.stringify({ integrations: strategy })})`,
  );
  await page.evaluate('window.analytics.ready()');
}

const requestsTo = (path: string): SeenRequest[] => ingest.seen.filter((request) => request.path === path);

/** Waits for so many requests to a path, preflights not counted. */
async function until(path: string, requests: number): Promise<SeenRequest[]> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = requestsTo(path).filter(({ method }) => method === 'POST');
    if (found.length >= requests) return found;
    if (Date.now() > deadline)
      throw new Error(`${path} got ${String(found.length)} requests, not ${String(requests)}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('analytics.js in Chromium, on a page of another origin', () => {
  test('gets its settings here, asks in a preflight, and sends text/plain with a Basic key', async () => {
    await load();
    await page.evaluate("window.analytics.identify('u1', { name: 'Ada' })");
    await page.evaluate("window.analytics.track('Used', { featureId: 'f1', delta: 2 })");
    const [identify] = await until('/v1/i', 1);
    const [track] = await until('/v1/t', 1);
    expect(requestsTo(`/v1/projects/${INGEST_KEY}/settings`).map(({ status }) => status)).toEqual([200]);
    for (const request of [identify, track]) {
      expect(request).toMatchObject({ status: 200, answer: '{"success":true}' });
      expect(request?.headers).toMatchObject({ 'content-type': 'text/plain', origin: pagesUrl });
      expect(request?.headers['authorization']).toMatch(/^Basic /);
    }
    const [preflight] = requestsTo('/v1/t').filter(({ method }) => method === 'OPTIONS');
    expect(preflight?.status).toBe(204);
    expect(preflight?.headers['access-control-request-headers']).toContain('authorization');
    await pipeline.drainEvents();
    expect((await pipeline.users.get('u1'))?.profile.name?.value).toBe('Ada');
    // No measurements of the SDK go anywhere.
    expect(requestsTo('/v1/m')).toEqual([]);
  });

  test('sends what it holds back when the page is left', async () => {
    await load({ batching: true });
    await page.evaluate("window.analytics.identify('u1')");
    await page.evaluate("window.analytics.track('Used', { featureId: 'f1' })");
    await page.goto('about:blank');
    const [batch] = await until('/v1/b', 1);
    expect(batch).toMatchObject({ status: 200 });
    await pipeline.drainEvents();
    expect(await pipeline.users.get('u1')).toBeDefined();
  });

  test('gives an event up whose key is wrong: the page can read the 401', async () => {
    await page.clock.install();
    await load({ writeKey: 'wrong' });
    await page.evaluate("window.analytics.track('Used')");
    expect(await until('/v1/t', 1)).toMatchObject([{ status: 401 }]);
    // Past every retry that the SDK could have planned.
    await page.clock.fastForward('01:00:00');
    const answer: unknown = await page.evaluate(
      `fetch('${ingest.url}/v1/i', { method: 'POST', headers: { authorization: 'Basic d3Jvbmc6' }, body: '{}' })
         .then(async (response) => [response.status, (await response.json()).code])`,
    );
    expect(answer).toEqual([401, 'invalid_key']);
    expect(requestsTo('/v1/t').filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('comes back when Retry-After says so, which it may read', async () => {
    await load();
    const cors = {
      'access-control-allow-origin': pagesUrl,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Retry-After',
    };
    await page.evaluate("window.analytics.identify('u1')");
    await until('/v1/i', 1);
    ingest.interrupt({
      statusCode: 204,
      headers: { ...cors, 'access-control-allow-headers': 'authorization, content-type' },
    });
    ingest.interrupt({ statusCode: 429, headers: { ...cors, 'retry-after': '1' }, body: '{}' });
    await page.evaluate("window.analytics.track('Used')");
    const [first, second] = await until('/v1/t', 2);
    expect([first?.status, second?.status]).toEqual([429, 200]);
    expect(second?.headers['x-retry-count']).toBe('1');
  });

  test.each(['omit', 'same-origin', 'include'])('may send with credentials: %s', async (credentials) => {
    const answer: unknown = await page.evaluate(
      `fetch('${ingest.url}/v1/t', {
         method: 'POST', credentials: '${credentials}',
         headers: { authorization: 'Bearer ${INGEST_KEY}', 'content-type': 'text/plain', 'x-retry-count': '2' },
         body: JSON.stringify({ userId: 'u1', event: 'Used' }),
       }).then((response) => response.json())`,
    );
    expect(answer).toEqual({ success: true });
  });

  test('of the old kind sends without any header, and needs no preflight', async () => {
    await page.evaluate(
      `navigator.sendBeacon('${ingest.url}/v1/t', JSON.stringify({ writeKey: '${INGEST_KEY}', userId: 'u1', event: 'Used' }))`,
    );
    const [beacon] = await until('/v1/t', 1);
    expect(beacon?.status).toBe(200);
    expect(requestsTo('/v1/t').map(({ method }) => method)).toEqual(['POST']);
  });
});
