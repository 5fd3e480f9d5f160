import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

// Every condition under which the product writes, found in the source: so that none can be added whose loss nobody notices.

export interface Condition {
  readonly file: string;
  /** For people: `JobStore.advance`. */
  readonly within: string;
  /** As it stands in the source, with its quotes. */
  readonly text: string;
  /** Where in the file it begins. */
  readonly at: number;
}

const FOLDERS = ['adapters', 'functions', 'core'];

/** In the order of files and lines. Throws for a condition of a form that it does not know, so that none is passed over. */
export function findConditions(root: string): Condition[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .sort()
      .flatMap((path) => conditionsOf(root, join(folder, path))),
  );
}

function conditionsOf(root: string, file: string): Condition[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.ES2023,
    true,
  );
  const texts = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'ConditionExpression')
      for (const text of textsOf(node.initializer)) texts.add(text);
    if (ts.isShorthandPropertyAssignment(node) && node.name.text === 'ConditionExpression')
      for (const text of textsOf(node.name)) texts.add(text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...texts]
    .map((node) => ({ file, within: nameAround(node), text: node.getText(), at: node.getStart() }))
    .sort((a, b) => a.at - b.at);
}

/** The texts that an expression can have: one, or one for each way of a choice. */
function textsOf(node: ts.Expression): ts.Node[] {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return [node];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  const value = ts.isIdentifier(node) ? valueOf(node.text, node.parent) : undefined;
  if (value === undefined) {
    const { fileName } = node.getSourceFile();
    throw new Error(`Nobody can say which conditions "${node.getText()}" of ${fileName} stands for.`);
  }
  return textsOf(value);
}

/** The value of the constant of this name that is nearest around a place. */
function valueOf(name: string, within: ts.Node): ts.Expression | undefined {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer !== undefined)
      found.push(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(within);
  if (found.length === 1) return found[0];
  return found.length > 1 || ts.isSourceFile(within) ? undefined : valueOf(name, within.parent);
}

function nameAround(from: ts.Node): string {
  for (let node = from; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isMethodDeclaration(node) && ts.isClassLike(node.parent))
      return `${node.parent.name?.text ?? ''}.${node.name.getText()}`;
    if (ts.isFunctionDeclaration(node)) return node.name?.text ?? '';
    if (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent))
      return node.name.getText();
  }
  return 'the file';
}
