import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S, type Item } from './attributes.ts';

/**
 * Reads the items of a partition whose sort keys are in the range, both ends included, consistently and in order. Returns
 * whether `take` was given all of them: false from it means enough.
 */
export async function queryBetween(
  dynamo: DynamoDBClient,
  table: string,
  { pk, first, last }: { readonly pk: string; readonly first: string; readonly last: string },
  take: (item: Item) => boolean,
): Promise<boolean> {
  let from: Item | undefined;
  do {
    const answer = await dynamo.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':pk': S(pk), ':first': S(first), ':last': S(last) },
        ConsistentRead: true,
        ...(from !== undefined && { ExclusiveStartKey: { ...from } }),
      }),
    );
    for (const item of answer.Items ?? []) if (!take(item)) return false;
    from = answer.LastEvaluatedKey;
  } while (from !== undefined);
  return true;
}
