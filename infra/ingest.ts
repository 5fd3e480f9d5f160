import { Duration } from 'aws-cdk-lib';
import type { FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { PipelineResources } from './pipeline-resources.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { publicUrl } from './public-url.ts';

// The public door for events: authenticate, store, enqueue, answer.

export interface IngestProps {
  readonly resources: PipelineResources;
  /** `undefined`: up to the account's limit. */
  readonly concurrency: number | undefined;
}

export class Ingest extends Construct {
  readonly function: PipelineFunction;
  readonly url: FunctionUrl;

  constructor(scope: Construct, id: string, { resources, concurrency }: IngestProps) {
    super(scope, id);
    this.function = new PipelineFunction(this, 'Function', {
      functionName: 'ingest',
      // Segment gives up on a delivery after about as long, and sends it again.
      timeout: Duration.seconds(10),
      memoryMb: 512,
      resources,
      // A ceiling on what a flood of requests can cost, and a floor that other functions of the account cannot take away.
      reservedConcurrency: concurrency,
      environment: {
        EVENTS_TABLE: resources.storage.events.tableName,
        OPERATIONS_TABLE: resources.storage.operations.tableName,
        EVENTS_QUEUE_URL: resources.eventsQueue.queue.queueUrl,
      },
    });
    this.url = publicUrl(this.function.lambda, 'ingest');
  }
}
