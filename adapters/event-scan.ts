import { ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { S, type Item } from './attributes.ts';
import { EVENT_SK, eventPk } from './event-item.ts';

// Finds the events that a rule has counted, in all that is stored. No index leads to them: reverting and recounting are rare,
// and every event would pay for an index that only they need. The table is read in parts that have nothing in common, each
// from its own cursor.

/** Parts of one scan; several workers take one each. */
export const SCAN_SEGMENTS = 8;
/** Items that one page looks at. */
const ITEMS_PER_PAGE = 1_000;

export interface ScannedPage<Found> {
  readonly found: readonly Found[];
  /** Items that were looked at, of any kind. */
  readonly scanned: number;
  /** Where the next page begins; absent when this was the last. */
  readonly cursor?: string;
}

export class EventScan {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /**
   * Keys of events that the rule may have counted, and of those without an outcome. Consistent: an event that was stored
   * before the scan began is seen as it is when its page is read.
   */
  async countedOrOpen(segment: number, ruleId: string, cursor?: string): Promise<ScannedPage<string>> {
    const { items, ...page } = await this.page(segment, cursor, {
      FilterExpression:
        'sk = :e AND (st = :received OR st = :quarantined OR (st = :mapped AND contains(o, :rule)))',
      ExpressionAttributeValues: {
        ...countedBy(ruleId),
        ':received': S('received'),
        ':quarantined': S('quarantined'),
      },
      ProjectionExpression: 'pk',
    });
    return { ...page, found: items.map((item) => (item['pk']?.S ?? '').slice(eventPk('').length)) };
  }

  /** The items of events that the rule may have counted. */
  async counted(segment: number, ruleId: string, cursor?: string): Promise<ScannedPage<Item>> {
    const { items, ...page } = await this.page(segment, cursor, {
      FilterExpression: 'sk = :e AND st = :mapped AND contains(o, :rule)',
      ExpressionAttributeValues: countedBy(ruleId),
    });
    return { ...page, found: items };
  }

  private async page(
    segment: number,
    cursor: string | undefined,
    filter: Pick<
      ConstructorParameters<typeof ScanCommand>[0],
      'FilterExpression' | 'ExpressionAttributeValues' | 'ProjectionExpression'
    >,
  ): Promise<{ readonly items: readonly Item[]; readonly scanned: number; readonly cursor?: string }> {
    const answer = await this.dynamo.send(
      new ScanCommand({
        TableName: this.table,
        Segment: segment,
        TotalSegments: SCAN_SEGMENTS,
        Limit: ITEMS_PER_PAGE,
        ConsistentRead: true,
        ...filter,
        ...(cursor !== undefined && { ExclusiveStartKey: toStartKey(cursor) }),
      }),
    );
    const last = answer.LastEvaluatedKey;
    return {
      items: answer.Items ?? [],
      scanned: answer.ScannedCount ?? 0,
      ...(last !== undefined && { cursor: JSON.stringify([last['pk']?.S, last['sk']?.S]) }),
    };
  }
}

/** The outcome is JSON text, in which an id stands between quotation marks. */
const countedBy = (ruleId: string) => ({
  ':e': S(EVENT_SK),
  ':mapped': S('mapped'),
  ':rule': S(`"ruleId":${JSON.stringify(ruleId)}`),
});

const cursorSchema = z.tuple([z.string(), z.string()]);

function toStartKey(cursor: string): Record<string, { S: string }> {
  const [pk, sk] = z.parse(cursorSchema, JSON.parse(cursor));
  return { pk: { S: pk }, sk: { S: sk } };
}
