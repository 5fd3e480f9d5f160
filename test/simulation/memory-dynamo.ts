import { spread } from '../../core/unmapped-group.ts';
import { conditionOf, OperandError, Placeholders, updateOf, ValidationError } from './dynamo-expression.ts';
import { InvalidNumberError, normaliseNumber } from './dynamo-number.ts';
import { isRecord, isWireItem, sizeOf, utf8Length, type JsonRecord, type WireItem } from './wire-item.ts';

// DynamoDB in memory, behind the JSON that the real SDK writes and reads. One call of `handle` is one moment: what lies
// between the moments (delays, faults, other actors) is the business of simulated-network.ts. What is modelled:
//
//   tables with pk and sk; consistent reads; eventually consistent reads, which may be of the past; the byUser index, which
//   lags; conditions; transactions with reasons in order and a request token that lasts ten minutes; pages that end early;
//   limits of items, keys, transactions and batches
//
// A request that holds anything else is refused as a ValidationException, so that the model cannot be wrong in silence.

export class DynamoError extends Error {
  override readonly name = 'DynamoError';
  readonly type: string;
  readonly fields: JsonRecord;

  constructor(type: string, message: string, fields: JsonRecord = {}) {
    super(message);
    this.type = type;
    this.fields = fields;
  }
}

export interface TableShape {
  readonly name: string;
  /** A keys-only index and the attributes that are its keys. */
  readonly index?: { readonly name: string; readonly hash: string; readonly range: string };
}

export interface StoredChange {
  readonly table: string;
  readonly before: WireItem | undefined;
  readonly after: WireItem | undefined;
}

export interface MemoryDynamoOptions {
  readonly now: () => number;
  /** Items that one page of a query holds at most. Stands for the megabyte at which pages end in AWS. */
  readonly pageItemsMax: number;
  /** How long, in milliseconds, the index is behind for an item that is written now. */
  readonly indexLag: () => number;
  /** How far in the past an eventually consistent read is. */
  readonly readLag: () => number;
  /** Called in the moment of every commit, with all its changes. */
  readonly onCommit: (changes: readonly StoredChange[]) => void;
}

interface Row {
  item: WireItem | undefined;
  /** What was stored before, newest first, for reads of the past. */
  readonly past: { readonly until: number; readonly item: WireItem | undefined }[];
  indexedAt: number;
}

interface Partition {
  readonly rows: Map<string, Row>;
  /** Sort keys in order; made again after a key was added. */
  order: readonly string[] | undefined;
}

interface Table {
  readonly shape: TableShape;
  readonly partitions: Map<string, Partition>;
}

const ITEM_BYTES_MAX = 400 * 1024;
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
const TOKEN_LIVES_MS = 10 * 60_000;
const PAST_MS = 2_000;
/** So few items of this project never fill a megabyte. */
const SMALL_LIMIT = 100;

type Answer = JsonRecord;

interface PlannedWrite {
  readonly table: Table;
  readonly pk: string;
  readonly sk: string;
  readonly before: WireItem | undefined;
  /** The item afterwards; the condition has held. */
  readonly after: WireItem | undefined;
}

type Plan =
  | PlannedWrite
  /** The condition did not hold for this item. */
  | { readonly failed: WireItem | undefined }
  /** The condition held, and the change is not possible. */
  | { readonly impossible: OperandError };

export class MemoryDynamo {
  /**
   * Requests that were refused as invalid. The product forgives much: a run is only worth something when this is empty.
   */
  readonly refusals = new Set<string>();
  private readonly options: MemoryDynamoOptions;
  private readonly tables = new Map<string, Table>();
  private readonly tokens = new Map<string, { readonly at: number; readonly request: string }>();

  constructor(shapes: readonly TableShape[], options: MemoryDynamoOptions) {
    this.options = options;
    for (const shape of shapes) this.tables.set(shape.name, { shape, partitions: new Map() });
  }

  /** All items of a table, for whoever checks the end of a run. */
  items(table: string): readonly WireItem[] {
    return [...this.table(table).partitions.values()].flatMap((partition) =>
      [...partition.rows.values()].flatMap(({ item }) => present(item)),
    );
  }

  /** Everything that is stored, as one text in one order. */
  fingerprint(): string {
    return JSON.stringify(
      [...this.tables].map(([name]) => [
        name,
        this.items(name)
          .map((item) => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))))
          .sort(),
      ]),
    );
  }

  /** Carries out one request at this moment. Throws DynamoError for what DynamoDB would answer with 400. */
  handle(operation: string, request: JsonRecord): Answer {
    try {
      return this.carryOut(operation, request);
    } catch (error) {
      if (!(error instanceof ValidationError || error instanceof InvalidNumberError)) throw error;
      this.refusals.add(`${operation}: ${error.message}`);
      throw new DynamoError('ValidationException', error.message);
    }
  }

  private carryOut(operation: string, request: JsonRecord): Answer {
    switch (operation) {
      case 'GetItem':
        return this.get(request);
      case 'BatchGetItem':
        return this.batchGet(request);
      case 'BatchWriteItem':
        return this.batchWrite(request);
      case 'Query':
        return this.query(request);
      case 'Scan':
        return this.scan(request);
      case 'PutItem':
      case 'UpdateItem':
      case 'DeleteItem':
        return this.write(operation, request);
      case 'TransactWriteItems':
        return this.transact(request);
      case 'BatchExecuteStatement':
        return this.insertMany(request);
      default:
        throw new ValidationError(`The operation ${operation} is not modelled.`);
    }
  }

  private get(request: JsonRecord): Answer {
    allow(request, ['TableName', 'Key', 'ConsistentRead']);
    const table = this.tableOf(request);
    const [pk, sk] = keyOf(request['Key'], true);
    const item = this.read(table, pk, sk, this.moment(request));
    return item === undefined ? {} : { Item: item };
  }

  private batchGet(request: JsonRecord): Answer {
    allow(request, ['RequestItems']);
    const wanted = isRecord(request['RequestItems']) ? Object.entries(request['RequestItems']) : [];
    const [only, ...more] = wanted;
    if (only === undefined || more.length > 0)
      throw new ValidationError('A batch of one table is what is modelled.');
    const [name, keys] = only;
    if (!isRecord(keys)) throw new ValidationError('The keys of the batch are missing.');
    allow(keys, ['Keys', 'ConsistentRead']);
    const list = Array.isArray(keys['Keys']) ? keys['Keys'] : [];
    if (list.length === 0 || list.length > 100)
      throw new ValidationError('A batch has 1 to 100 keys: Too many items requested.');
    const table = this.table(name);
    const moment = this.moment(keys);
    const seen = new Set<string>();
    const items = list.flatMap((key: unknown) => {
      const [pk, sk] = keyOf(key, true);
      const id = `${pk}\n${sk}`;
      if (seen.has(id)) throw new ValidationError('Provided list of item keys contains duplicates');
      seen.add(id);
      return present(this.read(table, pk, sk, moment));
    });
    return { Responses: { [name]: items }, UnprocessedKeys: {} };
  }

  /** Without conditions and without a transaction: each write is carried out by itself. */
  private batchWrite(request: JsonRecord): Answer {
    allow(request, ['RequestItems']);
    const wanted = isRecord(request['RequestItems']) ? Object.entries(request['RequestItems']) : [];
    const [only, ...more] = wanted;
    if (only === undefined || more.length > 0)
      throw new ValidationError('A batch of one table is what is modelled.');
    const [TableName, writes] = only;
    const list: readonly unknown[] = Array.isArray(writes) ? writes : [];
    if (list.length === 0 || list.length > 25) throw new ValidationError('A batch has 1 to 25 writes.');
    for (const write of list) {
      const { PutRequest: put, DeleteRequest: remove } = isRecord(write) ? write : {};
      if (isRecord(put)) this.write('PutItem', { TableName, ...put });
      else if (isRecord(remove)) this.write('DeleteItem', { TableName, ...remove });
      else throw new ValidationError('A write of a batch is a put or a deletion.');
    }
    return { UnprocessedItems: {} };
  }

  private query(request: JsonRecord): Answer {
    allow(request, [
      'TableName',
      'IndexName',
      'KeyConditionExpression',
      'FilterExpression',
      'ProjectionExpression',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
      'ExclusiveStartKey',
      'Limit',
      'ScanIndexForward',
      'ConsistentRead',
      'Select',
    ]);
    const table = this.tableOf(request);
    const given = placeholdersOf(request);
    const keyCondition = textOf(request, 'KeyConditionExpression');
    const { index } = table.shape;
    const indexed = request['IndexName'] !== undefined;
    if (indexed && (index === undefined || request['IndexName'] !== index.name))
      throw new ValidationError('The table does not have the specified index');
    if (indexed && request['ConsistentRead'] === true)
      throw new ValidationError('Consistent reads are not supported on global secondary indexes');
    const matches = conditionOf(keyCondition);
    const hash = indexed ? index?.hash : 'pk';
    const match = /^\s*(\w+)\s*=\s*(:\w+)/.exec(keyCondition);
    if (match?.[1] !== hash || match?.[2] === undefined)
      throw new ValidationError('Query condition missed key schema element');
    const hashValue = given.value(match[2]);
    if (!('S' in hashValue)) throw new ValidationError('A key is a text here.');
    const moment = this.moment(request);
    const candidates = indexed
      ? this.indexEntries(table, moment)
      : this.partitionItems(table, hashValue.S, moment);
    const ordered = candidates.filter((item) => matches(item, given));
    if (request['ScanIndexForward'] === false) ordered.reverse();

    const filter =
      request['FilterExpression'] === undefined
        ? undefined
        : conditionOf(textOf(request, 'FilterExpression'));
    // Also where there is nothing to look at, so that every placeholder counts as used.
    matches({}, given);
    filter?.({}, given);
    given.assertAllUsed();
    const after = request['ExclusiveStartKey'];
    let start = 0;
    if (after !== undefined) {
      if (!isWireItem(after)) throw new ValidationError('The exclusive start key is invalid');
      if (!matches(after, given))
        throw new ValidationError('The provided starting key is outside query boundaries');
      start = this.startAfter(
        ordered,
        after,
        indexed ? index : undefined,
        request['ScanIndexForward'] !== false,
      );
    }
    const limit = request['Limit'] === undefined ? Infinity : Number(request['Limit']);
    if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 1))
      throw new ValidationError('Limit must be at least 1');
    const end = start + (limit > SMALL_LIMIT ? Math.min(limit, this.options.pageItemsMax) : limit);
    const page = ordered.slice(start, end);
    const last = page.at(-1);
    const answered = filter === undefined ? page : page.filter((item) => filter(item, given));
    const projection = request['ProjectionExpression'];
    const projected =
      typeof projection === 'string' ? answered.map((item) => project(item, projection)) : answered;
    return {
      ...(request['Select'] !== 'COUNT' && { Items: projected }),
      Count: answered.length,
      ScannedCount: page.length,
      ...(last !== undefined &&
        page.length === end - start && {
          LastEvaluatedKey: lastKeyOf(last, indexed ? index : undefined),
        }),
    };
  }

  /** One page of one segment. Which partitions a segment has is the table's secret, and so is their order. */
  private scan(request: JsonRecord): Answer {
    allow(request, [
      'TableName',
      'FilterExpression',
      'ProjectionExpression',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
      'ExclusiveStartKey',
      'Limit',
      'ConsistentRead',
      'Segment',
      'Select',
      'TotalSegments',
    ]);
    const table = this.tableOf(request);
    const given = placeholdersOf(request);
    const [segment, segments] = [Number(request['Segment']), Number(request['TotalSegments'])];
    if (!(segment >= 0 && segment < segments)) throw new ValidationError('There is no such segment.');
    const filter =
      request['FilterExpression'] === undefined
        ? () => true
        : conditionOf(textOf(request, 'FilterExpression'));
    filter({}, given);
    given.assertAllUsed();
    const moment = this.moment(request);
    const own = [...table.partitions.keys()].filter((pk) => spread(pk, segments) === segment).sort();
    const items = own.flatMap((pk) => this.partitionItems(table, pk, moment));
    const after = request['ExclusiveStartKey'];
    let start = 0;
    if (after !== undefined) {
      const from = keyOf(after, true);
      start = items.filter(
        (item) => compareTexts([stringAt(item, 'pk'), stringAt(item, 'sk')], from) <= 0,
      ).length;
    }
    const limit = Number(request['Limit'] ?? Infinity);
    const page = items.slice(start, start + Math.min(limit, this.options.pageItemsMax));
    const last = page.at(-1);
    const found = page.filter((item) => filter(item, given));
    const projection = request['ProjectionExpression'];
    const projected = typeof projection === 'string' ? found.map((item) => project(item, projection)) : found;
    return {
      ...(request['Select'] !== 'COUNT' && { Items: projected }),
      Count: found.length,
      ScannedCount: page.length,
      ...(last !== undefined &&
        start + page.length < items.length && { LastEvaluatedKey: lastKeyOf(last, undefined) }),
    };
  }

  private startAfter(
    items: readonly WireItem[],
    after: WireItem,
    index: TableShape['index'],
    forward: boolean,
  ): number {
    const [pk, sk] = keyOf(after, false);
    const position = (item: WireItem): readonly string[] =>
      index === undefined
        ? [stringAt(item, 'sk')]
        : [stringAt(item, index.range), stringAt(item, 'pk'), stringAt(item, 'sk')];
    const from = index === undefined ? [sk] : [stringAt(after, index.range), pk, sk];
    const found = items.findIndex((item) => {
      const order = compareTexts(position(item), from);
      return forward ? order > 0 : order < 0;
    });
    return found === -1 ? items.length : found;
  }

  private write(operation: 'PutItem' | 'UpdateItem' | 'DeleteItem', request: JsonRecord): Answer {
    const action = operation === 'PutItem' ? 'Put' : operation === 'UpdateItem' ? 'Update' : 'Delete';
    const { ReturnValues: returned, ...rest } = request;
    const isModelled = returned === 'ALL_NEW' || returned === 'UPDATED_NEW';
    if (returned !== undefined && (operation !== 'UpdateItem' || !isModelled))
      throw new ValidationError('Such ReturnValues are not modelled here.');
    const planned = this.plan(action, rest);
    if ('failed' in planned) {
      throw new DynamoError('ConditionalCheckFailedException', 'The conditional request failed', {
        ...(request['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' &&
          planned.failed !== undefined && { Item: planned.failed }),
      });
    }
    if ('impossible' in planned) throw planned.impossible;
    this.commit([planned]);
    if (!isModelled || planned.after === undefined) return {};
    return {
      Attributes: returned === 'ALL_NEW' ? planned.after : changedIn(planned.before ?? {}, planned.after),
    };
  }

  private transact(request: JsonRecord): Answer {
    allow(request, ['TransactItems', 'ClientRequestToken']);
    const list = Array.isArray(request['TransactItems']) ? request['TransactItems'] : [];
    if (list.length === 0 || list.length > 100)
      throw new ValidationError('A transaction has 1 to 100 items.');
    const token = request['ClientRequestToken'];
    const now = this.options.now();
    const text = JSON.stringify(list);
    if (typeof token === 'string') {
      const known = this.tokens.get(token);
      if (known !== undefined && now - known.at < TOKEN_LIVES_MS) {
        if (known.request !== text)
          throw new DynamoError('IdempotentParameterMismatchException', 'The request token was used before.');
        return {};
      }
    }
    const writes = list.map((element: unknown) => this.planElement(element));
    const keys = writes.map(({ id }) => id);
    if (new Set(keys).size !== keys.length)
      throw new ValidationError('Transaction request cannot include multiple operations on one item');
    for (const { planned } of writes) {
      if ('impossible' in planned) this.refusals.add(`TransactWriteItems: ${planned.impossible.message}`);
    }
    if (writes.some(({ planned }) => 'failed' in planned || 'impossible' in planned)) {
      throw new DynamoError('TransactionCanceledException', 'Transaction cancelled, see the reasons.', {
        CancellationReasons: writes.map(({ planned, old }) =>
          'failed' in planned
            ? {
                Code: 'ConditionalCheckFailed',
                Message: 'The conditional request failed',
                ...(old && planned.failed !== undefined && { Item: planned.failed }),
              }
            : 'impossible' in planned
              ? { Code: 'ValidationError', Message: planned.impossible.message }
              : { Code: 'None' },
        ),
      });
    }
    const ready = writes.flatMap(({ planned }) => ('after' in planned ? [planned] : []));
    const bytes = ready.reduce((total, { after }) => total + (after === undefined ? 0 : sizeOf(after)), 0);
    if (bytes > TRANSACTION_BYTES_MAX) throw new ValidationError('Transaction is larger than 4 MB in total.');
    this.commit(ready);
    if (typeof token === 'string') this.tokens.set(token, { at: now, request: text });
    return {};
  }

  /** PartiQL, as far as it is used: INSERT of whole items, each on its own. */
  private insertMany(request: JsonRecord): Answer {
    allow(request, ['Statements']);
    const statements = Array.isArray(request['Statements']) ? request['Statements'] : [];
    if (statements.length === 0 || statements.length > 25)
      throw new ValidationError('A batch has 1 to 25 statements.');
    return {
      Responses: statements.map((statement: unknown) => {
        try {
          const planned = this.plan('Put', putOf(statement));
          if (!('after' in planned))
            return { Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } };
          this.commit([planned]);
          return { TableName: planned.table.shape.name };
        } catch (error) {
          // A statement is refused alone.
          if (!(error instanceof ValidationError)) throw error;
          this.refusals.add(`BatchExecuteStatement: ${error.message}`);
          return { Error: { Code: 'ValidationError', Message: error.message } };
        }
      }),
    };
  }

  private planElement(element: unknown): {
    id: string;
    old: boolean;
    planned: Plan;
  } {
    const [only, ...more] = isRecord(element) ? Object.entries(element) : [];
    if (only === undefined || more.length > 0 || !isRecord(only[1]))
      throw new ValidationError('An item of a transaction is one action.');
    const [action, request] = only;
    if (action !== 'Put' && action !== 'Update' && action !== 'Delete' && action !== 'ConditionCheck')
      throw new ValidationError(`The action ${action} is not modelled.`);
    const planned = this.plan(action, request);
    const [pk, sk] = keyOf(action === 'Put' ? request['Item'] : request['Key'], action !== 'Put');
    const table = textOf(request, 'TableName');
    return {
      id: `${table}\n${pk}\n${sk}`,
      old: request['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD',
      planned,
    };
  }

  /** What a write would do now, or the item that failed its condition. */
  private plan(action: 'Put' | 'Update' | 'Delete' | 'ConditionCheck', request: JsonRecord): Plan {
    allow(request, [
      'TableName',
      action === 'Put' ? 'Item' : 'Key',
      ...(action === 'Update' ? ['UpdateExpression'] : []),
      'ConditionExpression',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
      'ReturnValuesOnConditionCheckFailure',
    ]);
    const table = this.tableOf(request);
    const target = action === 'Put' ? request['Item'] : request['Key'];
    const [pk, sk] = keyOf(target, action !== 'Put');
    const before = this.read(table, pk, sk, undefined);
    const given = placeholdersOf(request);
    const condition = request['ConditionExpression'];
    const held =
      condition === undefined || conditionOf(textOf(request, 'ConditionExpression'))(before ?? {}, given);
    let after: WireItem | undefined;
    let impossible: OperandError | undefined;
    if (action === 'Put') after = normalised(target);
    if (action === 'ConditionCheck') after = before;
    if (action === 'Update') {
      const update = updateOf(textOf(request, 'UpdateExpression'));
      try {
        // Evaluated also when the condition fails: DynamoDB checks the request before it looks at the item.
        after = update.apply(before ?? { pk: { S: pk }, sk: { S: sk } }, given);
        if (stringAt(after, 'pk') !== pk || stringAt(after, 'sk') !== sk)
          throw new OperandError('Cannot update attribute. This attribute is part of the key');
      } catch (error) {
        if (!(error instanceof OperandError)) throw error;
        impossible = error;
      }
    }
    given.assertAllUsed();
    if (!held) return { failed: before };
    if (impossible !== undefined) return { impossible };
    if (after !== undefined && sizeOf(after) > ITEM_BYTES_MAX)
      throw new ValidationError('Item size has exceeded the maximum allowed size');
    const { index } = table.shape;
    for (const key of index === undefined ? [] : [index.hash, index.range]) {
      const value = after?.[key];
      if (value !== undefined && (!('S' in value) || value.S === ''))
        throw new ValidationError('A key of the index is empty or no text.');
    }
    return { table, pk, sk, before, after };
  }

  private commit(writes: readonly PlannedWrite[]): void {
    const now = this.options.now();
    for (const { table, pk, sk, before, after } of writes) {
      let partition = table.partitions.get(pk);
      if (partition === undefined) {
        partition = { rows: new Map(), order: undefined };
        table.partitions.set(pk, partition);
      }
      let row = partition.rows.get(sk);
      if (row === undefined) {
        row = { item: undefined, past: [], indexedAt: now + this.options.indexLag() };
        partition.rows.set(sk, row);
        partition.order = undefined;
      }
      row.past.unshift({ until: now, item: before });
      while ((row.past.at(-1)?.until ?? now) < now - PAST_MS) row.past.pop();
      row.item = after;
    }
    this.options.onCommit(
      writes.map(({ table, before, after }) => ({ table: table.shape.name, before, after })),
    );
  }

  private read(table: Table, pk: string, sk: string, moment: number | undefined): WireItem | undefined {
    const row = table.partitions.get(pk)?.rows.get(sk);
    return row === undefined ? undefined : itemAt(row, moment);
  }

  private partitionItems(table: Table, pk: string, moment: number | undefined): WireItem[] {
    const partition = table.partitions.get(pk);
    if (partition === undefined) return [];
    const order = (partition.order ??= [...partition.rows.keys()].sort());
    return order.flatMap((sk) => {
      const row = partition.rows.get(sk);
      return row === undefined ? [] : present(itemAt(row, moment));
    });
  }

  private indexEntries(table: Table, moment: number | undefined): WireItem[] {
    const { index } = table.shape;
    if (index === undefined) return [];
    const now = moment ?? this.options.now();
    const entries: WireItem[] = [];
    for (const partition of table.partitions.values()) {
      for (const { item, indexedAt } of partition.rows.values()) {
        if (item === undefined || indexedAt > now) continue;
        const keys = [index.hash, index.range, 'pk', 'sk'].flatMap((name) => {
          const value = item[name];
          return value === undefined ? [] : [[name, value] as const];
        });
        if (keys.length === 4) entries.push(Object.fromEntries(keys));
      }
    }
    const position = (item: WireItem): string[] => [
      stringAt(item, index.range),
      stringAt(item, 'pk'),
      stringAt(item, 'sk'),
    ];
    return entries.sort((a, b) => compareTexts(position(a), position(b)));
  }

  /** Undefined for now; a time for a read that may be of the past. */
  private moment(request: JsonRecord): number | undefined {
    const consistent = request['ConsistentRead'];
    if (consistent !== undefined && typeof consistent !== 'boolean')
      throw new ValidationError('ConsistentRead is true or false.');
    return consistent === true ? undefined : this.options.now() - Math.min(PAST_MS, this.options.readLag());
  }

  private tableOf(request: JsonRecord): Table {
    return this.table(textOf(request, 'TableName'));
  }

  private table(name: string): Table {
    const table = this.tables.get(name);
    if (table === undefined)
      throw new DynamoError('ResourceNotFoundException', 'Requested resource not found');
    return table;
  }
}

const present = (item: WireItem | undefined): readonly WireItem[] => (item === undefined ? [] : [item]);

function itemAt(row: Row, moment: number | undefined): WireItem | undefined {
  if (moment === undefined) return row.item;
  let item = row.item;
  for (const past of row.past) {
    if (past.until <= moment) break;
    item = past.item;
  }
  return item;
}

function putOf(statement: unknown): JsonRecord {
  if (!isRecord(statement)) throw new ValidationError('A statement is missing.');
  allow(statement, ['Statement', 'Parameters']);
  const match = /^INSERT INTO "([\w-]+)" VALUE \{(('\w+': \?(, )?)+)\}$/.exec(textOf(statement, 'Statement'));
  const parameters: unknown = statement['Parameters'];
  const names = (match?.[2] ?? '').split(', ').map((member) => member.slice(1, member.lastIndexOf("'")));
  if (match?.[1] === undefined || !Array.isArray(parameters) || parameters.length !== names.length)
    throw new ValidationError('The statement is not understood.');
  const Item = Object.fromEntries(names.map((name, index) => [name, parameters[index] as unknown]));
  return { TableName: match[1], Item, ConditionExpression: 'attribute_not_exists(pk)' };
}

function allow(request: JsonRecord, names: readonly string[]): void {
  for (const name in request) {
    if (!names.includes(name)) throw new ValidationError(`The parameter ${name} is not modelled here.`);
  }
}

const placeholdersOf = (request: JsonRecord): Placeholders =>
  new Placeholders(request['ExpressionAttributeNames'], request['ExpressionAttributeValues']);

function textOf(request: JsonRecord, name: string): string {
  const value = request[name];
  if (typeof value !== 'string' || value === '') throw new ValidationError(`${name} is missing.`);
  return value;
}

/** `alone`: the record is nothing but the key. */
function keyOf(value: unknown, alone: boolean): [string, string] {
  if (!isWireItem(value)) throw new ValidationError('The key or item is not understood.');
  const [pk, sk] = [stringAt(value, 'pk'), stringAt(value, 'sk')];
  if (pk === '' || sk === '') throw new ValidationError('A key is empty.');
  if (utf8Length(pk) > 2048 || utf8Length(sk) > 1024)
    throw new ValidationError('Size of a key has exceeded its limit');
  // DynamoDB orders by UTF-8 bytes, the model by UTF-16 units: they agree for ASCII, which all sort keys here are.
  if (utf8Length(sk) !== sk.length) throw new ValidationError('The model only orders ASCII sort keys.');
  if (alone && Object.keys(value).length !== 2)
    throw new ValidationError('The provided key element does not match the schema');
  return [pk, sk];
}

function stringAt(item: WireItem, name: string): string {
  const value = item[name];
  if (value === undefined || !('S' in value)) throw new ValidationError(`${name} must be a text.`);
  return value.S;
}

function normalised(item: unknown): WireItem {
  if (!isWireItem(item)) throw new ValidationError('The item is not understood.');
  const copy: Record<string, WireItem[string]> = {};
  for (const [name, value] of Object.entries(item))
    copy[name] = 'N' in value ? { N: normaliseNumber(value.N) } : value;
  return copy;
}

function project(item: WireItem, expression: string): WireItem {
  const names = expression.split(',').map((name) => name.trim());
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

/** Of an update's attributes those that it has given another value; AWS also answers those that it has left the same. */
const changedIn = (before: WireItem, after: WireItem): WireItem =>
  Object.fromEntries(
    Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])),
  );

const lastKeyOf = (item: WireItem, index: TableShape['index']): WireItem =>
  Object.fromEntries(
    Object.entries(item).filter(([name]) =>
      ['pk', 'sk', ...(index === undefined ? [] : [index.hash, index.range])].includes(name),
    ),
  );

function compareTexts(left: readonly string[], right: readonly string[]): number {
  for (const [at, text] of left.entries()) {
    const other = right[at] ?? '';
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
