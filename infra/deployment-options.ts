// What a person may choose with `-c name=value`. Everything is optional and checked here, all problems at once; the rest of
// infra/ sees typed values only. The values arrive as text from the command line and as JSON from a cdk.json.

export interface DeploymentOptions {
  /** A second, separate deployment: its own stack, `Tallyhook-<stage>`. @default the stack `Tallyhook` */
  readonly stage?: string;
  /** One public name for all functions. @default the functions' own URLs */
  readonly domain?: { readonly name: string; readonly certificateArn: string };
  /** Requests that ingest answers at the same time; more get 429. `undefined`: the account's limit. @default 100 */
  readonly ingestConcurrency: number | undefined;
  /** Batches of events that are processed at the same time. @default 20 */
  readonly processConcurrency: number;
  /** Who is told of alarms. @default alarms only change colour */
  readonly alarmEmail?: string;
}

export class DeploymentOptionsError extends Error {
  override readonly name = 'DeploymentOptionsError';
}

export function readDeploymentOptions(contextValue: (name: string) => unknown): DeploymentOptions {
  const problems: string[] = [];

  const text = (name: string): string | undefined => {
    const value = contextValue(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    problems.push(`${name} must be text.`);
    return undefined;
  };
  const integer = (
    name: string,
    fallback: number,
    isAllowed: (value: number) => boolean,
    rule: string,
  ): number => {
    const value = contextValue(name);
    if (value === undefined || value === '') return fallback;
    const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
    if (Number.isInteger(number) && isAllowed(number)) return number;
    problems.push(`${name} must be ${rule}.`);
    return fallback;
  };

  const stage = text('stage');
  if (stage !== undefined && !/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(stage)) {
    problems.push(
      'stage must be 1 to 32 letters, digits and inner hyphens, because it becomes part of the stack name.',
    );
  }

  const domainName = text('domain');
  const certificateArn = text('certificateArn');
  if (domainName !== undefined && !/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domainName)) {
    problems.push(
      'domain must be a plain name such as events.example.com, without https:// and without a path.',
    );
  }
  if (domainName === undefined && certificateArn !== undefined) {
    problems.push('certificateArn is for a domain: add -c domain=NAME.');
  }
  if (
    domainName !== undefined &&
    !/^arn:[a-z-]+:acm:us-east-1:\d{12}:certificate\/.+$/.test(certificateArn ?? '')
  ) {
    problems.push(
      'domain needs a certificate that CloudFront accepts: create one in AWS Certificate Manager in us-east-1 and add -c certificateArn=ARN.',
    );
  }

  // 0 stands for "none reserved": a real reservation of 0 would refuse every event, and an account that starts with a
  // limit of 10 concurrent executions cannot reserve any (Lambda keeps 100 unreserved, or refuses the deployment).
  const ingestConcurrency = integer(
    'ingestConcurrency',
    100,
    (n) => n >= 0,
    '0 (nothing reserved) or a positive integer',
  );
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: 2 to 1000.
  const processConcurrency = integer(
    'processConcurrency',
    20,
    (n) => n >= 2 && n <= 1000,
    'an integer from 2 to 1000',
  );

  const alarmEmail = text('alarmEmail');
  if (alarmEmail !== undefined && !/^[^\s@]+@[^\s@]+$/.test(alarmEmail)) {
    problems.push('alarmEmail must be an email address.');
  }

  if (problems.length > 0) throw new DeploymentOptionsError(problems.join('\n'));
  return {
    ...(stage !== undefined && { stage }),
    ...(domainName !== undefined &&
      certificateArn !== undefined && { domain: { name: domainName, certificateArn } }),
    ingestConcurrency: ingestConcurrency === 0 ? undefined : ingestConcurrency,
    processConcurrency,
    ...(alarmEmail !== undefined && { alarmEmail }),
  };
}
