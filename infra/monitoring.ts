import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functionNames, type FunctionName } from './grants.ts';
import type { PipelineResources } from './pipeline-resources.ts';

// When a person must know. Each alarm says what it means for the numbers, and which section of docs/runbook.md to open.
// All thresholds are about work that is late, refused or given up: load alone alarms nobody.

export interface MonitoringProps {
  readonly resources: PipelineResources;
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly alarmEmail: string | undefined;
}

interface AlarmProps {
  readonly impact: string;
  /** Heading in docs/runbook.md, as its anchor. */
  readonly runbook: string;
  readonly metric: IMetric;
  /** The alarm goes off above this. */
  readonly above: number;
  /** How many periods of the metric in a row. */
  readonly periods: number;
}

const PERIOD = Duration.minutes(5);

const impactOfErrors: Record<FunctionName, string> = {
  ingest: 'Senders get errors instead of answers and must send their events again.',
  process: 'Events are stored, but their usage is counted late.',
  reprocess: 'New rules reach the stored unmapped events late.',
  imports:
    'Imports of users stand still, or customers that change at a billing provider are taken over late.',
  admin: 'Dashboard and API answer with errors; events are not affected.',
};

const impactOfThrottles: Record<FunctionName, string> = {
  ingest: 'Senders get 429 and must send their events again.',
  process: 'Events are stored, but their usage is counted late.',
  reprocess: 'New rules reach the stored unmapped events late.',
  imports: 'Imports of users wait, and webhooks of billing providers get 429 and are sent again.',
  admin: 'Dashboard and API refuse some requests; events are not affected.',
};

export class Monitoring extends Construct {
  private readonly topic: Topic | undefined;

  constructor(scope: Construct, id: string, { resources, functions, alarmEmail }: MonitoringProps) {
    super(scope, id);
    if (alarmEmail !== undefined) {
      this.topic = new Topic(this, 'Alarms', { enforceSSL: true });
      this.topic.addSubscription(new EmailSubscription(alarmEmail));
    }
    this.watchQueues(resources);
    for (const name of functionNames) this.watchFunction(name, functions[name]);
    this.watchUrls(functions);
    this.alarm('StreamAge', {
      impact: 'New rules reach the stored unmapped events by the timer only, up to ten minutes late.',
      runbook: 'stream-age',
      metric: functions.reprocess.metric('IteratorAge', { statistic: 'Maximum', period: PERIOD }),
      above: Duration.minutes(10).toMilliseconds(),
      periods: 2,
    });
  }

  private watchQueues(resources: PipelineResources): void {
    const { eventsQueue, reprocessQueue, importsQueue, lostTriggers } = resources;
    this.alarm('EventsQueueAge', {
      impact: 'Events are stored, but their usage is counted more than fifteen minutes late.',
      runbook: 'events-queue-age',
      metric: eventsQueue.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: PERIOD }),
      above: Duration.minutes(15).toSeconds(),
      periods: 2,
    });
    this.alarm('EventsDeadLetters', {
      impact: 'Some stored events have failed repeatedly and are not counted.',
      runbook: 'events-dead-letters',
      // The last chance takes messages out of sight at once, so those in flight belong to the count.
      metric: messagesIn(eventsQueue.deadLetterQueue),
      above: 0,
      // What the last chance settles by itself needs nobody.
      periods: 3,
    });
    this.alarm('ReprocessDeadLetters', {
      impact:
        'A sweep of stored unmapped events has failed repeatedly; new rules may not have reached all of them.',
      runbook: 'reprocess-dead-letters',
      metric: messagesIn(reprocessQueue.deadLetterQueue),
      above: 0,
      periods: 1,
    });
    this.alarm('ImportsDeadLetters', {
      impact: 'An import of users has failed repeatedly and stands still.',
      runbook: 'imports-dead-letters',
      metric: messagesIn(importsQueue.deadLetterQueue),
      above: 0,
      periods: 1,
    });
    this.alarm('LostTriggers', {
      impact: 'Rule changes reach the stored unmapped events by the timer only, up to ten minutes late.',
      runbook: 'lost-triggers',
      metric: messagesIn(lostTriggers),
      above: 0,
      periods: 1,
    });
  }

  private watchFunction(name: FunctionName, lambda: LambdaFunction): void {
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    this.alarm(`${title}Errors`, {
      impact: impactOfErrors[name],
      runbook: 'function-errors',
      metric: lambda.metricErrors({ period: PERIOD }),
      above: 0,
      periods: 2,
    });
    this.alarm(`${title}Throttles`, {
      impact: impactOfThrottles[name],
      runbook: 'function-throttles',
      metric: lambda.metricThrottles({ period: PERIOD }),
      above: 0,
      periods: 3,
    });
  }

  private watchUrls(functions: MonitoringProps['functions']): void {
    for (const [name, title, impact] of [
      [
        'ingest',
        'IngestUrl5xx',
        'Senders are told to send their events again; some may give up and lose them.',
      ],
      [
        'imports',
        'ImportsUrl5xx',
        'Webhooks of billing providers are refused; the providers send them again for days.',
      ],
      ['admin', 'AdminUrl5xx', 'Dashboard and API answer with errors; events are not affected.'],
    ] as const) {
      this.alarm(title, {
        impact,
        runbook: 'url-5xx',
        // https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
        metric: functions[name].metric('Url5xxCount', { statistic: 'Sum', period: PERIOD }),
        above: 0,
        periods: 2,
      });
    }
  }

  private alarm(id: string, { impact, runbook, metric, above, periods }: AlarmProps): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${impact} What to do: docs/runbook.md#${runbook}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      // Idle queues and functions report nothing, and that is fine.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.topic !== undefined) {
      const action = new SnsAction(this.topic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }
}

function messagesIn(queue: Queue): IMetric {
  const options = { statistic: 'Maximum', period: PERIOD };
  return new MathExpression({
    expression: 'waiting + inFlight',
    usingMetrics: {
      waiting: queue.metricApproximateNumberOfMessagesVisible(options),
      inFlight: queue.metricApproximateNumberOfMessagesNotVisible(options),
    },
    period: PERIOD,
    label: 'messages',
  });
}
