import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';

/** One item of a transaction and the events that must be decided again when its condition fails. */
export interface PlannedItem {
  readonly item: TransactWriteItem;
  readonly owners: readonly string[];
}

/** DynamoDB's limit for one transaction. */
export const TRANSACTION_ITEMS_MAX = 100;
