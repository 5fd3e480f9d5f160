import { TransactWriteItemsCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NotReadError, type IdentityDraft } from '../core/identity/identity-draft.ts';
import { spread } from '../core/unmapped-group.ts';
import { pause } from './backoff.ts';
import { isPermanent, reasonsOf } from './failure-kind.ts';
import { identityItems } from './identity-plan.ts';
import { COUNT_SHARDS } from './user-count-item.ts';

// The way to change users outside of an event: read, draft, one transaction, and again for whatever changed in between.

/** What to write; without a draft there is nothing (more) to write. */
export interface IdentityChange<Result> {
  readonly draft?: IdentityDraft;
  readonly result: Result;
}

const COLLISIONS_MAX = 14;
const FAULTS_MAX = 2;

/**
 * `plan` is asked again, and reads again, whenever another change came first. It must recognise its own change: after a
 * lost reply the change has been made. `spreadBy` chooses which of the counts it changes.
 */
export async function commitIdentity<Result>(
  store: { readonly dynamo: DynamoDBClient; readonly table: string },
  spreadBy: string,
  plan: () => Promise<IdentityChange<Result>>,
): Promise<Result | 'busy'> {
  let faults = 0;
  for (let attempt = 0; attempt <= COLLISIONS_MAX; attempt += 1) {
    if (attempt > 0) await pause(attempt);
    try {
      const { draft, result } = await plan();
      const items =
        draft === undefined ? [] : identityItems(store.table, draft, spread(spreadBy, COUNT_SHARDS));
      if (items.length === 0) return result;
      await store.dynamo.send(
        new TransactWriteItemsCommand({ TransactItems: items.map(({ item }) => item) }),
      );
      return result;
    } catch (error) {
      if (error instanceof NotReadError) continue;
      if (!(error instanceof Error)) throw error;
      if (isPermanent(error)) throw error;
      // Anything but a collision may be a lost reply: going round again finds out whether the change was made.
      if (reasonsOf(error).length === 0 && (faults += 1) > FAULTS_MAX) throw error;
    }
  }
  return 'busy';
}
