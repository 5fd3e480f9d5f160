import { mapAtMost } from '../../../adapters/map-at-most.ts';
import { compareTrace, type Difference, type Engine } from './compare-dynamo.ts';
import { compareQueues, type SqsDifference } from './compare-sqs.ts';
import { createTables } from './create-tables.ts';
import type { JsonService } from './json-service.ts';

// Traces until there were enough operations, one in twenty of them on queues.

export interface FidelityReport {
  readonly operations: number;
  readonly differences: readonly Difference[];
  readonly queueOperations: number;
  readonly queueDifferences: readonly SqsDifference[];
}

const TRACE_LENGTH = 200;
const QUEUE_TRACE_LENGTH = 60;
const QUEUE_SHARE = 0.05;
const TRACES_AT_ONCE = 6;

export async function runFidelity(
  options: {
    readonly seed: number;
    readonly operations: number;
    readonly engines: readonly [Engine, ...Engine[]];
    readonly queues: JsonService;
  },
  progress: (operations: number) => void = () => undefined,
): Promise<FidelityReport> {
  const { seed, operations: wanted, engines, queues } = options;
  const [first, ...others] = engines;
  const tables = await createTables(first.service);
  for (const { service } of others) await createTables(service);
  const differences: Difference[] = [];
  let operations = 0;
  let next = seed;
  const worker = async (): Promise<void> => {
    while (operations < wanted * (1 - QUEUE_SHARE)) {
      const trace = await compareTrace(next++, TRACE_LENGTH, tables, engines);
      operations += trace.operations;
      differences.push(...trace.differences);
      progress(operations);
    }
  };
  await mapAtMost(TRACES_AT_ONCE, Array.from({ length: TRACES_AT_ONCE }), worker);
  const queueDifferences: SqsDifference[] = [];
  let queueOperations = 0;
  for (let trace = seed; queueOperations < wanted * QUEUE_SHARE; trace += 1) {
    const compared = await compareQueues(trace, QUEUE_TRACE_LENGTH, queues);
    queueOperations += compared.operations;
    queueDifferences.push(...compared.differences);
    progress(operations + queueOperations);
  }
  return { operations, differences, queueOperations, queueDifferences };
}
