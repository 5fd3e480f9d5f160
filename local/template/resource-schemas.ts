import { z } from 'zod';

// The properties of each resource type that the runtime acts on, after intrinsics are resolved. Every schema is strict:
// a property is acted on, or listed under `passedOver` because it changes nothing on one machine, or stops the start.

const text = z.string().min(1);
const count = z.coerce.number().int().min(0);

type PassedOver<Name extends string> = Record<Name, z.ZodOptional<z.ZodUnknown>>;

function passedOver<const Name extends string>(...names: Name[]): PassedOver<Name> {
  const optional = z.unknown().optional();
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- fromEntries forgets the names
  return Object.fromEntries(names.map((name) => [name, optional])) as PassedOver<Name>;
}

const keySchema = z.array(z.object({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) })).min(1);
const projection = z.object({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(text).optional(),
});
const index = z.strictObject({
  IndexName: text,
  KeySchema: keySchema,
  Projection: projection,
  ...passedOver(
    'ContributorInsightsSpecification',
    'OnDemandThroughput',
    'ProvisionedThroughput',
    'ReadOnDemandThroughputSettings',
    'ReadProvisionedThroughputSettings',
    'WarmThroughput',
    'WriteOnDemandThroughputSettings',
    'WriteProvisionedThroughputSettings',
  ),
});
const streamView = z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']);

/** Both `AWS::DynamoDB::Table` and `AWS::DynamoDB::GlobalTable`, which differ in what is passed over. */
export const tableSchema = z.strictObject({
  TableName: text.optional(),
  AttributeDefinitions: z
    .array(z.object({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) }))
    .min(1),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(index).default([]),
  LocalSecondaryIndexes: z.array(index).default([]),
  StreamSpecification: z.strictObject({ StreamViewType: streamView }).optional(),
  TimeToLiveSpecification: z
    .strictObject({ AttributeName: text.optional(), Enabled: z.boolean() })
    .optional(),
  ...passedOver(
    'BillingMode',
    'ContributorInsightsSpecification',
    'DeletionProtectionEnabled',
    'OnDemandThroughput',
    'PointInTimeRecoverySpecification',
    'ProvisionedThroughput',
    'Replicas',
    'SSESpecification',
    'TableClass',
    'Tags',
    'WarmThroughput',
    'WriteOnDemandThroughputSettings',
    'WriteProvisionedThroughputSettings',
  ),
});

export const queueSchema = z.strictObject({
  QueueName: text.optional(),
  VisibilityTimeout: count.default(30),
  MessageRetentionPeriod: count.default(345_600),
  DelaySeconds: count.default(0),
  MaximumMessageSize: count.default(1_048_576),
  ReceiveMessageWaitTimeSeconds: count.default(0),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: text, maxReceiveCount: count }).optional(),
  ...passedOver(
    'KmsDataKeyReusePeriodSeconds',
    'KmsMasterKeyId',
    'RedriveAllowPolicy',
    'SqsManagedSseEnabled',
    'Tags',
  ),
});

export const functionSchema = z.strictObject({
  FunctionName: text.optional(),
  Handler: text,
  Runtime: z.string().regex(/^nodejs\d+\.x$/, 'only Node.js runtimes run here'),
  Code: z.strictObject({ S3Bucket: z.unknown(), S3Key: text, ...passedOver('S3ObjectVersion') }),
  Role: text,
  Timeout: z.coerce.number().int().min(1).max(900).default(3),
  MemorySize: z.coerce.number().int().min(128).max(10_240).default(128),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  ReservedConcurrentExecutions: count.optional(),
  PackageType: z.literal('Zip').optional(),
  ...passedOver(
    'Architectures',
    'Description',
    'EphemeralStorage',
    'LoggingConfig',
    'RecursiveLoop',
    'RuntimeManagementConfig',
    'Tags',
    'TracingConfig',
  ),
});

const destination = z.strictObject({ Destination: text });

export const eventSourceMappingSchema = z.strictObject({
  EventSourceArn: text,
  FunctionName: text,
  Enabled: z.boolean().default(true),
  BatchSize: z.coerce.number().int().min(1).max(10_000).optional(),
  MaximumBatchingWindowInSeconds: count.max(300).default(0),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.coerce.number().int().min(2).max(1000) }).optional(),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: text })) }).optional(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).optional(),
  BisectBatchOnFunctionError: z.boolean().default(false),
  MaximumRetryAttempts: z.coerce.number().int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.coerce.number().int().min(-1).default(-1),
  DestinationConfig: z.strictObject({ OnFailure: destination.optional() }).optional(),
  ...passedOver('MetricsConfig', 'ParallelizationFactor', 'Tags'),
});

export const urlSchema = z.strictObject({
  TargetFunctionArn: text,
  AuthType: z.literal('NONE', 'only public Function URLs are served here'),
  InvokeMode: z.literal('BUFFERED', 'only buffered responses are served here').optional(),
  Cors: z
    .strictObject({
      AllowOrigins: z.array(z.string()).default([]),
      AllowMethods: z.array(z.string()).default([]),
      AllowHeaders: z.array(z.string()).default([]),
      ExposeHeaders: z.array(z.string()).default([]),
      AllowCredentials: z.boolean().default(false),
      MaxAge: count.optional(),
    })
    .optional(),
});

export const urlPathsSchema = z.array(z.string().regex(/^(\*|\/[^*]*\*?)$/)).min(1);

export const permissionSchema = z.strictObject({
  Action: text,
  FunctionName: text,
  Principal: text,
  FunctionUrlAuthType: text.optional(),
  ...passedOver('InvokedViaFunctionUrl', 'SourceAccount', 'SourceArn'),
});

export const eventInvokeConfigSchema = z.strictObject({
  FunctionName: text,
  Qualifier: z.literal('$LATEST'),
  MaximumRetryAttempts: count.max(2).default(2),
  ...passedOver('MaximumEventAgeInSeconds'),
});

export const ruleSchema = z.strictObject({
  Name: text.optional(),
  ScheduleExpression: text,
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z
    .array(z.strictObject({ Arn: text, Id: text, Input: text.optional(), ...passedOver('RetryPolicy') }))
    .default([]),
  ...passedOver('Description', 'Tags'),
});

const oneOrMore = z.union([z.string().transform((entry) => [entry]), z.array(z.string())]);

export const policyDocumentSchema = z.object({
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.enum(['Allow', 'Deny']),
      Action: oneOrMore.optional(),
      NotAction: oneOrMore.optional(),
      Resource: oneOrMore.optional(),
      NotResource: oneOrMore.optional(),
      Condition: z.unknown().optional(),
    }),
  ),
});

export const roleSchema = z.strictObject({
  RoleName: text.optional(),
  ManagedPolicyArns: z.array(text).default([]),
  Policies: z.array(z.strictObject({ PolicyName: text, PolicyDocument: policyDocumentSchema })).default([]),
  ...passedOver('AssumeRolePolicyDocument', 'Description', 'MaxSessionDuration', 'Path', 'Tags'),
});

/** `AWS::IAM::Policy` and `AWS::IAM::ManagedPolicy`. */
export const policySchema = z.strictObject({
  PolicyDocument: policyDocumentSchema,
  Roles: z.array(text).default([]),
  ...passedOver('Description', 'ManagedPolicyName', 'Path', 'PolicyName'),
});

export const secretSchema = z.strictObject({
  Name: text.optional(),
  SecretString: text.optional(),
  GenerateSecretString: z
    .strictObject({
      PasswordLength: z.coerce.number().int().min(1).default(32),
      SecretStringTemplate: text.optional(),
      GenerateStringKey: text.optional(),
      // What is generated here is base64url, which satisfies every exclusion below.
      ...passedOver(
        'ExcludeCharacters',
        'ExcludeLowercase',
        'ExcludeNumbers',
        'ExcludePunctuation',
        'ExcludeUppercase',
        'IncludeSpace',
        'RequireEachIncludedType',
      ),
    })
    .optional(),
  ...passedOver('Description', 'KmsKeyId', 'Tags'),
});
