import { describe, expect, test } from '@jest/globals';
import { batchVerdictOf } from '../../../local/sources/partial-batch-response.ts';

// "Success and failure conditions" of ReportBatchItemFailures in the Lambda developer guide.

const verdictOf = (answer: unknown) => batchVerdictOf(JSON.stringify(answer), ['a', 'b']);

describe('everything succeeded', () => {
  test.each([
    [{ batchItemFailures: [] }, true],
    [{ batchItemFailures: null }, false],
    [{}, false],
    [null, false],
    [{ somethingElse: 1 }, false],
  ])('%j', (answer, answered) => {
    expect(verdictOf(answer)).toEqual({ failed: 'none', answered });
  });
});

describe('everything failed', () => {
  test.each([
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ id: 'a' }] }],
    [{ batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'of another batch' }] }],
    [{ batchItemFailures: ['a'] }],
    [{ batchItemFailures: 'a' }],
    ['text'],
    [true],
  ])('%j', (answer) => {
    expect(verdictOf(answer)).toEqual({ failed: 'all' });
  });
});

test('the named ones failed', () => {
  const answer = { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'b' }] };
  expect(verdictOf(answer)).toEqual({ failed: new Set(['b']) });
});
