import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Resolves when the queue answers; throws when it does not. */
export async function reachQueue(sqs: SQSClient, url: string): Promise<void> {
  await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
}
