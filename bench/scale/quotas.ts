// What AWS allows a new account, and what it never allows more of; us-east-1, as known on 2026-11-25. The pages named are right
// where this table is not.

export interface Quota {
  readonly limit: number;
  /** `option`: of this deployment, `npx cdk deploy -c …`. `raise`: by a request to AWS. `fixed`: only by another design. */
  readonly kind: 'option' | 'raise' | 'fixed';
  readonly source: string;
}

const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html';
const SQS_SCALING = 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html';
const DYNAMODB = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html';
const PARTITION =
  'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html';

const OPTIONS = 'infra/deployment-options.ts';

export const QUOTAS = {
  ingestConcurrency: { limit: 100, kind: 'option', source: OPTIONS },
  processConcurrency: { limit: 20, kind: 'option', source: OPTIONS },
  accountConcurrency: { limit: 1_000, kind: 'raise', source: LAMBDA },
  /** Of one event-source mapping with a maximum concurrency. */
  mappingConcurrency: { limit: 1_000, kind: 'fixed', source: SQS_SCALING },
  messagesInFlight: {
    limit: 120_000,
    kind: 'raise',
    source: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html',
  },
  tableWriteUnits: { limit: 40_000, kind: 'raise', source: DYNAMODB },
  tableReadUnits: { limit: 40_000, kind: 'raise', source: DYNAMODB },
  partitionWriteUnits: { limit: 1_000, kind: 'fixed', source: PARTITION },
  partitionReadUnits: { limit: 3_000, kind: 'fixed', source: PARTITION },
} as const satisfies Readonly<Record<string, Quota>>;

/** Environments that Lambda adds to a function in a second: 1,000 in ten. */
export const ENVIRONMENTS_PER_SECOND = 100;
/** Requests that one environment takes in a second, however short they are. */
export const REQUESTS_PER_ENVIRONMENT = 10;
