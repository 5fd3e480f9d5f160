import ts from 'typescript';
import { syntaxTreeOf, topFolderOf, type SourceFile, type Violation } from './source-file.ts';

// Core decides by its arguments alone: the same event and rules give the same outcome on every machine, at every time, in
// every place it is called from (live, reprocess, preview, simulation). So it has no clock, randomness, environment,
// timers, locale or time zone; each of them is named here with what to do instead.

const asArgument = (what: string): string => `take ${what} as an argument`;

const bannedGlobals: Readonly<Record<string, string>> = {
  Buffer: 'use Uint8Array, TextEncoder and TextDecoder',
  Intl: 'it depends on the locale of the machine; compare and format by hand',
  console: 'return what happened; functions/ log it',
  crypto: asArgument('the random value or the hash'),
  eval: 'write the code',
  fetch: 'let adapters/ fetch, and take the result as an argument',
  global: asArgument('what it holds'),
  globalThis: asArgument('what it holds'),
  performance: asArgument('the time (`now`, epoch milliseconds)'),
  process: asArgument('the setting'),
  queueMicrotask: 'return a decision; callers schedule',
  require: 'import it',
  setImmediate: 'return a decision; callers schedule',
  setInterval: 'return a decision; callers schedule',
  setTimeout: 'return a decision; callers schedule',
};

const noClock = asArgument('the time (`now`, epoch milliseconds)');
const noLocale = 'it depends on the locale of the machine; compare by code units or write the format';

const bannedMethods: ReadonlyMap<string, string> = new Map([
  ...[
    'localeCompare',
    'toLocaleDateString',
    'toLocaleLowerCase',
    'toLocaleString',
    'toLocaleTimeString',
    'toLocaleUpperCase',
  ].map((name) => [name, noLocale] as const),
  ...['Date', 'Day', 'FullYear', 'Hours', 'Milliseconds', 'Minutes', 'Month', 'Seconds'].flatMap((part) => [
    [`get${part}`, `it depends on the time zone of the machine; use getUTC${part}`] as const,
    [`set${part}`, `it depends on the time zone of the machine; use setUTC${part}`] as const,
  ]),
  ['getTimezoneOffset', 'it depends on the time zone of the machine; core counts in UTC'],
]);

export function purityViolations(file: SourceFile): Violation[] {
  if (topFolderOf(file.path) !== 'core') return [];
  const tree = syntaxTreeOf(file);
  const declared = declaredNames(tree);
  const violations: Violation[] = [];

  const report = (node: ts.Node, what: string, instead: string): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    violations.push({ path: file.path, line, message: `uses ${what}: ${instead}` });
  };

  const visit = (node: ts.Node): void => {
    // Types are erased: `Date` as a type is no clock.
    if (ts.isTypeNode(node)) return;
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      report(node, 'import.meta', asArgument('the place'));
    }
    if (ts.isPropertyAccessExpression(node)) {
      const instead = bannedMethods.get(node.name.text);
      if (instead !== undefined) report(node.name, node.name.text, instead);
    }
    if (ts.isIdentifier(node) && isReference(node) && !declared.has(node.text)) {
      const instead = Object.hasOwn(bannedGlobals, node.text) ? bannedGlobals[node.text] : undefined;
      if (instead !== undefined) report(node, node.text, instead);
      if (node.text === 'Date' && !isPureDate(node)) report(node, 'the current time', noClock);
      if (node.text === 'Math' && !isPureMath(node)) {
        report(node, 'Math.random', asArgument('the random number or id'));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return violations;
}

/** A given time is pure: `new Date(ms)`, `Date.UTC(…)`, `Date.parse(…)`, `x instanceof Date`. Everything else may be the clock. */
function isPureDate(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent) && parent.expression === node) return (parent.arguments?.length ?? 0) > 0;
  if (ts.isPropertyAccessExpression(parent)) return ['UTC', 'parse', 'prototype'].includes(parent.name.text);
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
}

function isPureMath({ parent }: ts.Identifier): boolean {
  return ts.isPropertyAccessExpression(parent) && parent.name.text !== 'random';
}

/** Whether the identifier stands for a value, rather than naming a property or declaring something. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  return !('name' in parent && parent.name === node);
}

/** Names that the file gives a meaning of its own: a parameter called `process` is not Node's. */
function declaredNames(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (
      (ts.isVariableDeclaration(node) ||
        ts.isParameter(node) ||
        ts.isBindingElement(node) ||
        ts.isFunctionDeclaration(node) ||
        ts.isImportSpecifier(node)) &&
      node.name !== undefined &&
      ts.isIdentifier(node.name)
    ) {
      names.add(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}
