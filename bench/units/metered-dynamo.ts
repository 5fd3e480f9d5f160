import {
  GetItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { itemSize, type Item } from './item-size.ts';
import { indexWriteUnits, readUnits, tableWriteUnits, type Index } from './write-units.ts';

// A DynamoDB client that counts. Before each write it reads, past the meter, the items that the write is about, and after
// it again: the difference is what AWS charges by. What the engine itself says that was consumed is counted beside it.

export interface Consumed {
  /** Write units of the tables, and of each index, by `<table>` and `<table>/<index>`. */
  readonly writes: ReadonlyMap<string, number>;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** By the engine's own `ConsumedCapacity`. */
  readonly engineUnits: number;
  readonly requests: number;
}

export interface Meter {
  /** What was consumed since the last time. */
  readonly take: () => Consumed;
}

const itemSchema = z.custom<Item>((value) => typeof value === 'object' && value !== null);
const capacitySchema = z.object({ CapacityUnits: z.optional(z.number()) });
const inputSchema = z.object({
  TableName: z.optional(z.string()),
  ConsistentRead: z.optional(z.boolean()),
  Key: z.optional(itemSchema),
  Item: z.optional(itemSchema),
  TransactItems: z.optional(z.array(z.custom<TransactWriteItem>())),
  RequestItems: z.optional(
    z.record(z.string(), z.object({ Keys: z.array(z.unknown()), ConsistentRead: z.optional(z.boolean()) })),
  ),
  Statements: z.optional(
    z.array(z.object({ Statement: z.string(), Parameters: z.array(z.custom<AttributeValue>()) })),
  ),
});
const outputSchema = z.object({
  Item: z.optional(itemSchema),
  Items: z.optional(z.array(itemSchema)),
  Responses: z.optional(z.unknown()),
  ConsumedCapacity: z.optional(z.union([capacitySchema, z.array(capacitySchema)])),
});

interface Target {
  readonly table: string;
  readonly key: Record<string, AttributeValue>;
  readonly inTransaction: boolean;
}

/** Counts what `client` does from now on. `raw` is another client of the same engine; `indexes` are those of each table. */
export function meter(
  client: DynamoDBClient,
  raw: DynamoDBClient,
  indexes: Readonly<Record<string, readonly Index[]>>,
): Meter {
  let writes = new Map<string, number>();
  let counts = { reads: 0, engine: 0, requests: 0 };
  const addWrite = (where: string, units: number): void => {
    writes.set(where, (writes.get(where) ?? 0) + units);
  };
  const look = async ({ table, key }: Target): Promise<Item | undefined> => {
    const answer = await raw.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return answer.Item;
  };

  client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = context.commandName ?? '';
      const input = z.parse(inputSchema, args.input);
      const targets = targetsOf(command, input);
      const before = await Promise.all(targets.map(look));
      let output: z.infer<typeof outputSchema> = {};
      try {
        const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' } });
        output = z.parse(outputSchema, answer.output);
        return answer;
      } finally {
        const after = await Promise.all(targets.map(look));
        counts.requests += 1;
        for (const [at, target] of targets.entries()) {
          const change = { before: before[at], after: after[at] };
          addWrite(target.table, tableWriteUnits(change, target.inTransaction));
          for (const index of indexes[target.table] ?? [])
            addWrite(`${target.table}/${index.name}`, indexWriteUnits(change, index));
        }
        counts.reads += readsOf(command, input, output);
        const consumed = output.ConsumedCapacity ?? [];
        for (const { CapacityUnits = 0 } of Array.isArray(consumed) ? consumed : [consumed])
          counts.engine += targets.length > 0 ? CapacityUnits : 0;
      }
    },
    { step: 'initialize', name: 'meter' },
  );

  return {
    take() {
      const taken = {
        writes,
        writeUnits: [...writes.values()].reduce((sum, units) => sum + units, 0),
        readUnits: counts.reads,
        engineUnits: counts.engine,
        requests: counts.requests,
      };
      writes = new Map();
      counts = { reads: 0, engine: 0, requests: 0 };
      return taken;
    },
  };
}

function targetsOf(command: string, input: z.infer<typeof inputSchema>): Target[] {
  const { TransactItems = [], Statements = [], TableName: table = '' } = input;
  switch (command) {
    case 'PutItemCommand':
      return [{ table, key: keyOf(input.Item ?? {}), inTransaction: false }];
    case 'UpdateItemCommand':
    case 'DeleteItemCommand':
      return [{ table, key: keyOf(input.Key ?? {}), inTransaction: false }];
    case 'TransactWriteItemsCommand':
      return TransactItems.map(({ Put, Update, Delete, ConditionCheck }) => ({
        table: (Put ?? Update ?? Delete ?? ConditionCheck)?.TableName ?? '',
        key: keyOf(Put?.Item ?? Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key ?? {}),
        inTransaction: true,
      }));
    case 'BatchExecuteStatementCommand':
      return Statements.map(({ Statement, Parameters }) => {
        const names = [...Statement.matchAll(/'([^']+)': \?/g)].map(([, name = '']) => name);
        const item = Object.fromEntries(names.map((name, at) => [name, Parameters[at] ?? { NULL: true }]));
        const into = /INSERT INTO "([^"]+)"/.exec(Statement)?.[1] ?? '';
        return { table: into, key: keyOf(item), inTransaction: false };
      });
    default:
      return [];
  }
}

function keyOf({ pk, sk }: Item): Record<string, AttributeValue> {
  if (pk === undefined || sk === undefined) throw new Error('Every item has pk and sk.');
  return { pk, sk };
}

function readsOf(
  command: string,
  input: z.infer<typeof inputSchema>,
  output: z.infer<typeof outputSchema>,
): number {
  const consistent = input.ConsistentRead === true;
  switch (command) {
    case 'GetItemCommand':
      return readUnits(itemSize(output.Item ?? {}), consistent);
    case 'QueryCommand':
    case 'ScanCommand':
      // A page of an index holds projected attributes only, so what was answered is what was read.
      return readUnits(
        (output.Items ?? []).reduce((sum, item) => sum + itemSize(item), 0),
        consistent,
      );
    case 'BatchGetItemCommand': {
      const answered = z.parse(z.record(z.string(), z.array(itemSchema)), output.Responses ?? {});
      return Object.entries(input.RequestItems ?? {}).reduce((sum, [table, { Keys, ConsistentRead }]) => {
        const items = answered[table] ?? [];
        const found = items.reduce(
          (units, item) => units + readUnits(itemSize(item), ConsistentRead === true),
          0,
        );
        // Asking for what is not there costs as much as the smallest item.
        return sum + found + (Keys.length - items.length) * readUnits(0, ConsistentRead === true);
      }, 0);
    }
    default:
      return 0;
  }
}
