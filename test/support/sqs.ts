import { randomBytes } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { startFauxqs } from 'fauxqs';

// SQS for one test file: the engine that the local runtime embeds, in memory, behind the real SDK.

export interface TestQueue {
  readonly url: string;
  readonly arn: string;
}

export interface TestSqs {
  readonly client: SQSClient;
  createQueue(): Promise<TestQueue>;
  /** Up to ten messages, as the records that Lambda would be given. */
  receive(queue: TestQueue): Promise<SQSRecord[]>;
  remove(queue: TestQueue, record: SQSRecord): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestSqs(): Promise<TestSqs> {
  const server = await startFauxqs({ port: 0, logger: false });
  const endpoint = `http://127.0.0.1:${String(server.port)}`;
  const client = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    client,
    async createQueue() {
      const name = `q${randomBytes(6).toString('hex')}`;
      await client.send(
        new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '600' } }),
      );
      return { url: `${endpoint}/000000000000/${name}`, arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
    },
    async receive(queue) {
      const answer = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.url,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      return (answer.Messages ?? []).map((message) => ({
        messageId: message.MessageId ?? '',
        receiptHandle: message.ReceiptHandle ?? '',
        body: message.Body ?? '',
        attributes: {
          ApproximateReceiveCount: message.Attributes?.ApproximateReceiveCount ?? '1',
          SentTimestamp: message.Attributes?.SentTimestamp ?? '0',
          SenderId: message.Attributes?.SenderId ?? '',
          ApproximateFirstReceiveTimestamp: message.Attributes?.ApproximateFirstReceiveTimestamp ?? '0',
        },
        messageAttributes: {},
        md5OfBody: message.MD5OfBody ?? '',
        eventSource: 'aws:sqs',
        eventSourceARN: queue.arn,
        awsRegion: 'us-east-1',
      }));
    },
    async remove(queue, record) {
      await client.send(
        new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: record.receiptHandle }),
      );
    },
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}
