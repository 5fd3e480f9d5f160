import { addNumbers, compareNumbers, InvalidNumberError, normaliseNumber } from './dynamo-number.ts';
import { isRecord, isWireValue, type JsonRecord, type WireItem, type WireValue } from './wire-item.ts';

// DynamoDB's expressions, as far as the project writes them: conditions and filters, key conditions, updates, projections.
// What this does not understand is a ValidationException, never silence: a condition that is read wrongly would make the
// whole simulation worthless. Each text is parsed once.

/** What DynamoDB answers to a request that it cannot understand. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';
}

/** What only the stored item shows to be impossible: DynamoDB sees it after the condition. */
export class OperandError extends ValidationError {}

/** `#names` and `:values` of one request. Whoever evaluates says at the end whether all of them were used. */
export class Placeholders {
  private readonly names: JsonRecord;
  private readonly values: JsonRecord;
  private readonly used = new Set<string>();

  constructor(names: unknown, values: unknown) {
    this.names = isRecord(names) ? names : {};
    this.values = isRecord(values) ? values : {};
  }

  name(token: string): string {
    if (!token.startsWith('#')) return token;
    const name = this.names[token];
    if (typeof name !== 'string') throw new ValidationError(`The name ${token} is not defined.`);
    this.used.add(token);
    return name;
  }

  value(token: string): WireValue {
    const value = this.values[token];
    if (!isWireValue(value))
      throw new ValidationError(`The value ${token} is not defined or not understood.`);
    this.used.add(token);
    if ('N' in value) return { N: normaliseNumber(value.N) };
    return value;
  }

  /** DynamoDB refuses a request with a name or value that no expression uses. */
  assertAllUsed(): void {
    for (const token of [...Object.keys(this.names), ...Object.keys(this.values)]) {
      if (!this.used.has(token)) throw new ValidationError(`${token} is defined and not used.`);
    }
  }
}

export type Condition = (item: WireItem, given: Placeholders) => boolean;
type Operand = (item: WireItem, given: Placeholders) => WireValue | undefined;

const conditions = new Map<string, Condition>();
const updates = new Map<string, Update>();

export function conditionOf(text: string): Condition {
  return cached(conditions, text, () => {
    const tokens = new Tokens(text);
    const condition = disjunction(tokens);
    tokens.end();
    return condition;
  });
}

/** Which attributes an update changes; `apply` gives the item after it. */
export interface Update {
  readonly apply: (item: WireItem, given: Placeholders) => WireItem;
}

export function updateOf(text: string): Update {
  return cached(updates, text, () => parseUpdate(new Tokens(text)));
}

function cached<Parsed>(cache: Map<string, Parsed>, text: string, parse: () => Parsed): Parsed {
  let parsed = cache.get(text);
  if (parsed === undefined) cache.set(text, (parsed = parse()));
  return parsed;
}

const TOKEN = /\s*(<>|<=|>=|[=<>(),+-]|[#:]?[A-Za-z_][A-Za-z0-9_]*)/y;

class Tokens {
  private readonly tokens: string[] = [];
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const match = TOKEN.exec(text);
      if (match?.[1] === undefined) throw new ValidationError(`The expression "${text}" is not understood.`);
      this.tokens.push(match[1]);
    }
  }

  next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new ValidationError(`The expression "${this.text}" ends too early.`);
    this.at += 1;
    return token;
  }

  peek(): string | undefined {
    return this.tokens[this.at];
  }

  /** Takes a keyword, in any case of letters, or a sign if it is next. */
  takes(word: string): boolean {
    if (this.peek()?.toUpperCase() !== word) return false;
    this.at += 1;
    return true;
  }

  expect(word: string): void {
    if (!this.takes(word)) throw new ValidationError(`The expression "${this.text}" needs ${word} here.`);
  }

  end(): void {
    if (this.peek() !== undefined) throw new ValidationError(`The expression "${this.text}" goes on.`);
  }
}

function disjunction(tokens: Tokens): Condition {
  let left = conjunction(tokens);
  while (tokens.takes('OR')) {
    const [first, second] = [left, conjunction(tokens)];
    left = (item, given) => {
      // Both sides are evaluated, so that every placeholder counts as used.
      const a = first(item, given);
      const b = second(item, given);
      return a || b;
    };
  }
  return left;
}

function conjunction(tokens: Tokens): Condition {
  let left = negation(tokens);
  while (tokens.takes('AND')) {
    const [first, second] = [left, negation(tokens)];
    left = (item, given) => {
      const a = first(item, given);
      const b = second(item, given);
      return a && b;
    };
  }
  return left;
}

function negation(tokens: Tokens): Condition {
  if (tokens.takes('NOT')) {
    const inner = negation(tokens);
    return (item, given) => !inner(item, given);
  }
  if (tokens.takes('(')) {
    const inner = disjunction(tokens);
    tokens.expect(')');
    return inner;
  }
  return comparison(tokens);
}

function comparison(tokens: Tokens): Condition {
  const word = tokens.peek()?.toLowerCase();
  if (word === 'attribute_exists' || word === 'attribute_not_exists') {
    tokens.next();
    tokens.expect('(');
    const name = pathOf(tokens.next());
    tokens.expect(')');
    const wanted = word === 'attribute_exists';
    return (item, given) => (item[given.name(name)] !== undefined) === wanted;
  }
  if (word === 'begins_with' || word === 'contains') {
    tokens.next();
    tokens.expect('(');
    const whole = operand(tokens);
    tokens.expect(',');
    const start = operand(tokens);
    tokens.expect(')');
    return (item, given) => {
      const [text, prefix] = [whole(item, given), start(item, given)];
      return (
        text !== undefined &&
        prefix !== undefined &&
        'S' in text &&
        'S' in prefix &&
        (word === 'contains' ? text.S.includes(prefix.S) : text.S.startsWith(prefix.S))
      );
    };
  }
  const left = operand(tokens);
  if (tokens.takes('BETWEEN')) {
    const low = operand(tokens);
    tokens.expect('AND');
    const high = operand(tokens);
    return (item, given) => {
      const value = left(item, given);
      const [from, to] = [low(item, given), high(item, given)];
      return ordered(value, from, (sign) => sign >= 0) && ordered(value, to, (sign) => sign <= 0);
    };
  }
  const sign = tokens.next();
  const right = operand(tokens);
  const accepts = COMPARISONS[sign];
  if (accepts === undefined) throw new ValidationError(`The comparison ${sign} is not understood.`);
  return (item, given) => {
    const [a, b] = [left(item, given), right(item, given)];
    const isSame = a !== undefined && b !== undefined && sameValue(a, b);
    if (sign === '=') return isSame;
    // What is missing differs from every value: Amazon's own DynamoDB Local says so.
    if (sign === '<>') return !isSame;
    return ordered(a, b, accepts);
  };
}

const COMPARISONS: Readonly<Record<string, ((sign: number) => boolean) | undefined>> = {
  '=': (sign) => sign === 0,
  '<>': (sign) => sign !== 0,
  '<': (sign) => sign < 0,
  '<=': (sign) => sign <= 0,
  '>': (sign) => sign > 0,
  '>=': (sign) => sign >= 0,
};

function operand(tokens: Tokens): Operand {
  const token = tokens.next();
  if (token.startsWith(':')) return (_, given) => given.value(token);
  const name = pathOf(token);
  return (item, given) => item[given.name(name)];
}

function pathOf(token: string): string {
  if (!/^#?[A-Za-z_][A-Za-z0-9_]*$/.test(token))
    throw new ValidationError(`"${token}" is not an attribute here.`);
  if (RESERVED.has(token.toUpperCase())) {
    throw new ValidationError(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
  }
  return token;
}

/** Values of different types are neither more nor less than each other, nor is a missing one. */
function ordered(
  a: WireValue | undefined,
  b: WireValue | undefined,
  accepts: (sign: number) => boolean,
): boolean {
  if (a === undefined || b === undefined) return false;
  if ('N' in a && 'N' in b) return accepts(compareNumbers(a.N, b.N));
  if ('S' in a && 'S' in b) return accepts(a.S < b.S ? -1 : a.S > b.S ? 1 : 0);
  return false;
}

export function sameValue(a: WireValue, b: WireValue): boolean {
  if ('S' in a) return 'S' in b && a.S === b.S;
  if ('N' in a) return 'N' in b && compareNumbers(a.N, b.N) === 0;
  if ('B' in a) return 'B' in b && a.B === b.B;
  if ('SS' in a) return 'SS' in b && sameMembers(a.SS, b.SS);
  return 'NS' in b && sameMembers(a.NS.map(normaliseNumber), b.NS.map(normaliseNumber));
}

const sameMembers = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((member) => b.includes(member));

type Change = (before: WireItem, after: Record<string, WireValue>, given: Placeholders) => void;

function parseUpdate(tokens: Tokens): Update {
  const changes: Change[] = [];
  const touched = new Set<string>();
  const clauses = new Set<string>();
  while (tokens.peek() !== undefined) {
    const clause = tokens.next().toUpperCase();
    if (clauses.has(clause)) throw new ValidationError(`${clause} can only be used once.`);
    clauses.add(clause);
    do {
      const name = pathOf(tokens.next());
      if (touched.has(name)) throw new ValidationError(`Two document paths overlap: ${name}.`);
      touched.add(name);
      changes.push(changeOf(clause, name, tokens));
    } while (tokens.takes(','));
  }
  return {
    apply(item, given) {
      const after = { ...item };
      let impossible: OperandError | undefined;
      // All of them, so that every placeholder counts as used.
      for (const change of changes) {
        try {
          change(item, after, given);
        } catch (error) {
          if (!(error instanceof OperandError)) throw error;
          impossible ??= error;
        }
      }
      if (impossible !== undefined) throw impossible;
      return after;
    },
  };
}

function changeOf(clause: string, name: string, tokens: Tokens): Change {
  switch (clause) {
    case 'SET':
      return setOf(name, tokens);
    case 'ADD': {
      const by = tokens.next();
      return (before, after, given) => {
        const key = given.name(name);
        after[key] = added(before[key], given.value(by));
      };
    }
    case 'REMOVE':
      return (_, after, given) => {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an attribute that is gone must leave no trace
        delete after[given.name(name)];
      };
    default:
      throw new ValidationError(`The clause ${clause} is not understood.`);
  }
}

function setOf(name: string, tokens: Tokens): Change {
  tokens.expect('=');
  if (!tokens.takes('IF_NOT_EXISTS')) {
    const value = tokens.next();
    if (value.startsWith(':'))
      return (_, after, given) => {
        after[given.name(name)] = given.value(value);
      };
    // Another attribute of the item, as it was.
    return (before, after, given) => {
      const copied = before[given.name(value)];
      if (copied === undefined)
        throw new ValidationError(
          'The provided expression refers to an attribute that does not exist in the item',
        );
      after[given.name(name)] = copied;
    };
  }
  tokens.expect('(');
  const tested = pathOf(tokens.next());
  tokens.expect(',');
  const otherwise = tokens.next();
  tokens.expect(')');
  return (before, after, given) => {
    const fallback = given.value(otherwise);
    after[given.name(name)] = before[given.name(tested)] ?? fallback;
  };
}

function added(before: WireValue | undefined, by: WireValue): WireValue {
  if ('N' in by) {
    if (before === undefined) return by;
    if (!('N' in before)) throw new OperandError('ADD needs a number to add to.');
    return { N: sumOf(before.N, by.N) };
  }
  if ('NS' in by) {
    if (before === undefined) return { NS: by.NS };
    if (!('NS' in before)) throw new OperandError('ADD needs a set of numbers to add to.');
    return { NS: [...new Set([...before.NS, ...by.NS])] };
  }
  throw new ValidationError('ADD takes numbers and sets of numbers here.');
}

function sumOf(before: string, by: string): string {
  try {
    return addNumbers(before, by);
  } catch (error) {
    throw error instanceof InvalidNumberError ? new OperandError(error.message) : error;
  }
}

// The reserved words that are as short as the attribute names of this project, and the likeliest longer ones.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
const RESERVED = new Set(
  (
    'ADD ALL AND ANY ARE AS ASC AT AVG BAG BEGIN BIT BLOB BLOCK BOTH BY BYTE CALL CASE CAST CHAR CLOB CODE COPY COST ' +
    'COUNT CUBE DATA DATE DAY DEC DELETE DESC DIV DO DROP EACH ELSE END EQ ESCAPE EXEC EXISTS EXIT FAIL FILE FLOAT FN ' +
    'FOR FROM FULL GE GET GLOB GO GOTO GRANT GROUP GT HASH HAVING HEAP HOLD HOUR IF IN INDEX INSERT INT INTO IS ITEM ' +
    'JOIN KEY KEYS LAG LANGUAGE LAST LE LEFT LEVEL LIKE LIMIT LIST LOCK LOG LOOP LT MAP MAX MIN MINUS MONTH NAME NAMES ' +
    'NE NEW NEXT NO NOT NULL NUMBER OF OFF OLD ON ONE ONLY OPEN OR ORDER OUT OWNER PAD PART PATH PLAN RANGE RANK RAW ' +
    'READ REF RETURN ROLE ROW ROWS ROUTE RULE SEARCH SECOND SELECT SET SETS SHARE SHARD SIZE SKEW SOME SORT SPACE SQL ' +
    'START STATE STATUS SUM SYNC TABLE TEMP TEXT THAN THEN TIME TO TOKEN TOTAL TREE TRUE TTL TYPE UNION UNIT UPDATE USE ' +
    'USER USERS USING UUID VALUE VALUES VIEW VIEWS VOID WAIT WHEN WHERE WITH WORK WRITE YEAR ZONE'
  ).split(' '),
);
