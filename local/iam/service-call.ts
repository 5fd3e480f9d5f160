import { z } from 'zod';
import { arnOf } from '../local-account.ts';

// What a request to DynamoDB, SQS or Secrets Manager needs permission for: pairs of an IAM action and a resource, as in
// AWS's service authorization reference. This runs for every call of every function, so the two properties that name the
// resource are found in the bytes without parsing the body, wherever that is certain to be right.

export type Service = 'dynamodb' | 'sqs' | 'secretsmanager';

export interface ServiceCall {
  readonly service: Service;
  readonly operation: string;
  /** `undefined`: the call cannot be attributed to anything that a policy could allow. */
  readonly needs: readonly Need[] | undefined;
}

export interface Need {
  /** For example `dynamodb:PutItem`. */
  readonly action: string;
  readonly resource: string;
}

const EVERYTHING = '*';

const SERVICES: ReadonlyMap<string, Service> = new Map([
  ['DynamoDB_20120810', 'dynamodb'],
  ['DynamoDBStreams_20120810', 'dynamodb'],
  ['AmazonSQS', 'sqs'],
  ['secretsmanager', 'secretsmanager'],
]);

/** `target` is the X-Amz-Target header. Undefined: no service that exists here. */
export function serviceCallOf(target: string, body: Buffer): ServiceCall | undefined {
  const dot = target.indexOf('.');
  const service = SERVICES.get(target.slice(0, dot));
  if (service === undefined) return undefined;
  const operation = target.slice(dot + 1);
  switch (service) {
    case 'dynamodb':
      return { service, operation, needs: dynamodbNeeds(operation, body) };
    case 'sqs':
      return { service, operation, needs: sqsNeeds(operation, body) };
    case 'secretsmanager':
      return { service, operation, needs: secretNeeds(operation, body) };
  }
}

function dynamodbNeeds(operation: string, body: Buffer): readonly Need[] | undefined {
  switch (operation) {
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return transactionNeeds(body);
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return batchNeeds(operation, body);
    case 'ListTables':
    case 'ListStreams':
      return [{ action: `dynamodb:${operation}`, resource: EVERYTHING }];
    case 'BatchExecuteStatement':
      return statementNeeds(body);
    case 'ExecuteStatement':
    case 'ExecuteTransaction':
      return undefined;
    default: {
      const table = textProperty(body, 'TableName');
      if (table === undefined) return undefined;
      const index =
        operation === 'Query' || operation === 'Scan' ? textProperty(body, 'IndexName') : undefined;
      const resource = index === undefined ? tableArn(table) : `${tableArn(table)}/index/${index}`;
      return [{ action: `dynamodb:${operation}`, resource }];
    }
  }
}

const tableSchema = z.object({ TableName: z.string() });
const transactionSchema = z.object({ TransactItems: z.array(z.record(z.string(), tableSchema)) });
const batchSchema = z.object({ RequestItems: z.record(z.string(), z.unknown()) });

const TRANSACTION_ACTIONS: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
  Get: 'dynamodb:GetItem',
};

function transactionNeeds(body: Buffer): readonly Need[] | undefined {
  const parsed = transactionSchema.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const needs = new Map<string, Need>();
  for (const item of parsed.data.TransactItems) {
    for (const [kind, { TableName }] of Object.entries(item)) {
      const action = TRANSACTION_ACTIONS[kind];
      if (action === undefined) return undefined;
      needs.set(`${action} ${TableName}`, { action, resource: tableArn(TableName) });
    }
  }
  return [...needs.values()];
}

function batchNeeds(operation: string, body: Buffer): readonly Need[] | undefined {
  const parsed = batchSchema.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  return Object.keys(parsed.data.RequestItems).map((table) => ({
    action: `dynamodb:${operation}`,
    resource: tableArn(table),
  }));
}

const statementsSchema = z.object({ Statements: z.array(z.object({ Statement: z.string() })) });
/** The only kind of statement that is sent. What a statement does and to which table is read, not guessed, so others are refused. */
const INSERT = /^INSERT INTO "([\w.-]+)" VALUE /;

/** PartiQL has actions of its own: `dynamodb:PutItem` does not allow an INSERT. */
function statementNeeds(body: Buffer): readonly Need[] | undefined {
  const parsed = statementsSchema.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const tables = new Set<string>();
  for (const { Statement: statement } of parsed.data.Statements) {
    const table = INSERT.exec(statement)?.[1];
    if (table === undefined) return undefined;
    tables.add(table);
  }
  return [...tables].map((table) => ({ action: 'dynamodb:PartiQLInsert', resource: tableArn(table) }));
}

/** Batches need the permission of the single call. */
const SQS_ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

function sqsNeeds(operation: string, body: Buffer): readonly Need[] | undefined {
  const action = `sqs:${SQS_ACTIONS[operation] ?? operation}`;
  if (operation === 'ListQueues') return [{ action, resource: EVERYTHING }];
  const name = textProperty(body, 'QueueUrl') ?? textProperty(body, 'QueueName');
  if (name === undefined) return undefined;
  return [{ action, resource: arnOf('sqs', name.slice(name.lastIndexOf('/') + 1)) }];
}

function secretNeeds(operation: string, body: Buffer): readonly Need[] | undefined {
  const id = textProperty(body, 'SecretId');
  if (id === undefined) return undefined;
  const resource = id.startsWith('arn:') ? id : arnOf('secretsmanager', `secret:${id}`);
  return [{ action: `secretsmanager:${operation}`, resource }];
}

function tableArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arnOf('dynamodb', `table/${nameOrArn}`);
}

/**
 * The text of a property of the request, found without parsing. `"Name":"` can only be that property: within a JSON string
 * every quote has a backslash before it, and attributes that users name hold objects (`"Name":{"S":…}`), never text.
 * Bodies with white space or an escaped value are parsed.
 */
function textProperty(body: Buffer, name: string): string | undefined {
  const start = `"${name}":"`;
  const found = body.indexOf(start);
  if (found >= 0) {
    const end = body.indexOf(0x22, found + start.length);
    const value = body.toString('utf8', found + start.length, end);
    if (end >= 0 && !value.includes('\\')) return value;
  }
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const value: unknown = Object.entries(parsed).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}

function parseJson(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return value;
  } catch {
    return undefined;
  }
}
