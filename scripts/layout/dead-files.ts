import { posix } from 'node:path';
import ts from 'typescript';
import { importsOf, syntaxTreeOf, topFolderOf, type SourceFile, type Violation } from './source-file.ts';

// Product code that nothing runs. A file lives when an entry reaches it, through imports or by its name in a string (a
// worker, a child process). Tests do not keep it alive: code that only a test runs is not part of the product.

const entries = [
  /^functions\/[^/]+\/index\.ts$/,
  // Named in dashboard/index.html; what the builder declares for the compiler is reached by nobody.
  /^dashboard\/(main\.tsx|virtual-theme\.d\.ts)$/,
  /^infra\/app\.ts$/,
  /^local\/start\.mjs$/,
  /^demo\/main\.ts$/,
  // `npm run bench` finds each benchmark by its folder.
  /^bench\/(main|[^/]+\/benchmark)\.ts$/,
  /^scripts\/[^/]+\.ts$/,
];

export function deadFileViolations(files: readonly SourceFile[]): Violation[] {
  const product = new Map(
    files.filter(({ path }) => topFolderOf(path) !== 'test').map((file) => [file.path, file]),
  );
  const reached = new Set<string>();
  const waiting = [...product.keys()].filter((path) => entries.some((entry) => entry.test(path)));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = product.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    waiting.push(...importsOf(file).flatMap((found) => found.path ?? []), ...filesNamedIn(file));
  }
  return [...product.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => ({
      path,
      message:
        'is reached by no entry (tests do not count): use it, delete it, or name it in scripts/layout/dead-files.ts',
    }));
}

/** Paths that string literals may mean: `new URL('./worker.ts', import.meta.url)`, `join(import.meta.dirname, 'child.mjs')`. */
function filesNamedIn(file: SourceFile): string[] {
  const paths: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && /\.(tsx?|js|mjs)$/.test(node.text)) {
      paths.push(posix.join(posix.dirname(file.path), node.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(syntaxTreeOf(file));
  return paths;
}
