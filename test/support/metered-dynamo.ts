import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';

/** A client that adds up what DynamoDB says that its requests consumed. */
export function meteredDynamo(endpoint: string) {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const consumed: { table: string; units: number }[] = [];
  const capacitySchema = z.object({ TableName: z.string(), CapacityUnits: z.number() });
  const answerSchema = z.object({
    // One, or one per table of a batch.
    output: z.object({ ConsumedCapacity: z.union([capacitySchema, z.array(capacitySchema)]).default([]) }),
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
      const { ConsumedCapacity: capacity } = answerSchema.parse(answer).output;
      for (const { TableName: table, CapacityUnits: units } of [capacity].flat())
        consumed.push({ table, units });
      return answer;
    },
    { step: 'initialize', name: 'meter' },
  );
  return { client, consumed };
}
