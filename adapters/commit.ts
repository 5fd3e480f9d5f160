import { randomUUID } from 'node:crypto';
import {
  TransactWriteItemsCommand,
  type CancellationReason,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { IdentityFacts } from '../core/identity/identity-draft.ts';
import { pause } from './backoff.ts';
import { planChunk, type Tables } from './commit-plan.ts';
import type { DecidedEvent } from './decided-event.ts';
import type { PlannedItem } from './planned-item.ts';
import type { EngageByUser } from './engage-plan.ts';
import { isPermanent, reasonsOf } from './failure-kind.ts';

// Commits one chunk. What can happen:
//
//   it commits                                  → done
//   a condition fails                           → those events are stale: someone else was there first, or the rules
//                                                 moved. Nothing was written; the rest of the chunk goes on without them
//   conflict, throttle, timeout, lost reply     → the same again after a pause. A reply lost after a commit makes the
//                                                 retry fail every condition, and re-reading shows that all is done
//   it can never succeed (refused, or our defect) → halves, until the one event at fault is alone

export interface FailedEvent {
  readonly key: string;
  readonly error: Error;
  /** Trying again with the same code and data cannot help. */
  readonly permanent: boolean;
}

export interface CommitResult {
  readonly done: readonly string[];
  /** To be read and decided again. */
  readonly stale: readonly string[];
  readonly failed: readonly FailedEvent[];
}

export interface CommitOptions {
  readonly now: () => number;
  /** No attempt starts after this moment. */
  readonly deadline: number;
}

const RETRIES_MAX = 12;

export async function commitChunk(
  dynamo: DynamoDBClient,
  tables: Tables,
  chunk: readonly DecidedEvent[],
  facts: IdentityFacts,
  engage: EngageByUser,
  options: CommitOptions,
): Promise<CommitResult> {
  let events = chunk;
  const stale = new Set<string>();
  for (let attempt = 0; ;) {
    if (events.length === 0) return { done: [], stale: [...stale], failed: [] };
    let planned: readonly PlannedItem[] = [];
    try {
      const plan = planChunk(tables, events, facts, engage, options.now());
      planned = plan.items;
      if (plan.unread.length > 0) {
        for (const key of plan.unread) stale.add(key);
        events = events.filter(({ record }) => !stale.has(record.key));
        if (events.length === 0) continue;
      }
      await dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: planned.map(({ item }) => item),
          // Lets the SDK's own retry of a lost reply find that the transaction is done. It lasts ten minutes and is not
          // what makes events count once: the conditions are.
          ClientRequestToken: randomUUID(),
        }),
      );
      return { done: events.map(({ record }) => record.key), stale: [...stale], failed: [] };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reasons = reasonsOf(error);
      const refused = planned.flatMap(({ owners }, index) => (conditionFailed(reasons[index]) ? owners : []));
      if (refused.length > 0) {
        for (const key of refused) stale.add(key);
        events = events.filter(({ record }) => !stale.has(record.key));
        continue;
      }
      if (isPermanent(error)) {
        return merge(
          { done: [], stale: [...stale], failed: [] },
          await inHalves(dynamo, tables, events, facts, engage, options, error),
        );
      }
      attempt += 1;
      if (attempt > RETRIES_MAX || options.now() >= options.deadline) {
        return {
          done: [],
          stale: [...stale],
          failed: events.map(({ record }) => ({ key: record.key, error, permanent: false })),
        };
      }
      await pause(attempt);
    }
  }
}

async function inHalves(
  dynamo: DynamoDBClient,
  tables: Tables,
  events: readonly DecidedEvent[],
  facts: IdentityFacts,
  engage: EngageByUser,
  options: CommitOptions,
  error: Error,
): Promise<CommitResult> {
  const [first] = events;
  if (first === undefined) return { done: [], stale: [], failed: [] };
  if (events.length === 1)
    return { done: [], stale: [], failed: [{ key: first.record.key, error, permanent: true }] };
  const middle = Math.ceil(events.length / 2);
  const left = await commitChunk(dynamo, tables, events.slice(0, middle), facts, engage, options);
  // The users that the first half created or changed are stale for the second: it finds out, and is read again.
  return merge(left, await commitChunk(dynamo, tables, events.slice(middle), facts, engage, options));
}

const merge = (left: CommitResult, right: CommitResult): CommitResult => ({
  done: [...left.done, ...right.done],
  stale: [...left.stale, ...right.stale],
  failed: [...left.failed, ...right.failed],
});

const conditionFailed = (reason: CancellationReason | undefined): boolean =>
  reason?.Code === 'ConditionalCheckFailed';
