import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { N, readN, readS, S } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { billingClaimKey } from './billing-claim-item.ts';

// A customer that its provider has deleted, and when: beside the claim of its billing id. News of it that are older come in
// late, and must not bring it back. It outlives its user, so it holds the id as a hash only.

const deletedCustomerKey = (billingId: string) => ({ ...billingClaimKey(billingId), sk: S('gone') });

/** When these customers were deleted, those that were. */
export async function deletedCustomers(
  dynamo: DynamoDBClient,
  table: string,
  billingIds: readonly string[],
): Promise<Map<string, number>> {
  const byKey = new Map(billingIds.map((billingId) => [deletedCustomerKey(billingId).pk.S, billingId]));
  const items = await batchGet(dynamo, table, [...byKey.values()].map(deletedCustomerKey));
  return new Map(
    items.flatMap((item) => {
      const billingId = byKey.get(readS(item, 'pk'));
      return billingId === undefined ? [] : [[billingId, readN(item, 'da')] as const];
    }),
  );
}

/** The later deletion stands; of two the condition of the earlier one fails. */
export const putDeletedCustomer = (table: string, billingId: string, at: number): TransactWriteItem => ({
  Put: {
    TableName: table,
    Item: { ...deletedCustomerKey(billingId), da: N(at) },
    ...olderThan(at),
  },
});

/** Fails when the customer was deleted at this time or later: what is written with it must not come after the deletion. */
export const notDeletedSince = (table: string, billingId: string, at: number): TransactWriteItem => ({
  ConditionCheck: { TableName: table, Key: deletedCustomerKey(billingId), ...olderThan(at) },
});

const olderThan = (at: number) => ({
  ConditionExpression: 'attribute_not_exists(pk) OR da < :at',
  ExpressionAttributeValues: { ':at': N(at) },
});
