// What AWS charges in us-east-1, in dollars, on demand, without the free tier and without discounts for volume, as known on
// 2026-11-25. Each price names the page of AWS that is right where this table is not: those pages draw their figures by script,
// so DynamoDB's units, SQS and logs were compared with others that quote them, and the rest was not. Change a price here and
// `npm run bench units` says what it means.

export const PRICES_AS_OF = '2026-11-25';

export interface Price {
  readonly dollars: number;
  readonly per: string;
  readonly source: string;
}

const MILLION = 1_000_000;

export const PRICES = {
  writeUnit: {
    dollars: 0.625 / MILLION,
    per: 'write request unit (DynamoDB on demand, standard class)',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  readUnit: {
    dollars: 0.125 / MILLION,
    per: 'read request unit (DynamoDB on demand, standard class)',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  storedGbMonth: {
    dollars: 0.25,
    per: 'GB and month in DynamoDB, standard class',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  backedUpGbMonth: {
    dollars: 0.2,
    per: 'GB and month of point-in-time recovery',
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  sqsRequest: {
    dollars: 0.4 / MILLION,
    per: 'request of up to 64 KB to a standard queue',
    source: 'https://aws.amazon.com/sqs/pricing/',
  },
  lambdaRequest: {
    dollars: 0.2 / MILLION,
    per: 'invocation (a Function URL adds nothing)',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  lambdaGbSecond: {
    dollars: 0.000_013_333_4,
    per: 'GB and second on arm64, first tier',
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  logGb: {
    dollars: 0.5,
    per: 'GB taken by CloudWatch Logs, standard class',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  alarmMetricMonth: {
    dollars: 0.1,
    per: 'metric of standard resolution that an alarm watches, and month',
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
  secretMonth: {
    dollars: 0.4,
    per: 'secret and month',
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
  },
} as const satisfies Readonly<Record<string, Price>>;
