import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders } from './fixtures/temporary-folder.ts';
import {
  consumeQueue,
  functionUrl,
  getAtt,
  lambda,
  mapping,
  queue,
  ref,
  type Resources,
  table,
} from './fixtures/write-assembly.ts';

const resources: Resources = {
  Items: table(),
  Work: queue(),
  ...lambda(
    'Http',
    'http',
    [
      { Action: ['dynamodb:PutItem', 'dynamodb:GetItem'], Resource: getAtt('Items', 'Arn') },
      { Action: 'sqs:SendMessage', Resource: getAtt('Work', 'Arn') },
    ],
    { Timeout: 10, Environment: { Variables: { ITEMS_TABLE: ref('Items'), WORK_QUEUE_URL: ref('Work') } } },
  ),
  ...functionUrl('Http', ['*']),
  ...lambda('Consumer', 'consumer', [consumeQueue('Work')]),
  Mapping: mapping('Consumer', getAtt('Work', 'Arn'), { FunctionResponseTypes: ['ReportBatchItemFailures'] }),
};

let owner: Fixture;
let guest: Fixture;

beforeAll(async () => {
  owner = await startFixture({});
  const { dynamodb, sqs } = owner.runtime.endpoints;
  guest = await startFixture(resources, { dynamodbEndpoint: dynamodb, sqsEndpoint: sqs });
});

afterAll(async () => {
  await guest.runtime.stop();
  await owner.runtime.stop();
  removeTemporaryFolders();
});

test('with endpoints of other engines the template is created and run there, and nothing is embedded', async () => {
  expect(guest.runtime.endpoints).toEqual(owner.runtime.endpoints);
  expect(guest.runtime.memory().map(({ what }) => what)).not.toContain('DynamoDB');
  expect(await (await guest.get('/put?there')).json()).toEqual({});
  const client = new DynamoDBClient({
    endpoint: owner.runtime.endpoints.dynamodb,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: guest.runtime.tables['Items'],
      Key: { pk: { S: 'there' }, sk: { S: 's' } },
    }),
  );
  client.destroy();
  expect(Item).toMatchObject({ pk: { S: 'there' } });

  await guest.get(`/send?${encodeURIComponent('{"id":"through"}')}`);
  await guest.line('Consumer', /^received through/);
});
