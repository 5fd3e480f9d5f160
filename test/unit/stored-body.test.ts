import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DamagedItemError } from '../../adapters/attributes.ts';
import { BODY_DICTIONARY } from '../../adapters/body-dictionary.ts';
import { inflateBody, toBodyItems } from '../../adapters/event-item.ts';
import { trackEvents } from '../../bench/matching/payloads.ts';

const stored = (text: string): Uint8Array => {
  const bytes = toBodyItems('key', text, () => '').inline['b']?.B;
  if (bytes === undefined) throw new Error('The body is not inline.');
  return bytes;
};

test('the dictionary that stored bodies need is what it was', () => {
  expect(createHash('sha256').update(BODY_DICTIONARY).digest('hex')).toBe(
    '093a2b532abafad4fb8a7510d2db51a35c2b1759e9fa6c6b0cd27ef730c08b0b',
  );
});

test('any text comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(inflateBody(stored(text))).toBe(text);
    }),
  );
});

test('a body that was stored before there was a dictionary comes back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(inflateBody(deflateRawSync(text))).toBe(text);
    }),
  );
});

test('what is damaged is said to be', () => {
  const bytes = stored('{"type":"track"}');
  expect(() => inflateBody(bytes.subarray(0, bytes.byteLength - 3))).toThrow(DamagedItemError);
  expect(() => inflateBody(Buffer.of(0b1110))).toThrow(DamagedItemError);
  expect(() => inflateBody(new Uint8Array())).toThrow(DamagedItemError);
});

test('an event as Segment sends it takes less than half of its bytes, so that it fits a write unit', () => {
  const texts = trackEvents(100, 7, () => 'Report Viewed').map((event) => JSON.stringify(event));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const kept = texts.reduce((sum, text) => sum + stored(text).byteLength, 0);
  expect(kept / bytes).toBeLessThan(0.4);
  expect(Math.max(...texts.map((text) => stored(text).byteLength))).toBeLessThan(600);
});
