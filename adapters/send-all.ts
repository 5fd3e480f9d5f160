import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

// SQS takes ten messages in one request, and may take some of them and not the others.

const MESSAGES_PER_SEND_MAX = 10;

/**
 * SQS took a request and not all of its messages, for a reason of its own: it passes. Its answer is no error of the SDK's,
 * and so would not be known as one that passes.
 */
export class NotTakenError extends Error {
  override readonly name = 'NotTakenError';

  constructor() {
    super('SQS did not take every message.');
  }
}

/**
 * Sends each body as a message of its own.
 * @throws NotTakenError when some were not taken, whatever became of the others; an Error when one never will be.
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
    if (failed.length > 0) throw new NotTakenError();
  }
}
