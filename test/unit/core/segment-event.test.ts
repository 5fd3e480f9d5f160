import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '../../../core/json-value.ts';
import { checkEvent } from '../../../core/segment-event.ts';

const code = (payload: JsonValue, pathType?: string): string => {
  const checked = checkEvent(payload, pathType);
  return checked.ok ? 'accepted' : checked.rejection.code;
};
const track = (fields: Record<string, JsonValue>): JsonValue => ({
  type: 'track',
  event: 'E',
  userId: 'u',
  ...fields,
});

describe('an event is accepted with what decides about it', () => {
  test.each<[string, JsonValue, object]>([
    [
      'type in any case',
      { type: 'Track', event: 'E', userId: 'u' },
      { type: 'track', name: 'E', userId: 'u' },
    ],
    ['a numeric userId as text', { type: 'identify', userId: 42 }, { userId: '42' }],
    ['user_id', { type: 'identify', user_id: 'u' }, { userId: 'u' }],
    ['User ID', { type: 'identify', 'User ID': 'u' }, { userId: 'u' }],
    ['the exact spelling before others', { type: 'identify', user_id: 'a', userId: 'b' }, { userId: 'b' }],
    ['a userId kept as sent, spaces and all', { type: 'identify', userId: ' u ' }, { userId: ' u ' }],
    ['a numeric messageId as text', { type: 'identify', userId: 'u', messageId: 7 }, { messageId: '7' }],
    [
      'null traits and properties as none',
      { type: 'identify', userId: 'u', traits: null },
      { type: 'identify' },
    ],
  ])('%s', (_, payload, expected) => {
    const checked = checkEvent(payload);
    expect(checked).toMatchObject({ ok: true, event: expected });
  });

  test('without a usable messageId, so that one is assigned', () => {
    for (const messageId of [null, '', {}, [], true]) {
      const checked = checkEvent({ type: 'identify', userId: 'u', messageId });
      expect(checked.ok && 'messageId' in (checked.event ?? {})).toBe(false);
    }
  });

  test('with the type of its path when it has none itself', () => {
    expect(code({ event: 'E', userId: 'u' }, 'track')).toBe('accepted');
    expect(code({ type: 'page', event: 'E', userId: 'u' }, 'track')).toBe('unsupported_type');
  });
});

describe('an event is refused with a reason', () => {
  test.each<[string, JsonValue, string]>([
    ['not an object', 5, 'invalid_event'],
    ['null', null, 'invalid_event'],
    ['an array', [], 'invalid_event'],
    ['no type', { userId: 'u' }, 'missing_type'],
    ['a type that is not text', { type: 5, userId: 'u' }, 'missing_type'],
    ['null as type', { type: null, userId: 'u' }, 'missing_type'],
    ['page', { type: 'page', userId: 'u' }, 'unsupported_type'],
    ['an unknown type', { type: 'foo', userId: 'u' }, 'unsupported_type'],
    ['only anonymousId', { type: 'track', event: 'E', anonymousId: 'a' }, 'missing_user_id'],
    ['null as userId', track({ userId: null }), 'missing_user_id'],
    ['an empty userId', track({ userId: '' }), 'missing_user_id'],
    ['a blank userId', track({ userId: '  ' }), 'missing_user_id'],
    ['an object as userId', track({ userId: {} }), 'invalid_user_id'],
    ['an array as userId', track({ userId: [] }), 'invalid_user_id'],
    ['true as userId', track({ userId: true }), 'invalid_user_id'],
    ['an integer that JSON cannot carry as userId', track({ userId: 2 ** 53 }), 'invalid_user_id'],
    ['infinity (1e400) as userId', track({ userId: Infinity }), 'invalid_user_id'],
    ['no event name', { type: 'track', userId: 'u' }, 'missing_event_name'],
    ['traits as text', { type: 'identify', userId: 'u', traits: 'x' }, 'invalid_traits'],
    ['properties as a list', track({ properties: [] }), 'invalid_properties'],
    ['several features at once', track({ properties: { featureId: ['a', 'b'] } }), 'invalid_feature_id'],
    ['a feature as an object', track({ properties: { feature_id: {} } }), 'invalid_feature_id'],
    [
      'a feature as an integer that JSON cannot carry',
      track({ properties: { featureId: 2 ** 53 } }),
      'invalid_feature_id',
    ],
    ['a delete of nobody', { type: 'delete' }, 'missing_user_id'],
    ['a userId that is too long to be one', track({ userId: 'x'.repeat(8_193) }), 'invalid_user_id'],
    ['a messageId likewise', track({ messageId: 'x'.repeat(8_193) }), 'invalid_message_id'],
    ['an event name likewise', track({ event: 'x'.repeat(8_193) }), 'invalid_event_name'],
    ['a feature likewise', track({ properties: { featureId: 'x'.repeat(8_193) } }), 'invalid_feature_id'],
  ])('%s', (_, payload, expected) => {
    expect(code(payload)).toBe(expected);
  });

  test('which is 501 for unsupported types and 400 for all else, and never quotes a value', () => {
    const secret = 'jane@example.com';
    for (const payload of [
      { type: secret, userId: 'u' },
      { type: 'track', event: 'E', anonymousId: secret },
      { type: 'identify', userId: { secret } },
      { type: 'identify', userId: 'u', traits: secret },
    ]) {
      const checked = checkEvent(payload);
      if (checked.ok) throw new Error('should have been refused');
      expect(checked.rejection.message).not.toContain(secret);
      expect(checked.rejection.status).toBe(checked.rejection.code === 'unsupported_type' ? 501 : 400);
    }
  });
});
