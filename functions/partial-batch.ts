import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

// The one place that answers SQS. Lambda deletes every message that is not named as failed, and reads an answer it does
// not understand (or `undefined`) as complete success or complete failure depending on its shape, so the shape is fixed
// here: a list of the messages to keep. A throw keeps the whole batch.

/**
 * `handle` is given all records at once and returns the ids of messages that must be delivered again. Whatever it throws
 * fails the whole batch: nothing is lost, and what was done already is recognised when it comes back.
 */
export function partialBatch(
  handle: (records: readonly SQSRecord[]) => Promise<ReadonlySet<string>>,
): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const failed = await handle(event.Records);
    return {
      batchItemFailures: event.Records.filter(({ messageId }) => failed.has(messageId)).map(
        ({ messageId }) => ({
          itemIdentifier: messageId,
        }),
      ),
    };
  };
}
