import { expect, test } from '@jest/globals';
import { shareWords, unmappedWords } from '../../../dashboard/pages/overview/arrival-words.ts';

test.each([
  [0, 10, '0 %'],
  [1, 3, '33.3 %'],
  [1, 1_000_000, 'Less than 0.1 %'],
  [999_999, 1_000_000, 'More than 99.9 %'],
  [10, 10, '100 %'],
])('%d of %d are %s: some are never none, and nearly all never all', (part, whole, words) => {
  expect(shareWords(part, whole)).toBe(words);
});

test.each([
  [{ track: 0, unmapped: 0 }, 'None of them was a track event'],
  [{ track: 1, unmapped: 0 }, 'The one track event was not unmapped on arrival'],
  [{ track: 12_000, unmapped: 384 }, '3.2 % of the 12,000 track events were unmapped on arrival'],
  [{ track: 1, unmapped: 1 }, 'The one track event was unmapped on arrival'],
])('%j: %s', (counts, words) => {
  expect(unmappedWords(counts)).toBe(words);
});
