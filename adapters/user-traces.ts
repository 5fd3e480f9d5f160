import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  QueryCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { N, readN, readS, S, type Item } from './attributes.ts';
import type { Tables } from './commit-plan.ts';
import { eventPk, timelineKey } from './event-item.ts';
import { groupItemKey } from './unmapped-item.ts';

// Where one user id has left something, for whoever erases it.

export interface EventPage {
  readonly keys: readonly string[];
  /** Where the next page begins; absent when this was the last. */
  readonly cursor?: string;
}

const EVENTS_PER_PAGE = 200;

export class UserTraces {
  private readonly dynamo: DynamoDBClient;
  private readonly tables: Tables;

  constructor(dynamo: DynamoDBClient, tables: Tables) {
    this.dynamo = dynamo;
    this.tables = tables;
  }

  /** Keys of the events of an id, oldest first, from the by-user index (eventually consistent), after `cursor`. */
  async events(userKey: string, cursor?: string): Promise<EventPage> {
    const after = cursor ?? '';
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.tables.events,
        IndexName: 'byUser',
        KeyConditionExpression: 'u = :u AND t > :after',
        ExpressionAttributeValues: { ':u': S(userKey), ':after': S(after === '' ? FIRST : after) },
        Limit: EVENTS_PER_PAGE,
      }),
    );
    const last = answer.LastEvaluatedKey?.['t']?.S;
    return {
      keys: (answer.Items ?? []).map((item) => readS(item, 'pk').slice(eventPk('').length)),
      ...(last !== undefined && { cursor: last }),
    };
  }

  /** Removes the usage rows of an id in which nothing is counted any more; returns how many. */
  async removeEmptyUsage(userKey: string): Promise<number> {
    const pk = S(`u#${userKey}`);
    let removed = 0;
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.tables.usage,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      for (const row of answer.Items ?? []) {
        if (readN(row, 'n') !== 0) continue;
        // Somebody of the same id may be counted here by now: a new user, or an event that the next pass erases.
        if (await this.removeIfZero(this.tables.usage, { pk, sk: S(readS(row, 'sk')) }, 'n')) removed += 1;
      }
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return removed;
  }

  /**
   * Removes a shard of an unmapped group when nothing waits in it: the name of its events may have been this user's alone.
   * Its fence goes with it. A decision made before it was raised may then add a row again, with the generation of that
   * decision as `swept`, which is what the timer looks for (docs/decisions/0002).
   */
  async removeEmptyGroup(unmappedIn: string): Promise<void> {
    await this.removeIfZero(this.tables.events, groupItemKey(unmappedIn), 'c');
  }

  private async removeIfZero(table: string, key: Item, count: string): Promise<boolean> {
    try {
      await this.dynamo.send(
        new DeleteItemCommand({
          TableName: table,
          Key: { ...key },
          ConditionExpression: `${count} = :none`,
          ExpressionAttributeValues: { ':none': N(0) },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

const FIRST = timelineKey(0, '');
