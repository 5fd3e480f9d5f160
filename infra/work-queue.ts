import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

// A queue and its dead-letter queue. Messages carry keys, never bodies (docs/decisions/0001): both hold nothing personal,
// so SQS's own encryption is enough, and a message can be lost or redriven without changing what an event says.

export interface WorkQueueProps {
  /** Of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
  /** How long Lambda gathers a batch. @default none */
  readonly batchingWindow?: Duration;
}

export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const visibilityTimeout = visibilityTimeoutFor(props.consumerTimeout, props.batchingWindow);
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...secured,
      // It may have a consumer too (the last chance), so it hides messages as long as its queue does.
      visibilityTimeout,
      // The longest there is. A message's age counts from its first send, also after it moved here.
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      ...secured,
      visibilityTimeout,
      // A long weekend of every delivery failing: after five deliveries a message has moved on to the dead letters.
      retentionPeriod: Duration.days(4),
      // Lambda's pollers receive before they find the function throttled, so fewer than five lets a burst look like poison.
      // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 5 },
    });
  }
}

/** Encrypted by SQS, and deaf to plain HTTP. */
export const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;

/**
 * AWS's rule: six times the function's timeout, plus the window, so that Lambda can retry a throttled invocation without
 * the message appearing a second time. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
function visibilityTimeoutFor(consumerTimeout: Duration, window = Duration.seconds(0)): Duration {
  return Duration.seconds(6 * consumerTimeout.toSeconds() + window.toSeconds());
}
