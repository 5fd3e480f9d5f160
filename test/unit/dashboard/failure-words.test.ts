import { expect, test } from '@jest/globals';
import { failureWords } from '../../../dashboard/pages/events/failure-words.ts';

test.each([
  [
    'DamagedItemError: The stored body of an event cannot be read.',
    { what: 'The stored body of an event cannot be read.', kind: 'DamagedItemError' },
  ],
  ['TypeError: deciding this event failed.', { what: 'Deciding this event failed.', kind: 'TypeError' }],
  ['What is this: nobody knows.', { what: 'What is this: nobody knows.' }],
  [undefined, { what: 'The reason was not kept.' }],
])('the failure %j is a sentence first, and keeps its kind', (error, words) => {
  expect(failureWords(error)).toEqual(words);
});
