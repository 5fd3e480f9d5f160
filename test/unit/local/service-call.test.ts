import { describe, expect, test } from '@jest/globals';
import { serviceCallOf } from '../../../local/iam/service-call.ts';

const needsOf = (target: string, body: unknown): string[] | undefined =>
  serviceCallOf(target, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))?.needs?.map(
    ({ action, resource }) => `${action} ${resource.replace('us-east-1:000000000000', '…')}`,
  );

const dynamodb = (operation: string): string => `DynamoDB_20120810.${operation}`;

describe('the permission that a call needs', () => {
  test.each([
    ['PutItem', { TableName: 'T', Item: {} }, 'dynamodb:PutItem arn:aws:dynamodb:…:table/T'],
    ['Query', { TableName: 'T' }, 'dynamodb:Query arn:aws:dynamodb:…:table/T'],
    [
      'Query',
      { TableName: 'T', IndexName: 'byUser' },
      'dynamodb:Query arn:aws:dynamodb:…:table/T/index/byUser',
    ],
    ['ListTables', {}, 'dynamodb:ListTables *'],
    [
      'GetItem',
      { TableName: 'arn:aws:dynamodb:us-east-1:000000000000:table/T' },
      'dynamodb:GetItem arn:aws:dynamodb:…:table/T',
    ],
  ])('%s %j', (operation, body, need) => {
    expect(needsOf(dynamodb(operation), body)).toEqual([need]);
  });

  test('is that of every item in a transaction, each once', () => {
    const body = {
      TransactItems: [
        { Put: { TableName: 'A', Item: {} } },
        { Put: { TableName: 'A', Item: {} } },
        { Update: { TableName: 'B' } },
        { ConditionCheck: { TableName: 'A' } },
        { Delete: { TableName: 'A' } },
      ],
    };
    expect(needsOf(dynamodb('TransactWriteItems'), body)).toEqual([
      'dynamodb:PutItem arn:aws:dynamodb:…:table/A',
      'dynamodb:UpdateItem arn:aws:dynamodb:…:table/B',
      'dynamodb:ConditionCheckItem arn:aws:dynamodb:…:table/A',
      'dynamodb:DeleteItem arn:aws:dynamodb:…:table/A',
    ]);
  });

  test('is that of every table in a batch', () => {
    expect(needsOf(dynamodb('BatchGetItem'), { RequestItems: { A: {}, B: {} } })).toEqual([
      'dynamodb:BatchGetItem arn:aws:dynamodb:…:table/A',
      'dynamodb:BatchGetItem arn:aws:dynamodb:…:table/B',
    ]);
  });

  test('is that of inserting for every table in a batch of INSERT statements, each once', () => {
    const insert = (table: string) => ({
      Statement: `INSERT INTO "${table}" VALUE {'pk': ?}`,
      Parameters: [],
    });
    const body = { Statements: [insert('A'), insert('B'), insert('A')] };
    expect(needsOf(dynamodb('BatchExecuteStatement'), body)).toEqual([
      'dynamodb:PartiQLInsert arn:aws:dynamodb:…:table/A',
      'dynamodb:PartiQLInsert arn:aws:dynamodb:…:table/B',
    ]);
  });

  test('for a batch of messages is that of one', () => {
    const QueueUrl = 'http://127.0.0.1:1/000000000000/Work';
    expect(needsOf('AmazonSQS.SendMessageBatch', { QueueUrl })).toEqual([
      'sqs:SendMessage arn:aws:sqs:…:Work',
    ]);
    expect(needsOf('AmazonSQS.DeleteMessageBatch', { QueueUrl })).toEqual([
      'sqs:DeleteMessage arn:aws:sqs:…:Work',
    ]);
  });

  test('for a secret is on its ARN, whether it is asked for by ARN or by name', () => {
    const need = ['secretsmanager:GetSecretValue arn:aws:secretsmanager:…:secret:Key'];
    const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:Key';
    expect(needsOf('secretsmanager.GetSecretValue', { SecretId: arn })).toEqual(need);
    expect(needsOf('secretsmanager.GetSecretValue', { SecretId: 'Key' })).toEqual(need);
  });
});

describe('what users write cannot pass for the name of a table', () => {
  test.each([
    ['in a text', { Item: { a: { S: '","TableName":"Forged","b":"' } }, TableName: 'Real' }],
    ['as the name of an attribute', { Item: { TableName: { S: 'Forged' } }, TableName: 'Real' }],
    ['as a placeholder', { ExpressionAttributeNames: { '#t': 'TableName' }, TableName: 'Real' }],
    [
      'in a text that ends with a backslash',
      { Item: { a: { S: 'x\\' }, TableName: { S: 'Forged' } }, TableName: 'Real' },
    ],
  ])('%s', (_, body) => {
    expect(needsOf(dynamodb('PutItem'), body)).toEqual(['dynamodb:PutItem arn:aws:dynamodb:…:table/Real']);
  });

  test('and a body with white space or escapes is parsed', () => {
    expect(needsOf(dynamodb('PutItem'), '{ "TableName" : "Real" }')).toEqual([
      'dynamodb:PutItem arn:aws:dynamodb:…:table/Real',
    ]);
    expect(needsOf(dynamodb('PutItem'), '{"TableName":"R\\u0065al"}')).toEqual([
      'dynamodb:PutItem arn:aws:dynamodb:…:table/Real',
    ]);
  });
});

test.each([
  ['a call without a table', dynamodb('PutItem'), '{}'],
  ['a body that is no JSON', dynamodb('PutItem'), 'nonsense'],
  ['SQL, whose tables are not looked for', dynamodb('ExecuteStatement'), '{"Statement":"SELECT * FROM T"}'],
  [
    'a batch in which a statement is no INSERT',
    dynamodb('BatchExecuteStatement'),
    `{"Statements":[{"Statement":"INSERT INTO \\"T\\" VALUE {'pk': ?}"},{"Statement":"DELETE FROM \\"T\\" WHERE pk = ?"}]}`,
  ],
  [
    'an unknown kind of item in a transaction',
    dynamodb('TransactWriteItems'),
    '{"TransactItems":[{"Merge":{"TableName":"A"}}]}',
  ],
])('%s has no permission that could allow it', (_, target, body) => {
  expect(serviceCallOf(target, Buffer.from(body))).toMatchObject({ needs: undefined });
});

test('a service that is not here is none', () => {
  expect(serviceCallOf('Logs_20140328.PutLogEvents', Buffer.from('{}'))).toBeUndefined();
});
