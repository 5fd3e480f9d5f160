import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { deletedCustomers, putDeletedCustomer } from '../../adapters/deleted-customer-item.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let table: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).users;
});

const put = (at: number) =>
  dynamo.client.send(
    new TransactWriteItemsCommand({ TransactItems: [putDeletedCustomer(table, 'cus_1', at)] }),
  );

test('of two deletions of a customer the later one stands, in whichever order they come', async () => {
  await put(5);
  await put(9);
  await expect(put(7)).rejects.toThrow(TransactionCanceledException);
  expect(await deletedCustomers(dynamo.client, table, ['cus_1', 'cus_2'])).toEqual(new Map([['cus_1', 9]]));
});
