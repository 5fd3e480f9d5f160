import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { INGEST_KEY } from './runtime-process.ts';
import { until } from './until.ts';

// What a system test does to a pipeline that runs: sends events as raw HTTP, and waits until nothing is left to do.

/** Segment tries for four hours. */
const DELIVER_MS = 60_000;

const answerSchema = z.object({
  success: z.boolean(),
  results: z
    .array(
      z.object({ messageId: z.string().optional(), status: z.number(), duplicate: z.boolean().optional() }),
    )
    .optional(),
});

export type IngestAnswer = z.infer<typeof answerSchema>;

/** The answer when the pipeline acknowledged the whole request; undefined when it did not, or nobody answered. */
export async function acknowledged(
  url: string,
  path: string,
  body: unknown,
): Promise<IngestAnswer | undefined> {
  try {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${INGEST_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status !== 200) {
      await response.arrayBuffer();
      return undefined;
    }
    const answer = answerSchema.parse(await response.json());
    return answer.results?.every(({ status }) => status === 200) === false ? undefined : answer;
  } catch (error) {
    // The connection broke, perhaps in the middle of the answer: then nobody has acknowledged anything.
    if (error instanceof z.ZodError) throw error;
    return undefined;
  }
}

/** Sends a request until it is acknowledged, as Segment does. */
export async function deliver(url: string, path: string, body: unknown): Promise<void> {
  await until(
    `${path} acknowledges a request`,
    async () => (await acknowledged(url, path, body)) !== undefined,
    DELIVER_MS,
  );
}

/** The work of `items`, at most `width` at a time. */
export async function inParallel<Item>(
  width: number,
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

const runningSchema = z.object({ sqsEndpoint: z.string() });

/**
 * Waits until every queue of the pipeline is empty, with nothing in flight. What is not counted then never will be, and
 * what would be counted twice has been.
 */
export async function untilDrained(dataDir: string, deadlineMs: number): Promise<void> {
  const { sqsEndpoint } = runningSchema.parse(
    JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8')),
  );
  const sqs = new SQSClient({
    endpoint: sqsEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
  });
  try {
    const { QueueUrls: urls = [] } = await sqs.send(new ListQueuesCommand({}));
    if (urls.length === 0) throw new Error('The pipeline has no queues.');
    const left = async (): Promise<number> => {
      const counts = await Promise.all(urls.map((url) => messagesIn(sqs, url)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    await until('all queues are empty', async () => (await left()) === 0, deadlineMs);
  } finally {
    sqs.destroy();
  }
}

async function messagesIn(sqs: SQSClient, queueUrl: string): Promise<number> {
  const answer = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  const waiting = [
    answer.Attributes?.ApproximateNumberOfMessages,
    answer.Attributes?.ApproximateNumberOfMessagesNotVisible,
    answer.Attributes?.ApproximateNumberOfMessagesDelayed,
  ];
  return waiting.reduce((sum, count) => sum + Number(count ?? '0'), 0);
}
