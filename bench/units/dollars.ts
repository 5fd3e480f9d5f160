import { PRICES } from './aws-prices.ts';

// From what one event consumes to what a million of them cost.

/** Of one event, on average. */
export interface PerEvent {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly sqsRequests: number;
  readonly invocations: number;
  readonly gbSeconds: number;
  readonly logBytes: number;
}

export interface Dollars {
  readonly writes: number;
  readonly reads: number;
  readonly queue: number;
  readonly functions: number;
  readonly logs: number;
  readonly total: number;
}

const MILLION = 1_000_000;
const BYTES_PER_GB = 1024 ** 3;

/** Dollars of a million events. */
export function dollarsPerMillion(event: PerEvent): Dollars {
  const parts = {
    writes: event.writeUnits * PRICES.writeUnit.dollars * MILLION,
    reads: event.readUnits * PRICES.readUnit.dollars * MILLION,
    queue: event.sqsRequests * PRICES.sqsRequest.dollars * MILLION,
    functions:
      (event.invocations * PRICES.lambdaRequest.dollars + event.gbSeconds * PRICES.lambdaGbSecond.dollars) *
      MILLION,
    logs: ((event.logBytes * MILLION) / BYTES_PER_GB) * PRICES.logGb.dollars,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/** Of a deployment that nobody sends to. */
export interface Standing {
  /** An alarm on a share or a sum watches several. */
  readonly alarmMetrics: number;
  readonly secrets: number;
  /** Paid requests of Lambda's pollers on queues that are empty, in a month. */
  readonly emptyReceives: number;
  readonly timerInvocations: number;
  readonly timerReadUnits: number;
}

export function dollarsPerMonthIdle(standing: Standing): number {
  return (
    standing.alarmMetrics * PRICES.alarmMetricMonth.dollars +
    standing.secrets * PRICES.secretMonth.dollars +
    standing.emptyReceives * PRICES.sqsRequest.dollars +
    standing.timerInvocations * PRICES.lambdaRequest.dollars +
    standing.timerReadUnits * PRICES.readUnit.dollars
  );
}
