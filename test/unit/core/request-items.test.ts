import { describe, expect, test } from '@jest/globals';
import { parseJson, type JsonValue } from '../../../core/json-value.ts';
import { requestItems, TRACKING_EVENT_BYTES_MAX, type RequestItem } from '../../../core/request-items.ts';
import type { Dialect } from '../../../core/segment-event.ts';

const RECEIVED = Date.parse('2026-11-23T12:00:00Z');

function read(text: string, dialect: Dialect = 'webhook', pathType?: string) {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return requestItems(parsed.value, text, {
    dialect,
    receivedAt: RECEIVED,
    ...(pathType !== undefined && { pathType }),
  });
}

function itemsOf(text: string, dialect: Dialect = 'webhook', pathType?: string): readonly RequestItem[] {
  const items = read(text, dialect, pathType);
  if (!items.ok) throw new Error(items.message);
  return items.items;
}

function storedBody(item: RequestItem | undefined): JsonValue {
  if (item?.ok !== true || item.deletion !== undefined) throw new Error('the item was refused');
  const parsed = parseJson(item.text);
  if (!parsed.ok) throw new Error('the text to store is not JSON');
  return parsed.value;
}

describe('the webhook dialect', () => {
  test('stores every event as the exact text that was sent', () => {
    const first = '{"type":"identify", "userId":"u", "n": 12345678901234567890, "n": 1.10}';
    const second = '{ "type" : "identify","userId":"v"}';
    const items = itemsOf(` [ ${first} , null,${second}]`);
    expect(items.map((item) => (item.ok ? 'text' in item && item.text : item.rejection.code))).toEqual([
      first,
      'invalid_event',
      second,
    ]);
  });

  test('unwraps the batches of the extensible webhook', () => {
    const items = itemsOf(
      '[{"json":{"type":"identify","userId":"u","big":12345678901234567890}},{"body":"{\\"type\\":\\"identify\\",\\"userId\\":\\"v\\"}"},{"json":5},{"body":"no json"}]',
    );
    expect(items.map((item) => (item.ok ? 'text' in item && item.text : item.rejection.code))).toEqual([
      '{"type":"identify","userId":"u","big":12345678901234567890}',
      '{"type":"identify","userId":"v"}',
      'missing_type',
      'missing_type',
    ]);
  });

  test('keeps half a surrogate pair inside of JSON inside of JSON as what it is', () => {
    const half = String.fromCharCode(0xd800);
    for (const inner of [half, `\\ud83d${String.fromCharCode(0xde00)}`]) {
      const event = `{"type":"identify","userId":"u${inner}"}`;
      const [item] = itemsOf(JSON.stringify([{ body: event }]));
      expect(item?.ok === true && 'text' in item && item.text.isWellFormed()).toBe(true);
      expect(storedBody(item)).toEqual(JSON.parse(event));
    }
  });

  test('unwraps the event that a destination function puts into an object', () => {
    const [item] = itemsOf('{"event": {"type":"track","event":"E","userId":"u","n":1.10} }');
    expect(item?.ok === true && 'text' in item && item.text).toBe(
      '{"type":"track","event":"E","userId":"u","n":1.10}',
    );
  });

  test('takes the timestamp as it is, since Segment has corrected it', () => {
    const [item] = itemsOf(
      '{"type":"identify","userId":"u","timestamp":"2026-11-20T00:00:00Z","sentAt":"2026-11-23T11:00:00Z"}',
    );
    expect(item?.ok === true && item.at.time).toBe(Date.parse('2026-11-20T00:00:00Z'));
  });

  test.each(['5', '"x"', 'null', '[]'])('refuses %s as a whole', (text) => {
    expect(read(text).ok).toBe(false);
  });
});

describe('the tracking dialect', () => {
  test('corrects times by the clock of the sender, with sentAt of the envelope', () => {
    const [item] = itemsOf(
      '{"sentAt":"2026-11-23T13:00:00Z","batch":[{"type":"track","event":"E","userId":"u","timestamp":"2026-11-23T12:50:00Z"}]}',
      'tracking',
    );
    expect(item?.ok === true && item.at.time).toBe(RECEIVED - 10 * 60_000);
  });

  test('puts the context of the envelope into every item, the item winning, and leaves the rest of its text alone', () => {
    const items = itemsOf(
      '{"context":{"app":"a","os":"x"},"batch":[{"type":"identify","userId":"u","n":12345678901234567890,"context":{"os":"y"}},{"type":"identify","userId":"v"}]}',
      'tracking',
    );
    expect(items.map((item) => ('text' in item ? item.text : '')).join()).toContain('12345678901234567890');
    expect(items.map(storedBody)).toMatchObject([
      { userId: 'u', context: { app: 'a', os: 'y' } },
      { userId: 'v', context: { app: 'a', os: 'x' } },
    ]);
  });

  test('carries what the envelope says digit by digit, at any depth, also into an item that is empty of it', () => {
    const deep = `${'{"a":'.repeat(10_000)}12345678901234567890${'}'.repeat(10_000)}`;
    const items = itemsOf(
      `{"integrations":{"All":false},"context":${deep},"batch":[{"type":"identify","userId":"u"},{"type":"identify","userId":"v","context":null,"integrations":{ }}]}`,
      'tracking',
    );
    expect(items.map((item) => (item.ok ? 'ok' : item.rejection.code))).toEqual([
      'event_too_large',
      'event_too_large',
    ]);
    const [first, second] = itemsOf(
      '{"context":{"n":12345678901234567890},"integrations":{"All":false},"batch":[{"type":"identify","userId":"u","context":null},{"type":"identify","userId":"v","integrations":{ "A" : true }}]}',
      'tracking',
    );
    expect(first?.ok === true && 'text' in first && first.text).toContain('"n":12345678901234567890');
    expect(storedBody(second)).toMatchObject({ integrations: { All: false, A: true } });
  });

  test('keeps two numeric messageIds apart that a double cannot tell from each other', () => {
    const items = itemsOf(
      '{"batch":[{"type":"identify","userId":"u","messageId":9007199254740993},{"type":"identify","userId":"u","message_id":9007199254740992},{"type":"identify","userId":"u","messageId":1e400},{"type":"identify","userId":"u","messageId":42}]}',
      'tracking',
    );
    expect(items.map((item) => item.ok && 'event' in item && item.event.messageId)).toEqual([
      '9007199254740993',
      '9007199254740992',
      '1e400',
      '42',
    ]);
  });

  test('never stores a write key with an event', () => {
    const [item] = itemsOf(
      '{"batch":[{"writeKey":"secret","type":"identify","writeKey":"secret","userId":"u"}]}',
      'tracking',
    );
    expect(item?.ok === true && 'text' in item && item.text).not.toContain('secret');
    expect(storedBody(item)).toMatchObject({ type: 'identify', userId: 'u' });
  });

  test('takes the type from the path, for every event of that path', () => {
    const [item] = itemsOf('{"event":"E","userId":"u"}', 'tracking', 'track');
    expect(item?.ok === true && 'event' in item && item.event.type).toBe('track');
  });

  test('refuses only the item that is larger than 32 KB in UTF-8', () => {
    const event = (padding: string): string =>
      `{"type":"track","event":"E","userId":"u","properties":{"padding":"${padding}"}}`;
    const room = TRACKING_EVENT_BYTES_MAX - event('').length;
    const texts = [
      event('x'.repeat(room)),
      event('x'.repeat(room + 1)),
      event('é'.repeat(room / 2 + 1)),
      event('ok'),
    ];
    const items = itemsOf(`{"batch":[${texts.join()}]}`, 'tracking');
    expect(items.map((item) => (item.ok ? 'ok' : item.rejection.code))).toEqual([
      'ok',
      'event_too_large',
      'event_too_large',
      'ok',
    ]);
  });

  test.each(['[]', '{}', '{"batch":{}}', '{"batch":null}', '5'])('refuses %s as a whole', (text) => {
    expect(read(text, 'tracking').ok).toBe(false);
  });
});
