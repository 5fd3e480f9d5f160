import ts from 'typescript';
import { syntaxTreeOf, topFolderOf, type SourceFile, type Violation } from './source-file.ts';

// Secrets are compared in one place, in constant time: `isSameSecret`. `===` stops at the first character that differs, and
// `timingSafeEqual` throws when the lengths differ, which tells the length and is a 500 besides. What counts as a secret is
// told by its name; whether one is there at all may be asked.

const PLACE = 'adapters/same-secret.ts';
const FOLDERS = new Set(['adapters', 'core', 'functions', 'local']);
const SECRET =
  /(?:secret|password|passphrase|token|signature|hmac|proof|csrf|credential|(?:api|admin|ingest|write|signing)key|authorization)s?$/i;
const EQUALITY = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);
const COMPARING = new Set([
  'compare',
  'endsWith',
  'equals',
  'includes',
  'indexOf',
  'is',
  'isDeepStrictEqual',
  'lastIndexOf',
  'localeCompare',
  'startsWith',
]);

export function secretViolations(file: SourceFile): Violation[] {
  if (!FOLDERS.has(topFolderOf(file.path)) || file.path === PLACE) return [];
  const tree = syntaxTreeOf(file);
  const violations: Violation[] = [];
  const report = (node: ts.Node, what: string): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    violations.push({ path: file.path, line, message: `${what}: use isSameSecret of ${PLACE}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === 'timingSafeEqual')
      report(node, 'uses timingSafeEqual, which throws when the lengths differ');
    const compared = comparedIn(node);
    const secret = compared.find((operand) => SECRET.test(nameOf(operand)));
    if (secret !== undefined && !compared.some(saysNothing))
      report(node, `compares ${nameOf(secret)} in a time that tells of it`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return violations;
}

/** What is compared with each other here; nothing where nothing is. */
function comparedIn(node: ts.Node): readonly ts.Expression[] {
  if (ts.isBinaryExpression(node))
    return EQUALITY.has(node.operatorToken.kind) ? [node.left, node.right] : [];
  if (!ts.isCallExpression(node)) return [];
  const { expression, arguments: given } = node;
  if (ts.isPropertyAccessExpression(expression))
    return COMPARING.has(expression.name.text) ? [expression.expression, ...given] : [];
  return ts.isIdentifier(expression) && COMPARING.has(expression.text) ? given : [];
}

/** Nothing of a secret is learnt from whether it is missing or empty. */
const saysNothing = (node: ts.Expression): boolean =>
  node.kind === ts.SyntaxKind.NullKeyword ||
  (ts.isIdentifier(node) && node.text === 'undefined') ||
  (ts.isStringLiteralLike(node) && node.text === '');

/** The last word of what an expression says: `token` for `session.token`, `await tokenOf(x)` and `headers['x-token']`. */
function nameOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node))
    return ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : nameOf(node.expression);
  if (ts.isCallExpression(node)) return nameOf(node.expression).replace(/(?:Of|For|From|In)$/, '');
  if (ts.isAwaitExpression(node) || ts.isParenthesizedExpression(node)) return nameOf(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return nameOf(node.left);
  return '';
}
