import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ArrivalDay } from '../core/arrivals.ts';
import { ARRIVAL_SHARDS, arrivalsPk, fromArrivalItem } from './arrival-item.ts';
import { queryBetween } from './query-between.ts';
import type { DayRange } from './usage-store.ts';

/** Reads how many events came in. */
export class ArrivalStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  /** `table`: that of usage. */
  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** Gives `take` the rows of these days, a day once per shard that has something of it. */
  async between({ from, to }: DayRange, take: (day: ArrivalDay) => void): Promise<void> {
    const shards = Array.from({ length: ARRIVAL_SHARDS }, (_, shard) => arrivalsPk(shard));
    await Promise.all(
      shards.map((pk) =>
        queryBetween(this.dynamo, this.table, { pk, first: from, last: to }, (item) => {
          take(fromArrivalItem(item));
          return true;
        }),
      ),
    );
  }
}
