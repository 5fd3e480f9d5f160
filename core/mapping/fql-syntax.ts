// Reads the text of a Segment filter (FQL) into a tree, and says nothing about its meaning. The grammar is that of the
// full language (docs of Segment's Public API, "Destination Filter Query Language"); the smaller language of mapping
// triggers is part of it. Written by hand, because the only published parser is of the smaller one and unmaintained.

export type FqlScalar = string | number | boolean | null;

export type FqlOperand =
  | { readonly kind: 'path'; readonly keys: readonly string[]; readonly at: number; readonly end: number }
  | {
      readonly kind: 'literal';
      readonly value: FqlScalar;
      readonly singleQuoted: boolean;
      readonly at: number;
      readonly end: number;
    }
  | {
      readonly kind: 'list';
      readonly values: readonly FqlScalar[];
      readonly at: number;
      readonly end: number;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly FqlOperand[];
      readonly at: number;
      readonly end: number;
    };

export type FqlComparison = '=' | '!=' | '>' | '>=' | '<' | '<=' | 'in';

export type FqlExpression =
  | {
      readonly kind: 'and' | 'or';
      readonly parts: readonly FqlExpression[];
      readonly at: number;
      readonly end: number;
    }
  | { readonly kind: 'not'; readonly part: FqlExpression; readonly at: number; readonly end: number }
  | { readonly kind: 'group'; readonly part: FqlExpression; readonly at: number; readonly end: number }
  | {
      readonly kind: 'comparison';
      readonly operator: FqlComparison;
      readonly left: FqlOperand;
      readonly right: FqlOperand;
      readonly at: number;
      readonly end: number;
    }
  | { readonly kind: 'bare'; readonly operand: FqlOperand; readonly at: number; readonly end: number };

export interface FqlSyntaxProblem {
  /** Offset in the text. */
  readonly at: number;
  readonly message: string;
}

export type ParsedFql =
  | { readonly ok: true; readonly expression: FqlExpression }
  | { readonly ok: false; readonly problem: FqlSyntaxProblem };

export const FQL_LENGTH_MAX = 10_000;
const DEPTH_MAX = 32;

interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign' | 'end';
  /** A sign or a keyword as written; for a text its content. */
  readonly text: string;
  /** For a word: the keys between its dots, escapes resolved. */
  readonly keys: readonly string[];
  /** For a word: nothing in it was escaped, so it may be a keyword. */
  readonly plain: boolean;
  readonly at: number;
  readonly end: number;
}

/** Thrown and caught inside this file: it takes the problem out of the recursion. */
class SyntaxFailure extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

export function parseFql(text: string): ParsedFql {
  if (text.length > FQL_LENGTH_MAX) {
    return {
      ok: false,
      problem: { at: 0, message: `A filter can have at most ${FQL_LENGTH_MAX} characters.` },
    };
  }
  try {
    return { ok: true, expression: new Parser(tokensOf(text)).whole() };
  } catch (error) {
    if (error instanceof SyntaxFailure)
      return { ok: false, problem: { at: error.at, message: error.message } };
    throw error;
  }
}

const SPACE = /[ \t\r\n]/;
const WORD_START = /[A-Za-z_\\]/;
const WORD_PART = /[A-Za-z0-9_-]/;
const NUMBER = /[+-]?[0-9]+(?:\.[0-9]+)?/y;
const SIGNS = ['!=', '>=', '<=', '=', '>', '<', '!', '(', ')', '[', ']', ','];

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (SPACE.test(char)) {
      at += 1;
      continue;
    }
    const token = readToken(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', keys: [], plain: false, at: text.length, end: text.length });
  return tokens;
}

function readToken(text: string, at: number): Token {
  const char = text.charAt(at);
  if (WORD_START.test(char)) return readWord(text, at);
  if (char === '"' || char === "'") {
    // FQL has no escapes inside texts: a backslash is itself, as glob patterns need it.
    const close = text.indexOf(char, at + 1);
    if (close === -1) throw new SyntaxFailure(at, 'This text has no closing quote.');
    return { kind: 'text', text: text.slice(at, close + 1), keys: [], plain: false, at, end: close + 1 };
  }
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text)?.[0];
  if (number !== undefined) {
    const end = at + number.length;
    if (WORD_PART.test(text.charAt(end)) || text.charAt(end) === '.') {
      throw new SyntaxFailure(at, 'Numbers in a filter are written like 5, -5 or 5.5.');
    }
    return { kind: 'number', text: number, keys: [], plain: false, at, end };
  }
  const sign = SIGNS.find((candidate) => text.startsWith(candidate, at));
  if (sign === undefined) throw new SyntaxFailure(at, `A filter cannot have ${char} here.`);
  return { kind: 'sign', text: sign, keys: [], plain: false, at, end: at + sign.length };
}

function readWord(text: string, start: number): Token {
  const keys: string[] = [];
  let plain = true;
  let at = start;
  for (;;) {
    let key = '';
    while (at < text.length) {
      const char = text.charAt(at);
      if (char === '\\') {
        plain = false;
        if (at + 1 === text.length) throw new SyntaxFailure(at, 'A filter cannot end with a backslash.');
        key += text.charAt(at + 1);
        at += 2;
      } else if (WORD_PART.test(char)) {
        key += char;
        at += 1;
      } else break;
    }
    if (key === '')
      throw new SyntaxFailure(
        at,
        'A field has an empty key: look for a dot at its end or two dots in a row.',
      );
    keys.push(key);
    if (text.charAt(at) !== '.') break;
    at += 1;
  }
  const word = text.slice(start, at);
  if (text.charAt(at) === '[' && word !== 'in') {
    throw new SyntaxFailure(
      at,
      `FQL has no notation for elements of a list. In a rule, ${word}[0] is the first and ${word}[] is any.`,
    );
  }
  return { kind: 'word', text: word, keys, plain, at: start, end: at };
}

const COMPARISONS: ReadonlyMap<string, FqlComparison> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
  ['in', 'in'],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): FqlExpression {
    if (this.#peek().kind === 'end') throw new SyntaxFailure(0, 'The filter is empty.');
    const expression = this.#expression(0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw new SyntaxFailure(rest.at, 'Write "and" or "or" between two conditions.');
    return expression;
  }

  #expression(depth: number): FqlExpression {
    const first = this.#unary(depth);
    const parts = [first];
    let joint: 'and' | 'or' | undefined;
    for (;;) {
      const token = this.#peek();
      const word = token.plain ? token.text : '';
      if (word !== 'and' && word !== 'or') break;
      if (joint !== undefined && joint !== word) {
        throw new SyntaxFailure(
          token.at,
          'Put parentheses around the conditions that belong together: "and" and "or" side by side have no agreed order.',
        );
      }
      joint = word;
      this.#next += 1;
      parts.push(this.#unary(depth));
    }
    if (joint === undefined) return first;
    return { kind: joint, parts, at: first.at, end: parts.at(-1)?.end ?? first.end };
  }

  #unary(depth: number): FqlExpression {
    const token = this.#peek();
    if (depth >= DEPTH_MAX) throw new SyntaxFailure(token.at, `Parentheses can be ${DEPTH_MAX} levels deep.`);
    if (this.#accept('!')) {
      const part = this.#unary(depth + 1);
      return { kind: 'not', part, at: token.at, end: part.end };
    }
    if (this.#accept('(')) {
      const part = this.#expression(depth + 1);
      return { kind: 'group', part, at: token.at, end: this.#expect(')').end };
    }
    const left = this.#operand(depth);
    const sign = this.#peek();
    const operator = sign.kind === 'sign' || sign.plain ? COMPARISONS.get(sign.text) : undefined;
    if (operator === undefined) return { kind: 'bare', operand: left, at: left.at, end: left.end };
    this.#next += 1;
    const right = this.#operand(depth);
    return { kind: 'comparison', operator, left, right, at: left.at, end: right.end };
  }

  #operand(depth: number): FqlOperand {
    const token = this.#peek();
    if (token.kind === 'sign' && token.text === '[') return this.#list();
    this.#next += 1;
    const literal = literalOf(token);
    if (literal !== undefined) {
      const singleQuoted = token.text.startsWith("'");
      return { kind: 'literal', value: literal.value, singleQuoted, at: token.at, end: token.end };
    }
    if (token.kind !== 'word')
      throw new SyntaxFailure(token.at, 'A field, a value or a function is missing here.');
    if (!this.#accept('(')) return { kind: 'path', keys: token.keys, at: token.at, end: token.end };
    if (depth >= DEPTH_MAX) throw new SyntaxFailure(token.at, `Functions can be ${DEPTH_MAX} levels deep.`);
    const args = [this.#operand(depth + 1)];
    while (this.#accept(',')) args.push(this.#operand(depth + 1));
    return { kind: 'call', name: token.text, args, at: token.at, end: this.#expect(')').end };
  }

  #list(): FqlOperand {
    const { at } = this.#expect('[');
    const values: FqlScalar[] = [];
    while (!this.#is(']')) {
      if (values.length > 0) this.#expect(',');
      const token = this.#peek();
      const literal = literalOf(token);
      if (literal === undefined)
        throw new SyntaxFailure(token.at, 'A list holds texts, numbers, true, false and null.');
      values.push(literal.value);
      this.#next += 1;
    }
    return { kind: 'list', values, at, end: this.#expect(']').end };
  }

  #peek(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined)
      throw new SyntaxFailure(this.#tokens.at(-1)?.at ?? 0, 'The filter ends too early.');
    return token;
  }

  #is(sign: string): boolean {
    const token = this.#peek();
    return token.kind === 'sign' && token.text === sign;
  }

  #accept(sign: string): boolean {
    const is = this.#is(sign);
    if (is) this.#next += 1;
    return is;
  }

  #expect(sign: string): Token {
    const token = this.#peek();
    if (!this.#accept(sign)) throw new SyntaxFailure(token.at, `Write ${sign} here.`);
    return token;
  }
}

function literalOf(token: Token): { readonly value: FqlScalar } | undefined {
  if (token.kind === 'text') return { value: token.text.slice(1, -1) };
  if (token.kind === 'number') return { value: Number(token.text) };
  if (!token.plain) return undefined;
  switch (token.text) {
    case 'true':
      return { value: true };
    case 'false':
      return { value: false };
    case 'null':
      return { value: null };
    default:
      return undefined;
  }
}
