import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { PassingError } from './failure-kind.ts';

// SQS takes ten messages in one request, and may take some of them and not the others.

export const MESSAGES_PER_SEND_MAX = 10;

/**
 * Sends each body as a message of its own.
 * @throws PassingError when some were not taken, whatever became of the others; an Error when one never will be.
 */
export async function sendAll(sqs: SQSClient, url: string, bodies: readonly string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += MESSAGES_PER_SEND_MAX) {
    const batch = bodies.slice(start, start + MESSAGES_PER_SEND_MAX);
    const { Failed: failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: batch.map((body, index) => ({ Id: String(index), MessageBody: body })),
      }),
    );
    const own = failed.find(({ SenderFault: isOurs }) => isOurs === true);
    if (own !== undefined) throw new Error(`SQS refuses a message for good: ${own.Code ?? 'no reason'}.`);
    if (failed.length > 0) throw new PassingError('SQS did not take every message.');
  }
}
