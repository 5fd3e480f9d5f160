import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { reprocessTimeout, type PipelineResources } from './pipeline-resources.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { settleEnvironment } from './settle-environment.ts';

// Stored unmapped events meet new rules. The stream makes it prompt, the timer makes it certain, the queue does the work.

const TIMER_MINUTES = 5;

export class Reprocessing extends Construct {
  readonly function: PipelineFunction;

  constructor(scope: Construct, id: string, resources: PipelineResources) {
    super(scope, id);
    this.function = new PipelineFunction(this, 'Function', {
      functionName: 'reprocess',
      timeout: reprocessTimeout,
      memoryMb: 1024,
      resources,
      // Each page of a sweep sends the message for the next one.
      sendsToItself: true,
      environment: {
        ...settleEnvironment(resources),
        OPERATIONS_TABLE: resources.storage.operations.tableName,
        EVENTS_QUEUE_URL: resources.eventsQueue.queue.queueUrl,
        REPROCESS_QUEUE_URL: resources.reprocessQueue.queue.queueUrl,
      },
    });
    this.consumePages(resources);
    this.followRuleset(resources);
    this.sweepRegularly();
  }

  private consumePages(resources: PipelineResources): void {
    this.function.lambda.addEventSourceMapping('Pages', {
      eventSourceArn: resources.reprocessQueue.queue.queueArn,
      // One message is up to a page of work, and fails alone.
      batchSize: 1,
      reportBatchItemFailures: true,
      // Sweeps run beside live traffic and must not starve it.
      maxConcurrency: 5,
    });
  }

  private followRuleset(resources: PipelineResources): void {
    this.function.lambda.addEventSourceMapping('Ruleset', {
      eventSourceArn: resources.arns['ConfigTable.stream'],
      // Every rule or feature change moves the head, so its records alone are enough; the rest costs no invocation.
      filters: [
        FilterCriteria.filter({ dynamodb: { Keys: { pk: { S: ['ruleset'] }, sk: { S: ['head'] } } } }),
      ],
      // Changes made between the table's creation and the mapping's count too.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10,
      // A stream waits behind a record that fails. By default until it expires, a day later, and with it every later rule
      // change; but the timer repairs a lost record within minutes, so three more tries are enough, an hour-old record has
      // nothing left to say, and halving the batch keeps its neighbours from being given up with it.
      retryAttempts: 3,
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(1),
      onFailure: new SqsDlq(resources.lostTriggers),
    });
  }

  private sweepRegularly(): void {
    new Rule(this, 'Timer', {
      description:
        'Finds unmapped events that no rule change has reached: lost triggers, crashed sweeps, new groups.',
      schedule: Schedule.rate(Duration.minutes(TIMER_MINUTES)),
      targets: [
        new LambdaTarget(this.function.lambda, { event: RuleTargetInput.fromObject({ trigger: 'timer' }) }),
      ],
    });
    // A tick says nothing but "look", and the next tick says the same: retrying it would only make two looks overlap, and
    // keeping a failed one would keep nothing. By default Lambda retries twice and holds ticks for six hours, so an outage
    // would end in a burst of them. The alarm on errors tells when ticks fail.
    this.function.lambda.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.minutes(TIMER_MINUTES),
    });
  }
}
