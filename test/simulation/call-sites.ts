import { readdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import ts from 'typescript';

// Every place in the product that calls AWS, found in the source: a call of `send` on a client of the SDK. And which
// functions (of Lambda) can come there: whatever their entries mention, and what that mentions, and so on.

export interface CallSite {
  /** As a stack trace says it: `adapters/commit.ts:66:20`. */
  readonly place: string;
  /** What the client is asked: `GetItemCommand`, or several where a variable holds it. */
  readonly command: string;
  /** Where it stands, for people: `ErasureStore.update`. */
  readonly within: string;
  /** Folders of functions/ whose entry leads here. */
  readonly functions: readonly string[];
}

const CLIENTS = new Set(['DynamoDBClient', 'SQSClient', 'SecretsManagerClient']);

/** What calls and mentions: a function, a method, what a class does when one is made, or a file as it is loaded. */
type Unit = ts.Node;

export function findCallSites(root: string): CallSite[] {
  const folders = readdirSync(resolve(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const entries = folders.map((name) => resolve(root, 'functions', name, 'index.ts'));
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  });
  const checker = program.getTypeChecker();
  const isOurs = (file: ts.SourceFile): boolean =>
    !file.isDeclarationFile && !file.fileName.includes('/node_modules/');
  const mentions = new Map<Unit, Set<Unit>>();
  const sites: { readonly unit: Unit; readonly site: Omit<CallSite, 'functions'> }[] = [];

  const noteMention = (unit: Unit, node: ts.Identifier): void => {
    const found = checker.getSymbolAtLocation(node);
    const symbol =
      found !== undefined && (found.flags & ts.SymbolFlags.Alias) !== 0
        ? checker.getAliasedSymbol(found)
        : found;
    for (const declaration of symbol?.declarations ?? []) {
      if (!isOurs(declaration.getSourceFile())) continue;
      const target = unitOf(declaration);
      if (target !== undefined && target !== unit) mentions.get(unit)?.add(target);
    }
  };
  const noteCall = (unit: Unit, node: ts.CallExpression): void => {
    const callee = node.expression;
    if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== 'send') return;
    const client = checker.getTypeAtLocation(callee.expression);
    const names = (client.isUnion() ? client.types : [client]).map((type) => type.getSymbol()?.name ?? '');
    if (!names.some((name) => CLIENTS.has(name))) return;
    const file = node.getSourceFile();
    const { line, character } = file.getLineAndCharacterOfPosition(callee.name.getStart(file));
    const [argument] = node.arguments;
    const command = argument === undefined ? '' : checker.typeToString(checker.getTypeAtLocation(argument));
    const place = `${relative(root, file.fileName)}:${String(line + 1)}:${String(character + 1)}`;
    sites.push({ unit, site: { place, command, within: nameOf(unit) } });
  };
  const visit = (unit: Unit, node: ts.Node): void => {
    const own = isUnit(node) ? node : unit;
    if (!mentions.has(own)) mentions.set(own, new Set());
    if (ts.isIdentifier(node)) noteMention(own, node);
    if (ts.isCallExpression(node)) noteCall(own, node);
    ts.forEachChild(node, (child) => {
      visit(own, child);
    });
  };
  for (const file of program.getSourceFiles()) if (isOurs(file)) visit(file, file);

  const reachedBy = entries.map((entry) => reach(mentions, program.getSourceFile(entry)));
  return sites
    .map(({ unit, site }) => ({
      ...site,
      functions: folders.filter((_, index) => reachedBy[index]?.has(unit) === true),
    }))
    .sort((a, b) => (a.place < b.place ? -1 : 1));
}

function reach(mentions: ReadonlyMap<Unit, ReadonlySet<Unit>>, from: Unit | undefined): ReadonlySet<Unit> {
  const reached = new Set(from === undefined ? [] : [from]);
  for (const unit of reached) for (const next of mentions.get(unit) ?? []) reached.add(next);
  return reached;
}

/** Functions inside of others belong to them: whoever mentions the outer one may run the inner one. */
function isUnit(node: ts.Node): boolean {
  if (ts.isMethodDeclaration(node)) return ts.isClassLike(node.parent);
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return ts.isSourceFile(node.parent);
  return ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent);
}

/** The unit that a mention of this declaration leads to; a class stands for its constructor and its fields. */
function unitOf(declaration: ts.Declaration): Unit | undefined {
  for (let node: ts.Node = declaration; !ts.isSourceFile(node); node = node.parent)
    if (isUnit(node)) return node;
  return undefined;
}

function nameOf(unit: Unit): string {
  const name = ts.isSourceFile(unit) ? 'the file' : nameIn(unit);
  return ts.isMethodDeclaration(unit) ? `${nameIn(unit.parent)}.${name}` : name;
}

function nameIn(node: ts.Node): string {
  const named =
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isClassLike(node) ||
    ts.isVariableDeclaration(node);
  return named ? (node.name?.getText() ?? '') : '';
}
