import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DIFFERENCE_FOUND } from './difference-found.ts';
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
/** Of shares of requests: long enough for a pipeline with little traffic to have some. */
const SHARE_PERIOD = Duration.minutes(15);

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
    this.watchReconciliations(functions.reprocess);
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
        // A fault that lasts fails at least two requests in a hundred; one that has passed by itself fails one.
        metric: shareOfRequests(functions[name], 'Url5xxCount', 100),
        above: 1,
        periods: 1,
      });
    }
    // Of ingest alone, where nobody sees an answer. People see those of the dashboard and the API, and billing providers
    // write to their customer when a webhook is refused.
    this.alarm('IngestUrl4xx', {
      impact:
        'A large part of what senders send is refused and not stored, and they do not send it again: a key is no longer valid, or a sender is set up wrongly.',
      runbook: 'url-4xx',
      // Some refusals are everyday: the webhook dialect answers 400 to events of anonymous visitors. A key that is not
      // valid refuses everything of one sender; a fourth finds it where there are up to four that send alike.
      metric: shareOfRequests(functions.ingest, 'Url4xxCount', 20),
      above: 25,
      periods: 1,
    });
  }

  /** A metric that is made of log lines costs nothing while there are none. */
  private watchReconciliations(reprocess: LambdaFunction): void {
    const filter = new MetricFilter(this, 'ReconcileDifferences', {
      logGroup: reprocess.logGroup,
      // A phrase, not a path into JSON: Lambda writes the line of the function as text inside JSON of its own.
      filterPattern: FilterPattern.literal(`"${DIFFERENCE_FOUND}"`),
      // By stack, because two stages in one account are two pipelines.
      metricNamespace: Stack.of(this).stackName,
      metricName: 'ReconcileDifferences',
      metricValue: '1',
    });
    this.alarm('ReconcileDifference', {
      impact:
        'Stored usage is not what the stored events add up to: what is shown and billed is wrong for some users.',
      runbook: 'reconcile-difference',
      metric: filter.metric({ statistic: 'Sum', period: PERIOD }),
      above: 0,
      periods: 1,
    });
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

/**
 * Percent of the requests to a function URL. Where there were fewer than `atLeast`, as if there had been so many: a single
 * bad request at night is no share of anything.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
 */
function shareOfRequests(
  lambda: LambdaFunction,
  metricName: 'Url4xxCount' | 'Url5xxCount',
  atLeast: number,
): IMetric {
  const options = { statistic: 'Sum', period: SHARE_PERIOD };
  return new MathExpression({
    expression: `100 * bad / IF(requests > ${String(atLeast)}, requests, ${String(atLeast)})`,
    usingMetrics: {
      bad: lambda.metric(metricName, options),
      requests: lambda.metric('UrlRequestCount', options),
    },
    period: SHARE_PERIOD,
    label: '% of requests',
  });
}
