// What each function may do, to the action: the whole of it, except writing to its own log group. Roles are built from
// this table and from nothing else; CDK's own grants are switched off (pipeline-function.ts), because they give whole
// groups of actions. A transaction needs no action of its own: DynamoDB authorises each of its items (PutItem,
// UpdateItem, DeleteItem, ConditionCheckItem). SQS batches likewise count as their single actions.

export const functionNames = ['ingest', 'process', 'reprocess', 'imports', 'admin'] as const;
export type FunctionName = (typeof functionNames)[number];

export const resourceNames = [
  'EventsTable',
  'EventsTable.byUser',
  'UsageTable',
  'UsageTable.byFeatureDay',
  'UsersTable',
  'ConfigTable',
  'ConfigTable.stream',
  'OperationsTable',
  'EventsQueue',
  'EventsDeadLetterQueue',
  'ReprocessQueue',
  'LostTriggersQueue',
  'ImportsQueue',
  'AdminKey',
  'BillingSecret',
] as const;
export type ResourceName = (typeof resourceNames)[number];

type Grants = Partial<Record<ResourceName, readonly string[]>>;

// What Lambda's pollers do in the name of the function's role:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
const consumeQueue = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const readStream = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

// Deciding and committing is one path, called live and when reprocessing.
const settleEvents: Grants = {
  // Finding and deleting is for the parts of a body whose user has been erased.
  EventsTable: [
    'dynamodb:BatchGetItem',
    'dynamodb:DeleteItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
  ],
  UsageTable: ['dynamodb:UpdateItem'],
  // Deleting is for rows of lists and groups that a user leaves; the update counts.
  UsersTable: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
  ConfigTable: ['dynamodb:GetItem', 'dynamodb:Query'],
};

export const grants: Readonly<Record<FunctionName, Grants>> = {
  ingest: {
    // Reading is for bodies in parts: a duplicate is compared with what is stored. The parts of the largest take two
    // transactions; the first checks that the event is not there.
    // Arrays are stored by PartiQL's INSERT, many in one request (adapters/insert-items.ts).
    EventsTable: [
      'dynamodb:BatchGetItem',
      'dynamodb:ConditionCheckItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    OperationsTable: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    EventsQueue: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
  },
  process: {
    ...settleEvents,
    EventsQueue: consumeQueue,
    EventsDeadLetterQueue: consumeQueue,
  },
  reprocess: {
    ...settleEvents,
    EventsTable: [
      'dynamodb:BatchGetItem',
      // A user whose erasure took too much comes back while an event of it is there.
      'dynamodb:ConditionCheckItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      // Reverting and recounting find their events by going through all of them.
      'dynamodb:Scan',
      'dynamodb:UpdateItem',
    ],
    // Erasures read and clear what belongs to a user.
    'EventsTable.byUser': ['dynamodb:Query'],
    // A reconciliation reads all counters, and some of them again.
    UsageTable: [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:Query',
      'dynamodb:Scan',
      'dynamodb:UpdateItem',
    ],
    UsersTable: [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
    OperationsTable: [
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
    'ConfigTable.stream': readStream,
    EventsQueue: ['sqs:SendMessage'],
    ReprocessQueue: [...consumeQueue, 'sqs:SendMessage'],
    // Lambda reports a stream record that it gave up in the name of the function's role.
    LostTriggersQueue: ['sqs:SendMessage'],
  },
  imports: {
    UsersTable: [
      'dynamodb:BatchGetItem',
      'dynamodb:ConditionCheckItem',
      'dynamodb:DeleteItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    ConfigTable: ['dynamodb:GetItem', 'dynamodb:Query'],
    OperationsTable: [
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    ImportsQueue: [...consumeQueue, 'sqs:SendMessage'],
    BillingSecret: ['secretsmanager:GetSecretValue'],
  },
  admin: {
    EventsTable: [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      // What a revert would change is looked for, for some seconds, in all events.
      'dynamodb:Scan',
      'dynamodb:UpdateItem',
    ],
    'EventsTable.byUser': ['dynamodb:Query'],
    UsageTable: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
    'UsageTable.byFeatureDay': ['dynamodb:Query'],
    // Small files are imported at once.
    UsersTable: [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
    ConfigTable: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    OperationsTable: [
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
    EventsQueue: ['sqs:SendMessage'],
    // Reconciliations go on in the reprocess function, and an erasure begins there at once.
    ReprocessQueue: ['sqs:SendMessage'],
    ImportsQueue: ['sqs:SendMessage'],
    AdminKey: ['secretsmanager:GetSecretValue'],
    // Only to say in the settings what is configured.
    BillingSecret: ['secretsmanager:GetSecretValue'],
  },
};
