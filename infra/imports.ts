import type { FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { importsTimeout, type PipelineResources } from './pipeline-resources.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { publicUrl } from './public-url.ts';

// Users from files and billing providers, in the background, and the providers' webhooks. A function of its own, because
// the providers' libraries are larger than all the rest and nothing that answers people or events should load them.

export class Imports extends Construct {
  readonly function: PipelineFunction;
  readonly url: FunctionUrl;

  constructor(scope: Construct, id: string, resources: PipelineResources) {
    super(scope, id);
    const { users, config, operations } = resources.storage;
    this.function = new PipelineFunction(this, 'Function', {
      functionName: 'imports',
      timeout: importsTimeout,
      memoryMb: 1024,
      resources,
      // What is not done in one invocation goes on in the next.
      sendsToItself: true,
      environment: {
        USERS_TABLE: users.tableName,
        CONFIG_TABLE: config.tableName,
        OPERATIONS_TABLE: operations.tableName,
        IMPORTS_QUEUE_URL: resources.importsQueue.queue.queueUrl,
        BILLING_SECRET_ARN: resources.billingSecret.secretArn,
      },
    });
    this.function.lambda.addEventSourceMapping('Imports', {
      eventSourceArn: resources.importsQueue.queue.queueArn,
      // One message is one import, and fails alone.
      batchSize: 1,
      reportBatchItemFailures: true,
      // Imports run beside live traffic and must not starve it. Two is the least that there is.
      maxConcurrency: 2,
    });
    this.url = publicUrl(this.function.lambda, 'imports');
  }
}
