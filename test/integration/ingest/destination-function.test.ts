import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { INGEST_KEY, startEngines, type Engines } from '../../support/pipeline.ts';
import { startIngest, type Ingest } from './start-ingest.ts';

// docs/segment/destination-function.js, run as Segment runs it: as a script, with fetch and the error classes given to it,
// against the real ingest over real HTTP, or against what a network may do instead.

const CODE = readFileSync(new URL('../../../docs/segment/destination-function.js', import.meta.url), 'utf8');

class EventNotSupported extends Error {}
class InvalidEventPayload extends Error {}
class RetryError extends Error {}

type Settings = { readonly url: string; readonly ingestKey: string };
type Handler = (event: unknown, settings: Settings) => Promise<unknown>;
type HandlerName =
  'onIdentify' | 'onTrack' | 'onPage' | 'onScreen' | 'onGroup' | 'onAlias' | 'onDelete' | 'onBatch';

function load(
  fetchGiven: (url: string, init: RequestInit) => Promise<unknown> = fetch,
): Record<HandlerName, Handler> {
  const names: HandlerName[] = [
    'onIdentify',
    'onTrack',
    'onPage',
    'onScreen',
    'onGroup',
    'onAlias',
    'onDelete',
    'onBatch',
  ];
  const given = { fetch: fetchGiven, EventNotSupported, InvalidEventPayload, RetryError, Buffer };
  const handlers: unknown = runInNewContext(`${CODE}\n({ ${names.join(', ')} });`, given);
  if (!isHandlers(handlers)) throw new Error('The function lacks handlers.');
  return handlers;
}

const isHandlers = (value: unknown): value is Record<HandlerName, Handler> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((each) => typeof each === 'function');

let engines: Engines;
let ingest: Ingest;
let settings: Settings;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  ingest = await startIngest(engines);
  settings = { url: `${ingest.server.url}/segment`, ingestKey: INGEST_KEY };
});
afterEach(async () => {
  await ingest.server.stop();
});

const used = (messageId: string, more: object = {}) => ({
  type: 'track',
  event: 'Used',
  userId: 'u1',
  messageId,
  timestamp: '2026-11-23T11:00:00.000Z',
  properties: { featureId: 'f1' },
  ...more,
});

describe('the destination function', () => {
  test('delivers identify and track, with Basic authentication', async () => {
    const { onIdentify, onTrack } = load();
    await onIdentify({ type: 'identify', userId: 'u1', messageId: 'm0', traits: { name: 'Ada' } }, settings);
    await onTrack(used('m1'), settings);
    expect(ingest.server.seen.map(({ status }) => status)).toEqual([200, 200]);
    expect(ingest.server.seen[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: expect.stringMatching(/^Basic /),
    });
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
  });

  test('calls page, screen, group and alias unsupported without asking', async () => {
    const { onPage, onScreen, onGroup, onAlias } = load();
    for (const handler of [onPage, onScreen, onGroup, onAlias]) {
      await expect(handler({}, settings)).rejects.toBeInstanceOf(EventNotSupported);
    }
    expect(ingest.server.seen).toEqual([]);
  });

  test('turns 501 into unsupported, and 400 into an invalid payload, with the reason', async () => {
    const { onDelete, onTrack } = load();
    await onDelete({ type: 'delete', userId: 'u1' }, settings);
    await expect(onDelete({ type: 'unheard of', userId: 'u1' }, settings)).rejects.toBeInstanceOf(
      EventNotSupported,
    );
    await expect(onTrack(used('m1', { userId: null }), settings)).rejects.toBeInstanceOf(InvalidEventPayload);
    await expect(onTrack(used('m1', { userId: null }), settings)).rejects.toThrow('userId is missing');
  });

  test('has a wrong key repeated, so that correcting it within four hours loses nothing', async () => {
    const { onTrack } = load();
    await expect(onTrack(used('m1'), { ...settings, ingestKey: 'wrong' })).rejects.toBeInstanceOf(RetryError);
    await onTrack(used('m1'), settings);
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
  });

  test.each([302, 404, 408, 429, 500, 502, 503, 504])('has %i repeated', async (statusCode) => {
    ingest.server.interrupt({
      statusCode,
      headers: { 'content-type': 'text/html', location: '/' },
      body: '<p>',
    });
    await expect(load().onTrack(used('m1'), settings)).rejects.toBeInstanceOf(RetryError);
    ingest.server.interrupt({ statusCode, headers: { location: '/' }, body: 'null' });
    await expect(load().onBatch([used('m1')], settings)).rejects.toBeInstanceOf(RetryError);
  });

  test('has what the network did repeated', async () => {
    const { onTrack } = load(() => Promise.reject(new Error('network timeout')));
    await expect(onTrack(used('m1'), settings)).rejects.toThrow(RetryError);
    await expect(onTrack(used('m1'), settings)).rejects.toThrow('could not be reached: network timeout');
  });

  test('limits its own patience to less than the five seconds it has', async () => {
    const asked: RequestInit[] = [];
    const { onTrack } = load((_, init) => {
      asked.push(init);
      return Promise.resolve(Response.json({ success: true, results: [] }));
    });
    await onTrack(used('m1'), settings);
    expect(asked[0]).toMatchObject({ timeout: 4500, redirect: 'manual' });
  });

  test('gives Segment a status per event of a batch, in order', async () => {
    const events = [used('m1'), { type: 'page', userId: 'u1' }, used('m2', { userId: null }), used('m3')];
    expect(await load().onBatch(events, settings)).toEqual([
      { status: 200 },
      { status: 501, errormessage: expect.stringContaining('page events are not supported') },
      { status: 400, errormessage: expect.stringContaining('userId is missing') },
      { status: 200 },
    ]);
    expect(await load().onBatch([used('m4', { userId: null })], settings)).toEqual([
      { status: 400, errormessage: expect.stringContaining('userId is missing') },
    ]);
    expect(await ingest.usage('u1')).toEqual({ sum: '2', count: 2 });
  });

  test('fits the console of Segment, which shows 4 KB: its errors are one line', async () => {
    const error: unknown = await load()
      .onTrack(used('m1', { userId: null }), settings)
      .catch((caught: unknown) => caught);
    expect(error).toHaveProperty('message', expect.stringMatching(/^.{1,300}$/));
  });
});
