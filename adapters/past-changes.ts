import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventMatcher } from '../core/mapping/rule.ts';
import { S, type Item } from './attributes.ts';
import { fromHistoryItem, historyPk } from './config-item.ts';
import { fromPastItem, PAST_PK, pastSk, type PastChangeRecord } from './past-change-item.ts';

// What reprocessing reads of the changes of the past, always consistently.

export class PastChanges {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** The first change after this generation. */
  async after(generation: number): Promise<PastChangeRecord | undefined> {
    const { Items: items } = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk AND sk > :sk',
        ExpressionAttributeValues: { ':pk': S(PAST_PK), ':sk': S(pastSk(generation)) },
        ConsistentRead: true,
        Limit: 1,
      }),
    );
    return items?.[0] === undefined ? undefined : fromPastItem(items[0]);
  }

  /** Every event matcher that the rule has ever had, each once. */
  async matchersOf(ruleId: string): Promise<readonly EventMatcher[]> {
    const matchers = new Map<string, EventMatcher>();
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S(historyPk(ruleId)) },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of answer.Items ?? []) {
        const { event } = fromHistoryItem(item).body;
        matchers.set(JSON.stringify(event), event);
      }
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return [...matchers.values()];
  }
}
