import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { EVENT_SK, eventPk, toBodyItems, toEventItem } from '../../adapters/event-item.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { settleEvents } from '../../adapters/settle-events.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { toNewEvent, type EventPayload } from '../support/admin.ts';

const runningSchema = z.object({ dynamodbEndpoint: z.string() });

/** Stores an event whose body cannot be read, lets the last chance give it up, and mends it: it waits in quarantine. */
export async function quarantineEvent(dataDir: string, payload: EventPayload): Promise<void> {
  const { dynamodbEndpoint: endpoint } = runningSchema.parse(
    JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8')),
  );
  const dynamo = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    const tables = {
      events: 'EventsTable',
      usage: 'UsageTable',
      users: 'UsersTable',
      config: 'ConfigTable',
      operations: 'OperationsTable',
    };
    const event = toNewEvent(payload, Date.now());
    const setBody = async (body: Uint8Array | undefined): Promise<void> => {
      await dynamo.send(
        new UpdateItemCommand({
          TableName: tables.events,
          Key: { pk: { S: eventPk(event.key) }, sk: { S: EVENT_SK } },
          UpdateExpression: 'SET b = :b',
          ExpressionAttributeValues: { ':b': { B: body ?? new Uint8Array() } },
        }),
      );
    };
    const events = new EventStore(dynamo, tables.events);
    await events.put(event);
    await setBody(Buffer.from('nonsense'));
    const settling = {
      dynamo,
      tables,
      events,
      users: new UserStore(dynamo, tables.users),
      rulesets: new RulesetStore(dynamo, tables.config),
      now: Date.now,
    };
    await settleEvents(settling, [event.key], { from: 'received', deadline: Infinity, quarantine: true });
    await setBody(toEventItem(event, toBodyItems(event.key, event.text, () => '').inline)['b']?.B);
  } finally {
    dynamo.destroy();
  }
}
