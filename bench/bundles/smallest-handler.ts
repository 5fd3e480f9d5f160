import { buildSync, type BuildOptions } from 'esbuild';
import type { FunctionName } from '../../infra/grants.ts';
import type { AwsCall } from './stub-aws.ts';

// The smallest handler that there can be: the SDK clients that a function has, and of their commands those of its first
// write, sent one after the other with inputs that are ready. What a function is larger and slower than this is ours.

type Service = 'DynamoDB_20120810' | 'AmazonSQS' | 'secretsmanager';

const CLIENTS: Readonly<Record<Service, { readonly package: string; readonly name: string }>> = {
  DynamoDB_20120810: { package: '@aws-sdk/client-dynamodb', name: 'DynamoDBClient' },
  AmazonSQS: { package: '@aws-sdk/client-sqs', name: 'SQSClient' },
  secretsmanager: { package: '@aws-sdk/client-secrets-manager', name: 'SecretsManagerClient' },
};

const SERVICES: Readonly<Record<FunctionName, readonly Service[]>> = {
  ingest: ['DynamoDB_20120810', 'AmazonSQS'],
  process: ['DynamoDB_20120810'],
  reprocess: ['DynamoDB_20120810', 'AmazonSQS'],
  imports: ['DynamoDB_20120810', 'AmazonSQS', 'secretsmanager'],
  admin: ['DynamoDB_20120810', 'AmazonSQS', 'secretsmanager'],
};

/** Writes the bundle of the handler whose event is `{calls}`. */
export function bundleSmallest(
  name: FunctionName,
  calls: readonly AwsCall[],
  outfile: string,
  options: BuildOptions,
): void {
  buildSync({
    ...options,
    stdin: {
      contents: sourceOf(SERVICES[name], calls),
      resolveDir: options.absWorkingDir ?? '.',
      loader: 'js',
    },
    outfile,
  });
}

function sourceOf(services: readonly Service[], calls: readonly AwsCall[]): string {
  const operationsOf = (service: Service): readonly string[] => [
    ...new Set(calls.filter((call) => call.service === service).map(({ operation }) => operation)),
  ];
  return [
    ...services.map((service) => {
      const names = [CLIENTS[service].name, ...operationsOf(service).map((name) => `${name}Command`)];
      return `import { ${names.join(', ')} } from '${CLIENTS[service].package}';`;
    }),
    `const clients = { ${services.map((service) => `${service}: new ${CLIENTS[service].name}({})`).join(', ')} };`,
    `const commands = { ${services
      .flatMap(operationsOf)
      .map((operation) => `${operation}: ${operation}Command`)
      .join(', ')} };`,
    `export const handler = async ({ calls }) => {`,
    `  for (const { service, operation, input } of calls) await clients[service].send(new commands[operation](input));`,
    `};`,
  ].join('\n');
}
