import {
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { Ruleset, RulesetSnapshot } from '../core/ruleset.ts';
import { pause } from './backoff.ts';
import { isPermanent } from './failure-kind.ts';
import { rulesetWrites, type RulesetStore } from './ruleset-store.ts';

// The one way to change rules and features. Every change is one transaction: what is changed, the next ruleset, and the
// head that names it, under the condition that the head has not moved since it was read. So changes happen one after the
// other, each check (does the feature exist, does a rule still use it) holds at the moment of the change, and of two that
// collide the later one reads again and repeats.

/** The change was not made. `busy`: too many others were made at the same time, so it may be sent again. */
export type NotSaved = { readonly kind: 'busy' } | { readonly kind: 'ruleset_too_large' };

export interface ConfigChange {
  readonly next: RulesetSnapshot;
  /** What was changed, as a sentence for the reprocessing job that follows. */
  readonly cause: string;
  /** The rule that was changed; absent for a change of a feature. */
  readonly ruleId?: string;
  readonly items: readonly TransactWriteItem[];
}

/** What to write; without `write` there is nothing (more) to write. */
export interface Plan<Result> {
  readonly write?: ConfigChange;
  readonly result: Result;
}

/** Parts of a stored ruleset that a change writes and, two generations later, removes (ruleset-store.ts). */
const RULESET_PARTS_MAX = 4;
const COLLISIONS_MAX = 14;
const FAULTS_MAX = 2;

/**
 * `plan` is asked again, with the ruleset of that moment, whenever another change came first. It must recognise its own
 * change: after a lost reply the change has been made.
 */
export async function commitConfigChange<Result>(
  store: { readonly dynamo: DynamoDBClient; readonly table: string; readonly rulesets: RulesetStore },
  plan: (current: Ruleset) => Promise<Plan<Result>>,
): Promise<Result | NotSaved> {
  let faults = 0;
  for (let attempt = 0; attempt <= COLLISIONS_MAX; attempt += 1) {
    if (attempt > 0) await pause(attempt);
    // The ruleset before the items: what is read after it and committed under its generation has not changed since.
    const { write, result } = await plan(await store.rulesets.current());
    if (write === undefined) return result;
    const ruleset = rulesetWrites(store.table, write.next, write.cause.toWellFormed(), write.ruleId);
    if (partsOf(ruleset) > RULESET_PARTS_MAX) return { kind: 'ruleset_too_large' };
    try {
      await store.dynamo.send(new TransactWriteItemsCommand({ TransactItems: [...write.items, ...ruleset] }));
      return result;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (isPermanent(error, reasons)) throw error;
      // Anything but a collision may be a lost reply: going round again finds out whether the change was made.
      if (reasons.length === 0 && (faults += 1) > FAULTS_MAX) throw error;
    }
  }
  return { kind: 'busy' };
}

const partsOf = (ruleset: readonly TransactWriteItem[]): number =>
  ruleset.filter((write) => write.Put?.Item?.['b'] !== undefined).length;
