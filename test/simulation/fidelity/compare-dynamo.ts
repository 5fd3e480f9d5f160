import { isDeepStrictEqual } from 'node:util';
import { DynamoError, MemoryDynamo } from '../memory-dynamo.ts';
import { Random } from '../random.ts';
import { dynamoOperation, type Operation, type TraceNames } from './dynamo-trace.ts';
import type { JsonService } from './json-service.ts';
import { KNOWN_DIFFERENCES, type EngineName } from './known-differences.ts';
import { failed, outcomeOf, sameOutcome, succeeded, type Outcome } from './outcome.ts';

// One trace of requests on the model and on engines, each answer compared. A trace has keys of its own in tables that it
// shares with others, and a model of its own.

export interface Engine {
  readonly name: EngineName;
  readonly service: JsonService;
}

export interface Difference {
  readonly engine: EngineName;
  /** Repeats the trace. */
  readonly seed: number;
  readonly step: number;
  readonly operation: Operation;
  readonly model: Outcome;
  readonly answered: Outcome;
  /** Undefined: nobody knows why. */
  readonly reason: string | undefined;
}

export interface Tables {
  readonly table: string;
  readonly indexed: string;
}

/** Runs a trace of at most `length` operations; it ends early where a known difference has made the states differ. */
export async function compareTrace(
  seed: number,
  length: number,
  tables: Tables,
  engines: readonly Engine[],
): Promise<{ readonly operations: number; readonly differences: readonly Difference[] }> {
  const random = new Random(seed);
  const names: TraceNames = { ...tables, prefix: `s${String(seed)}-` };
  const model = modelOf(tables);
  const differences: Difference[] = [];
  for (let step = 0; step < length; step += 1) {
    const operation = dynamoOperation(random, names);
    const expected = onModel(model, operation);
    const answers = await Promise.all(
      engines.map(async ({ name, service }) => ({
        engine: name,
        answered: outcomeOf(await service.call(`DynamoDB_20120810.${operation.name}`, operation.request)),
      })),
    );
    const found = answers
      .filter(({ answered }) => !sameOutcome(expected, answered))
      .map(({ engine, answered }) => ({
        ...{ engine, seed, step, operation, model: expected, answered },
        reason: KNOWN_DIFFERENCES.find(
          (each) => each.engine === engine && each.explains(operation, expected, answered),
        )?.reason,
      }));
    differences.push(...found);
    // One side may have written what the other has not: what follows would differ for that reason alone.
    const isApart = found.some(
      ({ model: { ok }, answered, reason }) => reason === undefined || ok !== answered.ok,
    );
    if (isApart) return { operations: step + 1, differences };
  }
  return { operations: length, differences };
}

function modelOf({ table, indexed }: Tables): MemoryDynamo {
  let now = 1_795_435_200_000;
  return new MemoryDynamo(
    [{ name: table }, { name: indexed, index: { name: 'byUser', hash: 'u', range: 't' } }],
    {
      // Every call is later than the one before; nothing lags, as in both engines.
      now: () => (now += 1),
      pageItemsMax: 1_000,
      indexLag: () => 0,
      readLag: () => 0,
      onCommit: () => undefined,
    },
  );
}

function onModel(model: MemoryDynamo, { name, request }: Operation): Outcome {
  try {
    return succeeded(structuredClone(model.handle(name, request)));
  } catch (error) {
    if (error instanceof DynamoError) return failed(error.type, error.fields);
    throw error;
  }
}

/** For whoever must see where two outcomes part. */
export const describeDifference = ({ engine, seed, step, operation, model, answered }: Difference): string =>
  [
    `${engine}, trace ${String(seed)}, step ${String(step)}: ${operation.name} ${JSON.stringify(operation.request)}`,
    `  model  ${JSON.stringify(model)}`,
    `  engine ${JSON.stringify(answered)}`,
    ...(isDeepStrictEqual(model, answered) ? ['  (in another order)'] : []),
  ].join('\n');
