import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders } from './fixtures/temporary-folder.ts';
import { functionUrl, getAtt, lambda, queue, ref, table } from './fixtures/write-assembly.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({
    Items: table(),
    Other: table(),
    Work: queue(),
    Secret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: { GenerateSecretString: { PasswordLength: 20 } },
    },
    ...lambda(
      'Http',
      'http',
      [
        {
          Action: ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:Query'],
          Resource: getAtt('Items', 'Arn'),
        },
        { Action: 'dynamodb:*', Resource: getAtt('Other', 'Arn') },
        { Action: 'dynamodb:PutItem', Resource: getAtt('Other', 'Arn'), Effect: 'Deny' },
        { Action: 'secretsmanager:GetSecretValue', Resource: ref('Secret') },
        { Action: 'logs:PutLogEvents', Resource: '*' },
      ],
      {
        Timeout: 10,
        Environment: {
          Variables: {
            ITEMS_TABLE: ref('Items'),
            OTHER_TABLE: ref('Other'),
            WORK_QUEUE_URL: ref('Work'),
            SECRET_ARN: ref('Secret'),
          },
        },
      },
    ),
    ...functionUrl('Http', ['*']),
    ...lambda('Sender', 'http', [{ Action: 'sqs:Send*', Resource: getAtt('Work', 'Arn') }], {
      Timeout: 10,
      Environment: { Variables: { WORK_QUEUE_URL: ref('Work'), ITEMS_TABLE: ref('Items') } },
    }),
    ...functionUrl('Sender', ['/send']),
  });
});

afterAll(async () => {
  await fixture.runtime.stop();
  removeTemporaryFolders();
});

const ask = async (path: string): Promise<unknown> => await (await fixture.get(path)).json();

describe("a function's calls are allowed and denied by its role", () => {
  test('what the role allows is done', async () => {
    expect(await ask('/put?allowed')).toEqual({});
    expect(await ask('/get?allowed')).toEqual({ Item: { pk: { S: 'allowed' }, sk: { S: 's' } } });
    expect(await ask('/send?hello')).toMatchObject({ MessageId: expect.any(String) });
  });

  test('what the service itself refuses is answered with its error', async () => {
    expect(await ask('/send?%01')).toMatchObject({
      error: 'AWS.SimpleQueueService.InvalidMessageContents',
    });
  });

  test('an explicit deny wins over an allow, with the error that AWS gives', async () => {
    expect(await ask('/put-elsewhere')).toEqual({
      error: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/HttpRole/Http is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Other with an explicit deny in an identity-based policy',
    });
    await fixture.warning(/^Http was denied dynamodb:PutItem on .*table\/Other/);
  });

  test('a transaction needs the permission of each of its items, and is denied as a whole', async () => {
    expect(await ask('/transact-elsewhere')).toMatchObject({ error: 'AccessDeniedException' });
    expect(await ask('/get?t')).toEqual({});
  });

  test('the generated secret can be read, and is the admin key where it is the only one', async () => {
    expect(await ask('/secret')).toMatchObject({ SecretString: fixture.runtime.adminKey });
  });
});

test('the usage lists what each function called, was denied, and may call but never did', async () => {
  await Promise.all(['/put?usage', '/get?usage', '/put-elsewhere', '/secret', '/send?usage'].map(ask));
  const items = 'arn:aws:dynamodb:us-east-1:000000000000:table/Items';
  const other = 'arn:aws:dynamodb:us-east-1:000000000000:table/Other';
  const { Http, Sender } = fixture.runtime.iamUsage();
  expect(Http?.called).toEqual(
    expect.arrayContaining([`dynamodb:PutItem on ${items}`, `dynamodb:GetItem on ${items}`]),
  );
  expect(Http?.denied).toEqual([`dynamodb:PutItem on ${other}`]);
  expect(Http?.unused).toEqual([
    { action: 'dynamodb:Query', resource: items },
    { action: 'dynamodb:*', resource: other },
  ]);
  expect(Sender?.unused).toEqual([]);
});
