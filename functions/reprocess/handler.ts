import type { DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Erasing } from '../../adapters/erasing.ts';
import { parseErasureMessage } from '../../adapters/erasure-queue.ts';
import type { EventQueue } from '../../adapters/event-queue.ts';
import { isOfLaterVersion } from '../../adapters/message-version.ts';
import type { RetryMarkers } from '../../adapters/retry-markers.ts';
import { parseReprocessMessage, type ReprocessMessage } from '../../adapters/sweep-queue.ts';
import { logError } from '../log.ts';
import { partialBatch } from '../partial-batch.ts';
import { quietErrors } from '../quiet-errors.ts';
import type { TimeLeft } from '../time-left.ts';
import { eraseUser } from './erase-user.ts';
import { planErasures } from './plan-erasures.ts';
import { planRevisions } from './plan-revisions.ts';
import { planSweeps, type PlanDependencies } from './plan-sweeps.ts';
import { reconcilePart, resumeReconciliations, type ReconcileDependencies } from './reconcile.ts';
import { reviseSegment, type ReviseDependencies } from './revise-segment.ts';
import { sweepShard, type SweepDependencies, type SweepResult } from './sweep-shard.ts';

// Triggers: the Config stream (the rules changed), the timer, and the reprocess queue (a shard to sweep, a segment to scan,
// a part of a reconciliation, a user to erase).
// Guarantee: after a rule or feature changes, every stored unmapped event that it can match is tried against it; after a rule
// is reverted or recounted, no stored event counts by one of its versions before that.
// And every erasure that was asked for is carried out.
// A retry plans what is not planned yet and goes on where a task stands.

export interface ReprocessDependencies
  extends PlanDependencies, SweepDependencies, ReviseDependencies, ReconcileDependencies {
  readonly erasing: Erasing;
  readonly queue: EventQueue;
  readonly retryMarkers: RetryMarkers;
}

export type ReprocessEvent = SQSEvent | DynamoDBStreamEvent | { readonly trigger: 'timer' };

/** Time kept back from Lambda's timeout: a page that has begun must be able to end. */
const RESERVE_MS = 30_000;

export function reprocessHandler(
  deps: ReprocessDependencies,
): (event: ReprocessEvent, context: TimeLeft) => Promise<SQSBatchResponse | undefined> {
  return quietErrors(async (event, context) => {
    if ('trigger' in event) {
      await sendMarkedEvents(deps);
      await planErasures(deps.erasing, deps.now);
      await plan(deps);
      await resumeReconciliations(deps);
      return undefined;
    }
    if (!isSqsEvent(event)) {
      // Whatever the records say, the current ruleset is what counts: one plan serves the whole batch.
      await plan(deps);
      return undefined;
    }
    const deadline = deps.now() + Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
    const sweep = partialBatch(async (records) => {
      const failed = new Set<string>();
      for (const record of records) {
        const erasureId = parseErasureMessage(record.body);
        if (erasureId !== undefined) {
          const { erasing, now } = deps;
          const result = await eraseUser({ ...erasing, now }, erasureId, deadline);
          if (result === 'continue') await erasing.queue.send([erasureId]);
          continue;
        }
        const message = parseReprocessMessage(record.body);
        if (message === undefined) {
          const isLater = isOfLaterVersion(record.body);
          if (isLater) failed.add(record.messageId);
          logError(
            `a message on the reprocess queue is ${isLater ? 'of a later version' : 'not one of ours'}`,
            {
              messageId: record.messageId,
            },
          );
          continue;
        }
        const result = await work(deps, message, deadline);
        if (result === 'continue') await deps.sweeps.send([message]);
      }
      return failed;
    });
    return await sweep(event);
  });
}

async function work(
  deps: ReprocessDependencies,
  message: ReprocessMessage,
  deadline: number,
): Promise<SweepResult> {
  if ('reconciliationId' in message) return await reconcilePart(deps, message.reconciliationId, deadline);
  if ('segment' in message) return await reviseSegment(deps, message, deadline);
  return await sweepShard(deps, message, deadline);
}

async function plan(deps: ReprocessDependencies): Promise<void> {
  await planSweeps(deps);
  await planRevisions(deps);
}

function isSqsEvent(event: SQSEvent | DynamoDBStreamEvent): event is SQSEvent {
  return event.Records.some((record) => 'messageId' in record);
}

/** Sends the keys of events that SQS did not take when they arrived. */
async function sendMarkedEvents(deps: ReprocessDependencies): Promise<void> {
  for (;;) {
    const markers = await deps.retryMarkers.some();
    if (markers.length === 0) return;
    for (const { id, eventKeys } of markers) {
      const unsent = await deps.queue.send(eventKeys);
      if (unsent.length > 0) return; // SQS still refuses: the next tick tries again
      await deps.retryMarkers.remove(id);
    }
  }
}
