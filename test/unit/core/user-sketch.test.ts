import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { estimateUsers, sketchMember } from '../../../core/user-sketch.ts';

const hash = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE(0);
const sketch = (count: number, prefix = 'user'): Set<number> =>
  new Set(Array.from({ length: count }, (_, index) => sketchMember(hash(`${prefix}${String(index)}`))));

test.each([0, 1, 10, 100, 1_000, 10_000, 100_000])(
  '%i users are estimated within three standard errors',
  (count) => {
    const estimate = estimateUsers(sketch(count));
    expect(Math.abs(estimate - count)).toBeLessThanOrEqual(Math.max(2, count * 0.39));
  },
);

test('merging sketches counts users that are in both once', () => {
  const both = new Set([...sketch(1_000), ...sketch(1_000)]);
  expect(estimateUsers(both)).toBe(estimateUsers(sketch(1_000)));
});

test('a sketch stays small however many users there are', () => {
  expect(sketch(100_000).size).toBeLessThan(1_300);
});
