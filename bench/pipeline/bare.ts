import { randomBytes, randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { fromEventItem, toBodyItems, toEventItem, type NewEvent } from '../../adapters/event-item.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { insertItems } from '../../adapters/insert-items.ts';
import { NO_FACTS } from '../../core/identity/identity-draft.ts';
import { newNode, type UserNode } from '../../core/identity/user-node.ts';
import { trackEvent } from './load.ts';

// What the engines themselves can do: the same puts, messages, reads and transactions as the pipeline makes for the same
// events, from a loop with nothing around them: no HTTP, no functions, no roles, no checks, no rules.

export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
}

const EVENTS_PER_TRANSACTION = 75; // what 100 items hold when five events in a row belong to one user

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
    const now = Date.now();
    const events = Array.from({ length: count }, (_, index): NewEvent => {
      const body = trackEvent(run, first + index, '2026-11-23T12:00:00Z');
      return {
        key: eventKeyOf(body.messageId),
        messageId: body.messageId,
        type: 'track',
        userId: body.userId,
        name: body.event,
        time: now,
        receivedAt: now,
        dialect: 'webhook',
        apiKeyId: 'key_0123456789abcdef',
        text: JSON.stringify(body),
      };
    });
    const items = events.map((event) =>
      toEventItem(event, toBodyItems(event.key, event.text, () => '').inline),
    );
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

  /** Everybody exists: the bare loop creates no users. */
  const somebody = newNode({ key: '=u', userId: 'u' }, { said: {}, createdAt: 1 });
  const everybody = new (class extends Map<string, UserNode> {
    override get(): UserNode {
      return somebody;
    }
  })();

  const count = async (keysOfEvents: readonly string[]): Promise<number> => {
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
    const decided = (answer.Responses?.[tables.events] ?? []).map((item): DecidedEvent => {
      const uses = [{ featureId: 'messages', delta: '1' }];
      return { record: fromEventItem(item), generation: 1, decision: { kind: 'mapped', uses } };
    });
    for (let start = 0; start < decided.length; start += EVENTS_PER_TRANSACTION) {
      const { items } = planChunk(
        tables,
        decided.slice(start, start + EVENTS_PER_TRANSACTION),
        { ...NO_FACTS, nodes: everybody },
        new Map(),
        Date.now(),
      );
      await dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: items.map(({ item }) => item),
          ClientRequestToken: randomUUID(),
        }),
      );
    }
    return decided.length;
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
          const answer = await sqs.send(
            new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
          );
          const messages = answer.Messages ?? [];
          const eventKeys = messages.flatMap(
            ({ Body: body = '{}' }) => /\[(.*)\]/.exec(body)?.[1]?.split(',') ?? [],
          );
          const plain = eventKeys.map((key) => key.slice(1, -1));
          for (let start = 0; start < plain.length; start += 100) {
            // Not `counted += await …`: that adds to the value of before the wait, and the other counter's would be lost.
            const more = await count(plain.slice(start, start + 100));
            counted += more;
          }
          await Promise.all(
            messages.map(({ ReceiptHandle: handle }) =>
              sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: handle })),
            ),
          );
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
