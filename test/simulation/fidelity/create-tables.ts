import type { Tables } from './compare-dynamo.ts';
import type { JsonService } from './json-service.ts';

/** Makes the two tables of the comparison: a plain one, and one with the index of the Events table. */
export async function createTables(service: JsonService): Promise<Tables> {
  const tables = { table: 'plain', indexed: 'indexed' };
  const keys = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
  const attributes = (...names: readonly string[]) =>
    names.map((name) => ({ AttributeName: name, AttributeType: 'S' }));
  const common = { BillingMode: 'PAY_PER_REQUEST', KeySchema: keys('pk', 'sk') };
  const inputs = [
    { ...common, TableName: tables.table, AttributeDefinitions: attributes('pk', 'sk') },
    {
      ...common,
      TableName: tables.indexed,
      AttributeDefinitions: attributes('pk', 'sk', 'u', 't'),
      GlobalSecondaryIndexes: [
        { IndexName: 'byUser', KeySchema: keys('u', 't'), Projection: { ProjectionType: 'KEYS_ONLY' } },
      ],
    },
  ];
  for (const input of inputs) {
    const { status, body } = await service.call('DynamoDB_20120810.CreateTable', input);
    if (status !== 200) throw new Error(`A table was not created: ${JSON.stringify(body)}`);
  }
  return tables;
}
