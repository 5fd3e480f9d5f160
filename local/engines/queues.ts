import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueuePlan } from '../template/plan.ts';

// Brings the queues of an engine in line with the template. Dead-letter queues must exist before a redrive policy may name
// them, so all queues are created first and told their policies afterwards.

/** Returns the URL of each queue by its name, at the engine itself. */
export async function bringQueuesInLine(
  client: SQSClient,
  queues: readonly QueuePlan[],
  endpoint: string,
): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>();
  await Promise.all(
    queues.map(async ({ name }) => {
      const url = (await urlOf(client, name)) ?? (await create(client, name));
      urls.set(name, reachableAt(endpoint, url));
    }),
  );
  await Promise.all(
    queues.map(async ({ name, attributes }) => {
      const url = urls.get(name);
      const answer = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      const present: Readonly<Record<string, string | undefined>> = answer.Attributes ?? {};
      const changed = Object.entries(attributes).filter(([key, value]) => !same(present[key], value));
      // An empty policy takes away one that the template no longer has.
      if (attributes['RedrivePolicy'] === undefined && present['RedrivePolicy'] !== undefined) {
        changed.push(['RedrivePolicy', '']);
      }
      if (changed.length === 0) return;
      await client.send(
        new SetQueueAttributesCommand({ QueueUrl: url, Attributes: Object.fromEntries(changed) }),
      );
    }),
  );
  return urls;
}

async function urlOf(client: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

async function create(client: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
  if (QueueUrl === undefined) throw new Error(`SQS created the queue ${name} without a URL`);
  return QueueUrl;
}

/** Emulators name hosts that do not resolve, or a port of the past: only the path of a queue URL can be relied on. */
function reachableAt(endpoint: string, queueUrl: string): string {
  return new URL(new URL(queueUrl).pathname, endpoint).href;
}

/** Policies are JSON, which engines write in their own way. */
function same(present: string | undefined, wanted: string): boolean {
  if (present === wanted) return true;
  if (present === undefined || !wanted.startsWith('{')) return false;
  return JSON.stringify(sorted(present)) === JSON.stringify(sorted(wanted));
}

function sorted(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, entry]) => [key, String(entry)])
          .sort()
      : value;
  } catch {
    return json;
  }
}
