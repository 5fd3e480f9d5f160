import { randomUUID } from 'node:crypto';
import { TransactWriteItemsCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { packChunks, planChunk, type Tables } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { keyPartOf } from '../../adapters/keys.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { NO_FACTS } from '../../core/identity/identity-draft.ts';

// The transactions of a sweep, made beforehand from unmapped events as they are stored, to be committed by a bare loop.

/** As many as the sweeps of one job have under way: four shards, four transactions each. */
const COMMITS_AT_ONCE = 16;
/** Of a write in a transaction, for an item of up to 1 KB; every item here is smaller. */
const UNITS_PER_ITEM = 2;

export interface BareCommits {
  readonly commit: () => Promise<void>;
  /** Write units per event. */
  readonly unitsEach: number;
}

export async function bareCommits(
  dynamo: DynamoDBClient,
  tables: Tables,
  eventKeys: readonly string[],
): Promise<BareCommits> {
  const records = [...(await new EventStore(dynamo, tables.events).records(eventKeys)).values()];
  const userKeys = records.map(({ userId }) => keyPartOf(userId));
  const known = await new UserStore(dynamo, tables.users).nodes(userKeys);
  const facts = { ...NO_FACTS, nodes: new Map(userKeys.map((key) => [key, known.get(key)])) };
  const uses = [{ featureId: 'messages', delta: '1', ruleId: 'rul_bare', ruleVersion: 1 }];
  const decided = records
    .toSorted((a, b) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0))
    .map((record): DecidedEvent => {
      if (record.state !== 'unmapped') throw new Error('An event of the bare side is not unmapped.');
      return { record, generation: 1_000_000, decision: { kind: 'mapped', uses } };
    });
  const transactions = packChunks(decided, facts).map((chunk) =>
    planChunk(tables, chunk, facts, new Map(), Date.now()).items.map(({ item }) => item),
  );
  const items = transactions.reduce((sum, transaction) => sum + transaction.length, 0);
  return {
    unitsEach: (items * UNITS_PER_ITEM) / records.length,
    async commit() {
      await mapAtMost(COMMITS_AT_ONCE, transactions, (transaction) =>
        dynamo.send(
          new TransactWriteItemsCommand({ TransactItems: transaction, ClientRequestToken: randomUUID() }),
        ),
      );
    },
  };
}
