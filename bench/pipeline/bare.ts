import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { packChunks, planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { fromEventItem } from '../../adapters/event-item.ts';
import { parseQueueMessage, toQueueMessage } from '../../adapters/event-queue.ts';
import { insertItems } from '../../adapters/insert-items.ts';
import { KNOWN_USERS } from './known-users.ts';
import { trackEvent } from './load.ts';
import { toTrackItem } from './track-item.ts';

// What the engines themselves can do: the same puts, messages, reads and transactions as the pipeline makes for the same
// events, from a loop with nothing around them: no HTTP, no functions, no roles, no checks, no rules.

export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
}

/** As the mapping between the queue and process has it. */
const MESSAGES_PER_BATCH = 50;
const WINDOW_MS = 1_000;
const WINDOW_POLL_MS = 100;
const RECEIVE_MESSAGES_MAX = 10;
const READ_EVENTS_MAX = 100;

export interface BareEngines {
  /** Stores and counts events until `until`; returns how many were counted. */
  run(options: {
    readonly run: string;
    readonly until: number;
    readonly perRequest: number;
    readonly connections: number;
  }): Promise<number>;
  /** Stores and sends one event, number `n` of a run; nobody counts it. */
  store(run: string, n: number): Promise<void>;
  stop(): void;
}

export async function bareEngines(endpoints: Endpoints): Promise<BareEngines> {
  const access = { region: 'us-east-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
  const dynamo = new DynamoDBClient({ ...access, endpoint: endpoints.dynamodb });
  const sqs = new SQSClient({ ...access, endpoint: endpoints.sqs, md5: false });
  const prefix = `bare-${randomBytes(4).toString('hex')}`;
  const tables = { events: `${prefix}-events`, usage: `${prefix}-usage`, users: `${prefix}-users` };
  const keys = (attributes: readonly string[]) =>
    attributes.map((name) => ({ AttributeName: name, AttributeType: 'S' as const }));
  const base = {
    BillingMode: 'PAY_PER_REQUEST' as const,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' as const },
      { AttributeName: 'sk', KeyType: 'RANGE' as const },
    ],
  };
  await dynamo.send(
    new CreateTableCommand({
      ...base,
      TableName: tables.events,
      AttributeDefinitions: keys(['pk', 'sk', 'u', 't']),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byUser',
          KeySchema: [
            { AttributeName: 'u', KeyType: 'HASH' },
            { AttributeName: 't', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  await dynamo.send(
    new CreateTableCommand({ ...base, TableName: tables.usage, AttributeDefinitions: keys(['pk', 'sk']) }),
  );
  await sqs.send(new CreateQueueCommand({ QueueName: prefix, Attributes: { VisibilityTimeout: '300' } }));
  const queueUrl = `${endpoints.sqs}/000000000000/${prefix}`;

  const store = async (run: string, first: number, count: number): Promise<void> => {
    const events = Array.from({ length: count }, (_, index) => {
      const body = trackEvent(run, first + index, '2026-11-23T12:00:00Z');
      return toTrackItem(body, JSON.stringify(body));
    });
    const items = events.map(({ item }) => item);
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      await dynamo.send(
        new PutItemCommand({
          TableName: tables.events,
          Item: { ...only },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    } else await insertItems(dynamo, tables.events, items);
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: toQueueMessage(events.map(({ key }) => key)),
      }),
    );
  };

  const read = async (keysOfEvents: readonly string[]): Promise<readonly DecidedEvent[]> => {
    const answer = await dynamo.send(
      new BatchGetItemCommand({
        RequestItems: {
          [tables.events]: {
            Keys: keysOfEvents.map((key) => ({ pk: { S: `e#${key}` }, sk: { S: 'e' } })),
            ConsistentRead: true,
          },
        },
      }),
    );
    return (answer.Responses?.[tables.events] ?? []).map((item) => {
      const uses = [{ featureId: 'messages', delta: '1' }];
      return { record: fromEventItem(item), generation: 1, decision: { kind: 'mapped', uses } };
    });
  };

  const count = async (messages: readonly Message[]): Promise<number> => {
    const eventKeys = messages.flatMap(({ Body: body = '' }) => parseQueueMessage(body) ?? []);
    const decided: DecidedEvent[] = [];
    for (let start = 0; start < eventKeys.length; start += READ_EVENTS_MAX) {
      decided.push(...(await read(eventKeys.slice(start, start + READ_EVENTS_MAX))));
    }
    for (const chunk of packChunks(decided, KNOWN_USERS)) {
      const { items } = planChunk(tables, chunk, KNOWN_USERS, new Map(), Date.now());
      await dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: items.map(({ item }) => item),
          ClientRequestToken: randomUUID(),
        }),
      );
    }
    return decided.length;
  };

  /** A batch as the mapping gathers it: until it is full or its window is over. */
  const gather = async (): Promise<readonly Message[]> => {
    const messages: Message[] = [];
    let deadline = Infinity;
    while (messages.length < MESSAGES_PER_BATCH && performance.now() < deadline) {
      const { Messages: received = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: RECEIVE_MESSAGES_MAX,
          WaitTimeSeconds: messages.length === 0 ? 1 : 0,
        }),
      );
      if (messages.length === 0) {
        if (received.length === 0) break;
        deadline = performance.now() + WINDOW_MS;
      }
      messages.push(...received);
      if (received.length < RECEIVE_MESSAGES_MAX) await setTimeout(WINDOW_POLL_MS);
    }
    return messages;
  };

  const remove = async (messages: readonly Message[]): Promise<void> => {
    for (let start = 0; start < messages.length; start += RECEIVE_MESSAGES_MAX) {
      const some = messages.slice(start, start + RECEIVE_MESSAGES_MAX);
      const Entries = some.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  };

  return {
    async run({ run, until, perRequest, connections }) {
      let next = 0;
      let stored = 0;
      let counted = 0;
      let storing = connections;
      const storer = async (): Promise<void> => {
        while (Date.now() < until) {
          const first = next;
          next += perRequest;
          await store(run, first, perRequest);
          stored += perRequest;
        }
        storing -= 1;
      };
      const counter = async (): Promise<void> => {
        while (storing > 0 || counted < stored) {
          const messages = await gather();
          // Not `counted += await …`: that adds to the value of before the wait, and the other counter's would be lost.
          const more = await count(messages);
          counted += more;
          await remove(messages);
        }
      };
      await Promise.all([...Array.from({ length: connections }, storer), counter(), counter()]);
      return counted;
    },
    store: (run, n) => store(run, n, 1),
    stop() {
      dynamo.destroy();
      sqs.destroy();
    },
  };
}
