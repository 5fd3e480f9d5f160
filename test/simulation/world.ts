import { QUEUE_SHAPES } from './deployment.ts';
import { TABLES } from './deployment-names.ts';
import { rule as ruleNode } from './determinism.ts';
import type { Faults } from './faults.ts';
import { MemoryDynamo, type MemoryDynamoOptions } from './memory-dynamo.ts';
import { MemorySqs, type MemorySqsOptions } from './memory-sqs.ts';
import type { Random } from './random.ts';
import type { Invocation, Scheduler } from './scheduler.ts';
import { plugIn, simulatedClients, type SimulatedClients, type SimulatedWorld } from './simulated-aws.ts';

// An AWS account of the product: its tables and queues in memory, and clients that lead to them. Chance and time of this
// process follow its scheduler from the moment that it is made.

type Hooks = Pick<SimulatedWorld, 'isPrivate' | 'onAmbush' | 'onAnswer' | 'onCall'>;

export interface WorldOptions extends Hooks {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  /** Where it differs from a DynamoDB that answers at once, in whole and with what is stored now. */
  readonly dynamo?: Partial<Omit<MemoryDynamoOptions, 'now'>>;
  readonly onMessage?: MemorySqsOptions['onMessage'];
}

export interface World {
  readonly dynamo: MemoryDynamo;
  readonly sqs: MemorySqs;
  readonly clients: SimulatedClients;
}

export function createWorld({ dynamo: unlike, onMessage, ...rest }: WorldOptions): World {
  const { scheduler, random, faults } = rest;
  ruleNode({ scheduler, random });
  const now = (): number => scheduler.now;
  const dynamo = new MemoryDynamo(
    [
      { name: TABLES.events, index: { name: 'byUser', hash: 'u', range: 't' } },
      { name: TABLES.usage, index: { name: 'byFeatureDay', hash: 'fd', range: 'pk' } },
      ...[TABLES.users, TABLES.config, TABLES.operations].map((name) => ({ name })),
    ],
    {
      now,
      pageItemsMax: 1_000,
      indexLag: () => 0,
      readLag: () => 0,
      onCommit: () => undefined,
      ...unlike,
    },
  );
  const sqs = new MemorySqs(QUEUE_SHAPES, {
    now,
    random,
    duplicates: faults.duplicates,
    onMessage: onMessage ?? (() => undefined),
  });
  plugIn({ ...rest, dynamo, sqs });
  return { dynamo, sqs, clients: simulatedClients() };
}

/** Whoever looks on from outside of the simulation: no faults, no turns. */
export const OBSERVER: Invocation = {
  name: 'observer',
  faulty: false,
  settles: false,
  slowMs: 0,
  alive: true,
  onKilled: () => undefined,
};
