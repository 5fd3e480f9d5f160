/**
 * What reprocess logs when a reconciliation has ended with differences. The alarm is made of this phrase; functions and infra/
 * import nothing of each other, so a test holds the two together (test/integration/pipeline/reconcile.test.ts).
 */
export const DIFFERENCE_FOUND = 'a reconciliation found differences';
