import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';

// The imports queue: a message says that an import may need somebody to go on with it, from wherever it stands. Any number
// of them for one import do no harm.

const messageSchema = z.object({ v: z.literal(1), import: z.string() });

/** SQS's own limit is fifteen minutes. */
export const DELAY_SECONDS_MAX = 900;

/** The id of the import; undefined for what is not one of ours. */
export function parseImportMessage(body: string): string | undefined {
  try {
    return z.parse(messageSchema, JSON.parse(body)).import;
  } catch {
    return undefined;
  }
}

export class ImportQueue {
  private readonly sqs: SQSClient;
  private readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs;
    this.url = url;
  }

  async send(importId: string, delaySeconds = 0): Promise<void> {
    await this.sqs.send(
      new SendMessageCommand({
        QueueUrl: this.url,
        MessageBody: JSON.stringify({ v: 1, import: importId }),
        ...(delaySeconds > 0 && { DelaySeconds: Math.min(delaySeconds, DELAY_SECONDS_MAX) }),
      }),
    );
  }
}
