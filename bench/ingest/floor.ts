import { B, N, S, type Item } from '../../adapters/attributes.ts';
import { deflateBody, EVENT_SK, eventPk, timelineKey } from '../../adapters/event-item.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { arrayElementSlices } from '../../core/json-slices.ts';
import { isJsonObject, ownValue, parseJson, type JsonValue } from '../../core/json-value.ts';
import type { Stub } from '../stub/stub.ts';
import { bareCalls, nth } from './bare-calls.ts';

// What nobody can leave out who stores these events, beside the calls: parse the request, cut out the text of each event
// (writing it anew takes longer, and loses digits), hash its messageId, deflate the text, and make the items and the message.
// Who sends is not asked, nothing is checked, repeated or reported, and fields are where Segment writes them.

export function floorSide(stub: Stub, bodies: readonly string[]): (n: number) => Promise<void> {
  return async (n) => {
    const body = nth(bodies, n);
    const parsed = parseJson(body);
    if (!parsed.ok) throw new Error('Not a request of this benchmark.');
    const receivedAt = Date.now();
    const events = Array.isArray(parsed.value)
      ? arrayElementSlices(body).map(({ start, end }) => body.slice(start, end))
      : [body];
    const values = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
    const keys = values.map((event) => eventKeyOf(textIn(event, 'messageId')));
    const items = values.map((event, index) =>
      itemOf(event, keys[index] ?? '', events[index] ?? '', receivedAt),
    );
    await bareCalls(stub, items, toQueueMessage(keys));
  };
}

function itemOf(event: JsonValue, key: string, text: string, receivedAt: number): Item {
  return {
    pk: S(eventPk(key)),
    sk: S(EVENT_SK),
    id: S(textIn(event, 'messageId')),
    st: S('received'),
    ty: S(textIn(event, 'type')),
    u: S(`=${textIn(event, 'userId')}`),
    t: S(timelineKey(Date.parse(textIn(event, 'timestamp')), key)),
    ra: N(receivedAt),
    en: S(textIn(event, 'event')),
    di: S('webhook'),
    ak: S('key_0123456789abcdef'),
    b: B(deflateBody(text)),
  };
}

function textIn(event: JsonValue, field: string): string {
  const value = isJsonObject(event) ? ownValue(event, field) : undefined;
  if (typeof value !== 'string') throw new Error('Not an event of this benchmark.');
  return value;
}
