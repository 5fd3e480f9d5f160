import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';

// An SQS that only takes messages, and what they cost. A request is charged for each 64 KB that it carries; Lambda receives
// up to ten messages at once and deletes as many. https://aws.amazon.com/sqs/pricing/

export const SQS_CHUNK_BYTES = 64 * 1024;
const MESSAGES_AT_ONCE = 10;

export interface SentMessages {
  /** Bodies, in order. */
  readonly bodies: readonly string[];
  /** Bytes of each request that sent some of them. */
  readonly requests: readonly number[];
}

export interface MeteredSqs {
  readonly client: SQSClient;
  take(): SentMessages;
}

const inputSchema = z.object({
  MessageBody: z.optional(z.string()),
  Entries: z.optional(z.array(z.object({ Id: z.string(), MessageBody: z.string() }))),
});

/** No request leaves the process. */
export function meteredSqs(): MeteredSqs {
  const client = new SQSClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    md5: false,
  });
  let bodies: string[] = [];
  let requests: number[] = [];
  client.middlewareStack.add(
    () => (args) => {
      const { MessageBody, Entries = [] } = z.parse(inputSchema, args.input);
      const sent = MessageBody === undefined ? Entries.map((entry) => entry.MessageBody) : [MessageBody];
      bodies.push(...sent);
      requests.push(sent.reduce((sum, body) => sum + Buffer.byteLength(body), 0));
      const Successful = Entries.map(({ Id }) => ({ Id, MessageId: Id, MD5OfMessageBody: '' }));
      return Promise.resolve({ response: {}, output: { $metadata: {}, MessageId: 'm', Successful } });
    },
    { step: 'initialize', name: 'meter' },
  );
  return {
    client,
    take() {
      const taken = { bodies, requests };
      bodies = [];
      requests = [];
      return taken;
    },
  };
}

/** Requests that are paid for: to send them, and for Lambda to receive and delete them in full batches. */
export function paidRequests({ bodies, requests }: SentMessages): number {
  const chunks = (bytes: number): number => Math.max(1, Math.ceil(bytes / SQS_CHUNK_BYTES));
  const sends = requests.reduce((sum, bytes) => sum + chunks(bytes), 0);
  const bytes = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
  const batches = bodies.length / MESSAGES_AT_ONCE;
  const receives = Math.max(batches, bytes / SQS_CHUNK_BYTES);
  return sends + receives + batches;
}
