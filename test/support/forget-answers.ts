import { ScanCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S } from '../../adapters/attributes.ts';

/** As if every request with an Idempotency-Key had been cut off, or were still at work: it began, and has no answer. */
export async function forgetAnswers(dynamo: DynamoDBClient, table: string): Promise<void> {
  const { Items: items = [] } = await dynamo.send(
    new ScanCommand({
      TableName: table,
      FilterExpression: 'begins_with(pk, :idem)',
      ExpressionAttributeValues: { ':idem': S('idem#') },
    }),
  );
  for (const { pk, sk } of items) {
    if (pk === undefined || sk === undefined) continue;
    await dynamo.send(
      new UpdateItemCommand({ TableName: table, Key: { pk, sk }, UpdateExpression: 'REMOVE sc, ct, b' }),
    );
  }
}
