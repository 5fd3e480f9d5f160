import { TransactionCanceledException, type CancellationReason } from '@aws-sdk/client-dynamodb';

// Two kinds of failure, with two remedies. One passes by itself: a throttle, a conflict, a time-out, a store that cannot
// be reached, a permission that a deployment forgot. The other never does: a request that DynamoDB finds invalid, a
// damaged item, a defect of ours that throws on one event. Retrying the first for ever is right; retrying the second
// for ever would hide it.

const REFUSED = new Set([
  'ValidationException',
  'ItemCollectionSizeLimitExceededException',
  'DamagedItemError',
]);
const PASSING = new Set(['TimeoutError', 'AbortError', 'PassingError']);
const REFUSED_ITEMS = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);

/** What passes by itself and is no error of the SDK's: an answer to a part only, or others who were faster every time. */
export class PassingError extends Error {
  override readonly name = 'PassingError';
}

/** Why each action of a transaction was refused, in their order; empty for every other error. */
export const reasonsOf = (error: unknown): readonly CancellationReason[] =>
  error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];

/** Whether trying again with the same code and data cannot help. */
export function isPermanent(error: Error): boolean {
  const reasons = reasonsOf(error);
  if (REFUSED.has(error.name)) return true;
  if (reasons.some(({ Code: code }) => code !== undefined && REFUSED_ITEMS.has(code))) return true;
  // The SDK's errors carry `$metadata`; those of the network carry a `code`; time-outs and ours have their names.
  return !('$metadata' in error || 'code' in error || PASSING.has(error.name));
}
