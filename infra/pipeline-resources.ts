import { Duration, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bundledCode } from './function-code.ts';
import type { FunctionName, ResourceName } from './grants.ts';
import { BY_FEATURE_DAY_INDEX, BY_USER_INDEX, pinLogicalId, Storage } from './storage.ts';
import { secured, WorkQueue } from './work-queue.ts';

// What the functions share: tables, queues, the admin key, and the bundles, which are made together. Made before any function, so that functions depend on these
// and never on each other.

/** Of the consumers: the queues hide a message for six times as long. */
export const processTimeout = Duration.seconds(60);
export const reprocessTimeout = Duration.seconds(300);
export const importsTimeout = Duration.seconds(300);
/** Full batches of events make full transactions; a second of waiting is what a quiet stream pays for them. */
export const eventsBatchingWindow = Duration.seconds(1);

export class PipelineResources extends Construct {
  readonly storage: Storage;
  readonly eventsQueue: WorkQueue;
  readonly reprocessQueue: WorkQueue;
  readonly importsQueue: WorkQueue;
  readonly lostTriggers: Queue;
  readonly adminKey: Secret;
  readonly billingSecret: Secret;
  readonly code: Readonly<Record<FunctionName, Code>>;
  readonly arns: Readonly<Record<ResourceName, string>>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.storage = new Storage(this, 'Storage');
    this.eventsQueue = new WorkQueue(this, 'Events', {
      consumerTimeout: processTimeout,
      batchingWindow: eventsBatchingWindow,
    });
    this.reprocessQueue = new WorkQueue(this, 'Reprocess', { consumerTimeout: reprocessTimeout });
    this.importsQueue = new WorkQueue(this, 'Imports', { consumerTimeout: importsTimeout });
    // Where Lambda notes a stream record that it gave up. Its own queue, because such a note is no reprocess message: in
    // the reprocess dead letters a redrive would feed it to a function that cannot read it. Nobody consumes it: the timer
    // has already made good what was lost, so the note is evidence for a person.
    this.lostTriggers = new Queue(this, 'LostTriggers', { ...secured, retentionPeriod: Duration.days(14) });
    Validations.of(this.lostTriggers).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason:
        'It is a failure destination, the end of the line like a dead-letter queue; nobody consumes it.',
    });
    this.adminKey = new Secret(this, 'AdminKey', {
      description: 'Signs in to the Tallyhook dashboard and API as administrator.',
      // Letters and digits only: the key travels in headers and URLs unescaped.
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      // Replacing it by accident would lock everyone out.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    pinLogicalId(this.adminKey, 'AdminKey');
    Validations.of(this.adminKey).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'It signs a person in; a rotation on a schedule would lock that person out. Programs use keys made in the dashboard, which overlap when they are rotated.',
    });
    this.billingSecret = new Secret(this, 'BillingSecret', {
      description: 'What Stripe and Chargebee gave you: keys and webhook secrets, as JSON.',
      // Nothing secret yet. A deployment writes it only when this line changes, so what a person puts there stays.
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    pinLogicalId(this.billingSecret, 'BillingSecret');
    Validations.of(this.billingSecret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Only Stripe and Chargebee can make new keys; AWS has nothing to rotate them with.',
    });
    this.code = bundledCode(this);
    this.arns = this.resourceArns();
  }

  private resourceArns(): Record<ResourceName, string> {
    const { events, usage, users, config, operations } = this.storage;
    const configStreamArn = config.tableStreamArn;
    if (configStreamArn === undefined)
      throw new Error('The Config table has no stream, so no rule change would be seen.');
    return {
      EventsTable: events.tableArn,
      'EventsTable.byUser': `${events.tableArn}/index/${BY_USER_INDEX}`,
      UsageTable: usage.tableArn,
      'UsageTable.byFeatureDay': `${usage.tableArn}/index/${BY_FEATURE_DAY_INDEX}`,
      UsersTable: users.tableArn,
      ConfigTable: config.tableArn,
      'ConfigTable.stream': configStreamArn,
      OperationsTable: operations.tableArn,
      EventsQueue: this.eventsQueue.queue.queueArn,
      EventsDeadLetterQueue: this.eventsQueue.deadLetterQueue.queueArn,
      ReprocessQueue: this.reprocessQueue.queue.queueArn,
      LostTriggersQueue: this.lostTriggers.queueArn,
      ImportsQueue: this.importsQueue.queue.queueArn,
      AdminKey: this.adminKey.secretArn,
      BillingSecret: this.billingSecret.secretArn,
    };
  }
}
