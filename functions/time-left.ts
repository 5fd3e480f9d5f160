import type { Context } from 'aws-lambda';

/** What a handler needs of Lambda's context: how long until it is cut off. */
export type TimeLeft = Pick<Context, 'getRemainingTimeInMillis'>;
