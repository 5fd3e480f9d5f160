// How long the functions run on AWS. This is the one thing here that is assumed and not counted: calls that wait for each
// other, times what such a call takes within a region, and the processor's time. Both pipelines are given the same.
// Functions are 4 to 8 % of the cost of an event, so an error of half moves a total by a few percent.

const MILLISECONDS = {
  /** A put, an update, a get, a batch of gets. */
  call: 5,
  /** A transaction of up to a hundred items. */
  transaction: 20,
  /** A message to SQS. */
  send: 8,
  /** Beside it all, per invocation: parse the request, sign the calls. */
  overhead: 2,
} as const;

/** Of the processor, per event, in ingest and process each. */
const CPU_MS_PER_EVENT = 0.3;

const INGEST_GB = 0.5;
const PROCESS_GB = 1;
/** Statements of 25 events, eight at once: one wait for up to 200 events. */
const INSERTS_AT_ONCE = 200;
const TRANSACTIONS_AT_ONCE = 4;
const EVENTS_PER_TRANSACTION = 49;

export function ingestGbSeconds(eventsPerRequest: number): number {
  const waits = Math.ceil(eventsPerRequest / INSERTS_AT_ONCE) * MILLISECONDS.call + MILLISECONDS.send;
  return (INGEST_GB * (MILLISECONDS.overhead + waits + eventsPerRequest * CPU_MS_PER_EVENT)) / 1_000;
}

export function processGbSeconds(eventsPerInvocation: number): number {
  // The ruleset, the events, erased users, users; then the transactions.
  const rounds = Math.ceil(eventsPerInvocation / EVENTS_PER_TRANSACTION / TRANSACTIONS_AT_ONCE);
  const waits = 4 * MILLISECONDS.call + rounds * MILLISECONDS.transaction;
  return (PROCESS_GB * (MILLISECONDS.overhead + waits + eventsPerInvocation * CPU_MS_PER_EVENT)) / 1_000;
}

/** One event: put, send. */
export const naiveIngestGbSeconds = (): number => ingestGbSeconds(1);

/** One event after the other: read it, and its transaction. */
export function naiveProcessGbSeconds(eventsPerInvocation: number): number {
  const each = MILLISECONDS.call + MILLISECONDS.transaction + CPU_MS_PER_EVENT;
  return (PROCESS_GB * (MILLISECONDS.overhead + eventsPerInvocation * each)) / 1_000;
}
