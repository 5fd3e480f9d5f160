import type { Random } from '../random.ts';
import type { JsonRecord, WireItem, WireValue } from '../wire-item.ts';

// Requests to DynamoDB as the project writes them, and as it would write them by mistake: few keys, so that conditions hold
// and fail about as often; few values, so that comparisons meet equals; every form of expression that the model knows.

export interface Operation {
  readonly name: string;
  readonly request: JsonRecord;
}

export interface TraceNames {
  readonly table: string;
  /** A table with the keys-only index `byUser` on `u` and `t`. */
  readonly indexed: string;
  /** Begins every partition key and every index key, so that traces share tables and nothing else. */
  readonly prefix: string;
}

const SORT_KEYS = ['a', 'a#1', 'a#2', 'b', 'b#1', 'c', 'zz'] as const;
const NUMBERS = ['0', '1', '-1', '2', '10', '0.1', '-0.25', '1.50', '999999999999999', '1e2', '12.000001'];
const LONG_NUMBERS = [
  '12345678901234567890123456789012345678',
  '0.00000000000000000000000000000000000001',
  '-99999999999999999999999999999999999999',
] as const;
const TEXTS = ['', 'received', 'mapped', 'unmapped', 'Z', 'é', '😀', '\u0000'] as const;
const TIMES = ['0000000000001', '0000000000002', '0000000000003', '1700000000000'] as const;

/** One operation of a trace. */
export function dynamoOperation(random: Random, names: TraceNames): Operation {
  return new Writer(random, names).operation();
}

class Writer {
  private readonly random: Random;
  private readonly names: TraceNames;
  private values: Record<string, WireValue> = {};
  private expressionNames: Record<string, string> = {};

  constructor(random: Random, names: TraceNames) {
    this.random = random;
    this.names = names;
  }

  operation(): Operation {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 16) return { name: 'PutItem', request: this.put() };
    if (kind < 38) return { name: 'UpdateItem', request: this.update() };
    if (kind < 44) return { name: 'DeleteItem', request: this.remove() };
    if (kind < 54) return { name: 'GetItem', request: this.get() };
    if (kind < 62) return { name: 'BatchGetItem', request: this.batchGet() };
    if (kind < 80) return { name: 'Query', request: this.query() };
    if (kind < 94) return { name: 'TransactWriteItems', request: this.transaction() };
    return { name: 'BatchExecuteStatement', request: this.statements() };
  }

  private table(): string {
    return this.random.chance(0.5) ? this.names.table : this.names.indexed;
  }

  private key(): WireItem {
    const pk = `${this.names.prefix}${this.random.pick(['p', 'q', 'r'])}`;
    // Now and then a key that is none.
    const sk = this.random.chance(0.01) ? '' : this.random.pick(SORT_KEYS);
    return { pk: { S: pk }, sk: { S: sk } };
  }

  private number(): WireValue {
    return { N: this.random.chance(0.04) ? this.random.pick(LONG_NUMBERS) : this.random.pick(NUMBERS) };
  }

  private text(): WireValue {
    return { S: this.random.pick(TEXTS) };
  }

  private value(): WireValue {
    const { random } = this;
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        return this.number();
      case 3:
        return { B: Buffer.from(random.pick(TEXTS)).toString('base64') };
      case 4:
        return { NS: random.shuffled(['1', '2', '3.5', '-7']).slice(0, random.between(1, 3)) };
      case 5:
        return { SS: random.shuffled(['x', 'y', 'z']).slice(0, random.between(1, 3)) };
      default:
        return this.text();
    }
  }

  private item(table: string): WireItem {
    const { random } = this;
    const attributes: Record<string, WireValue> = { ...this.key() };
    if (random.chance(0.7)) attributes['st'] = this.text();
    if (random.chance(0.7)) attributes['n'] = this.number();
    if (random.chance(0.4)) attributes['x'] = this.value();
    if (random.chance(0.2)) attributes['f'] = { NS: ['1', '2'] };
    if (table === this.names.indexed && random.chance(0.7)) {
      attributes['u'] = { S: `${this.names.prefix}${random.pick(['ada', 'bo'])}` };
      // As in the Events table: no two items have the same, so the order of the index is defined.
      attributes['t'] = {
        S: `${random.pick(TIMES)}#${JSON.stringify(attributes['pk'])}${JSON.stringify(attributes['sk'])}`,
      };
    }
    return attributes;
  }

  /** A placeholder for a value, the same one for the same value now and then. */
  private given(value: WireValue): string {
    const placeholder = `:v${String(Object.keys(this.values).length)}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  private attribute(): string {
    const { random } = this;
    const name = random.pick(['st', 'n', 'n', 'x', 'f', 'gone', 'pk']);
    if (!random.chance(0.15)) return name;
    const placeholder = `#${name}`;
    this.expressionNames[placeholder] = name;
    return placeholder;
  }

  private condition(depth = 0): string {
    const { random } = this;
    const kind = random.below(depth > 1 ? 8 : 11);
    switch (kind) {
      case 0:
        return 'attribute_not_exists(pk)';
      case 1:
        return 'attribute_exists(pk)';
      case 2:
        return `attribute_exists(${this.attribute()})`;
      case 3:
        return `st = ${this.given(this.text())}`;
      case 4:
        return `${this.attribute()} ${random.pick(['=', '<>', '<', '<=', '>', '>='])} ${this.given(random.chance(0.7) ? this.number() : this.text())}`;
      case 5:
        return `n BETWEEN ${this.given({ N: random.pick(['-1', '0']) })} AND ${this.given({ N: random.pick(['1', '10']) })}`;
      case 6:
        return `begins_with(st, ${this.given({ S: random.pick(['un', 'm', '😀']) })})`;
      case 7:
        return `attribute_not_exists(${this.attribute()})`;
      case 8:
        return `NOT ${this.condition(depth + 1)}`;
      case 9:
        return `(${this.condition(depth + 1)} OR ${this.condition(depth + 1)})`;
      default:
        return `${this.condition(depth + 1)} AND ${this.condition(depth + 1)}`;
    }
  }

  private updateExpression(): string {
    const { random } = this;
    const sets: string[] = [];
    const adds: string[] = [];
    const removes: string[] = [];
    for (const name of random
      .shuffled(['st', 'n', 'x', 'f', 'count1', 's00'])
      .slice(0, random.between(1, 4))) {
      switch (random.below(5)) {
        case 0:
          sets.push(`${name} = ${this.given(this.value())}`);
          break;
        case 1:
          sets.push(`${name} = if_not_exists(${random.pick([name, 'n'])}, ${this.given(this.value())})`);
          break;
        case 2:
          removes.push(name);
          break;
        default:
          adds.push(
            `${name} ${this.given(name === 'f' ? { NS: [random.pick(['1', '3', '0.5'])] } : this.number())}`,
          );
      }
    }
    // A mistake now and then: one attribute twice, a part of the key, a word that is reserved, a value that is not used.
    if (random.chance(0.01))
      sets.push(`n = ${this.given(this.number())}`, `n = ${this.given(this.number())}`);
    if (random.chance(0.01)) sets.push(`sk = ${this.given({ S: 'other' })}`);
    if (random.chance(0.01)) sets.push(`count = ${this.given(this.number())}`);
    if (random.chance(0.01)) this.given(this.number());
    const clause = (word: string, parts: readonly string[]): string[] =>
      parts.length === 0 ? [] : [`${word} ${parts.join(', ')}`];
    return [...clause('SET', sets), ...clause('REMOVE', removes), ...clause('ADD', adds)].join(' ');
  }

  /** What is common to the conditional writes, with the placeholders that `write` has used. */
  private write(build: () => JsonRecord, conditional: number): JsonRecord {
    this.values = {};
    this.expressionNames = {};
    const body = build();
    const condition = this.random.chance(conditional) ? { ConditionExpression: this.condition() } : {};
    const returns = this.random.chance(0.4) ? { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } : {};
    return {
      ...body,
      ...condition,
      ...returns,
      ...(Object.keys(this.values).length > 0 && { ExpressionAttributeValues: this.values }),
      ...(Object.keys(this.expressionNames).length > 0 && { ExpressionAttributeNames: this.expressionNames }),
    };
  }

  private put(): JsonRecord {
    const TableName = this.table();
    return this.write(() => ({ TableName, Item: this.item(TableName) }), 0.6);
  }

  private update(): JsonRecord {
    return this.write(
      () => ({ TableName: this.table(), Key: this.key(), UpdateExpression: this.updateExpression() }),
      0.6,
    );
  }

  private remove(): JsonRecord {
    return this.write(() => ({ TableName: this.table(), Key: this.key() }), 0.4);
  }

  private check(): JsonRecord {
    return this.write(() => ({ TableName: this.table(), Key: this.key() }), 1);
  }

  private get(): JsonRecord {
    return { TableName: this.table(), Key: this.key(), ...this.consistency() };
  }

  private consistency(): JsonRecord {
    return this.random.chance(0.7) ? { ConsistentRead: true } : {};
  }

  private batchGet(): JsonRecord {
    const { random } = this;
    const keys = Array.from({ length: random.between(1, 6) }, () => this.key());
    // Twice the same key is refused; mostly a batch has each once.
    const distinct = random.chance(0.05)
      ? keys
      : [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
    return { RequestItems: { [this.table()]: { Keys: distinct, ...this.consistency() } } };
  }

  private query(): JsonRecord {
    return this.random.chance(0.35) ? this.indexQuery() : this.tableQuery();
  }

  private tableQuery(): JsonRecord {
    const { random } = this;
    this.values = {};
    this.expressionNames = {};
    const pk = this.given(this.key()['pk'] ?? { S: 'p' });
    const range = random.pick([
      () => '',
      () => '',
      () => ` AND sk > ${this.given({ S: random.pick(SORT_KEYS) })}`,
      () => ` AND sk >= ${this.given({ S: random.pick(SORT_KEYS) })}`,
      () => ` AND sk BETWEEN ${this.given({ S: 'a' })} AND ${this.given({ S: random.pick(SORT_KEYS) })}`,
      () => ` AND begins_with(sk, ${this.given({ S: random.pick(['a', 'b', 'a#']) })})`,
    ])();
    return {
      TableName: this.table(),
      KeyConditionExpression: `pk = ${pk}${range}`,
      ...this.page(),
      ...this.consistency(),
      ...(random.chance(0.1) && {
        ExclusiveStartKey: { pk: this.values[pk], sk: { S: random.pick(SORT_KEYS) } },
      }),
      ...this.rest(),
    };
  }

  private indexQuery(): JsonRecord {
    const { random } = this;
    this.values = {};
    this.expressionNames = {};
    const user = this.given({ S: `${this.names.prefix}${random.pick(['ada', 'bo'])}` });
    const range = random.chance(0.6)
      ? ` AND t BETWEEN ${this.given({ S: TIMES[0] })} AND ${this.given({ S: `${random.pick(TIMES)}~` })}`
      : '';
    return {
      TableName: random.chance(0.03) ? this.names.table : this.names.indexed,
      IndexName: 'byUser',
      KeyConditionExpression: `u = ${user}${range}`,
      ...this.page(),
      ...(random.chance(0.03) && { ConsistentRead: true }),
      ...this.rest(false),
    };
  }

  private page(): JsonRecord {
    const { random } = this;
    return {
      ...(random.chance(0.5) && { Limit: random.between(1, 4) }),
      ...(random.chance(0.4) && { ScanIndexForward: random.chance(0.3) }),
    };
  }

  private rest(isTable = true): JsonRecord {
    const { random } = this;
    const filter =
      isTable && random.chance(0.3) ? { FilterExpression: `n >= ${this.given({ N: '1' })}` } : {};
    const shape = random.below(10);
    return {
      ...filter,
      ...(shape === 0 && { ProjectionExpression: 'sk' }),
      ...(shape === 1 && { Select: 'COUNT' }),
      ExpressionAttributeValues: this.values,
    };
  }

  private transaction(): JsonRecord {
    const { random } = this;
    const elements: JsonRecord[] = [];
    const used = new Set<string>();
    const wanted = random.between(1, 5);
    // Twice the same item is refused; mostly a transaction has each once.
    const isCareless = random.chance(0.03);
    for (let tries = 0; elements.length < wanted && tries < 40; tries += 1) {
      const element = this.element();
      const [body] = Object.values(element);
      const { TableName, Key, Item } = body ?? {};
      const { pk, sk } = { ...(Key ?? Item) };
      const id = JSON.stringify([TableName, pk, sk]);
      if (used.has(id) && !isCareless) continue;
      used.add(id);
      elements.push(element);
    }
    return { TransactItems: elements };
  }

  private element(): Record<string, { TableName?: unknown; Key?: WireItem; Item?: WireItem }> {
    switch (this.random.below(8)) {
      case 0:
      case 1:
        return { Put: this.put() };
      case 2:
        return { Delete: this.remove() };
      case 3:
        return { ConditionCheck: this.check() };
      default:
        return { Update: this.update() };
    }
  }

  private statements(): JsonRecord {
    const { random } = this;
    const items = Array.from({ length: random.between(1, 5) }, () => this.item(this.names.table));
    const distinct = [
      ...new Map(items.map((item) => [JSON.stringify([item['pk'], item['sk']]), item])).values(),
    ];
    return {
      Statements: distinct.map((item) => ({
        Statement: `INSERT INTO "${this.names.table}" VALUE {${Object.keys(item)
          .map((name) => `'${name}': ?`)
          .join(', ')}}`,
        Parameters: Object.values(item),
      })),
    };
  }
}
