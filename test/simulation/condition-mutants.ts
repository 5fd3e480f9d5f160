import { findConditions, type Condition } from './find-conditions.ts';
import type { Mutant } from './mutant-list.ts';

// The loss of each condition that the product writes under, as mutants: what is written is written whatever is there.

/**
 * Conditions whose loss nobody could notice, with the reason. One that is not in the source any more fails the tests.
 */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map([
  [
    'adapters/event-store.ts: EventStore.duplicateOf writes although not attribute_exists(pk)',
    'events are never removed: an erasure leaves their marker. It keeps one that is removed by hand from leaving a part',
  ],
  [
    'adapters/erasure-store.ts: ErasureStore.addTargets writes although not attribute_not_exists(pk)',
    'the key is made of the id that it would write again',
  ],
  ...['attribute_not_exists(pk)', 'attribute_not_exists(ua)'].map(
    (condition) =>
      [
        `adapters/identity-plan.ts: identityItems writes although not ${condition}`,
        'a merge is made and undone in one transaction with its nodes, which must be as they were read',
      ] as const,
  ),
  [
    'adapters/identity-plan.ts: claimItems writes although not k = :k',
    'a billing id is taken from an id in one transaction with the root of its user, which must be as it was read',
  ],
]);

type FoundBy = Pick<Mutant, 'race' | 'test'>;

/** What finds those of a file: the tests of a store, where a condition is no matter of the order of things elsewhere. */
const FOUND_BY: ReadonlyMap<string, FoundBy> = new Map([
  ['adapters/api-keys.ts', { test: 'test/contract/api-keys.test.ts' }],
  ['adapters/cursor-secret.ts', { test: 'test/integration/admin/cursors.test.ts' }],
  ['adapters/deleted-customer-item.ts', { test: 'test/contract/deleted-customer.test.ts' }],
  ['adapters/engage-plan.ts', { test: 'engage' }],
  ['adapters/erasure-store.ts', { test: 'test/contract/erasure-store.test.ts' }],
  ['adapters/event-store.ts', { test: 'test/contract/event-store.test.ts' }],
  ['adapters/idempotency-store.ts', { test: 'test/contract/idempotency-store.test.ts' }],
  ['adapters/import-store.ts', { test: 'test/contract/import-store.test.ts' }],
  ['adapters/insert-items.ts', { test: 'test/integration/ingest/store-failures.test.ts' }],
  ['adapters/job-store.ts', { test: 'test/contract/job-store.test.ts' }],
  ['adapters/key-use.ts', { test: 'test/contract/api-keys.test.ts' }],
  ['adapters/quarantine.ts', { test: 'test/integration/admin/quarantine.test.ts' }],
  ['adapters/reconciliation-store.ts', { test: 'test/contract/reconciliation-store.test.ts' }],
  ['adapters/revise-events.ts', { race: 'a late commit and the revert' }],
  ['adapters/ruleset-store.ts', { test: 'test/contract/ruleset-store.test.ts' }],
  ['adapters/session-store.ts', { test: 'test/contract/session-store.test.ts' }],
  ['adapters/unmapped-item.ts', { test: 'test/contract/unmapped-store.test.ts' }],
  ['adapters/unmapped-store.ts', { test: 'test/contract/unmapped-store.test.ts' }],
  ['adapters/words-eraser.ts', { test: 'test/integration/pipeline/erasure-new-life.test.ts' }],
  ['adapters/user-item.ts', { test: 'test/contract/user-node.test.ts' }],
]);

const nameOf = ({ file, within, text }: Condition): string =>
  `${file}: ${within} writes although not ${text.slice(1, -1)}`;

export function conditionMutants(root: string): Mutant[] {
  return findConditions(root)
    .map((condition) => ({ ...condition, name: nameOf(condition) }))
    .filter(({ name }) => !EQUIVALENT.has(name))
    .map(({ name, file, text, at }): Mutant => {
      // It must hold always and still use each of its placeholders, as DynamoDB wants it.
      const replace = `('(' + (${text}) + ') OR attribute_exists(pk) OR attribute_not_exists(pk)')`;
      return { name, edits: [{ file, find: text, at, replace }], ...FOUND_BY.get(file) };
    });
}
