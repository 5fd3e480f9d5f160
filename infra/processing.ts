import { Construct } from 'constructs';
import { eventsBatchingWindow, processTimeout, type PipelineResources } from './pipeline-resources.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { settleEnvironment } from './settle-environment.ts';

// Stored events get their outcome: driven by the events queue, and by its dead letters as the last chance.

export interface ProcessingProps {
  readonly resources: PipelineResources;
  /** Batches at the same time. */
  readonly concurrency: number;
}

export class Processing extends Construct {
  readonly function: PipelineFunction;

  constructor(scope: Construct, id: string, { resources, concurrency }: ProcessingProps) {
    super(scope, id);
    this.function = new PipelineFunction(this, 'Function', {
      functionName: 'process',
      timeout: processTimeout,
      memoryMb: 1024,
      resources,
      environment: {
        ...settleEnvironment(resources),
        LAST_CHANCE_QUEUE_ARN: resources.eventsQueue.deadLetterQueue.queueArn,
      },
    });
    this.function.lambda.addEventSourceMapping('Events', {
      eventSourceArn: resources.eventsQueue.queue.queueArn,
      batchSize: 50,
      maxBatchingWindow: eventsBatchingWindow,
      reportBatchItemFailures: true,
      // Beyond this, workers mostly meet each other's transactions on the same counters.
      maxConcurrency: concurrency,
    });
    // The last chance: small batches, so that one poisonous event keeps few others waiting, and few at a time, so that a
    // backlog of failures does not take capacity from events that go well.
    this.function.lambda.addEventSourceMapping('LastChance', {
      eventSourceArn: resources.eventsQueue.deadLetterQueue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency: 2,
    });
  }
}
