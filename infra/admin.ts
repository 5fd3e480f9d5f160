import { Duration } from 'aws-cdk-lib';
import type { FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { PipelineResources } from './pipeline-resources.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { publicUrl } from './public-url.ts';

// API and dashboard from one origin, so that the session cookie is never cross-site.

export interface AdminProps {
  readonly resources: PipelineResources;
  /** Where events are sent to, with a slash at the end. */
  readonly ingestUrl: string;
}

export class Admin extends Construct {
  readonly function: PipelineFunction;
  readonly url: FunctionUrl;

  constructor(scope: Construct, id: string, { resources, ingestUrl }: AdminProps) {
    super(scope, id);
    const { events, usage, users, config, operations } = resources.storage;
    this.function = new PipelineFunction(this, 'Function', {
      functionName: 'admin',
      timeout: Duration.seconds(30),
      memoryMb: 1024,
      resources,
      environment: {
        EVENTS_TABLE: events.tableName,
        USAGE_TABLE: usage.tableName,
        USERS_TABLE: users.tableName,
        CONFIG_TABLE: config.tableName,
        OPERATIONS_TABLE: operations.tableName,
        EVENTS_QUEUE_URL: resources.eventsQueue.queue.queueUrl,
        REPROCESS_QUEUE_URL: resources.reprocessQueue.queue.queueUrl,
        ADMIN_KEY_SECRET_ARN: resources.adminKey.secretArn,
        IMPORTS_QUEUE_URL: resources.importsQueue.queue.queueUrl,
        BILLING_SECRET_ARN: resources.billingSecret.secretArn,
        // For the dashboard, which tells people what to enter in Segment.
        INGEST_URL: ingestUrl,
      },
    });
    this.url = publicUrl(this.function.lambda, 'admin');
  }
}
