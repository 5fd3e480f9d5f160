import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { parseQueueMessage } from '../../adapters/event-queue.ts';
import { isOfLaterVersion } from '../../adapters/message-version.ts';
import { settleEvents, type SettleDependencies } from '../../adapters/settle-events.ts';
import { logError, logWarning } from '../log.ts';
import { partialBatch } from '../partial-batch.ts';
import { quietErrors } from '../quiet-errors.ts';
import type { TimeLeft } from '../time-left.ts';

// Trigger: the events queue, and its dead-letter queue as the last chance.
// Guarantee: when a message is not reported as failed, every event it names has its outcome, and its usage is counted.
// A retry finds events that have their outcome and leaves them alone.

/** Time kept back from Lambda's timeout, to answer which messages failed instead of being cut off with all of them. */
const RESERVE_MS = 5_000;

export function processHandler(
  deps: SettleDependencies,
  lastChanceQueueArn: string,
): (event: SQSEvent, context: TimeLeft) => Promise<SQSBatchResponse> {
  return quietErrors(async (event, context) => {
    const deadline = deps.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const settle = partialBatch(async (records) => {
      const messages = records.map((record) => ({
        id: record.messageId,
        body: record.body,
        keys: parseQueueMessage(record.body),
        lastChance: record.eventSourceARN === lastChanceQueueArn,
      }));
      const lastChance = messages.some((message) => message.lastChance);
      const settled = await settleEvents(
        deps,
        messages.flatMap(({ keys }) => keys ?? []),
        { from: 'received', deadline, quarantine: lastChance },
      );
      if (settled.quarantined > 0) logError('events were quarantined', { count: settled.quarantined });
      const failures = new Map(settled.failed.map((failure) => [failure.key, failure]));
      const failed = new Set<string>();
      for (const { id, keys, body, lastChance: isLast } of messages) {
        if (keys === undefined && isOfLaterVersion(body)) {
          logError(
            'a message on the events queue is of a later version: it stays until that version is back',
            {
              messageId: id,
            },
          );
          failed.add(id);
          continue;
        }
        if (keys === undefined) {
          // Not ours, so no event waits for it. The dead-letter queue keeps it until then; there it ends.
          logError('a message on the events queue is not one of ours', { messageId: id });
          if (!isLast) failed.add(id);
          continue;
        }
        if (keys.some((key) => failures.has(key))) failed.add(id);
      }
      const [example] = failures.values();
      if (example !== undefined) {
        logWarning('events failed and will be tried again', {
          count: failures.size,
          error: example.error.name,
        });
      }
      return failed;
    });
    return await settle(event);
  });
}
